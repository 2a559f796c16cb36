from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "ringkeep.backups"
    label = "backups"
