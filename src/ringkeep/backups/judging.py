"""Judges a backup that has been fetched: what it lacks, what shrank, what changed. No phone system is asked.

systems/ID/before/SNAPSHOT holds what the next comparison needs of a complete backup (`judging_content.keep`); where it is
gone, it is read from the repository.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from ringkeep.backups.judgement import Judgement
from ringkeep.backups.judging_again import read_again
from ringkeep.backups.judging_apart import judge_apart
from ringkeep.backups.models import COMPLETE, Backup
from ringkeep.findings.actions import report, settle
from ringkeep.findings.queries import shrunken_since
from ringkeep.findings.rules import clock_off
from ringkeep.fleet.models import PhoneSystem
from ringkeep.home import folder

__all__ = ["Judgement", "judge", "tell"]
NAMED = 3  # in an alarm; the backup has all
SHRUNKEN_STAYS = timedelta(days=3)  # the next backup is compared with the small one: it knows of nothing that went


def judge(phone_system: PhoneSystem, backup: Backup, last: Backup | None) -> Judgement:
    """Judge the mirror of a phone system as the backup that is being made of it; `last` is its last complete one.

    Bears being repeated. A backup whose every part succeeded is kept for the next comparison.
    """
    ours = str(phone_system.pk)
    mirror, before = folder("systems", ours, "mirror"), folder("systems", ours, "before")
    workplace = folder("systems", ours, "judging")
    for left in workplace.iterdir():  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    previous = before / last.snapshot if last is not None and last.snapshot else None
    whole = bool(backup.parts) and all(part["state"] in ("ok", "skipped") for part in backup.parts)
    keep_as = before / backup.snapshot if whole and backup.snapshot else None
    if previous is not None and last is not None and not previous.is_dir():
        read_again(phone_system, last.snapshot, workplace, previous)
    found = judge_apart(
        mirror,
        previous if previous and previous.is_dir() else None,
        backup.parts,
        phone_system.facts,
        workplace,
        keep_as,
    )
    if keep_as is not None and keep_as.is_dir():
        for old in before.iterdir():
            if old not in (keep_as, previous):  # the previous one stays: this step may be repeated
                shutil.rmtree(old, ignore_errors=True)
    return found


def tell(backup: Backup, *, at: datetime) -> None:
    """Open and settle what a finished backup says of itself: partial, incomplete, shrunken; and of the clock there."""
    system = backup.phone_system
    failed = [part["name"] for part in backup.parts if part["state"] == "failed"]
    if failed:
        report(system, "backup-partial", {"backup": backup.pk, "parts": failed}, at=at)
    else:
        settle(system, "backup-partial", at=at)
    if backup.shrunken:
        report(system, "backup-shrunken", {"backup": backup.pk, "what": backup.shrunken[:NAMED]}, at=at)
    elif backup.state == COMPLETE and not shrunken_since(system, at - SHRUNKEN_STAYS):
        settle(system, "backup-shrunken", at=at)
    if backup.missing:
        values = {"backup": backup.pk, "count": len(backup.missing), "what": backup.missing[:NAMED]}
        report(system, "backup-incomplete", values, at=at)
    elif backup.state == COMPLETE:
        settle(system, "backup-incomplete", at=at)
    off_s = system.facts.get("clock_off_s")
    if clock_off(off_s):
        report(system, "clock-off", {"off_s": round(abs(off_s))}, at=at)
    else:
        settle(system, "clock-off", at=at)
