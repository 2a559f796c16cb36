"""Dumps of databases, table by table: only tables that differ are loaded and swapped, which is most of a restore's time.

Written by mysqldump: a table begins with `DROP TABLE IF EXISTS` or `CREATE TABLE` at the start of a line, and procedures,
functions and events stand behind all tables; line breaks in data are escaped, so no row can look like one.
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
PROGRAMS = (b"-- Dumping routines for database", b"-- Dumping events for database")
# Of the server that was dumped and nobody else's business: the mark that MariaDB writes from 10.5.25, 10.11.8 and 11 on, which
# older clients and MySQL's take for an unknown command; the transactions that a MySQL had seen, and its log of them.
NOT_OURS = (b"/*M!999999", b"SET @@GLOBAL.GTID_PURGED", b"SET @MYSQLDUMP_TEMP_LOG_BIN", b"SET @@SESSION.SQL_LOG_BIN")
# What one version of the client writes around a table and another does not; it says nothing of what is in it.
AROUND = (b"/*!40", b"/*!50503 SET", b"/*M!", b"SET @OLD_AUTOCOMMIT", b"SET AUTOCOMMIT", b"COMMIT;")
AFTER = ""  # no table is called that
# The first line of what is staged, of one length. A client without --binary-mode (MariaDB 5.5, as on CentOS 7) obeys commands of
# its own: `\! rm` anywhere outside of a string, `system rm` where a statement may begin. It only gets what is `PLAIN`: rows of
# values, and lines as mysqldump begins and ends them.
PLAIN, ODD = b"-- ringkeep: plain\n", b"-- ringkeep: odd  \n"
ROWS = re.compile(rb"(?:INSERT INTO `[^`'\"\\;]+` VALUES)?\s*(?=\()")
TEXT = re.compile(rb"'(?:[^'\\]++|\\.|'')*+'", re.DOTALL)
VALUES = re.compile(rb"(?:[0-9A-Za-z_.,()+ ]|-(?!-))*+;?\s*\Z")
LINE = re.compile(
    rb"\s*(?:--|/\*|`|\)|\Z|(?:DROP|CREATE|LOCK|UNLOCK) TABLES? |UNLOCK TABLES;|INSERT INTO `[^`]+` VALUES\s*\Z|SET |COMMIT;"
    rb"|PRIMARY KEY|KEY |UNIQUE KEY|CONSTRAINT |FULLTEXT KEY)[^\\;]*+;?\s*\Z"
)
FOREIGN = b" FOREIGN KEY "  # renaming a table takes along what refers to it


@dataclass
class Dump:
    """What is in one: table -> digest; `whole` when its tables cannot be told apart or hang together.

    `programs` is the digest of procedures, functions and events, "" when there are none: a restore leaves them alone.
    """

    tables: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    programs: str = ""


def read(path: Path) -> Dump:
    """Its tables. Raises `OSError`."""
    found = Dump()
    digests: dict[str, Any] = {}
    programs, made = hashlib.sha256(), False
    for table, line in _lines(path):
        if line.startswith(COMMENT):
            continue
        if table == AFTER:
            made |= line.startswith(b"DELIMITER ;;")
            programs.update(line)
        elif table is not None:
            found.whole |= FOREIGN in line
            digest = digests.setdefault(table, hashlib.sha256())
            if not line.startswith(AROUND):
                digest.update(_joined(line))
    found.tables = {table: digest.hexdigest() for table, digest in digests.items()}
    found.programs = programs.hexdigest() if made else ""
    return found


def _joined(line: bytes) -> bytes:
    """From MariaDB 10.9 on each row has a line of its own; before, and in MySQL, all stand behind VALUES."""
    ends = line.rstrip(b"\r\n")
    return ends + b" " if ends.endswith(b"VALUES") else ends


def _lines(path: Path) -> Iterator[tuple[str | None, bytes]]:
    """Each line with the table it belongs to: None before the first, `AFTER` behind the last."""
    table: str | None = None
    dropped = False
    with path.open("rb") as file:
        for line in file:
            if line.startswith(PROGRAMS):
                table = AFTER
            begins = BEGINS.match(line) if table != AFTER else None
            if begins:
                table = begins[1].decode("utf-8", "replace")
            dropped = dropped or line.startswith(NOT_OURS)
            if not dropped:
                yield table, line
            elif line.rstrip().endswith((b";", b"*/")):
                dropped = False


def reduce(backup: Path, live: Path | None, into: Path) -> int | None:
    """Write to `into` what must be loaded to make the live database the backup's, and to `into`.gone the tables that go.

    Returns the bytes to load; None when nothing differs. Raises `OSError`.
    """
    then, now = read(backup), read(live) if live and live.is_file() else Dump()
    wanted = {table for table, digest in then.tables.items() if now.tables.get(table) != digest}
    gone = sorted(now.tables.keys() - then.tables.keys())
    if not wanted and not gone:
        return None
    if then.whole or now.whole:
        wanted = set(then.tables)
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("wb") as file:
        plain = bool(file.write(ODD))
        for table, line in _lines(backup):
            if table is None or table in wanted:
                file.write(line)
                plain = plain and _is_plain(line)
        if plain:
            file.seek(0)
            file.write(PLAIN)
    into.with_suffix(".gone").write_text("".join(f"{table}\n" for table in gone), "utf-8")
    return into.stat().st_size


def _is_plain(line: bytes) -> bool:
    rows = ROWS.match(line)
    if rows is not None:
        return VALUES.match(TEXT.sub(b"", line[rows.end() :])) is not None
    return LINE.match(line) is not None


def holds_rows(path: Path) -> bool:
    """Whether any table in it has a row. Raises `OSError`."""
    with path.open("rb") as file:
        return any(line.startswith((b"INSERT ", b"REPLACE ")) for line in file)


def leaves_programs(backup: Path, live: Path | None) -> bool:
    """Whether the live database's procedures, functions or events are not the backup's: they stay as they are. Raises `OSError`."""
    there = read(live).programs if live and live.is_file() else ""
    return read(backup).programs != there
