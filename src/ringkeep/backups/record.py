"""What the backup job writes of a backup, from its beginning to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ringkeep.backups.models import COMPLETE, FAILED, PARTIAL, RUNNING, Backup
from ringkeep.fleet.models import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence


def begin(job_id: str, system: PhoneSystem, reason: str, at: datetime) -> Backup:
    """The backup that a job makes; asked again by the same job, the same one."""
    found: Backup | None = Backup.objects.filter(job_id=job_id).first()
    if found:
        return found
    name = f"{system.name}-{at:%Y%m%d-%H%M}"
    for suffix in ("", f"{at:%S}", *(f"{at:%S}-{n}" for n in range(2, 100))):
        try:
            with transaction.atomic():
                made: Backup = Backup.objects.create(
                    id=f"{name}{suffix}", phone_system=system, job_id=job_id, reason=reason, started_at=at
                )
                return made
        except IntegrityError:
            continue
    raise RuntimeError(f"a hundred backups of {system.name} in one second")


def note(backup_id: str, **values: Any) -> None:
    """Keep what is known of a running backup so far."""
    Backup.objects.filter(pk=backup_id, state=RUNNING).update(**values)


def finish(backup_id: str, at: datetime, **values: Any) -> Backup:
    """It is stored: complete when every part succeeded, else partial."""
    backup: Backup = Backup.objects.get(pk=backup_id)
    if backup.state == RUNNING:
        good = bool(backup.parts) and all(part["state"] in ("ok", "skipped") for part in backup.parts)
        for name, value in values.items():
            setattr(backup, name, value)
        backup.state, backup.finished_at = COMPLETE if good else PARTIAL, at
        backup.save()
    return backup


def give_up(backup_id: str, why: Sentence, at: datetime) -> None:
    """Nothing of it could be stored."""
    Backup.objects.filter(pk=backup_id, state=RUNNING).update(state=FAILED, error=why, finished_at=at)


def last_complete(system: PhoneSystem, before: Backup | None = None) -> Backup | None:
    """The newest complete backup, other than the one being made."""
    rows = Backup.objects.filter(phone_system=system, state=COMPLETE, forgotten_at=None).exclude(snapshot="")
    if before is not None:
        rows = rows.filter(started_at__lt=before.started_at)
    found: Backup | None = rows.order_by("-started_at").first()
    return found
