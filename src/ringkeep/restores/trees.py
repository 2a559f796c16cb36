"""A phone system's files in a folder laid out like `/` (a mirror, an opened backup), as states to plan with."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from ringkeep.backups.fetch_listing import Record
from ringkeep.backups.fetch_mirror import OURS, OWNERS
from ringkeep.restores import dumps
from ringkeep.restores.planning import FILE, FOLDER, LINK, NOT_FILES, Entry, State
from ringkeep.restores.states import place_of_astdb
from ringkeep.sources.astdb import AstdbError, read_sqlite
from ringkeep.sources.contents import leads_out

DATABASES = f"{OURS}/databases"
NAME = re.compile(r"[\w.-]{1,64}\Z", re.ASCII)  # of an account
PIECE = 1 << 20


def state(root: Path, directories: Mapping[str, str]) -> State:
    """All of it, with the checksum of every file. Raises `OSError`."""
    said = _owners(root)
    tree = {}
    for path, at in _walk(root):
        inside = "/" + str(path.relative_to(root))
        if inside == f"/{OURS}" or NOT_FILES.search(inside):
            continue
        owner, mode = said.get(inside, (None, stat.S_IMODE(at.st_mode)))
        if stat.S_ISLNK(at.st_mode):
            tree[inside] = Entry(LINK, os.readlink(path), 0, 0o777, owner)
        elif stat.S_ISDIR(at.st_mode):
            tree[inside] = Entry(FOLDER, "", 0, mode, owner)
        elif stat.S_ISREG(at.st_mode):
            tree[inside] = Entry(FILE, digest(path), at.st_size, mode, owner)
    dumped = sorted((root / DATABASES).glob("*.sql"))
    databases = {path.stem: path.stat().st_size if dumps.holds_rows(path) else 0 for path in dumped}
    return State(tree, directories, astdb(root, directories), databases)


def _walk(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for folder, folders, names in os.walk(root):
        for name in sorted([*folders, *names]):
            path = Path(folder, name)
            yield path, path.lstat()


def digest(path: Path) -> str:
    """A file's SHA-256 in hex."""
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            seen.update(piece)
    return seen.hexdigest()


def astdb(root: Path, directories: Mapping[str, str]) -> dict[str, str] | None:
    """Asterisk's own database; None when it is not there or cannot be read."""
    path = root / place_of_astdb(directories)[1:]
    if not path.is_file() or path.is_symlink() or leads_out(root, path):
        return None
    try:
        return read_sqlite(path)
    except AstdbError:
        return None


def _owners(root: Path) -> dict[str, tuple[str, int]]:
    """What the phone system said of owners and modes: absolute path -> ("asterisk:asterisk", mode)."""
    file = root / OWNERS
    if not file.is_file() or file.is_symlink():
        return {}
    record = Record.from_text(file.read_text("utf-8", "surrogateescape"))
    found = {}
    for entries in record.entries.values():
        for path, one in entries.items():
            owner = record.users.get(str(one.uid), str(one.uid)), record.groups.get(str(one.gid), str(one.gid))
            if all(NAME.match(name) for name in owner):
                found[f"/{path}"] = (":".join(owner), one.mode & 0o7777)
    return found
