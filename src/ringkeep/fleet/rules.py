"""When a phone system is backed up: pure, the moment is an argument."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# A probe costs about 0.02 s of our processor (docs/performance.md), most of it the login: so many take a third of a core.
PROBES_A_SECOND = float(os.environ.get("RINGKEEP_PROBES_A_SECOND", "42"))  # of one process


class Rhythm(Protocol):
    """What the rules ask of a phone system."""

    name: str
    time_zone: str
    window_from: time
    window_until: time
    busy_from: time | None
    busy_until: time | None


def zone(name: str) -> ZoneInfo:
    """The time zone of that name; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def next_backup_at(of: Rhythm, now: datetime) -> datetime:
    """The next nightly backup after `now`: inside the window of its own zone, at a place of its own in it.

    The place depends on the name and the day, so that a fleet spreads over the window and a restart changes nothing.
    Busy hours are left out of the window; where they cover all of it, the window wins.
    """
    own = zone(of.time_zone)
    day = now.astimezone(own).date() - timedelta(days=1)
    while True:
        free = _free(of, day, own)
        share = int.from_bytes(hashlib.sha256(f"{of.name} {day}".encode()).digest()[:4], "big") / 2**32
        into = sum((last - first for first, last in free), timedelta()) * share * 0.9  # the last tenth is for the work
        for first, last in free:
            if first + into < last:
                break
            into -= last - first
        if first + into > now:
            return first + into
        day += timedelta(days=1)


def probe_pause_s(every_s: float, fleet: int, workers: int = 1) -> float:
    """Seconds until a phone system is probed again: as its rules say, or longer in a fleet that its workers cannot keep up
    with. 10,000 every 240 s are 42 a second."""
    return max(float(every_s), fleet / (PROBES_A_SECOND * workers))


def _free(of: Rhythm, day: date, own: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The window of a day without its busy hours, in order; never empty."""
    begins, length = _window(of, day, own)
    free = [(begins, begins + length)]
    if of.busy_from is None or of.busy_until is None:
        return free
    for away in (-1, 0, 1):
        first_day = day + timedelta(days=away)
        last_day = first_day if of.busy_from <= of.busy_until else first_day + timedelta(days=1)
        for fold in (0, 1):  # an hour that comes twice is busy twice
            busy_from = datetime.combine(first_day, of.busy_from.replace(fold=fold), own).astimezone(UTC)
            busy_until = datetime.combine(last_day, of.busy_until.replace(fold=fold), own).astimezone(UTC)
            if busy_from < busy_until:
                pieces = [(a, min(b, busy_from)) for a, b in free] + [(max(a, busy_until), b) for a, b in free]
                free = sorted((a, b) for a, b in pieces if a < b)
    return free or [(begins, begins + length)]


def _window(of: Rhythm, day: date, own: ZoneInfo) -> tuple[datetime, timedelta]:
    """When the window of a day begins, and how long it is; over midnight where it ends before it begins."""
    begins = datetime.combine(day, of.window_from, own).astimezone(UTC)
    last = day if of.window_until > of.window_from else day + timedelta(days=1)
    length = datetime.combine(last, of.window_until, own).astimezone(UTC) - begins
    return begins, max(length, timedelta(minutes=1))  # a change of clocks may take a short window away


def is_busy(of: Rhythm, at: datetime) -> bool:
    """Whether it has asked to be left alone at that moment."""
    if of.busy_from is None or of.busy_until is None:
        return False
    clock = at.astimezone(zone(of.time_zone)).time()
    if of.busy_from <= of.busy_until:
        return of.busy_from <= clock < of.busy_until
    return clock >= of.busy_from or clock < of.busy_until
