"""Unpacks a hostile tar archive into a private folder: plain files and folders only.

Links are never made on disk: they are returned as a table (`Unpacked.links`), and `layout` decides what they mean.
So nothing can be written through one.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence, amount
from ringkeep.sources.budget import Budget, printable
from ringkeep.sources.errors import SourceError, on_disk, size_text
from ringkeep.sources.tarstream import CHUNK, Member, Stream, members

RECORDINGS = ("var/spool/asterisk/monitor/", "var.spool.asterisk.monitor.tgz")
LOGS = ("var/log/",)
MAX_TARGET = 4096  # bytes of a link's target, Linux' PATH_MAX


@dataclass
class Unpacked:
    """A folder of plain files, and the archive's links: path (no leading slash) -> target as written."""

    folder: Path
    links: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)  # what is on disk, so that half a million members ask no disk
    folders: set[str] = field(default_factory=set)

    def make_folder(self, name: str) -> None:
        """A folder of the archive and those above it, on disk."""
        if name and name not in self.folders:
            os.makedirs(self.folder / name, 0o755, exist_ok=True)
            while name and name not in self.folders:
                self.folders.add(name)
                name = name.rpartition("/")[0]


def unpack(
    archive: Path, shown: str, into: Unpacked, budget: Budget, place: Callable[[str], str] = lambda n: n
) -> None:
    """Add an archive's members to `into`; `place` may move a name ("asterisk/a.conf" -> "etc/asterisk/a.conf").

    Harmless oddities are noted in `budget` and skipped. Raises SourceError for anything dangerous or incomplete,
    also when the disk is full ("disk-full", with the bytes needed).
    """
    budget.archive = True
    with archive.open("rb") as file:
        stream = Stream(file, shown, budget.limits)
        for member in members(stream):
            budget.take_member()
            try:
                _one(stream, member, into, budget, place)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    need = needed_bytes(archive, shown, budget)
                    raise SourceError("disk-full", Sentence("There is no room: unpacking {name} needs {need} in {folder}. Unpack it yourself and "
"hand over the folder without old voicemail and recordings.", {"name": shown, "need": amount(need), "folder": into.folder.parent})) from error  # fmt: skip
                if error.errno not in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
                    raise
                budget.skip(member.name, "name that this file system does not take")


def needed_bytes(archive: Path, shown: str, budget: Budget) -> int:
    """Bytes on disk of all files that would be kept."""
    with archive.open("rb") as file:
        kept = (m for m in members(Stream(file, shown, budget.limits)) if m.kind == "file" and not _left_out(m.name))
        return sum(on_disk(member.size) for member in kept)


def _one(stream: Stream, member: Member, into: Unpacked, budget: Budget, place: Callable[[str], str]) -> None:
    left_out = _left_out(member.name)
    if left_out:
        if member.kind == "file":
            budget.skip_class(*left_out, member.size)
        return
    why = name_fault(member.name, budget.limits.path_depth)
    name = "" if why else place(_normal(member.name))
    why = why or _conflict(name, member, into)
    if why or not name:
        if why:
            budget.skip(member.name, why)
        return
    if member.kind == "file":
        _write(stream, member, name, into, budget)
    elif member.kind == "dir":
        into.make_folder(name)
    elif member.kind == "link":
        _link(member, name, into, budget)
    elif member.kind == "hardlink":
        _hardlink(member, name, into, budget, place)
    else:
        device = member.kind in ("character device", "block device")
        budget.skip(member.name, "device node" if device else member.kind)


def name_fault(name: str, depth: int) -> str | None:
    """Why a member's name is not taken, or None."""
    parts = name.split("/")
    if name.startswith("/"):
        return "absolute path"
    if ".." in parts:
        return "path with .."
    if any(0xDC80 <= ord(c) <= 0xDCFF for c in name):
        return "name that is not UTF-8"
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        return "name with a line break or another control character"
    if len(parts) > depth:
        return f"more than {depth} folders deep"
    if len(name.encode()) > 3000 or any(len(part.encode()) > 255 for part in parts):
        return "name too long"
    return None


def _normal(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _left_out(name: str) -> tuple[str, str] | None:
    """(what to call it, why) for recordings and logs, in any leading folder."""
    plain = _normal(name)
    if "/" + RECORDINGS[0] in f"/{plain}" or plain.endswith(RECORDINGS[1]):
        return RECORDINGS[0].rstrip("/"), "recordings left out"
    if f"/{plain}".startswith(("/var/log/", "/files/var/log/", "/./var/log/")):
        return LOGS[0].rstrip("/"), "logs left out"
    return None


def _conflict(name: str, member: Member, into: Unpacked) -> str | None:
    """Two members that cannot both be: a path below a file or a link, a folder replaced by something else."""
    above = name.rpartition("/")[0]
    while above and above not in into.folders:
        if above in into.links:
            return f"inside {printable(above)}, which the archive says is a link"
        if above in into.files:
            return "inside something that the archive says is a file"
        above = above.rpartition("/")[0]
    if member.kind != "dir" and name in into.folders:
        return "the archive has a folder of this name"
    if member.kind == "dir" and (name in into.files or name in into.links):
        return "the archive has a file of this name"
    return None


def _replace(name: str, into: Unpacked, budget: Budget) -> None:
    """The last of several members with one name wins, as with tar itself."""
    if name in into.files:
        (into.folder / name).unlink()
        into.files.discard(name)
        budget.skip(name, "more than once in the archive: the last one is used")
    elif into.links.pop(name, None) is not None:
        budget.skip(name, "more than once in the archive: the last one is used")
    into.make_folder(name.rpartition("/")[0])


def _write(stream: Stream, member: Member, name: str, into: Unpacked, budget: Budget) -> None:
    if member.size > budget.limits.one_file_bytes:
        budget.skip(member.name, f"{size_text(member.size)}: more than {size_text(budget.limits.one_file_bytes)}")
        return
    _replace(name, into, budget)
    budget.tell(name)
    path = into.folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    into.files.add(name)
    with open(descriptor, "wb") as out:
        left = member.size
        while left > 0:
            data = stream.read(min(left, CHUNK))
            if not data:
                raise stream.truncated()
            budget.take_bytes(len(data))
            out.write(data)
            left -= len(data)
        os.fchmod(out.fileno(), 0o755 if member.mode & 0o111 else 0o644)
    os.utime(path, (member.mtime, member.mtime))


def _link(member: Member, name: str, into: Unpacked, budget: Budget) -> None:
    target = member.target
    if not target or len(target) > MAX_TARGET or name_fault(target.replace("..", "").lstrip("/"), 1 << 12):
        budget.skip(member.name, "link with a malformed target")
        return
    _replace(name, into, budget)
    into.links[name] = target


def _hardlink(member: Member, name: str, into: Unpacked, budget: Budget, place: Callable[[str], str]) -> None:
    """A second name of a file that came earlier in the same archive."""
    why = name_fault(member.target, budget.limits.path_depth)
    target = "" if why else place(_normal(member.target))
    if why or not target:
        budget.skip(member.name, f"hard link out of the archive -> {printable(member.target)}")
        return
    if target == name:
        return
    if target in into.links:
        _replace(name, into, budget)
        into.links[name] = into.links[target]
    elif target not in into.files:
        budget.skip(member.name, f"hard link to {printable(member.target)}, which is not in the archive")
    else:
        _replace(name, into, budget)
        os.link(into.folder / target, into.folder / name)
        into.files.add(name)
