"""Separated values as Asterisk's CDR and CEL modules write them, and the mappings that say what stands where.

A quote inside a field is doubled by `cdr_csv` and `CSV_QUOTE`, and left as it is by older mappings such as
`"${CDR(clid)}"`; a line break inside a field stays a line break. So a record is read strictly where that works, over
several lines where its quotes are open, with quotes taken as text where they close nothing, and is looked for at the
end of a line that begins with half of another.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from ringkeep.asterisk.conf import Configuration, Place
from ringkeep.asterisk.records import Collected, Reading, decoded

Record = TypeVar("Record")

JOINED_LINES = 8  # of one record; a name with more line breaks is a damaged file
JOINED_LETTERS = 16 << 10  # cdr_csv's own records have at most 1,024 bytes
RECORD_LETTERS = 64 << 10  # a longer line is no record: a damaged file is not taken apart into millions of fields
INNER_STARTS = 64  # places looked at for a second record within a line


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where in a file: lowercase column names; "" for a fixed text."""

    columns: tuple[str, ...]
    separator: str = ","
    quote: str = '"'


def layouts(configuration: Configuration | None) -> dict[str, Layout]:
    """File name -> its layout, as `[mappings]` and the advanced sections of cdr_custom.conf or cel_custom.conf say."""
    found: dict[str, Layout] = {}
    for section in configuration.objects() if configuration else ():
        if section.name.lower() == "mappings":
            found |= {entry.name: Layout(columns(entry.value)) for entry in section.entries}
        elif (section.get("format") or "dsv").lower() != "json" and (fields := section.get("fields")):
            separator = (section.get("separator_character") or ",").replace("\\t", "\t")[:1]
            quote = (section.get("quote_character") or '"')[:1]
            found[section.name] = Layout(tuple(map(_field_name, _parts(fields))), separator, quote)
    return found


def columns(mapping: str) -> tuple[str, ...]:
    """Column names of a mapping such as `${CSV_QUOTE(${CDR(clid)})},"${CALLERID(num)}"`."""
    return tuple(map(_variable, _parts(mapping)))


def _parts(text: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        if letter in "({":
            depth += 1
        elif letter in ")}":
            depth -= 1
        elif letter == "," and depth <= 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _variable(part: str) -> str:
    inside = part.rpartition("${")[2].partition("}")[0] if "${" in part else ""
    name, bracket, argument = inside.partition("(")
    if name.upper() in ("CDR", "CHANNEL") and bracket:
        name = argument.partition(",")[0].partition(")")[0]
    elif name.upper() == "CALLERID" and bracket:
        name = "cid_" + argument.partition(",")[0].partition(")")[0]
    return name.strip().lower()


def _field_name(part: str) -> str:
    return "" if part.lstrip().startswith('"') else part.partition("(")[0].strip().lower()


# -- records --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """How to read a file. `fewest` fields make a record at least; a reader's own check says whether they do."""

    file: str
    fewest: int
    separator: str = ","
    quote: str = '"'
    growing: bool = False


def read_separated(content: bytes, form: Form, one: Callable[[list[str], Place], Record | None]) -> Reading[Record]:
    """Every record that `one` accepts."""
    raws = content.split(b"\n")
    collected: Collected[Record] = Collected()
    index = 0
    while index < len(raws):
        taken = _take(raws, index, form, one, collected)
        if not taken:  # the file ends within this record
            collected.unfinished_at = sum(len(raw) + 1 for raw in raws[:index])
            break
        index += taken
    return collected.reading()


def _take(
    raws: list[bytes], index: int, form: Form, one: Callable[[list[str], Place], Record | None],
    collected: Collected[Record],
) -> int:  # fmt: skip
    """Read the record that begins at a line; how many lines it has, 0 when its end is not written yet."""
    line, place = decoded(raws[index].removesuffix(b"\r")), Place(form.file, index + 1)
    last = index == len(raws) - 1
    if last and form.growing:
        return 0 if line else 1
    if not line.strip():
        return 1
    if "\0" in line:
        collected.count("NUL bytes, as a power cut leaves them", place)
        pieces = (_accepted(_strict(piece, form), form, place, one) for piece in line.split("\0") if piece)
        collected.records += filter(None, pieces)
        return 1
    if record := _accepted(_strict(line, form), form, place, one):
        collected.records.append(record)
        return 1
    joined, lines, open_at_end = _joined(raws, index, line, form, one)
    if joined:
        collected.records.append(joined)
        return lines
    if open_at_end and form.growing:
        return 0
    for text, lines in _with_next(raws, index, line, form):
        for fields in _lenient(text, form):
            if record := _accepted(fields, form, place, one):
                collected.records.append(record)
                collected.mended += 1
                return lines
    collected.count("not the fields of such a record", place)
    if record := _second(line, form, place, one):
        collected.records.append(record)
    return 1


def _accepted(
    fields: list[str] | None, form: Form, place: Place, one: Callable[[list[str], Place], Record | None]
) -> Record | None:
    return one(fields, place) if fields and len(fields) >= form.fewest else None


def _strict(line: str, form: Form) -> list[str] | None:
    if len(line) > RECORD_LETTERS or line.count(form.separator) < form.fewest - 1:
        return None
    if not _well_formed(form.separator, form.quote).fullmatch(line):
        return None  # csv takes a quote in the middle of a field without one
    try:
        return next(csv.reader([line], delimiter=form.separator, quotechar=form.quote, strict=True), None)
    except csv.Error:
        return None


@cache
def _well_formed(separator: str, quote: str) -> re.Pattern[str]:
    mark, edge = re.escape(quote), re.escape(separator)
    one = f"(?:{mark}[^{mark}]*+(?:{mark}{mark}[^{mark}]*+)*+{mark}|[^{mark}{edge}]*+)"
    return re.compile(f"{one}(?:{edge}{one})*+", re.DOTALL)


def _joined(
    raws: list[bytes], index: int, line: str, form: Form, one: Callable[[list[str], Place], Record | None]
) -> tuple[Record | None, int, bool]:
    """(record over several lines, how many, whether the file ended before its quotes did)."""
    text, lines, place = line, 1, Place(form.file, index + 1)
    end = len(raws) - (form.growing or not raws[-1])
    while text.count(form.quote) % 2 and lines < JOINED_LINES and len(text) < JOINED_LETTERS:
        if index + lines >= end:
            return None, lines, True
        following = decoded(raws[index + lines].removesuffix(b"\r"))
        if _accepted(_strict(following, form), form, place, one):
            return None, lines, False  # a good record of its own: this one is broken
        text, lines = f"{text}\n{following}", lines + 1
    return _accepted(_strict(text, form), form, place, one) if lines > 1 else None, lines, False


def _with_next(raws: list[bytes], index: int, line: str, form: Form) -> Iterator[tuple[str, int]]:
    """The line, and with the one below it when it has too few fields: a caller's name may have a line break."""
    yield line, 1
    if index + 1 < len(raws) and line.count(form.separator) < form.fewest - 1 and len(line) < JOINED_LETTERS:
        yield f"{line}\n{decoded(raws[index + 1])}", 2


def _lenient(line: str, form: Form) -> Iterator[list[str] | None]:
    """The fields where a quote ends a field only before a separator; then where even a doubled one does."""
    if len(line) <= RECORD_LETTERS and line.count(form.separator) >= form.fewest - 1:
        for doubled in (True, False):
            yield _loose(line, form, doubled=doubled)


def _loose(line: str, form: Form, *, doubled: bool) -> list[str] | None:
    quote = re.escape(form.quote)
    end = re.compile((f"{quote}{quote}|" if doubled else "") + f"{quote}(?={re.escape(form.separator)}|$)")
    fields, position = [], 0
    while position <= len(line):
        if line.startswith(form.quote, position):
            start = position = position + 1
            while (found := end.search(line, position)) and len(found[0]) == 2:
                position = found.end()
            stop = found.start() if found else len(line)
            fields.append(line[start:stop].replace(form.quote * 2, form.quote))
            position = (found.end() if found else len(line)) + 1
        else:
            stop = line.find(form.separator, position)
            stop = len(line) if stop < 0 else stop
            if form.quote in (field := line[position:stop]):
                return None
            fields.append(field)
            position = stop + 1
    return fields


def _second(line: str, form: Form, place: Place, one: Callable[[list[str], Place], Record | None]) -> Record | None:
    """A whole record at the end of a line that begins with half of another."""
    line = line[-JOINED_LETTERS:]
    position = len(line)
    for _ in range(INNER_STARTS):
        position = line.rfind(form.quote, 0, position)
        if position <= 0:
            return None
        if record := _accepted(_strict(line[position:], form), form, place, one):
            return record
    return None


def named(fields: list[str], layout: Layout) -> Mapping[str, str] | None:
    """The fields by their columns; None when there are more or fewer."""
    return dict(zip(layout.columns, fields, strict=True)) if len(fields) == len(layout.columns) else None
