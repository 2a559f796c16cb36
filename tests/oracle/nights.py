"""A phone system as texts and rows that a test edits as its product would, and reads again."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.sources.contents import read_contents
from ringkeep.sources.source import open_source

SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[3] / "shared/systems")
Row = dict[str, str | None]
ETC = "/etc/asterisk/"


def real(name: str) -> Night:
    """One of the real systems that lie beside the project."""
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(SYSTEMS / name, Path(folder) / "system")
        contents = read_contents(source)
        files = {path.removeprefix(ETC): raw.decode("utf-8", "surrogateescape") for path, raw in contents.files.items()}
        tables = {table: [dict(row) for row in rows] for table, rows in contents.tables.items()}
        return Night(source.product, files, tables, dict(source.astdb or {}))


@dataclass
class Night:
    """One state of a phone system, to be edited in place."""

    product: str
    files: dict[str, str]  # name below /etc/asterisk -> text
    tables: dict[str, list[Row]]
    states: dict[str, str]  # astdb

    def copy(self) -> Night:
        """One that can be edited without touching this."""
        return Night(self.product, dict(self.files), copy.deepcopy(self.tables), dict(self.states))

    def read(self) -> PhoneSystem:
        """As Ringkeep reads it."""
        files = {ETC + name: text.encode("utf-8", "surrogateescape") for name, text in self.files.items()}
        return read_phone_system(files, product=self.product, database=self.states, tables=self.tables)

    # -- edits ----------------------------------------------------------------------------------------------

    def sub(self, file: str, old: str, new: str, count: int = 1) -> None:
        """Replace a text that stands there exactly `count` times."""
        found = self.files[file].count(old)
        assert found == count, f"{file} has {found} times {old!r}"
        self.files[file] = self.files[file].replace(old, new)

    def within(self, file: str, head: str, old: str, new: str) -> None:
        """Replace the first such text after a heading."""
        start = self.files[file].index(head + "\n")
        at = self.files[file].index(old, start)
        self.files[file] = self.files[file][:at] + new + self.files[file][at + len(old) :]

    def lines(self, file: str, has: Callable[[str], bool]) -> list[str]:
        """Take out every line that is so; they are returned."""
        kept, gone = [], []
        for line in self.files[file].split("\n"):
            (gone if has(line) else kept).append(line)
        self.files[file] = "\n".join(kept)
        return gone

    def section(self, file: str, head: str) -> str:
        """Take out a section of a configuration file, up to the next heading; it is returned."""
        text = self.files[file]
        start = text.index(head + "\n")
        end = text.find("\n[", start + 1)
        end = len(text) if end < 0 else end + 1
        self.files[file] = text[:start] + text[end:]
        return text[start:end]

    def add(self, file: str, text: str) -> None:
        """Write something behind a file's end."""
        self.files[file] = self.files[file] + text

    def row(self, table: str, **where: str) -> Row:
        """The one row of a table."""
        (row,) = self.rows(table, **where)
        return row

    def rows(self, table: str, **where: str) -> list[Row]:
        """The rows of a table."""
        return [row for row in self.tables[table] if all(row[name] == value for name, value in where.items())]

    def insert(self, table: str, like: Row, **values: str) -> None:
        """A row like another one, with other values."""
        self.tables[table] = [*self.tables[table], {**like, **values}]

    def delete(self, table: str, **where: str) -> None:
        """Take rows out of a table."""
        gone = self.rows(table, **where)
        assert gone, f"{table} has no row {where}"
        self.tables[table] = [row for row in self.tables[table] if not any(row is one for one in gone)]

    def state(self, key: str, value: str | None) -> None:
        """Set or take out a key of astdb."""
        self.states.pop(key, None)
        if value is not None:
            self.states[key] = value


Told = tuple[str, str, str, str | None, str | None, str | None]  # change, what, id, field, from, to


@dataclass(frozen=True)
class Case:
    """A change somebody makes, and how it is to be told: with nothing else."""

    name: str
    make: Callable[[Night], None]
    told: tuple[Told, ...]
    says: str = ""  # what its sentence must hold


def told(change: Change) -> Told:
    """A change without its sentence."""
    return (change.change, change.what, change.id, change.field, change.before, change.after)


def differences(base: PhoneSystem, night: Night, case: Case) -> tuple[tuple[Change, ...], str | None]:
    """(what is told of a case, what is wrong with that)."""
    edited = night.copy()
    case.make(edited)
    changes = compare(base, edited.read())
    seen = {told(change) for change in changes}
    if seen == set(case.told) and len(changes) == len(case.told):
        missing = (
            None
            if not case.says or any(case.says in c.text for c in changes)
            else f"says {changes[0].text!r}, not {case.says!r}"
        )
        return changes, missing
    return changes, f"told {sorted(seen, key=str)} instead of {sorted(case.told, key=str)}"
