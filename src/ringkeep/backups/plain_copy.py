"""A backup as an ordinary readable folder: for the company's own file-server backup, and for restoring by hand.

DIR/README.txt     what this is, of which backup, how to restore by hand
DIR/OWNERS.jsonl   one JSON document a line: path there, owner, group, mode, time, what it is, its name in files/
DIR/files/         the files, laid out like the phone system's root

Nothing in it can act on whoever reads it: no set-uid, no device, no link at all (where one led is in OWNERS.jsonl), no
name that steers a terminal or that a file server refuses: such a sign stands there as %XX, a `%` itself as %25.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ringkeep.backups.store import Store
from ringkeep.backups.store_entries import Entry
from ringkeep.phonesystem.sentences import Sentence, Told, reason
from ringkeep.translation import Words, shown

FILES, OWNERS, README = "files", "OWNERS.jsonl", "README.txt"
RECORD = "ringkeep/owners.json"  # what the fetch noted of owners there: more than the mirror's own files can tell
FORBIDDEN = frozenset('\\:*?"<>|%') | {chr(code) for code in range(32)} | {"\x7f"}  # what Windows and Samba refuse
MOST_BYTES = 240  # of one name, when signs of it are written as %XX
RENAME_EXCHANGE = 2  # linux/fs.h
AT_FDCWD = -100  # fcntl.h


@dataclass(frozen=True, slots=True)
class Exported:
    """Whose backup it is, for the README."""

    phone_system: str
    customer: str
    backup: str
    started_at: datetime
    state: str
    snapshot: str


class PlaceError(Told):
    """The folder cannot be used; the message says why."""


def export(store: Store, what: Exported, place: Path, words: Words) -> int:
    """Write it as a new folder; how many files it holds. Raises `PlaceError`, `StoreError`.

    While it is being written it is called PLACE.partial; what an interrupted one left there is written anew.
    """
    if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
        raise PlaceError(Sentence("{place} is there already: choose a new or an empty folder.", {"place": place}))
    stage = place.with_name(place.name + ".partial")
    count = _write(store, what, stage, words)
    if place.exists():
        place.rmdir()
    stage.rename(place)
    return count


def refresh(store: Store, what: Exported, folder: Path, words: Words) -> bool:
    """Bring FOLDER/PHONE-SYSTEM/ up to this backup; whether anything was to be done. Readers see the old or the new one, whole.

    Raises `PlaceError` (the folder is not there: is its disk mounted?), `StoreError`.
    """
    if not folder.is_dir():
        raise PlaceError(
            Sentence("The folder {folder} for the plain copy is not there: is its disk mounted?", {"folder": folder})
        )
    place = folder / what.phone_system
    stage, old = folder / f".{what.phone_system}.new", folder / f".{what.phone_system}.old"
    if not place.exists() and old.exists():  # killed between the two renames
        old.rename(place)
    _remove(old)
    if _holds(place) == what.snapshot:
        return False
    _write(store, what, stage, words)
    swap(stage, place, old)
    _remove(stage)
    _remove(old)
    return True


def swap(new: Path, place: Path, old: Path) -> None:
    """`new` becomes `place` in one step; where the file system cannot (NFS, SMB) in two, and `old` is what was there."""
    if not place.exists():
        new.rename(place)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(place), RENAME_EXCHANGE) == 0:
        return
    if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(place))
    place.rename(old)
    new.rename(place)


def _holds(place: Path) -> str | None:
    """The snapshot that a copy says it is of."""
    with contextlib.suppress(OSError, ValueError, KeyError), (place / OWNERS).open(encoding="utf-8") as file:
        return str(json.loads(file.readline())["snapshot"])
    return None


def _write(store: Store, what: Exported, stage: Path, words: Words) -> int:
    _remove(stage)
    try:
        stage.mkdir(mode=0o700)
    except OSError as error:
        raise PlaceError(Sentence("{folder} cannot be made: {why}.", {"folder": stage, "why": reason(error)})) from None
    try:
        entries = {os.fsencode(entry.path.strip("/")): entry for entry in store.listing(what.snapshot)}
        store.restore(what.snapshot, stage / FILES)
        record = _record(stage / FILES)
        names, count = make_harmless(stage / FILES)
        with (stage / OWNERS).open("w", encoding="utf-8") as file:
            file.write(json.dumps({"backup": what.backup, "snapshot": what.snapshot}) + "\n")
            for path, (name, target) in sorted(names.items()):
                file.write(json.dumps(_owner(path, name, target, entries.get(path), record)) + "\n")
        (stage / README).write_text(_readme(what, words), encoding="utf-8")
    except BaseException:
        _remove(stage)
        raise
    return count


def make_harmless(root: Path) -> tuple[dict[bytes, tuple[str | None, str]], int]:
    """Rename what has a hostile name, remove what is no file or folder, clear modes. All of it lies below `root`, which is ours.

    Returns ({path as it was: (path as it is now, or None, where a link led)}, how many files are left).
    """
    names: dict[bytes, tuple[str | None, str]] = {}
    count = 0

    def visit(folder: bytes, was: bytes, now: str) -> None:
        nonlocal count
        os.chmod(folder, 0o700)
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        taken = {entry.name for entry in entries}
        for entry in entries:
            before = was + entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                target = os.readlink(entry.path) if stat.S_ISLNK(mode) else b""
                os.unlink(entry.path)
                names[before] = (None, os.fsdecode(target))
                continue
            name = harmless_name(entry.name, taken)
            path = os.path.join(folder, os.fsencode(name))
            if os.fsencode(name) != entry.name:
                os.rename(entry.path, path)
                taken.add(os.fsencode(name))
            names[before] = (now + name, "")
            if stat.S_ISDIR(mode):
                visit(path, before + b"/", f"{now}{name}/")
            else:
                count += 1
                os.chmod(path, 0o600)

    visit(os.fsencode(root), b"", "")
    return names, count


def harmless_name(name: bytes, taken: set[bytes] | frozenset[bytes] = frozenset()) -> str:
    """The name with every sign that is not fit for a file server or a terminal as %XX, and no other file's."""
    text = name.decode("utf-8", "surrogateescape")
    signs = [_sign(letter) for letter in text]
    if text[-1] in ". ":  # Windows drops them
        signs[-1] = f"%{ord(text[-1]):02X}"
    made = "".join(signs)
    if made.encode() == name:
        return made
    made = made.encode()[:MOST_BYTES].decode("utf-8", "ignore")
    number, stem = 2, made
    while made.encode() in taken:
        made, number = f"{stem}%{number}", number + 1
    return made


def _sign(letter: str) -> str:
    if letter in FORBIDDEN or shown(letter) != letter:
        return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))
    return letter


def _record(root: Path) -> dict[str, Any]:
    """path -> [mode, "uid" by name, "gid" by name, link] as the fetch noted it; nothing when there is none or it is odd."""
    try:
        document = json.loads((root / RECORD).read_bytes())
        users, groups = document["users"], document["groups"]
        return {
            path: (
                entry[1],
                users.get(str(entry[2]), str(entry[2])),
                groups.get(str(entry[3]), str(entry[3])),
                entry[6:],
            )
            for part in document["parts"].values()
            for path, entry in part.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {}


def _owner(path: bytes, name: str | None, target: str, entry: Entry | None, record: dict[str, Any]) -> dict[str, Any]:
    there = os.fsdecode(path)
    document: dict[str, Any] = {"path": "/" + there, "file": name}
    if target:
        document["link_to"] = target
    if there in record:
        mode, user, group, _link = record[there]
        document |= {"mode": f"{mode:04o}", "owner": user, "group": group}
    elif entry is not None:
        document |= {
            "mode": f"{entry.mode:04o}",
            "owner": entry.user or str(entry.uid),
            "group": entry.group or str(entry.gid),
        }
    if entry is not None:
        document |= {"kind": entry.kind, "modified_at": entry.modified_at}
    return document


def _readme(what: Exported, words: Words) -> str:
    facts = {
        "system": shown(what.phone_system),
        "customer": shown(what.customer),
        "backup": what.backup,
        "when": words.instant(what.started_at),
    }
    lines = [
        words("This folder is the backup {backup} of the phone system {system} ({customer}).").format(**facts),
        words("It holds what the phone system was on {when} UTC.").format(**facts),
        words("Every part of it was fetched.") if what.state == "complete" else words("Not every part of it could be fetched: look before you rely on it."),
        "",
        words("It is readable and not encrypted: it holds passwords of phones and trunks. Keep it from strangers."),
        words("Ringkeep writes the whole folder anew; what you put in it is lost."),
        "",
        words("To restore by hand, without Ringkeep:"),
        words("- Install the same Asterisk or distribution on a server, and stop it."),
        words("- Copy what is below files/ to the same places there; databases are in files/ringkeep/databases/ as SQL."),
        words("- Give every file the owner, group and mode that OWNERS.jsonl says, and make the links that it names."),
        words("- A sign that a file server would refuse is written as %XX in names; OWNERS.jsonl has each true name."),
        words("- Start Asterisk and call a number."),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _remove(folder: Path) -> None:
    """A folder of ours, whatever the modes of what is in it."""

    def open_up(function: Callable[..., Any], path: str, _error: Any) -> None:
        os.chmod(os.path.dirname(path), 0o700)
        with contextlib.suppress(OSError):
            os.chmod(path, 0o700, follow_symlinks=False) if os.chmod in os.supports_follow_symlinks else None
        function(path)

    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder, onerror=open_up)
