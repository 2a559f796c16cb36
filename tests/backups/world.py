"""Small real things for the tests of stores: a customer with a phone system, files of one, a clock."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
PASSWORD = "canary-repository-password-of-43-signs-or-more"


def mirror(root: Path) -> Path:
    """A phone system's files, with names and modes as only a hostile one has them."""
    files = {
        "etc/asterisk/sip.conf": b"[1001]\nsecret=canary-sip\n",
        "etc/asterisk/extensions.conf": b"[default]\nexten => 1001,1,Dial(SIP/1001)\n",
        "var/spool/asterisk/voicemail/default/1001/INBOX/msg0000.wav": os.urandom(50_000),
        "etc/[odd]*?.conf": b"pattern signs\n",
    }
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def fleet(name: str = "saba", zone: str = "Asia/Tehran") -> Any:
    """A customer and its phone system."""
    from ringkeep.fleet.models import Customer, PhoneSystem

    customer, _ = Customer.objects.get_or_create(name="Saba Trading")
    return PhoneSystem.objects.create(
        name=name, customer=customer, enrolled_at=NOW, host="127.0.0.1", user="ringkeep", host_key="ssh-ed25519 AAAA",
        time_zone=zone, credential={"password": "canary-login"},
    )  # fmt: skip


def backup(system: Any, days_ago: float, snapshot: str, state: str = "complete", **values: Any) -> Any:
    """A row as the job leaves it."""
    from ringkeep.backups.models import Backup

    at = NOW - timedelta(days=days_ago)
    name = f"{system.name}-{at:%Y%m%d-%H%M}"
    return Backup.objects.create(
        id=name, job_id=f"job:{name}", phone_system=system, started_at=at, state=state, snapshot=snapshot, **values
    )


def stored(system: Any, files: Path, days_ago: float, **values: Any) -> Any:
    """A row with its snapshot in the real repository."""
    from ringkeep.backups.queries import store

    row = backup(system, days_ago, "", **values)
    place = store(system.customer)
    place.open_or_make()
    row.snapshot = place.save(files, [row.pk, system.name, row.state], row.started_at).snapshot
    row.save()
    return row


# -- a repository that opens fast ---------------------------------------------------------------------------------------


@cache
def template() -> Path:
    """An empty repository, made by restic once a test run, whose key is derived in milliseconds instead of half a second."""
    folder = Path(tempfile.mkdtemp(prefix="ringkeep-test-"))
    atexit.register(shutil.rmtree, folder)
    before = os.environ.get("RINGKEEP_HOME")
    os.environ["RINGKEEP_HOME"] = str(folder / "home")
    try:
        store = Store(Location("directory", str(folder / "repository"), PASSWORD))
        store.open_or_make()
        assert [key.current for key in store.keys.listed()] == [True]
    finally:
        if before is None:
            del os.environ["RINGKEEP_HOME"]
        else:
            os.environ["RINGKEEP_HOME"] = before
    return folder / "repository"


def repository(place: Path) -> Path:
    """A copy of the template, opened by PASSWORD."""
    shutil.copytree(template(), place)
    return place


def light_repository(customer: Any) -> Any:
    """The customer's repository row with such a copy in it."""
    from ringkeep.backups.actions import repository_of

    row = repository_of(customer)
    repository(Path(row.location))
    row.password = PASSWORD
    row.save()
    return row
