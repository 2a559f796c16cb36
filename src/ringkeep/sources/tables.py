"""The product's database as it lies in a backup: dumps of mysqldump, or the modules' JSON of a FreePBX 15+ backup."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ringkeep.asterisk.conf import Place, Problem
from ringkeep.phonesystem.model import Row
from ringkeep.sources import modulejson
from ringkeep.sources.errors import size_text
from ringkeep.sources.rows import Rows
from ringkeep.sources.shapes import DATABASE_FOLDER
from ringkeep.sources.source import Source
from ringkeep.sources.sqldump import RECORDS, Dump, read_dump

DUMP_BYTES = 256 << 20  # of one dump, unpacked; what lies behind is not read
ALL_BYTES = 512 << 20  # of all dumps of a source
MAX_MEMBERS = 10_000  # of one gzip file
CHUNK = 64 << 10  # of compressed bytes
# Tables that tell the product's own database from those of its neighbours (call centre, web mail) with their `users`.
KNOWN = (
    "users", "devices", "trunks", "incoming", "sip", "featurecodes", "queues_config", "ringgroups", "outbound_routes", "modules",
    "extensions", "globals", "ivr_details",
)  # fmt: skip
SURE = 3  # known tables with rows: no other program has as many


class Database(Mapping[str, Sequence[Row]]):
    """Table -> rows, read when a table is first asked for; `problems` grows with what turns out unreadable."""

    def __init__(self, dumps: Iterable[Dump] = (), given: Mapping[str, tuple[str, list[Row]]] | None = None) -> None:
        """`dumps`: the most trusted first; `given`: tables at hand, each with the file they come from."""
        self.dumps = tuple(dumps)
        self._given = dict(given or {})
        self._read: dict[str, Rows] = {}
        self._dumps: dict[str, Dump] = {}
        self._more: list[Problem] = []
        for dump in self.dumps:
            for table in dump.runs:
                self._dumps.setdefault(table, dump)
            for table in dump.creates:
                self._dumps.setdefault(table, dump)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read so far."""
        return (*self._more, *(problem for dump in self.dumps for problem in dump.problems))

    def note(self, file: str, what: str) -> None:
        """A file could not be read, or not wholly."""
        self._more.append(Problem("damaged-dump", what, Place(file, 0)))

    def place(self, table: str, number: int) -> Place:
        """Where a row is written, counting from 0."""
        if table in self._given:
            return Place(f"{self._given[table][0]}: {table}", 0)
        dump, parts = self._dumps[table], self._rows(table).parts
        for run, part in zip(dump.runs.get(table, ()), parts, strict=True):
            if number < part.count:
                return dump.place(run, part.count, number)
            number -= part.count
        raise IndexError(f"table {table} has no such row")

    def __getitem__(self, table: str) -> Sequence[Row]:
        return self._given[table][1] if table in self._given else self._rows(table)

    def _rows(self, table: str) -> Rows:
        if table not in self._read:
            dump = self._dumps[table]
            self._read[table] = dump.rows(table, dump.columns(table) or self._columns(table))
        return self._read[table]

    def _columns(self, table: str) -> tuple[str, ...]:
        """Of a dump of rows alone: the columns are in a dump of the schema beside it."""
        return next((columns for dump in self.dumps if (columns := dump.columns(table))), ())

    def __contains__(self, table: object) -> bool:
        return table in self._given or table in self._dumps

    def __iter__(self) -> Iterator[str]:
        return iter({**self._given, **self._dumps})

    def __len__(self) -> int:
        return len({**self._given, **self._dumps})


def read_tables(source: Source) -> Database:
    """Every table of the product's database that a source holds; damaged parts are left out and noted.

    Call records (cdr, cel, queue_log) are not among them. Of several dumps, the one that most looks like the
    product's own database wins a table; where there is nothing but a schema, there are no tables.
    """
    notes: list[tuple[str, str]] = []
    dumps = sorted(_dumps(source, notes), key=lambda dump: (-_score(dump), dump.file))
    if dumps and _score(dumps[0]) >= SURE:  # the others' rows are of other programs; a schema may be its own
        dumps = [dump for dump in dumps if not dump.runs or _score(dump) >= SURE]
    modules = modulejson.tables(source.root, notes)
    known = bool(modules) or any(dump.runs for dump in dumps)
    database = Database(dumps if known else (), modules)
    if not known:  # tables that are empty because nobody dumped their rows would say that nothing exists
        notes += [(str(problem.place), problem.what) for dump in dumps for problem in dump.problems]
    for file, what in notes:
        database.note(file, what)
    return database


def _score(dump: Dump) -> int:
    return sum(table in dump.runs for table in KNOWN)


def _dumps(source: Source, notes: list[tuple[str, str]]) -> Iterator[Dump]:
    left = ALL_BYTES
    for path in source.sql_dumps:
        if _name(path) in RECORDS:
            continue
        inside = path.relative_to(source.root).as_posix()
        file = inside.removeprefix(f"{DATABASE_FOLDER}/")
        data, fault = read_bytes(path, min(DUMP_BYTES, left))
        left -= len(data)
        if fault:
            notes.append((file, fault))
        bases = read_dump(file, data)
        named = {name: dump for name, dump in bases.items() if name}
        chosen = max(named, key=lambda name: (_score(named[name]), name == "asterisk"), default="")
        for name, dump in bases.items():
            if name in ("", chosen):
                yield dump


def _name(path: Path) -> str:
    """ "cdr" of cdr.sql.gz."""
    return path.name.removesuffix(".gz").removesuffix(".sql").lower()


def read_bytes(path: Path, most: int) -> tuple[bytes, str | None]:
    """A dump's bytes, unpacked when its name ends in .gz, at most `most`; and what went wrong, if anything did."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        return b"", f"it may not be read ({error.strerror})"
    fault = None
    if path.suffix == ".gz":
        data, fault = _unpacked(data, most)
    if len(data) > most:
        return data[:most], f"only its first {size_text(most)} were read"
    return data, fault


def _unpacked(packed: bytes, most: int) -> tuple[bytes, str | None]:
    """All members of a gzip file, as far as they are whole."""
    parts: list[bytes] = []
    left, at, members = most + 1, 0, 0
    unpacker = zlib.decompressobj(wbits=31)
    while at < len(packed) and left > 0:
        chunk = packed[at : at + CHUNK]
        try:
            part = unpacker.decompress(chunk, left)
        except zlib.error as error:
            return b"".join(parts), f"its compression is damaged ({error})"
        at += len(chunk) - len(unpacker.unused_data)
        parts.append(part)
        left -= len(part)
        if unpacker.eof and packed[at : at + 2] == b"\x1f\x8b" and members < MAX_MEMBERS:
            members += 1
            unpacker = zlib.decompressobj(wbits=31)
        elif unpacker.eof:
            break  # padding, or what is no part of it
    cut = left > 0 and not unpacker.eof
    return b"".join(parts), "it is cut off" if cut else None
