"""The mirror on our disk: a phone system's files below one folder, written so that no link in it can lead us out.

Folders on the way are always real folders: what is in the way of one is removed first. Links are made as they are
there and never followed.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.backups.fetch_listing import Entry, Record
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, amount

OURS = "ringkeep"  # folder of what is no file of the phone system: facts, dumps, owners
OWNERS = f"{OURS}/owners.json"


@dataclass
class Mirror:
    """`root` and what `look` saw in it: path without leading slash -> (kind, size, mtime_ns)."""

    root: Path
    seen: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    _safe: set[str] = field(default_factory=set)

    def look(self) -> None:
        """See what is there now; no link is followed."""
        self.seen.clear()
        todo = [""]
        while todo:
            folder = todo.pop()
            with os.scandir(self.root / folder) as found:
                for each in found:
                    path = f"{folder}/{each.name}" if folder else each.name
                    info = each.stat(follow_symlinks=False)
                    kind = kind_of(info.st_mode)
                    self.seen[path] = (kind, info.st_size if kind == "f" else 0, info.st_mtime_ns)
                    if kind == "d":
                        todo.append(path)

    def has(self, path: str, entry: Entry) -> bool:
        """Whether a path is here as it is there: same kind; a file with the same size and time of change."""
        seen = self.seen.get(path)
        if seen is None or seen[0] != entry.kind:
            return False
        if entry.kind == "f":
            return seen[1] == entry.size and seen[2] == entry.mtime_ns
        if entry.kind != "l":
            return True
        try:
            return os.readlink(self.root / path) == entry.link
        except OSError:  # what was moved meanwhile took its place
            return False

    def make_folder(self, path: str) -> None:
        """A real folder, and real folders above it."""
        if not path or path in self._safe:
            return
        self.make_folder(path.rpartition("/")[0])
        there = self.root / path
        try:
            if not stat.S_ISDIR(there.lstat().st_mode):
                there.unlink()
                there.mkdir(0o700)
        except FileNotFoundError:
            there.mkdir(0o700)
        self._safe.add(path)

    def make_way(self, path: str) -> Path:
        """Where a file may be written: its folder is real, and there is no folder, link or device in its place."""
        self.make_folder(path.rpartition("/")[0])
        there = self.root / path
        try:
            kind = kind_of(there.lstat().st_mode)
        except FileNotFoundError:
            return there
        if kind == "d":
            shutil.rmtree(there)
            self._safe -= {each for each in self._safe if each == path or each.startswith(path + "/")}
        elif kind != "f":
            there.unlink()
        return there

    def link(self, path: str, target: str) -> None:
        """A link as it is there."""
        there = self.make_way(path)
        there.unlink(missing_ok=True)
        os.symlink(target, there)

    def settle(self, path: str, entry: Entry) -> None:
        """Give a fetched file its time and its rights, ours to read and write always, never set-user-id."""
        there = self.root / path
        os.chmod(there, (entry.mode & 0o777) | 0o600)
        os.utime(there, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)

    def write(self, path: str, text: str) -> bool:
        """One of our own files; the same again is not written, so that its time stays: False."""
        there = self.make_way(path)
        data = text.encode()
        if there.exists() and there.read_bytes() == data:
            return False
        new = there.with_name(there.name + ".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
            out.write(data)
        new.replace(there)
        return True

    def remove_all_but(self, roots: Iterable[str], kept: set[str]) -> int:
        """Remove what lies at or below `roots` and is not kept; how many files and links went."""
        tops = tuple(root.rstrip("/") for root in roots)
        gone = [p for p in self.seen if p not in kept and _below(p, tops)]
        count = 0
        for path in sorted(gone, reverse=True):
            there = self.root / path
            try:
                if self.seen[path][0] == "d":
                    there.rmdir()
                else:
                    there.unlink()
                    count += 1
            except FileNotFoundError:
                pass
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.ENOTDIR):
                    raise
            self.seen.pop(path, None)
        return count

    def record(self) -> Record:
        """What the last fetch wrote down; an empty one when there was none or it is no plain file."""
        there = self.root / OWNERS
        try:
            if (self.root / OURS).is_symlink() or not stat.S_ISREG(there.lstat().st_mode):
                return Record()
            return Record.from_text(there.read_text())
        except OSError:
            return Record()


def kind_of(mode: int) -> str:
    """f, d, l, or ? for anything else."""
    return "f" if stat.S_ISREG(mode) else "d" if stat.S_ISDIR(mode) else "l" if stat.S_ISLNK(mode) else "?"


def _below(path: str, tops: tuple[str, ...]) -> bool:
    for top in tops:
        if top.endswith("*"):
            if path.startswith(top[:-1]):
                return True
        elif path == top or path.startswith(top + "/"):
            return True
    return False


def no_room(root: Path, need_bytes: int | None = None) -> LinkError:
    """Our own disk is full."""
    free = amount(shutil.disk_usage(root).free)
    if need_bytes is None:
        says = Sentence(
            "There is no room on Ringkeep's own disk: {free} are free in {root}. Free some, or set RINGKEEP_HOME to a larger "
            "disk; nothing that was fetched before is lost.",
            {"free": free, "root": root},
        )
    else:
        says = Sentence(
            "There is no room on Ringkeep's own disk: {need} are needed, {free} are free in {root}. Free some, or set "
            "RINGKEEP_HOME to a larger disk; nothing that was fetched before is lost.",
            {"need": amount(need_bytes), "free": free, "root": root},
        )
    return LinkError("no-room", says)
