from django.apps import AppConfig


class DrillsConfig(AppConfig):
    name = "ringkeep.drills"
    label = "drills"
