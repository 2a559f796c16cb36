"""A small phone system with a mirror and one stored backup, for tests of drill jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.drills.commands import DIALPLAN, PJSIP

AT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)  # a Wednesday
MODULES = b"[modules]\nautoload=yes\n"


def enrolled(name: str = "saba"):  # type: ignore[no-untyped-def]
    """A phone system with an empty mirror."""
    from ringkeep.fleet.models import Customer, PhoneSystem

    customer, _ = Customer.objects.get_or_create(name="Saba")
    return PhoneSystem.objects.create(
        name=name, customer=customer, enrolled_at=AT, host="127.0.0.1", user="backup", facts={"asterisk_major": 22}
    )


def mirror_of(system, answers: str = "Answer()") -> Path:  # type: ignore[no-untyped-def]
    """Its mirror: one phone, one carrier, one number."""
    from ringkeep.home import folder

    mirror = folder("systems", str(system.pk), "mirror")
    etc = mirror / "etc/asterisk"
    etc.mkdir(parents=True, exist_ok=True)
    (etc / "pjsip.conf").write_bytes(PJSIP)
    (etc / "extensions.conf").write_text(DIALPLAN % answers)
    (etc / "modules.conf").write_bytes(MODULES)
    recordings = mirror / "var/spool/asterisk/monitor"
    recordings.mkdir(parents=True, exist_ok=True)
    (recordings / "a.wav").write_bytes(b"RIFF")
    return mirror


def stored(system, number: int = 1, *, at: datetime = AT):  # type: ignore[no-untyped-def]
    """A complete backup of the mirror as it is, in a real repository."""
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.backups.queries import store
    from ringkeep.home import folder

    place = store(system.customer)
    place.open_or_make()
    saved = place.save(folder("systems", str(system.pk), "mirror"), [f"{system.name}-{number}"], at)
    (folder("systems", str(system.pk)) / "stored").write_text(saved.snapshot)
    return Backup.objects.create(
        id=f"{system.name}-{number}", phone_system=system, job_id=f"backup:{system.pk}:{number}", state=COMPLETE,
        started_at=at, finished_at=at, snapshot=saved.snapshot, parts=[{"name": "configuration", "state": "ok"}],
    )  # fmt: skip
