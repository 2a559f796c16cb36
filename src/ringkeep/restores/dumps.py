"""Dumps of databases, table by table: only tables that differ are loaded and swapped, which is most of a restore's time.

Written by mysqldump: a table begins with `DROP TABLE IF EXISTS` or `CREATE TABLE` at the start of a line; line breaks in
data are escaped, so no row can look like one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BEGINS = re.compile(rb"(?:DROP TABLE IF EXISTS|CREATE TABLE(?: IF NOT EXISTS)?) `((?:[^`]|``){1,64})`")
COMMENT = (b"--", b"\n")
FOREIGN = b" FOREIGN KEY "  # renaming a table takes along what refers to it


@dataclass
class Dump:
    """What is in one: table -> digest; `whole` when its tables cannot be told apart or hang together."""

    tables: dict[str, str] = field(default_factory=dict)
    whole: bool = False


def read(path: Path) -> Dump:
    """Its tables. Raises `OSError`."""
    found = Dump()
    digests: dict[str, Any] = {}
    for table, line in _lines(path):
        found.whole |= FOREIGN in line
        if table is not None and not line.startswith(COMMENT):
            digests.setdefault(table, hashlib.sha256()).update(line)
    found.tables = {table: digest.hexdigest() for table, digest in digests.items()}
    return found


def _lines(path: Path) -> Iterator[tuple[str | None, bytes]]:
    table: str | None = None
    with path.open("rb") as file:
        for line in file:
            begins = BEGINS.match(line)
            if begins:
                table = begins[1].decode("utf-8", "replace")
            yield table, line


def reduce(backup: Path, live: Path | None, into: Path) -> int | None:
    """Write to `into` what must be loaded to make the live database the backup's, and to `into`.gone the tables that go.

    Returns the bytes to load; None when nothing differs. Raises `OSError`.
    """
    then, now = read(backup), read(live) if live and live.is_file() else Dump()
    whole = then.whole or now.whole
    wanted = {table for table, digest in then.tables.items() if whole or now.tables.get(table) != digest}
    gone = sorted(now.tables.keys() - then.tables.keys())
    if not wanted and not gone:
        return None
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("wb") as file:
        for table, line in _lines(backup):
            if table is None or table in wanted:
                file.write(line)
    into.with_suffix(".gone").write_text("".join(f"{table}\n" for table in gone), "utf-8")
    return into.stat().st_size
