from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "ringkeep.findings"
    label = "findings"
