"""Rows of the product's database, read without trust: a missing column or an odd value is None, never an error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Protocol, runtime_checkable

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Row, Tables
from ringkeep.phonesystem.readers.settings import SECRET

SECRET_COLUMNS = ("pin", "pass", "pwd", "code", "key")  # as endings, beside those that are options of files too


@runtime_checkable
class Placed(Protocol):
    """Tables that know where each row is written."""

    def place(self, table: str, number: int) -> Place:
        """The place of a row, counting from 0."""


@runtime_checkable
class ByColumn(Protocol):
    """Rows that are kept by column: looking at half a million of them one by one would take seconds."""

    def column(self, name: str) -> list[str | None]:
        """One value of every row; None where a row has no such column."""


def rows_of(tables: Tables, table: str) -> Iterator[tuple[Row, Place]]:
    """The rows of a table, none when there is no such table, each with where it is written."""
    knows = isinstance(tables, Placed)
    for number, row in enumerate(tables.get(table, ())):
        yield row, tables.place(table, number) if knows else Place(f"table {table}", 0)  # type: ignore[attr-defined]


def text(row: Row, *columns: str) -> str | None:
    """The first of some columns that has a value; the products write an unset value as NULL or as an empty text."""
    for column in columns:
        if (value := row.get(column)) is not None and (stripped := value.strip()):
            return stripped
    return None


def number(row: Row, column: str) -> int | None:
    """A whole number, None for anything else."""
    return whole_number((row.get(column) or "").strip())


def settings_of(values: Mapping[str, str | None], known: Collection[str]) -> dict[str, str]:
    """What is set, without what the model has a place for and without secrets."""
    return {name: value for name, value in values.items() if value and name not in known and not is_secret(name)}


@lru_cache(4096)  # the same few hundred names, once for each extension
def is_secret(name: str) -> bool:
    """Whether a column or keyword of that name holds a secret."""
    return bool(SECRET.search(name)) or name.lower().endswith(SECRET_COLUMNS) or name == "register"


def keywords(tables: Tables, table: str) -> dict[str, dict[str, str]]:
    """Tables of (id, keyword, data): id -> keyword -> data; of a repeated keyword the last counts."""
    rows = tables.get(table, ())
    if isinstance(rows, ByColumn):
        triples = zip(rows.column("id"), rows.column("keyword"), rows.column("data"), strict=True)
    else:
        triples = ((row.get("id"), row.get("keyword"), row.get("data")) for row in rows)  # type: ignore[assignment]
    found: dict[str, dict[str, str]] = {}
    last, own = None, dict[str, str]()
    for identity, keyword, data in triples:
        if identity and keyword:
            if identity != last:
                last, own = identity, found.setdefault(identity, {})
            own[keyword] = data or ""
    return found


def by_number(values: Mapping[str, object]) -> list[str]:
    """Ids in the order of their numbers, then the others."""
    return sorted(values, key=lambda identity: (whole_number(identity) is None, whole_number(identity) or 0, identity))
