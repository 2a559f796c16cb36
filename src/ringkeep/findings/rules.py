"""When a backup or its proof is overdue. Pure: instants and windows in, an answer out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from ringkeep.fleet.rules import zone

GRACE = timedelta(minutes=45)  # after its window a backup that still runs is late, not missed
STALE_AFTER = timedelta(hours=50)  # two nights, and the window of the third
CLOCK_OFF_S = 60.0  # opening hours and call records are a minute wrong
LEAST_FREE_BYTES = 2 << 30  # here: a drill and a restore need room for a copy
LEAST_FREE_SHARE = 0.02
PROOF_STALE_AFTER = timedelta(days=8)  # the weekly drill, and a day


@dataclass(frozen=True, slots=True)
class Watched:
    """What one phone system is held to, and what it has."""

    enrolled_at: datetime
    time_zone: str
    window_from: time
    window_until: time
    drilled: bool  # whether its backups are to be drilled at all
    complete_started_at: datetime | None  # its newest complete backup
    proved_at: datetime | None  # its newest drill that rang


@lru_cache(maxsize=1000)  # most of a fleet has one window
def last_window(time_zone: str, begins: time, ends: time, now: datetime) -> tuple[datetime, datetime]:
    """The newest nightly window that is over, grace included: (from, until). It may reach over midnight."""
    there = zone(time_zone)
    day = now.astimezone(there).date()
    while True:
        until = datetime.combine(day, ends, there)
        first = day if begins < ends else day - timedelta(days=1)
        since = datetime.combine(first, begins, there)
        # Compared as instants: two local times of one zone are subtracted without their daylight saving.
        if until.astimezone(UTC) + GRACE <= now:
            return since.astimezone(UTC), until.astimezone(UTC)
        day -= timedelta(days=1)


def missed(of: Watched, now: datetime) -> datetime | None:
    """The end of the window in which no complete backup was made; None when all is well."""
    since, until = last_window(of.time_zone, of.window_from, of.window_until, now)
    if of.enrolled_at > since or (of.complete_started_at is not None and of.complete_started_at >= since):
        return None
    return until


def stale(of: Watched, now: datetime) -> bool:
    """Whether its newest complete backup is too old to be of use."""
    return now - (of.complete_started_at or of.enrolled_at) > STALE_AFTER


def unproved(of: Watched, now: datetime) -> bool:
    """Whether no backup has been proved for too long."""
    return of.drilled and now - (of.proved_at or of.enrolled_at) > PROOF_STALE_AFTER


def nearly_full(size_bytes: int, free_bytes: int) -> bool:
    """Whether a disk here has too little room left to work with."""
    return free_bytes < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * size_bytes + (512 << 20))


def clock_off(off_s: float | None) -> bool:
    """Whether a phone system's clock is wrong; unknown is not."""
    return off_s is not None and abs(off_s) > CLOCK_OFF_S
