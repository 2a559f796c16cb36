from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ringkeep.jobs"
    label = "jobs"
