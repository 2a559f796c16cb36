"""Files that hold a login of the database server: on another server they come with that server's own login, not with the backup's.

FreePBX and Issabel choose a password when they are installed; with the backup's, neither their pages nor Asterisk's call records
would reach the database of the new server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ringkeep.sources.contents import leads_out

PHP = re.compile(rb"[ \t]*\$amp_conf\[[\"'](AMPDB(?:USER|PASS|HOST|PORT|SOCK))[\"']\][ \t]*=")
PLAIN = re.compile(rb"(AMPDB(?:USER|PASS|HOST|PORT|SOCK)|mysqlrootpwd)=")
SECTION = re.compile(rb"[ \t]*\[([^\]]+)\]")
SETTING = re.compile(
    rb"[ \t]*(user|uid|username|dbuser|pass|pwd|password|dbpass|server|servername|host|hostname|dbhost|port|dbport|socket|sock|dbsock)"
    rb"[ \t]*=>?",
    re.IGNORECASE,
)
FILES = (
    ("etc/freepbx.conf", PHP), ("etc/issabelpbx.conf", PHP), ("etc/amportal.conf", PLAIN), ("etc/issabel.conf", PLAIN),
    ("etc/elastix.conf", PLAIN), ("etc/odbc.ini", SETTING), ("etc/asterisk/res_odbc*.conf", SETTING),
    ("etc/asterisk/cdr_mysql*.conf", SETTING), ("etc/asterisk/res_mysql*.conf", SETTING),
    ("etc/asterisk/res_config_mysql*.conf", SETTING), ("etc/asterisk/cbmysql*.conf", SETTING),
)  # fmt: skip
MOST_BYTES = 1 << 20
Key = tuple[bytes, bytes]  # section, name in lower case


def own(live: Path, backup: Path) -> dict[str, bytes]:
    """Absolute path -> the backup's file with the logins of the live one, where they differ. Raises `OSError`."""
    found = {}
    for pattern, key in FILES:
        for path in sorted(backup.glob(pattern)):
            there = live / path.relative_to(backup)
            if not (_is_readable(path, backup) and _is_readable(there, live)):
                continue
            then = path.read_bytes()
            content = _with(then, dict(_logins(there.read_bytes(), key)), key)
            if content != then:
                found["/" + str(path.relative_to(backup))] = content
    return found


def _is_readable(path: Path, root: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES and not leads_out(root, path)


def _logins(text: bytes, key: re.Pattern[bytes]) -> Iterator[tuple[Key, bytes]]:
    for name, line in _lines(text, key):
        if name is not None:
            yield name, line


def _lines(text: bytes, key: re.Pattern[bytes]) -> Iterator[tuple[Key | None, bytes]]:
    section = b""
    for line in text.splitlines(keepends=True):
        begins = SECTION.match(line) if key is SETTING else None
        if begins:
            section = begins[1]
        found = key.match(line)
        yield ((section, found[1].lower()) if found else None), line


def _with(text: bytes, logins: dict[Key, bytes], key: re.Pattern[bytes]) -> bytes:
    lines = []
    for name, line in _lines(text, key):
        own_line = logins.get(name) if name is not None else None
        lines.append(line if own_line is None else own_line.rstrip(b"\r\n") + line[len(line.rstrip(b"\r\n")) :])
    return b"".join(lines)
