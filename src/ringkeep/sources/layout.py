"""Copies the parts of a phone system's tree that a drill needs, following links as the phone system itself would.

A `Tree` is what was handed over, seen as `/` of the phone system: links are followed inside it only (as after
chroot), by this module and never by the kernel, so that no link can reach the machine Ringkeep runs on.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.sources.budget import Budget
from ringkeep.sources.errors import SourceError, size_text
from ringkeep.sources.unpack import name_fault

MAX_HOPS = 40  # links in one path, as in Linux
COPY_CHUNK = 1 << 20
MAX_FOLDER_LINKS = 2000  # links to folders followed; folders that link to each other twice would double without end
CONFIG = "etc/asterisk"
# Never copied, whatever links or configuration point there: other people's files and the machine itself.
PRIVATE = ("home", "root", "proc", "sys", "dev", "run", "var/run", "boot", "var/log", "tmp", "var/tmp", "var/cache")
ETC_ALLOWED = ("etc/asterisk", "etc/dahdi", "etc/ssl", "etc/pki", "etc/letsencrypt")
ETC_FILES = ("etc/odbc.ini", "etc/odbcinst.ini", "etc/hosts", "etc/freepbx.conf", "etc/amportal.conf",
             "etc/issabelpbx.conf", "etc/issabel.conf")  # fmt: skip


@dataclass
class Tree:
    """`mounts`: (path inside, folder on disk), the longest path first; `links`: those that are not on disk."""

    mounts: tuple[tuple[str, Path], ...]
    links: Mapping[str, str] = field(default_factory=dict)
    private: bool = False  # ours, its links in `links`: files may be hard-linked instead of copied
    still: bool = False  # ours, its links on disk, and nobody writes to it meanwhile: likewise
    _below: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.links:
            folder, _, name = path.rpartition("/")
            self._below.setdefault(folder, []).append(name)

    def disk(self, path: str) -> Path | None:
        """Where a path inside (no leading slash) lies on disk, if anything is there."""
        for inside, folder in self.mounts:
            if not inside or path == inside or path.startswith(inside + "/"):
                there = folder / path[len(inside) :].lstrip("/")
                return there if os.path.lexists(there) else None
        return None

    def link(self, path: str) -> str | None:
        """The target of a link as written; None when it is no link. The roots of mounts are none."""
        if path in self.links or self.private:
            return self.links.get(path)
        there = self.disk(path)
        if there is None or any(path == inside for inside, _ in self.mounts):
            return None
        try:
            return os.readlink(there)
        except OSError:
            return None

    def resolve(self, path: str) -> str | None:
        """The path with all links followed, or None when it ends nowhere."""
        todo, done, hops = deque(path.split("/")), list[str](), 0
        while todo:
            part = todo.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            here = "/".join([*done, part])
            target = self.link(here)
            if target is None:
                if self.disk(here) is None and not any(m.startswith(here + "/") for m, _ in self.mounts):
                    return None
                done.append(part)
                continue
            hops += 1
            if hops > MAX_HOPS:
                return None
            if target.startswith("/"):
                done = []
            todo.extendleft(reversed(target.split("/")))
        return "/".join(done)

    def names(self, folder: str) -> list[str]:
        """What lies in a folder (a resolved path), sorted, links included."""
        there = self.disk(folder)
        on_disk = os.listdir(there) if there is not None else []
        return sorted({*on_disk, *self._below.get(folder, ())})


@dataclass
class Layout:
    """Copies from `tree` to `root`, counting in `budget`; `dangling` gathers links that end nowhere."""

    tree: Tree
    root: Path
    budget: Budget
    excluded: set[str] = field(default_factory=set)  # folders of recordings and logs, no leading slash
    dangling: dict[str, str] = field(default_factory=dict)
    folder_links: int = 0  # followed so far

    def copy(self, path: str, to: str | None = None) -> bool:
        """Copy a file or a folder with all below it; False when there is none. `to`: another place in the copy."""
        to = path if to is None else to
        real = self.tree.resolve(path)
        if real is None:
            folder, _, name = path.rpartition("/")
            parent = self.tree.resolve(folder)
            target = self.tree.link(f"{parent}/{name}" if parent else name) if parent is not None else None
            if target is not None:
                self.dangling["/" + to] = target
                self.budget.skip(to, f"link out of the tree -> {target}")
            return False
        if real != path and not allowed(real):
            self.budget.skip(to, f"link to something that is no part of a phone system -> /{real}")
            return False
        todo: list[tuple[str, str, frozenset[str]]] = [(real, to, frozenset())]
        while todo:
            real, to, above = todo.pop()
            todo.extend(self._one(real, to, above))
        return True

    def _one(self, real: str, to: str, above: frozenset[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Copy one resolved path; yields what lies in it when it is a folder."""
        there = self.tree.disk(real)
        if there is None:
            return
        self.budget.take_member()
        info = there.lstat()
        if real in self.excluded or to in self.excluded:
            self._leave_out(there, to)
        elif stat.S_ISREG(info.st_mode):
            self._file(there, to, info)
        elif not stat.S_ISDIR(info.st_mode):
            self.budget.skip(to, _node(info.st_mode))
        elif real in above:
            self.budget.skip(to, "link to a folder that holds it")
        else:
            yield from self._folder(real, to, above | {real})

    def _folder(self, real: str, to: str, above: frozenset[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
        (self.root / to).mkdir(0o755, parents=True, exist_ok=True)
        try:
            names = self.tree.names(real)
        except PermissionError:
            self._unreadable(to)
            return
        for name in names:
            path, goal = f"{real}/{name}", f"{to}/{name}"
            why = name_fault(goal, self.budget.limits.path_depth)
            target = None if why else self.tree.link(path)
            if why:
                self.budget.skip(goal, why)
            elif target is None:
                yield path, goal, above
            else:
                found = self._follow(path, goal, target)
                if found:
                    yield found, goal, above

    def _follow(self, path: str, goal: str, target: str) -> str | None:
        """Where a link leads inside the tree, unless nowhere or somewhere that is nobody's business."""
        real = self.tree.resolve(path)
        if real is None:
            self.dangling["/" + goal] = target
            self.budget.skip(goal, f"link out of the tree -> {target}")
        elif not allowed(real):
            self.budget.skip(goal, f"link to something that is no part of a phone system -> {target}")
        elif self._too_many(real):
            self.budget.skip(goal, f"more than {MAX_FOLDER_LINKS:,} links to folders -> {target}")
        else:
            return real
        return None

    def _too_many(self, real: str) -> bool:
        there = self.tree.disk(real)
        self.folder_links += there is not None and there.is_dir()
        return self.folder_links > MAX_FOLDER_LINKS

    def _file(self, there: Path, to: str, info: os.stat_result) -> None:
        limits = self.budget.limits
        most = limits.config_file_bytes if to.startswith(CONFIG + "/") else limits.one_file_bytes
        if info.st_size > most:
            self.budget.skip(to, f"{size_text(info.st_size)}: more than {size_text(most)}")
            return
        goal = self.root / to
        goal.parent.mkdir(0o755, parents=True, exist_ok=True)
        if goal.is_dir():
            self.budget.skip(to, "a folder of this name is already there")
            return
        goal.unlink(missing_ok=True)
        if self.tree.private or self.tree.still:
            try:
                os.link(there, goal)
            except OSError as error:
                if error.errno == errno.EMLINK:
                    self.budget.skip(to, "more links to one file than the file system takes")
                    return
                if not self.tree.still or error.errno not in (errno.EXDEV, errno.EPERM):
                    raise
            else:
                return
        self.budget.tell(to)
        try:
            self._copy_bytes(there, goal, info)
        except PermissionError:
            self._unreadable(to)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOENT, errno.ESTALE):
                raise
            self.budget.skip(to, "it changed while it was copied")

    def _copy_bytes(self, there: Path, goal: Path, info: os.stat_result) -> None:
        descriptor = os.open(there, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as source:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.ELOOP, "no plain file any more")
            with goal.open("xb") as out:
                left = info.st_size  # a log that grows while it is copied has an end
                while left > 0 and (data := source.read(min(left, COPY_CHUNK))):
                    self.budget.take_bytes(len(data))
                    out.write(data)
                    left -= len(data)
        goal.chmod(0o755 if info.st_mode & 0o111 else 0o644)
        os.utime(goal, (info.st_mtime, info.st_mtime))

    def _unreadable(self, to: str) -> None:
        """A copy without part of its configuration would make a wrong verdict; other files may lack."""
        if to == CONFIG or to.startswith(CONFIG + "/"):
            raise SourceError("unreadable", Sentence("/{path} of {name} may not be read: run Ringkeep as a user who may, or hand over a copy "
"that you own.", {"path": to, "name": self.budget.name}))  # fmt: skip
        self.budget.skip(to, "may not be read (permission denied)")

    def _leave_out(self, there: Path, to: str) -> None:
        """Name a folder of recordings or logs once, with what it holds."""
        why = "logs left out" if "log" in to.split("/") else "recordings left out"
        for folder, _, names in os.walk(there):
            for name in names:
                try:
                    self.budget.skip_class(to, why, os.lstat(os.path.join(folder, name)).st_size)
                except OSError:
                    continue


def allowed(real: str) -> bool:
    """May this resolved path be copied because a link or the configuration points to it?"""
    if not real or ("/" not in real and real != "tftpboot"):
        return False
    if any(real == folder or real.startswith(folder + "/") for folder in PRIVATE):
        return False
    if real.startswith("etc/"):
        return real in ETC_FILES or any(real == e or real.startswith(e + "/") for e in ETC_ALLOWED)
    return real not in ("var/lib", "var/spool", "var/www", "usr/share", "usr/lib", "usr/local", "usr/bin", "usr/sbin")


def _node(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "named pipe"
    return "socket" if stat.S_ISSOCK(mode) else "device node"
