"""`09:00-17:00,mon-fri,1-15,jan-jun,zone`: when it holds, as Asterisk reckons it (main/pbx_timing.c).

Pure. Each of the five parts may be missing or `*`; parts are parted by `,` or `|`, alternatives by `&`, ranges go round
(`22:00-06:00`, `sat-wed`, `nov-feb`). An alternative that Asterisk cannot read counts for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MINUTES = 24 * 60
EVERY_MINUTE = (1 << MINUTES) - 1
DAYS_AHEAD = 366 * 8  # the 29th of February comes again within
CLOCK = re.compile(r"[ \t]*([0-9]{1,2}):[ \t]*([0-9]{1,2})")
NUMBER = re.compile(r"[ \t]*\+?([0-9]{1,2})")
ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,3}")
FORGOTTEN_AFTER = 4096


@dataclass(frozen=True, slots=True)
class Timing:
    """When something holds; each number is a set of bits, the first minute, day and month being the lowest."""

    minutes: int
    weekdays: int  # Sunday first
    days: int
    months: int
    zone: str | None  # None: the phone system's own

    def holds(self, at: datetime) -> bool:
        """Whether it holds at an instant; a zone counts only for an instant that knows its own."""
        if self.zone is not None and at.tzinfo is not None:
            at = at.astimezone(zone_of(self.zone))
        return bool(self.minutes >> (at.hour * 60 + at.minute) & 1) and self.holds_on(at)

    def holds_on(self, at: datetime) -> bool:
        """Whether it holds at some minute of that day."""
        return bool(
            self.weekdays >> (at.isoweekday() % 7) & 1
            and self.days >> (at.day - 1) & 1
            and self.months >> (at.month - 1) & 1
        )


@lru_cache(maxsize=FORGOTTEN_AFTER)
def read_timing(spec: str) -> Timing | None:
    """The times a specification gives; None when it is empty, which an include takes for always and a goto for never."""
    if not spec:
        return None
    parts = re.split(r"[,|]", spec)
    zone = parts[4] if len(parts) == 5 else None
    given = [*parts, "*", "*", "*"]
    return Timing(_clock(given[0]), _named(given[1], DAYS), _mask(given[2], 31, ()), _named(given[3], MONTHS), zone)


def time_holds(spec: str, at: datetime) -> bool:
    """Whether `09:00-17:00,sun-thu,*,*` holds at an instant."""
    timing = read_timing(spec)
    return timing is not None and timing.holds(at)


def next_change(spec: str, at: datetime) -> datetime | None:
    """The first minute after an instant at which `time_holds` becomes the other; None when it stays for years."""
    timing = read_timing(spec)
    if timing is None:
        return None
    now, day = timing.holds(at), at.replace(minute=0, hour=0, second=0, microsecond=0)
    passed = at.hour * 60 + at.minute + 1  # minutes of the day that are over
    for _ in range(DAYS_AHEAD):
        open_all_day = timing.minutes if timing.holds_on(day) else 0
        changed = ((~open_all_day if now else open_all_day) & EVERY_MINUTE) >> passed << passed
        if changed:
            return day + timedelta(minutes=(changed & -changed).bit_length() - 1)
        day, passed = day + timedelta(days=1), 0
    return None


def _clock(text: str) -> int:
    if text in ("", "*"):
        return EVERY_MINUTE
    mask = 0
    for one in text.split("&"):
        first, ranged, last = one.partition("-")
        start = _minute(first)
        # Asterisk skips to the first digit of the end, to be rid of spaces.
        end = _minute(re.sub(r"^[^0-9]+", "", last)) if ranged else start
        if start is not None and end is not None:
            mask |= _range(start, end, MINUTES)
    return mask


def _minute(text: str) -> int | None:
    match = CLOCK.match(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return int(match[1]) * 60 + int(match[2])


def _named(text: str, names: tuple[str, ...]) -> int:
    return _mask(text, len(names), names)


def _mask(text: str, size: int, names: tuple[str, ...]) -> int:
    if text in ("", "*"):
        return (1 << size) - 1
    mask = 0
    for one in text.split("&"):
        first, ranged, last = one.partition("-")
        start = _place(first, size, names)
        end = _place(last, size, names) if ranged else start
        if start is not None and end is not None:
            mask |= _range(start, end, size)
    return mask


def _place(text: str, size: int, names: tuple[str, ...]) -> int | None:
    """Where a name or number stands, from 0."""
    if text.lower() in names:
        return names.index(text.lower())
    match = NUMBER.match(text)
    number = int(match[1]) if match else 0
    return number - 1 if 1 <= number <= size else None


def _range(start: int, end: int, size: int) -> int:
    """The bits from start to end, round the end of the size when it is before."""
    if start <= end:
        return (1 << (end + 1)) - (1 << start)
    return (1 << size) - (1 << start) | (1 << (end + 1)) - 1


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of that name; UTC when there is none, as in Asterisk."""
    try:
        return ZoneInfo(name) if ZONE.fullmatch(name) else UTC
    except (OSError, ValueError, LookupError):
        return UTC
