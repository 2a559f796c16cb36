"""When a phone system is backed up: pure, the moment is an argument."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
    """
    own = zone(of.time_zone)
    day = now.astimezone(own).date() - timedelta(days=1)
    while True:
        begins, length = _window(of, day, own)
        share = int.from_bytes(hashlib.sha256(f"{of.name} {day}".encode()).digest()[:4], "big") / 2**32
        at = begins + length * share * 0.9  # the last tenth is for the work itself
        if at > now and not is_busy(of, at):
            return at
        day += timedelta(days=1)
        if (day - now.astimezone(own).date()).days > 8:  # the busy hours cover all of the window: the window wins
            return at


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
