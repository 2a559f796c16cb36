"""Which backups of one phone system are kept, and why: pure, the clock and the zone are arguments.

Never forgotten, whatever the rules say: what is running, the newest complete one, the last proven one (the newest whose
drill said good; while there is none, the newest that was degraded), and for 30 days the ones made before a restore.
The rules count complete backups: the last N, and the newest of each of the last so many days, weeks and months that
have one, by the phone system's own calendar. A partial one never takes the place of a complete one: it is kept when it is
the newest of all, and by day, week and month only where no complete one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
GOOD, DEGRADED = "good", "degraded"
BEFORE_RESTORE = "before restore"
WAY_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Stored:
    """A backup as far as the rules look at it."""

    id: str
    started_at: datetime  # aware
    state: str  # running, complete, partial; failed ones hold nothing and are no concern of the rules
    reason: str = "nightly"
    verdicts: frozenset[str] = frozenset()  # of its drills


@dataclass(frozen=True, slots=True)
class Rules:
    """So many of each are kept; 0: none for this reason."""

    last: int = 3
    daily: int = 14
    weekly: int = 8
    monthly: int = 12


def reasons_to_keep(backups: Iterable[Stored], rules: Rules, zone: ZoneInfo, at: datetime) -> dict[str, list[str]]:
    """For each backup why it is kept; without any reason it may be forgotten. Reasons: running, newest, proven,
    before-restore, last, daily, weekly, monthly, partial."""
    ordered = sorted(backups, key=lambda backup: (backup.started_at, backup.id), reverse=True)
    complete = [backup for backup in ordered if backup.state == COMPLETE]
    partial = [backup for backup in ordered if backup.state == PARTIAL]
    why: dict[str, list[str]] = {backup.id: [] for backup in ordered}

    def keep(kept: Iterable[Stored], reason: str) -> None:
        for backup in kept:
            why[backup.id].append(reason)

    keep((backup for backup in ordered if backup.state == RUNNING), "running")
    keep(complete[:1] or partial[:1], "newest")
    keep(_proven(complete + partial), "proven")
    way_back = (b for b in ordered if b.reason == BEFORE_RESTORE and b.state in (COMPLETE, PARTIAL))
    keep((b for b in way_back if b.started_at > at - WAY_BACK), "before-restore")
    keep(complete[: rules.last], "last")
    newest_complete_at = complete[0].started_at if complete else None
    keep((b for b in partial if newest_complete_at is None or b.started_at > newest_complete_at), "partial")
    for reason, most, period in _rhythms(rules, zone):
        kept = newest_of_each(complete, most, period)
        keep(kept, reason)
        covered = {period(backup) for backup in kept}
        keep((b for b in newest_of_each(partial, most, period) if period(b) not in covered), reason)
    return why


def to_forget(backups: Iterable[Stored], rules: Rules, zone: ZoneInfo, at: datetime) -> list[str]:
    """The ids of those that no reason keeps."""
    known = list(backups)
    why = reasons_to_keep(known, rules, zone, at)
    return [backup.id for backup in known if backup.state in (COMPLETE, PARTIAL) and not why[backup.id]]


Period = Callable[[Stored], tuple[int, ...]]


def newest_of_each(backups: Sequence[Stored], most: int, period: Period) -> list[Stored]:
    """Of backups, newest first: the newest of each of the last `most` periods that have one."""
    first: dict[tuple[int, ...], Stored] = {}
    for backup in backups:
        first.setdefault(period(backup), backup)
    return list(first.values())[:most]


def _proven(backups: Sequence[Stored]) -> list[Stored]:
    ordered = sorted(backups, key=lambda backup: (backup.started_at, backup.id), reverse=True)
    for verdict in (GOOD, DEGRADED):
        for backup in ordered:
            if verdict in backup.verdicts:
                return [backup]
    return []


def _rhythms(rules: Rules, zone: ZoneInfo) -> list[tuple[str, int, Period]]:
    def day(backup: Stored) -> tuple[int, ...]:
        return (backup.started_at.astimezone(zone).toordinal(),)

    def week(backup: Stored) -> tuple[int, ...]:
        return tuple(backup.started_at.astimezone(zone).isocalendar()[:2])

    def month(backup: Stored) -> tuple[int, ...]:
        local = backup.started_at.astimezone(zone)
        return (local.year, local.month)

    return [("daily", rules.daily, day), ("weekly", rules.weekly, week), ("monthly", rules.monthly, month)]
