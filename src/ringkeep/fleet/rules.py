"""What a phone system may be called, and when it is backed up: pure, the moment is an argument."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringkeep.phonesystem.sentences import Sentence, Told

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NO_NAME = Sentence("A name is made of small letters, digits and hyphens, such as saba-hq.")
HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")  # digits of any script
MINUTE = timedelta(minutes=1)

# A probe costs about 0.02 s of our processor (docs/performance.md), most of it the login: so many take a third of a core.
PROBES_A_SECOND = float(os.environ.get("RINGKEEP_PROBES_A_SECOND", "42"))  # of one process


class HoursError(Told):
    """Hours that cannot be; the message says how they are written, or what stands in their way."""


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
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Asia
        return ZoneInfo("UTC")


def hours(text: str) -> tuple[time, time]:
    """ "01:00-05:00" as two times, over midnight where the second is the earlier; 00:00-24:00 is the whole day and gives the
    same time twice. Raises `HoursError`."""
    found = HOURS.fullmatch(text.strip())
    minutes = [int(one) for one in found.groups()] if found else []
    if not found or max(minutes[1], minutes[3]) > 59 or minutes[0] > 23 or minutes[2] * 60 + minutes[3] > 24 * 60:
        raise HoursError(
            Sentence("{text} is no span of hours: write it like {example}.", {"text": text, "example": "01:00-05:00"})
        )
    if minutes[:2] == minutes[2:]:
        raise HoursError(
            Sentence(
                "{text} begins and ends at the same minute: the whole day is {example}.",
                {"text": text, "example": "00:00-24:00"},
            )
        )
    return time(minutes[0], minutes[1]), time(minutes[2] % 24, minutes[3])


def see_that_it_is_ever_free(window: tuple[time, time], busy: tuple[time, time]) -> None:
    """Raise `HoursError` when busy hours leave nothing of the window."""
    if not _minutes(window) - _minutes(busy):
        raise HoursError(
            Sentence(
                "The nightly window {window} lies wholly in the busy hours {busy}: no backup could ever begin. Choose another "
                "window, or fewer busy hours.",
                {"window": _written(window), "busy": _written(busy)},
            )
        )


def _minutes(span: tuple[time, time]) -> set[int]:
    """Of a day; the same time twice is the whole of it."""
    first, last = (one.hour * 60 + one.minute for one in span)
    return {minute % 1440 for minute in range(first, last if last > first else last + 1440)}


def _written(span: tuple[time, time]) -> str:
    last = f"{span[1]:%H:%M}"
    return f"{span[0]:%H:%M}-{'24:00' if last == '00:00' else last}"


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
    if free:
        return free
    ends = begins + length  # a change of clocks has taken the free hour away: at once after the window, then
    return [(begins, ends)] if is_busy(of, ends) else [(ends, ends + MINUTE)]


def _window(of: Rhythm, day: date, own: ZoneInfo) -> tuple[datetime, timedelta]:
    """When the window of a day begins, and how long it is; over midnight where it ends before it begins."""
    begins = datetime.combine(day, of.window_from, own).astimezone(UTC)
    last = day if of.window_until > of.window_from else day + timedelta(days=1)
    length = datetime.combine(last, of.window_until, own).astimezone(UTC) - begins
    return begins, max(length, MINUTE)  # a change of clocks may take a short window away


def is_busy(of: Rhythm, at: datetime) -> bool:
    """Whether it has asked to be left alone at that moment."""
    if of.busy_from is None or of.busy_until is None:
        return False
    clock = at.astimezone(zone(of.time_zone)).time()
    if of.busy_from <= of.busy_until:
        return of.busy_from <= clock < of.busy_until
    return clock >= of.busy_from or clock < of.busy_until
