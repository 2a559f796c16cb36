from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "ringkeep.web"
    label = "web"
