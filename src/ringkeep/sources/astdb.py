"""astdb, Asterisk's own small database of states (call forward, night mode, follow-me, device names).

Three shapes of one thing, all read into `{"/AMPUSER/1000/cidname": "Ana Smith"}`:
astdb.sqlite3 (Asterisk 10 and later, main/db.c), the text of `asterisk -rx "database show"`, and what FreePBX and
IssabelPBX put into their backups.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ringkeep.sources import php

SCHEMA = "CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))"  # main/db.c, Asterisk 16 and 22
MAX_ENTRIES = 2_000_000
MAX_CELL_BYTES = 1 << 20
_OF_FILES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, 0}  # not "interrupted", no memory
_STEPS = 200  # progress calls, each after a million instructions of SQLite's machine
_KEY_WIDTH = 50  # "database show" prints "%-50s: %-25s"
_COUNT_LINE = re.compile(r"\d+ results? found\.\s*$")


class AstdbError(Exception):
    """The file is not an astdb; the message says why."""


def read_sqlite(path: Path) -> dict[str, str]:
    """All entries of an astdb.sqlite3, which is only read. Raises AstdbError.

    The file is not trusted: a view or virtual table named astdb is refused, and reading stops after a fixed
    amount of work.
    """
    with _opened(path) as base:
        rows = base.execute("SELECT key, value FROM astdb LIMIT ?", (MAX_ENTRIES,))
        return {_cell(key): _cell(value) for key, value in rows}


def damage_of(path: Path) -> str | None:
    """Why Asterisk cannot work with this astdb.sqlite3, in SQLite's words; None: it can, or that would take too long to find out."""
    try:
        with _opened(path) as base:
            base.execute("SELECT key, value FROM astdb LIMIT 1")
            found = _cell(base.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except AstdbError as error:
        why = error.__cause__
        code = why.sqlite_errorcode & 0xFF if isinstance(why, sqlite3.Error) else -1 if why else 0
        return str(error) if code in _OF_FILES else None
    return None if found == "ok" else " ".join(found.split())


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise AstdbError(str(error)) from error
    left = _STEPS

    def out_of_steps() -> int:
        nonlocal left
        left -= 1
        return int(left < 0)

    try:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
        base.execute("PRAGMA trusted_schema=OFF")
        base.set_progress_handler(out_of_steps, 1_000_000)
        base.text_factory = bytes
        table = base.execute("SELECT type, sql FROM sqlite_master WHERE name='astdb'").fetchone()
        if table is None or table[0] != b"table" or not re.match(rb"(?i)\s*create\s+table\b", table[1] or b""):
            raise AstdbError("it has no table named astdb")
        yield base
    except (sqlite3.Error, MemoryError, OverflowError) as error:
        raise AstdbError(str(error)) from error
    finally:
        base.close()


def _cell(value: object) -> str:
    return php.text(value) if isinstance(value, bytes) else "" if value is None else str(value)


def read_show(text: str) -> dict[str, str]:
    """Entries from the text of `database show`; lines before the first key and the closing count are ignored.

    The value is padded with blanks to 25 columns, so blanks at its end cannot be told from padding and are dropped.
    """
    entries: dict[str, str] = {}
    key: str | None = None
    for line in text.split("\n"):
        line = line.rstrip("\r")
        found = _key_and_value(line)
        if found:
            key = found[0]
            entries[key] = found[1].rstrip(" ")
        elif key is not None and line.strip() and not _COUNT_LINE.match(line):
            entries[key] += "\n" + line.rstrip(" ")  # a value with a line break in it
    return entries


def _key_and_value(line: str) -> tuple[str, str] | None:
    if not line.startswith("/"):
        return None
    if line[_KEY_WIDTH : _KEY_WIDTH + 2] == ": ":
        colon = _KEY_WIDTH
    else:
        # A key longer than its column, or blanks squeezed by a person or a tool.
        colon = line.find(" : ") + 1 if " : " in line else line.find(": ")
    if colon < 0:
        return (line[:-1].rstrip(" "), "") if line.endswith(":") else None
    return line[:colon].rstrip(" "), line[colon + 2 :]


def read_php(data: bytes) -> dict[str, str]:
    """Entries of the `astdb` file of a legacy FreePBX or IssabelPBX backup: {family: {"1000/cidname": value}}."""
    try:
        families = php.loads(data)
    except php.PhpError as error:
        raise AstdbError(str(error)) from error
    if not isinstance(families, dict):
        raise AstdbError("it holds no families")
    return from_families(families)


def from_families(families: Mapping[int | str, object]) -> dict[str, str]:
    """{"DND": {"1001": "YES"}} -> {"/DND/1001": "YES"}; values that are no text or number are left out."""
    entries: dict[str, str] = {}
    for family, pairs in families.items():
        for key, value in pairs.items() if isinstance(pairs, dict) else ():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                continue
            entries[f"/{family}/{key}"] = str(value)
    return entries


def from_modules(configs: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Entries from the `configs` of a FreePBX 15+ backup's modulejson files.

    Each module writes its own shape under `astdb`: [{"AMPUSER": {"1000/device": "1000"}}, ...] (core, queues,
    callrecording) or {"/DND/1001": "YES"} (donotdisturb); call forwarding, call waiting, the blacklist and follow-me
    have forms of their own.
    """
    entries: dict[str, str] = {}
    for config in configs:
        found = config.get("astdb")
        for part in found if isinstance(found, list) else [found]:
            if not isinstance(part, dict):
                continue
            entries.update(from_families(part))
            entries.update({k: v for k, v in part.items() if str(k).startswith("/") and isinstance(v, str)})
        entries.update(_from_data(config.get("data")))
        for one in _objects(config.get("fmstatus")):  # findmefollow: whether calls skip the list
            entries[f"/AMPUSER/{one.get('grpnum')}/followme/ddial"] = "EXTENSION" if one.get("ddial") else "DIRECT"
    return entries


def _from_data(data: object) -> Iterator[tuple[str, str]]:
    """Entries from `data` of callforward and callwaiting ({number: states}) and of blacklist ([{number, description}])."""
    for number, states in data.items() if isinstance(data, dict) else ():
        numbers = states.get("numbers") if isinstance(states, dict) else None
        for family, target in numbers.items() if isinstance(numbers, dict) else ():
            if isinstance(target, str) and target:
                yield f"/{family}/{number}", target
        if isinstance(states, dict) and isinstance(waiting := states.get("callwaiting_enable"), str) and waiting:
            yield f"/CW/{number}", waiting
    for one in _objects(data):
        if one.keys() == {"number", "description"}:
            yield f"/blacklist/{one['number']}", str(one["description"] or "")


def _objects(value: object) -> Iterator[dict[str, object]]:
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))


def write_astdb(path: Path, entries: Mapping[str, str]) -> None:
    """A new astdb.sqlite3 that Asterisk 16 to 22 opens as its own; an existing file is replaced."""
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    try:
        with base:
            base.execute(SCHEMA)
            base.executemany("INSERT INTO astdb VALUES (?, ?)", entries.items())
    finally:
        base.close()
