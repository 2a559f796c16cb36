"""Readers of drills."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ringkeep.backups.models import Backup
from ringkeep.drills.models import Drill
from ringkeep.drills.policy import QUICK, calls_for, from_repository
from ringkeep.fleet.models import PhoneSystem
from ringkeep.fleet.rules import zone
from ringkeep.translation import Words

RANG = ("good", "degraded")  # verdicts by which a backup counts as proved


def due(backup: Backup, at: datetime) -> str | None:
    """The calls of the drill that the policy asks for; None: none, or this very state has been drilled before."""
    system = backup.phone_system
    calls = calls_for(
        system.drill, system.full_drill_weekday, _last(system, at="started_at", calls="full"),
        at.astimezone(zone(system.time_zone)),
    )  # fmt: skip
    same = Drill.objects.filter(backup__phone_system=system, backup__snapshot=backup.snapshot).exclude(verdict="")
    return None if calls == QUICK and same.exists() else calls


def wants_repository(backup: Backup, calls: str, at: datetime) -> bool:
    """Whether the drill must restore from the repository."""
    return from_repository(calls, _last(backup.phone_system, at="started_at", from_repository=True), at)


def _last(system: PhoneSystem, *, at: str, **which: Any) -> datetime | None:
    drills = Drill.objects.filter(backup__phone_system=system, **which).exclude(verdict="")
    found: datetime | None = drills.order_by(f"-{at}").values_list(at, flat=True).first()
    return found


def drills_of(system: PhoneSystem, limit: int = 50) -> list[Drill]:
    """Its drills, newest first."""
    rows = Drill.objects.filter(backup__phone_system=system).select_related("backup")
    return list(rows.order_by("-started_at")[:limit])


def document(of: Drill, words: Words) -> dict[str, Any]:
    """One drill as JSON."""
    return {
        "id": of.pk, "backup": of.backup_id, "job": of.job_id, "calls": of.calls, "from_repository": of.from_repository,
        "started_at": of.started_at.isoformat(), "ended_at": of.ended_at and of.ended_at.isoformat(),
        "verdict": of.verdict or None, "error": words.say(of.error) if of.error else None, "first_answer_s": of.first_answer_s,
        "calls_good": of.calls_good, "calls_made": of.calls_made, "report": of.report or None,
    }  # fmt: skip
