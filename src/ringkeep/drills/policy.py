"""Which drill a fresh backup gets. Pure: the phone system's rules and what was drilled before in, an answer out."""

from __future__ import annotations

from datetime import datetime, timedelta

QUICK, FULL = "quick", "full"
OVERDUE = timedelta(days=8)  # a weekly full drill that its day passed over (no backup, a machine that was off)
SAME_DAY = timedelta(hours=20)
FROM_REPOSITORY_EVERY = timedelta(days=6)  # so that it is at least weekly


def calls_for(policy: str, weekday: int | None, last_full_at: datetime | None, at: datetime) -> str | None:
    """quick, full or None (no drill) for a backup made at `at`, which is in the phone system's own zone.

    `policy` is none, quick or full; `weekday` (0 Monday) is the day of the weekly full drill, None for never.
    """
    if policy == FULL:
        return FULL
    if policy != QUICK:
        return None
    if weekday is None:
        return QUICK
    if at.weekday() == weekday:
        done = last_full_at is not None and at - last_full_at < SAME_DAY
        return QUICK if done else FULL
    return FULL if last_full_at is not None and at - last_full_at > OVERDUE else QUICK


def from_repository(calls: str, last_from_repository_at: datetime | None, at: datetime) -> bool:
    """Whether a drill restores from the repository even though the same files are still at hand."""
    if calls == FULL or last_from_repository_at is None:
        return True
    return at - last_from_repository_at > FROM_REPOSITORY_EVERY
