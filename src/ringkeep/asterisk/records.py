"""What the readers of call records have in common: a record a line, broken lines counted, good ones around them kept.

Files of records grow while they are copied, lose lines to full disks and power cuts (whole blocks of NUL bytes) and
hold whatever a caller calls himself. So a broken line is never an error; it is counted, and the first few are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Generic, TypeVar

from ringkeep.asterisk.conf import Place

Record = TypeVar("Record")
RowType = TypeVar("RowType")

NAMED = 5  # broken places that are kept; the others are only counted
EPOCH = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?")
CALENDAR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?")
SINCE_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is not what Asterisk writes."""

    what: str  # never what the line says: it may hold anything
    place: Place


@dataclass(frozen=True, slots=True)
class Reading(Generic[Record]):
    """What a file of records gave."""

    records: tuple[Record, ...]
    broken: int = 0  # lines, or rows of a table
    first_broken: tuple[Broken, ...] = ()  # the first few of them
    mended: int = 0  # records whose quotes were wrong and could still be told apart
    unfinished_at: int | None = None  # byte where a last line begins that is still being written


@dataclass(slots=True)
class Collected(Generic[Record]):
    """A reading while it is made."""

    records: list[Record] = field(default_factory=list)
    broken: int = 0
    first_broken: list[Broken] = field(default_factory=list)
    mended: int = 0
    unfinished_at: int | None = None

    def count(self, what: str, place: Place) -> None:
        """Count a broken line."""
        self.broken += 1
        if len(self.first_broken) < NAMED:
            self.first_broken.append(Broken(what, place))

    def reading(self) -> Reading[Record]:
        """It, finished."""
        first = tuple(self.first_broken)
        return Reading(tuple(self.records), self.broken, first, self.mended, self.unfinished_at)


def finished(content: bytes, *, growing: bool) -> tuple[bytes, int | None]:
    """(the whole lines, the byte where an unfinished one begins); without `growing` the last line counts as whole."""
    if not growing or not content or content.endswith(b"\n"):
        return content, None
    end = content.rfind(b"\n") + 1
    return content[:end], end


def text_lines(content: bytes) -> Iterator[tuple[int, str]]:
    """(number from 1, text) of each line that is not empty; what is not UTF-8 is read as Latin-1."""
    for number, raw in enumerate(content.split(b"\n"), 1):
        line = raw.removesuffix(b"\r")
        if line:
            yield number, decoded(line)


def decoded(raw: bytes) -> str:
    """Text as UTF-8, else as Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_rows(rows: Iterable[RowType], table: str, one: Callable[[RowType, Place], Record | None]) -> Reading[Record]:
    """The records of a table's rows; the place of one is its number among them."""
    collected: Collected[Record] = Collected()
    for number, row in enumerate(rows, 1):
        place = Place(table, number)
        record = one(row, place)
        if record is None:
            collected.count("not the columns of such a record", place)
        else:
            collected.records.append(record)
    return collected.reading()


def instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The instant of "1795552004", "1795552004.08" or "2026-11-24 20:26:44[.5]" (in `zone`), in UTC; None: it is none."""
    if text.isdigit() and text.isascii() and len(text) < 12:
        return SINCE_1970 + timedelta(seconds=int(text))
    if found := EPOCH.fullmatch(text):
        return SINCE_1970 + timedelta(seconds=int(found[1]), microseconds=_microseconds(found[2]))
    if not (found := CALENDAR.fullmatch(text)):
        return None
    try:
        at = datetime.fromisoformat(f"{found[1]} {found[2]}").replace(microsecond=_microseconds(found[3]), tzinfo=zone)
        return at if zone is UTC else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _microseconds(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0
