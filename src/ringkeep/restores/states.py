"""Asterisk's own database (astdb) where the phone system's is damaged or gone: then the backup's comes as a whole.

Otherwise its states are set by Asterisk's console, so that what the phones do meanwhile stays. No Asterisk starts with a damaged one.
"""

from __future__ import annotations

import hashlib
import posixpath
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.planning import FILE, PUT, Entry, Plan, Staged, State, Unit, lasting
from ringkeep.restores.selection import Wanted
from ringkeep.sources.astdb import damage_of, write_astdb
from ringkeep.sources.contents import leads_out

NAME = "astdb.sqlite3"
WHOLE_BYTES = 64 << 20  # what a file may have to come as it is
FIRST_MAJOR = 10  # Asterisk before has another kind of file


def place_of_astdb(directories: Mapping[str, str]) -> str:
    """Its absolute path, by asterisk.conf's folders."""
    folder = directories.get("astdbdir") or directories.get("astvarlibdir") or "/var/lib/asterisk"
    return f"/{folder.strip('/')}/{NAME}"


def is_astdb(path: str) -> bool:
    """Whether that is its file."""
    return posixpath.basename(path) == NAME


def with_whole_astdb(
    made: Plan, sides: tuple[State, State], roots: tuple[Path, Path], wanted: tuple[Wanted, ...], *,
    is_another: bool, knows_gone: bool, major: int | None,
) -> tuple[Plan, list[Sentence]]:  # fmt: skip
    """`made` with the file in place of lines for the console, where it has to be, and what people should know of it.

    `sides` and `roots` are the backup's and the live system's; `knows_gone`: that a file which was not fetched is not there;
    `major` is of the live Asterisk.
    """
    (backup, live), (backup_root, mirror) = sides, roots
    asked = any(one.part in ("everything", "astdb") for one in wanted)
    directories = backup.directories if any(unit.name == "asterisk.conf" for unit in made.units) else live.directories
    path = place_of_astdb(directories)
    file = mirror / path[1:]
    there = file.is_file() and not file.is_symlink() and not leads_out(mirror, file)
    damaged = there and damage_of(file) is not None
    if not (damaged or (asked and knows_gone and not there and (major or FIRST_MAJOR) >= FIRST_MAJOR)):
        return made, []
    if not asked:
        return made, [
            Sentence(
                "Asterisk's own database (astdb) is damaged there and was not asked for: Asterisk may not start with it. "
                "Add astdb to --only."
            )
        ]
    if backup.astdb is None:
        none = Sentence(
            "Asterisk's own database (astdb) is damaged there, and the backup has none that can be read: Asterisk may not "
            "start with it. Take an older backup."
        )
        return made, [none] if damaged else []
    if not there and not _has_folder(live, posixpath.dirname(path)):
        return made, []
    own = backup_root / place_of_astdb(backup.directories)[1:]
    whole = _content(own, lasting(backup.astdb), is_another=is_another or leads_out(backup_root, own))
    entry = Entry(FILE, hashlib.sha256(whole).hexdigest(), len(whole), 0o644)
    made = replace(
        made,
        units=(*made.units, Unit(PUT, posixpath.dirname(path), NAME)),
        staged=(*made.staged, Staged(path, entry, path, whole)),
        astdb=(), astdb_back=(), restart=True, replaced=made.replaced + there,
    )  # fmt: skip
    if damaged:
        return made, [Sentence("Asterisk's own database (astdb) is damaged there: the backup's comes as a whole.")]
    return made, [Sentence("Asterisk's own database (astdb) is gone there: the backup's comes as a whole.")]


def _has_folder(live: State, folder: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for path in live.tree)


def _content(file: Path, states: Mapping[str, str], *, is_another: bool) -> bytes:
    """The backup's own file, with where its phones were last; another server gets what people set and no phones of others."""
    if (
        not is_another
        and file.is_file()
        and not file.is_symlink()
        and file.stat().st_size <= WHOLE_BYTES
        and damage_of(file) is None
    ):
        return file.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / NAME
        write_astdb(fresh, states)
        return fresh.read_bytes()
