"""Makes Django and the tables ready: what every verb and process that works on RINGKEEP_HOME begins with."""

from __future__ import annotations

import os


def prepared() -> None:
    """Set Django up and bring the tables up to date. Raises `ringkeep.home.HomeError`."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringkeep.settings")
    if not apps.ready:
        django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
