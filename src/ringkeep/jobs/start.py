"""Makes Django and the tables ready: what every verb and process that works on RINGKEEP_HOME begins with."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ringkeep.phonesystem.sentences import Sentence

MIGRATING = 0x52494E47  # an advisory lock of one number; those of workers have two


def prepared() -> None:
    """Set Django up and bring the tables up to date. Raises `ringkeep.home.HomeError`."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringkeep.settings")
    if not apps.ready:
        django.setup()
    from django.conf import settings
    from django.db import OperationalError
    from django.utils.module_loading import import_string

    from ringkeep.home import HomeError

    try:
        _migrate()
    except OperationalError as error:
        if not settings.DATABASE_URL:
            raise
        raise HomeError(_unreachable(error)) from None
    for name in settings.AT_START:
        import_string(name)()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with migrating_alone():
            call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def migrating_alone() -> Iterator[None]:
    """Two processes that start at once on an empty PostgreSQL make its tables one after the other."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # Asking again and again, not waiting inside PostgreSQL: CREATE INDEX CONCURRENTLY waits for whoever waits there.
        while not _had(cursor):
            time.sleep(0.1)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def _had(cursor) -> bool:  # type: ignore[no-untyped-def]
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATING])
    return bool(cursor.fetchone()[0])


def _unreachable(error: Exception) -> Sentence:
    """Where the database was looked for, without the password, and PostgreSQL's own words."""
    from django.db import connection

    where = connection.settings_dict
    place = f"{where['HOST'] or 'this machine'}{':' + str(where['PORT']) if where['PORT'] else ''}"
    why = " ".join(str(error).split())[:300]
    return Sentence(
        "The database {name} at {place} cannot be used as {user}: {why}. See that PostgreSQL runs and lets us in, and that "
        "RINGKEEP_DATABASE_URL is right.",
        {
            "name": str(where["NAME"]), "place": place, "why": why,
            "user": where["USER"] or Sentence("the user of this process"),
        },
    )  # fmt: skip
