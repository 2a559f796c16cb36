"""What `mysqldump` writes, read without a database: where each table's rows lie, and the rows when they are asked for.

Only the statements that make rows are understood; everything else is stepped over. Nothing is ever executed.
Source of the syntax: MySQL and MariaDB reference manuals, "String Literals", "INSERT" and "mysqldump".

A dump is hostile input. Every expression is possessive and so linear; after MAX_DAMAGES unreadable places reading
stops, because each may cost a walk to the end of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringkeep.asterisk.conf import Place, Problem
from ringkeep.sources.rows import Part, Rows
from ringkeep.sources.sqlvalues import STRING, read_values

MAX_DAMAGES = 20
# Call records: as large as everything else together a thousand times over, and no part of what a system is.
RECORDS = frozenset({"cdr", "cel", "queue_log", "queuelog", "cel_archive", "cdr_archive"})
# Databases of the server itself in a dump of all of them.
SERVER = frozenset({"mysql", "information_schema", "performance_schema", "sys"})

_NAME = rb"(?:`(?:[^`]|``)*+`|\"[^\"]*+\"|[\w$]++)"
_SKIPPED = rb"(?:\s++|--(?=\s)[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|;)*+"
_REST = rb"(?:[^'\"`;]++|" + STRING.encode() + rb"|\"(?:[^\"\\]++|\\.|\"\")*+\"|`[^`]*+`)*+;"
_HEAD = (
    rb"(?:INSERT|REPLACE)(?:\s++(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE))*+\s++(?:INTO\s++)?+"
    rb"(?:(?P<base>" + _NAME + rb")\s*+\.\s*+)?+(?P<table>" + _NAME + rb")\s*+"
    rb"(?P<columns>\((?:[^()'\"`]++|" + _NAME + rb")*+\))?+\s*+VALUES?+\s*+(?=\()"
)
SPACE = re.compile(_SKIPPED)
# All the rows of one table that follow each other, whether in one statement or in one each.
INSERTS = re.compile(rb"(?P<head>" + _HEAD + rb")" + _REST + rb"(?:\s*+(?P=head)" + _REST + rb")*+", re.S | re.I)
BROKEN = re.compile(rb"(?P<head>" + _HEAD + rb")", re.S | re.I)
CREATE = re.compile(
    rb"CREATE\s++TABLE\s++(?:IF\s++NOT\s++EXISTS\s++)?+(?:(?P<base>" + _NAME + rb")\s*+\.\s*+)?+"
    rb"(?P<table>" + _NAME + rb")\s*+(?=\()" + _REST,
    re.S | re.I,
)
USE = re.compile(rb"USE\s++(?P<base>" + _NAME + rb")\s*+;", re.I)
DELIMITER = re.compile(rb"DELIMITER[ \t]++(?!;\s)[^\n]++\n", re.I)
DELIMITER_BACK = re.compile(rb"^DELIMITER[ \t]++;[ \t\r]*+$", re.I | re.M)
STATEMENT = re.compile(_REST, re.S)
NEXT = re.compile(rb"^(?=(?:INSERT|REPLACE|CREATE|DROP|LOCK|UNLOCK|USE|ALTER|--|/\*!)\b)", re.M)
# The columns of CREATE TABLE: what stands at the start of each part, unless it is a key.
PARTS = re.compile(rb"[(),]|(?:" + STRING.encode() + rb")|" + _NAME, re.S)
KEYS = {"PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK", "PERIOD"}


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one table that follow each other in a dump."""

    start: int  # first byte of its first statement
    end: int
    columns: tuple[str, ...]  # named by the statements; empty: those of the table
    whole: bool = True  # False: the file ends, or is unreadable, inside


@dataclass
class Dump:
    """One dump: tables -> where their rows and columns lie in `data`."""

    file: str
    data: bytes
    runs: dict[str, list[Run]] = field(default_factory=dict)
    creates: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _lines: list[int] | None = None
    _breaks: dict[int, int] = field(default_factory=dict)  # start of a run -> its line breaks

    def line(self, at: int) -> int:
        """The line of a byte, from 1."""
        if self._lines is None:
            self._lines = [match.start() for match in re.finditer(rb"\n", self.data)]
        return bisect_right(self._lines, at - 1) + 1

    def note(self, at: int, what: str) -> None:
        """Something was unreadable at a byte."""
        self.problems.append(Problem("damaged-dump", what, Place(self.file, self.line(at))))

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that CREATE TABLE names; empty when it is not there."""
        start, end = self.creates.get(table, (0, 0))
        return tuple(_columns(self.data[start:end]))

    def rows(self, table: str, columns: tuple[str, ...]) -> Rows:
        """The rows of a table, a part for each of its runs.

        `columns` are those of the table, for statements that do not name any; without any they are called 1, 2, 3...
        """
        parts: list[Part] = []
        for run in self.runs.get(table, ()):
            named = run.columns or columns
            values = read_values(self.data[run.start : run.end].decode("utf-8", "surrogateescape"), len(named))
            if values.faults:
                self.note(run.start, f"{values.faults} rows of table {table} do not fit its columns")
            if values.unread and run.whole:
                self.note(run.start, f"rows of table {table} that are not as mysqldump writes them were not read")
            named = named or tuple(str(number + 1) for number in range(len(values.columns)))
            parts.append(Part(named, values.columns, values.count))
        return Rows(parts)

    def place(self, run: Run, rows: int, number: int) -> Place:
        """Where a row of a run is: on a line of its own, or all of them on the line where the statement starts."""
        if run.start not in self._breaks:
            self._breaks[run.start] = self.data.count(b"\n", run.start, run.end)
        own_lines = self._breaks[run.start] + 1 == rows
        return Place(self.file, self.line(run.start) + (number if own_lines else 0))


def read_dump(file: str, data: bytes) -> dict[str, Dump]:
    """Find the tables of each database in a dump: database -> its tables; "" before any database is named.

    Linear in `len(data)`; rows are not read yet. What cannot be read becomes `problems` of the database it was in.
    """
    dumps: dict[str, Dump] = {}

    def of(base: str) -> Dump:
        return dumps.setdefault(base, Dump(file, data))

    base, at, damages = "", 0, 0
    while (at := _after(SPACE, data, at)) < len(data):
        if match := INSERTS.match(data, at):
            _insert(of(_name(match["base"]) or base), match, match.end(), whole=True)
        elif match := CREATE.match(data, at):
            of(_name(match["base"]) or base).creates.setdefault(
                _name(match["table"]), (match.end("table"), match.end())
            )
        elif match := USE.match(data, at):
            base = _name(match["base"])
        elif match := DELIMITER.match(data, at):
            match = DELIMITER_BACK.search(data, match.end())
        else:
            match = STATEMENT.match(data, at)
        if match is None:
            damages += 1
            following = NEXT.search(data, at + 1)
            end = following.start() if following and damages < MAX_DAMAGES else len(data)
            _broken(of(base), base, at, end)
            if damages >= MAX_DAMAGES:
                of(base).note(at, "too much of it is unreadable: the rest was not read")
        at = match.end() if match else end
    return {name: dump for name, dump in dumps.items() if name.lower() not in SERVER}


def _after(expression: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = expression.match(data, at)
    return match.end() if match else at


def _insert(dump: Dump, match: re.Match[bytes], end: int, *, whole: bool) -> None:
    table = _name(match["table"])
    if table.lower() not in RECORDS:
        columns = tuple(_columns(match["columns"] or b""))
        dump.runs.setdefault(table, []).append(Run(match.start(), end, columns, whole))


def _broken(dump: Dump, base: str, at: int, end: int) -> None:
    """A statement without an end: its whole rows count."""
    dump.note(at, "a statement that does not end: the dump is cut off or damaged here")
    if (match := BROKEN.match(dump.data, at)) and (_name(match["base"]) or base) == base:
        _insert(dump, match, end, whole=False)


def _columns(text: bytes) -> Iterator[str]:
    """Names at the start of each part of the outermost parentheses: "(`id` int, `name` ..., PRIMARY KEY (`id`))"."""
    depth, first = 0, False
    for match in PARTS.finditer(text):
        word = match[0]
        if word == b"(":
            depth += 1
            first = depth == 1
        elif word == b")":
            depth -= 1
            if depth <= 0:
                return
        elif word == b",":
            first = depth == 1
        elif first:
            first = False
            if word[:1] in b'`"' or word.decode("latin-1").upper() not in KEYS:
                yield _name(word)


def _name(quoted: bytes | None) -> str:
    text = (quoted or b"").decode("utf-8", "replace")
    if text[:1] == "`":
        return text[1:-1].replace("``", "`")
    return text.strip('"')
