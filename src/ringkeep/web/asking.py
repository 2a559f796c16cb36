"""What commands, pages and programs may ask for: each becomes a job."""

from __future__ import annotations

from datetime import UTC, datetime

from ringkeep.backups.models import COMPLETE, PARTIAL, Backup
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.actions import start
from ringkeep.jobs.engine import KEPT
from ringkeep.jobs.kinds import JobError
from ringkeep.jobs.models import Job
from ringkeep.phonesystem.sentences import Sentence


def ask_backup(system: PhoneSystem, asked_by: str) -> Job:
    """Back it up now. Raises `JobError` when it is retired."""
    if system.retired_at:
        raise JobError(Sentence("{system} is retired: it is not backed up any more.", {"system": system.name}))
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return start(
        "backup",
        {"reason": "asked"},
        key=f"backup:{system.pk}:asked:{moment}",
        phone_system=system.pk,
        asked_by=asked_by,
    )


def ask_drill(system: PhoneSystem, backup_id: str | None, calls: str, asked_by: str) -> Job:
    """Drill one of its backups, by default the newest that has content. Raises `JobError`."""
    if calls not in ("quick", "full"):
        raise JobError(Sentence("Calls are quick or full, not {calls}.", {"calls": calls}))
    backups = Backup.objects.filter(phone_system=system, state__in=(COMPLETE, PARTIAL), forgotten_at=None)
    backup = backups.filter(pk=backup_id).first() if backup_id else backups.order_by("-started_at").first()
    if backup is None:
        raise JobError(
            Sentence(
                "{system} has no backup {backup} that could be drilled: {command} lists them.",
                {"system": system.name, "backup": backup_id, "command": f"ringkeep backups {system.name}"},
            )
            if backup_id
            else Sentence(
                "{system} has no backup yet: make one first, with {command}",
                {"system": system.name, "command": f"ringkeep backup {system.name}"},
            )
        )
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return start(
        "drill", {"backup": backup.pk, "calls": calls}, key=f"drill:{backup.pk}:{moment}", phone_system=system.pk,
        asked_by=asked_by,
    )  # fmt: skip


def no_job(job_id: str) -> Sentence:
    """What is said of a job that nobody knows."""
    return Sentence(
        "There is no job {job}: ringkeep jobs lists them. Those that ended are kept for {days} days.",
        {"job": job_id, "days": KEPT.days},
    )
