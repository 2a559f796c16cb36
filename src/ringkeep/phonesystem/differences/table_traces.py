"""What differs between two states of a product's database, row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from ringkeep.phonesystem.differences.owners import NOISE, TABLES, Owners, Table
from ringkeep.phonesystem.differences.secret_names import is_secret
from ringkeep.phonesystem.differences.traces import Trace
from ringkeep.phonesystem.model import Row, Tables

KEYS = ("key", "keyword", "variable", "id", "name", "extension")  # how an unknown table tells its rows apart
NOISE_COLUMNS = re.compile(
    r"(last|next)_?(run|login|update|check|seen|used)|updated?|modified|timestamp|(created|updated)_at|salt"
)
NOISE_ROWS = re.compile(
    r"(?i)need_reload|last_?(run|update|check|seen)|timestamp|_?version_?check|AMPWEBROOT_CACHE|mod_?upd|registration_?id"
)


def table_traces(a: Tables, b: Tables, owners: Owners, *, partly: bool = False) -> Iterator[Trace]:
    """Differences of the tables that both sides have; `partly`: one side may hold fewer of them, so an empty one says nothing."""
    for table in sorted(a.keys() & b.keys()):
        if NOISE.fullmatch(table):
            continue
        before, after = a[table], b[table]
        if before is after or before == after or (partly and not (before and after)):
            continue
        yield from _table(table, before, after, owners)


def _table(name: str, before: Sequence[Row], after: Sequence[Row], owners: Owners) -> Iterator[Trace]:
    before, after = _differing(before, after)
    shape = TABLES.get(name) or _guessed((*before, *after))
    old, new = _grouped(before, shape), _grouped(after, shape)
    for key in dict.fromkeys([*old, *new]):
        gone, come = _unlike(old.get(key, []), new.get(key, []))
        for rows in _paired(gone, come, shape):
            yield from _rows(name, shape, rows, owners)


def _differing(before: Sequence[Row], after: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows without those that both sides have: most of a table is the same as the night before."""
    if not before or not after or list(before[0]) != list(after[0]):
        return before, after
    old, new = Counter(tuple(row.values()) for row in before), Counter(tuple(row.values()) for row in after)
    gone, come = old - new, new - old
    return _kept(before, gone), _kept(after, come)


def _kept(rows: Sequence[Row], wanted: Counter[tuple[str | None, ...]]) -> list[Row]:
    kept = []
    for row in rows if wanted else ():
        values = tuple(row.values())
        if wanted[values] > 0:
            wanted[values] -= 1
            kept.append(row)
    return kept


def _guessed(rows: Sequence[Row]) -> Table:
    columns = list(rows[0]) if rows else []
    key = tuple(column for column in ("id", "key", "keyword", "variable") if column in columns)
    return Table("table", (), key or tuple(c for c in KEYS if c in columns)[:1] or tuple(columns[:1]))


def _grouped(rows: Sequence[Row], shape: Table) -> Mapping[tuple[str | None, ...], list[Row]]:
    key = shape.key or shape.identity
    found: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        identity = tuple(row.values()) if key == ("*",) else tuple(row.get(column) for column in key)
        found.setdefault(identity, []).append(row)
    return found


def _unlike(before: list[Row], after: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of one key that only one side has; their order means nothing."""
    if before == after:
        return [], []
    old, new = Counter(map(_said, before)), Counter(map(_said, after))
    gone, come = old - new, new - old
    return _first(before, gone), _first(after, come)


def _paired(gone: list[Row], come: list[Row], shape: Table) -> Iterator[tuple[Row | None, Row | None]]:
    """The rows that went beside those that came in their stead; a member's beside its own."""
    if not gone or not come or _keyword(shape, gone[0]) != "members":
        yield from zip_longest(gone, come)
        return
    new = {(row.get(shape.value) or "").partition(",")[0]: row for row in come}
    for row in gone:
        yield row, new.pop((row.get(shape.value) or "").partition(",")[0], None)
    for row in new.values():
        yield None, row


def _said(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple((column, value or "") for column, value in sorted(row.items()))


def _first(rows: list[Row], wanted: Counter[tuple[tuple[str, str], ...]]) -> list[Row]:
    """The rows that are so, each as often as it is wanted."""
    kept = []
    for row in rows if wanted else ():
        said = _said(row)
        if wanted[said] > 0:
            wanted[said] -= 1
            kept.append(row)
    return kept


def _rows(table: str, shape: Table, rows: tuple[Row | None, Row | None], owners: Owners) -> Iterator[Trace]:
    before, after = rows
    there = after or before
    assert there is not None
    owner = owners.of_row(table, there)
    locus = " ".join(there.get(column) or "" for column in (shape.identity or shape.key) if column != "*")
    if NOISE_ROWS.search(locus):
        return
    if before is None or after is None:
        part = shape.part.format(**{k: v or "" for k, v in there.items()}) if shape.part else _keyword(shape, there)
        texts = [None if row is None else _text(row, shape) for row in rows]
        secret = is_secret(_keyword(shape, there) or locus)
        yield Trace("database", table, locus, part, texts[0], texts[1], owner, secret, whole=not part)
        return
    for column in (name for name in before if name in after):
        was, now = before.get(column), after.get(column)
        if (was or "") == (now or "") or column in shape.ignored or NOISE_COLUMNS.fullmatch(column):
            continue
        yield Trace(
            "database",
            table,
            locus,
            _field(shape, there, column),
            was or "",
            now or "",
            owner,
            _hides(shape, there, column, locus),
        )


def _keyword(shape: Table, row: Row) -> str:
    word = (row.get(shape.keyword) or "") if shape.keyword else ""
    return shape.fields.get(word, word)


def _field(shape: Table, row: Row, column: str) -> str:
    if shape.part and column == (shape.value or column):
        return shape.part.format(**{k: v or "" for k, v in row.items()})
    if shape.keyword and column == shape.value:
        return _keyword(shape, row)
    if column == shape.value:
        return ""
    return shape.fields.get(column, column)


def _hides(shape: Table, row: Row, column: str, locus: str) -> bool:
    word = (row.get(shape.keyword) or "") if shape.keyword else ""
    return is_secret(column) or is_secret(word) or (column == shape.value and is_secret(locus))


def _text(row: Row, shape: Table) -> str:
    """What a row says, without what says which row it is."""
    if shape.value:
        return row.get(shape.value) or ""
    return ",".join(
        value or "" for column, value in row.items() if column not in shape.ignored and not is_secret(column)
    )
