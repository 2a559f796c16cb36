from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "ringkeep.fleet"
    label = "fleet"
