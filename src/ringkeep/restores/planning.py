"""From a backup's tree and the live system's, what a restore writes, replaces, removes and loads. Pure.

Configuration becomes what it was. What grows by itself does not shrink: recordings, call records and messages that are
newer on the live system stay, and what the backup has beyond them is added, unless `exact` asks for the backup's state.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ringkeep.restores.selection import (
    DATABASE_FILES,
    Place,
    Wanted,
    chooses,
    chooses_database,
    place_of,
)

_ = str  # marks the texts of this module for translation
FILE, LINK, FOLDER = "file", "link", "folder"
PUT, GONE = "put", "gone"
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")  # cannot stand in lists of lines; Asterisk has no use for them either
NOT_FILES = re.compile(r"/astdb\.sqlite3[^/]*\Z|/\.ringkeep-|/\.lock\Z|\.ctl\Z|\A/ringkeep/")
GROWING = {"recordings", "records", "queue_log"}
MESSAGE = re.compile(r"(?P<folder>.+)/msg(?P<number>\d{4})\.(?P<suffix>\w+)\Z")
# What a running Asterisk keeps there for itself: who is registered just now, its identity.
VOLATILE = ("/registrar/", "/SIP/Registry/", "/IAX/Registry/", "/dundi/", "/pbx/")
RESTARTED_FOR = ("asterisk.conf", "modules.conf")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, link or folder. `digest` is a file's SHA-256 in hex or where a link leads; unknown owner is None."""

    kind: str
    digest: str
    size: int
    mode: int
    owner: str | None = None  # "asterisk:asterisk"


Tree = Mapping[str, Entry]  # absolute path -> entry


@dataclass(frozen=True, slots=True)
class State:
    """One state of a phone system, as far as a restore deals with it."""

    tree: Tree
    directories: Mapping[str, str] = field(default_factory=dict)  # asterisk.conf's
    astdb: Mapping[str, str] | None = None  # "/AMPUSER/1000/cidname" -> value; None: unknown
    databases: Mapping[str, int] = field(default_factory=dict)  # name -> bytes of its dump; 0: no table has a row


@dataclass(frozen=True, slots=True)
class Unit:
    """What one rename brings (`put`) or takes away (`gone`): a file, a link or a whole new folder."""

    op: str
    folder: str
    name: str

    @property
    def path(self) -> str:
        """Where it stands."""
        return posixpath.join(self.folder, self.name)


@dataclass(frozen=True, slots=True)
class Staged:
    """One thing to send: `source` in the backup's tree, or `content`, to stand at `path`."""

    path: str
    entry: Entry
    source: str
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a restore. `left` says what is not restored and why: (path, reason)."""

    units: tuple[Unit, ...] = ()
    staged: tuple[Staged, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)  # path -> SHA-256 of what is there now
    databases: Mapping[str, int] = field(default_factory=dict)
    astdb: tuple[str, ...] = ()  # lines for Asterisk's console
    astdb_back: tuple[str, ...] = ()
    restart: bool = False
    left: tuple[tuple[str, str], ...] = ()
    replaced: int = 0
    kept: int = 0  # newer things on the live system that stay

    @property
    def is_empty(self) -> bool:
        """Whether the system is already as wanted."""
        return not (self.units or self.databases or self.astdb)

    def counts(self) -> dict[str, Any]:
        """For the preview."""
        files = [one for one in self.staged if one.entry.kind != FOLDER]
        return {
            "written": len(files) - self.replaced, "replaced": self.replaced,
            "removed": sum(unit.op == GONE for unit in self.units), "kept": self.kept,
            "bytes": sum(one.entry.size for one in files), "databases": sorted(self.databases),
            "states": len(self.astdb), "restart": self.restart, "left": [list(one) for one in self.left],
        }  # fmt: skip


def plan(
    backup: State,
    live: State,
    wanted: tuple[Wanted, ...],
    *,
    contents: Mapping[str, bytes] | None = None,
    exact: bool = False,
) -> Plan:
    """What brings `live` to `backup` in all that is `wanted`.

    `contents` are files that are to hold something else than in the backup (trunks held, single objects brought back);
    they come along whatever is wanted.
    """
    work = _Work(backup, live, wanted, dict(contents or {}), exact=exact)
    work.files()
    lines, back = _console(backup, live, wanted)
    databases = {
        name: size
        for name, size in backup.databases.items()
        if chooses_database(wanted, name) and (exact or not _grows(name) or _fills(name, size, live))
    }
    restart = any(_needs_restart(unit, live) for unit in work.units)
    return Plan(
        tuple(work.units), tuple(sorted(work.staged.values(), key=lambda one: one.path)), work.expected, databases,
        lines, back, restart, tuple(work.left), work.replaced, work.kept,
    )  # fmt: skip


def _needs_restart(unit: Unit, live: State) -> bool:
    """Whether a reload would not do: a module that found no file of its own when Asterisk started has declined to load, and
    a reload does not bring it back. Nobody is cut off by it who was not already: what that module does was not there.
    """
    if unit.name in RESTARTED_FOR:
        return True
    of_asterisk = unit.folder == live.directories.get("astetcdir", "/etc/asterisk")
    return unit.op == PUT and of_asterisk and unit.name.endswith(".conf") and unit.path not in live.tree


def _fills(database: str, size: int, live: State) -> bool:
    return database not in live.databases or bool(size and not live.databases[database])


def _grows(database: str) -> bool:
    return not chooses_database((Wanted("databases"),), database)


class _Work:
    def __init__(
        self, backup: State, live: State, wanted: tuple[Wanted, ...], contents: dict[str, bytes], *, exact: bool
    ) -> None:
        self.backup, self.live, self.wanted, self.contents, self.exact = backup, live, wanted, contents, exact
        self.directories = {**live.directories, **backup.directories}
        self.units: list[Unit] = []
        self.staged: dict[str, Staged] = {}
        self.expected: dict[str, str] = {}
        self.left: list[tuple[str, str]] = []
        self.replaced = self.kept = 0
        self._units: set[Unit] = set()
        self.folders = {"/", "/etc", "/usr", "/usr/share", "/var", "/var/lib", "/var/log", "/var/spool"}
        for path, entry in live.tree.items():
            self.folders |= {path} if entry.kind == FOLDER else set()
            self.folders |= set(_above(path))

    def files(self) -> None:
        goal: dict[str, tuple[Entry, str]] = {}  # path -> (entry, path in the backup)
        for path, entry in self._chosen(self.backup.tree):
            goal[path] = (entry, path)
        self._merge_messages(goal)
        for path, content in self.contents.items():
            known = self.backup.tree.get(path) or self.live.tree.get(path)
            entry = Entry(FILE, hashlib.sha256(content).hexdigest(), len(content), 0o640)
            goal[path] = (replace(known, kind=FILE, digest=entry.digest, size=entry.size) if known else entry, path)
        for path in sorted(goal):
            self._put(path, *goal[path])
        for path, entry in self._chosen(self.live.tree):
            if path not in goal and entry.kind != FOLDER and path not in self.staged:
                self._remove(path, entry)

    def _chosen(self, tree: Tree) -> Iterator[tuple[str, Entry]]:
        for path, entry in tree.items():
            if NOT_FILES.search(path) or not chooses(self.wanted, self._place(path)):
                continue
            if UNSAFE.search(path):
                self.left.append((path, _("its name has line breaks, control characters or backslashes")))
            else:
                yield path, entry

    def _place(self, path: str) -> Place:
        return place_of(path, self.directories)

    def _merge_messages(self, goal: dict[str, tuple[Entry, str]]) -> None:
        """Messages of the backup that the live mailbox has not: behind those that it has, whose numbers stay."""
        if self.exact:
            return
        there = _messages({path: (entry, path) for path, entry in self.live.tree.items()}, self._place)
        for folder, messages in _messages(goal, self._place).items():
            known = there.get(folder, {})
            if not known:
                continue
            have = {_identity(parts) for parts in known.values()}
            free = max(known) + 1
            for number in sorted(messages):
                parts = messages[number]
                moved = {suffix: goal.pop(path) for suffix, path in ((s, one[1]) for s, one in parts.items())}
                if _identity(parts) in have or free > 9999:
                    continue
                for suffix, what in moved.items():
                    goal[f"{folder}/msg{free:04}.{suffix}"] = what
                free += 1
            self.kept += len(known)

    def _put(self, path: str, entry: Entry, source: str) -> None:
        now = self.live.tree.get(path)
        if entry.kind == FOLDER:
            if path in self.folders or (now and now.kind != FOLDER):
                return
        elif now and not self.exact and path not in self.contents and self._place(path).part in GROWING:
            self.kept += not _same(now, entry)
            return
        elif now and _same(now, entry):
            return
        top = next((step for step in (*_above(path), path) if step not in self.folders), path)
        unit = Unit(PUT, posixpath.dirname(top), posixpath.basename(top))
        if unit not in self._units:
            self.units.append(unit)
            self._units.add(unit)
            replaced = self.live.tree.get(top)
            if replaced and replaced.kind == FILE and not DATABASE_FILES.match(top):  # that is written at any time
                self.expected[top] = replaced.digest
            self.replaced += bool(replaced)
        owner = entry.owner or (now.owner if now else None) or self._owner_above(path)
        if top != path:
            self._stage_folders(top, path)
        self.staged[path] = Staged(path, replace(entry, owner=owner), source, self.contents.get(path))

    def _stage_folders(self, top: str, path: str) -> None:
        for step in _above(path):
            if step.startswith(top) and step not in self.staged:
                known = self.backup.tree.get(step)
                entry = known if known and known.kind == FOLDER else Entry(FOLDER, "", 0, 0o755)
                self.staged[step] = Staged(step, replace(entry, owner=entry.owner or self._owner_above(step)), step)

    def _owner_above(self, path: str) -> str | None:
        for step in _above(path)[::-1]:
            known = self.live.tree.get(step)
            if known and known.owner:
                return known.owner
        return None

    def _remove(self, path: str, entry: Entry) -> None:
        if not self.exact and self._place(path).part != "configuration":
            self.kept += 1
            return
        self.units.append(Unit(GONE, posixpath.dirname(path), posixpath.basename(path)))
        if entry.kind == FILE and not DATABASE_FILES.match(path):
            self.expected[path] = entry.digest


def _above(path: str) -> list[str]:
    """The folders a path lies in, outermost first, without "/"."""
    steps = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(steps[: n + 1]) for n in range(len(steps))]


def _same(now: Entry, then: Entry) -> bool:
    if (now.kind, now.digest) != (then.kind, then.digest):
        return False
    if then.kind == LINK:
        return True
    return now.mode == then.mode and (then.owner is None or now.owner is None or now.owner == then.owner)


Messages = dict[int, dict[str, tuple[Entry, str]]]  # number -> suffix -> (entry, path)


def _messages(tree: Mapping[str, tuple[Entry, str]], place: Any) -> dict[str, Messages]:
    """The messages of every folder of every mailbox."""
    found: dict[str, Messages] = {}
    for path, (entry, _) in tree.items():
        message = MESSAGE.match(path)
        if message and entry.kind == FILE and place(path).part == "voicemail":
            parts = found.setdefault(message["folder"], {}).setdefault(int(message["number"]), {})
            parts[message["suffix"]] = (entry, path)
    return found


def _identity(parts: Mapping[str, tuple[Entry, str]]) -> str:
    """What makes a message the same one: its description, else its sound."""
    return (parts["txt"] if "txt" in parts else next(iter(parts.values())))[0].digest


def _console(backup: State, live: State, wanted: tuple[Wanted, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines that bring Asterisk's own database to what it was, and back."""
    if backup.astdb is None or not any(one.part in ("everything", "astdb") for one in wanted):
        return (), ()
    then, now = lasting(backup.astdb), lasting(live.astdb or {})
    return _lines(now, then), _lines(then, now)


def lasting(states: Mapping[str, str]) -> dict[str, str]:
    """What of Asterisk's own database people and pages set, and a restore brings back."""
    return {
        key: value
        for key, value in states.items()
        if not key.startswith(VOLATILE) and key.count("/") >= 2 and not UNSAFE.search(key + value)
    }


def _lines(now: Mapping[str, str], then: Mapping[str, str]) -> tuple[str, ...]:
    lines = []
    for key in sorted(now.keys() | then.keys()):
        family, _, name = key[1:].partition("/")
        if key not in then:
            lines.append(f"database del {_quoted(family)} {_quoted(name)}")
        elif now.get(key) != then[key]:
            lines.append(f"database put {_quoted(family)} {_quoted(name)} {_quoted(then[key])}")
    return tuple(lines)


def _quoted(text: str) -> str:
    """One word for Asterisk's console (main/cli.c, parse_args)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
