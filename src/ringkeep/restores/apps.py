from django.apps import AppConfig


class RestoresConfig(AppConfig):
    name = "ringkeep.restores"
    label = "restores"
