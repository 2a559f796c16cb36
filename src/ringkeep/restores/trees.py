"""A phone system's files in a folder laid out like `/` (a mirror, an opened backup), as states to plan with."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from ringkeep.restores.planning import FILE, FOLDER, LINK, NOT_FILES, Entry, State
from ringkeep.sources.astdb import AstdbError, read_sqlite

OURS = "ringkeep"  # what Ringkeep keeps in a backup beside the phone system's own files
DATABASES = f"{OURS}/databases"
OWNERS = f"{OURS}/owners.tsv"  # OWNER:GROUP<tab>MODE in octal<tab>PATH, when the fetch could say
PIECE = 1 << 20


def state(root: Path, directories: Mapping[str, str]) -> State:
    """All of it, with the checksum of every file. Raises `OSError`."""
    said = _owners(root)
    tree = {}
    for path, at in _walk(root):
        inside = "/" + str(path.relative_to(root))
        if inside == f"/{OURS}" or inside.startswith(f"/{OURS}/"):
            continue
        owner, mode = said.get(inside, (None, stat.S_IMODE(at.st_mode)))
        if stat.S_ISLNK(at.st_mode):
            tree[inside] = Entry(LINK, os.readlink(path), 0, 0o777, owner)
        elif stat.S_ISDIR(at.st_mode):
            tree[inside] = Entry(FOLDER, "", 0, mode, owner)
        elif stat.S_ISREG(at.st_mode) and not NOT_FILES.search(inside):
            tree[inside] = Entry(FILE, digest(path), at.st_size, mode, owner)
    databases = {path.stem: path.stat().st_size for path in sorted((root / DATABASES).glob("*.sql"))}
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
    folder = directories.get("astdbdir") or directories.get("astvarlibdir") or "/var/lib/asterisk"
    path = root / folder.strip("/") / "astdb.sqlite3"
    if not path.is_file() or path.is_symlink():
        return None
    try:
        return read_sqlite(path)
    except AstdbError:
        return None


def _owners(root: Path) -> dict[str, tuple[str | None, int]]:
    """What the phone system said of owners and modes."""
    found: dict[str, tuple[str | None, int]] = {}
    file = root / OWNERS
    if file.is_file() and not file.is_symlink():
        for line in file.read_text("utf-8", "surrogateescape").splitlines():
            owner, _, rest = line.partition("\t")
            mode, _, path = rest.partition("\t")
            if path and mode.isdigit() and owner.count(":") == 1:
                found[path] = (owner, int(mode, 8) & 0o7777 if not set(mode) & set("89") else 0o640)
    return found
