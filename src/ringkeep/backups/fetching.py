"""Brings the mirror of one phone system up to date: freeze there, list, compare, move what changed, remove what went.

The mirror is laid out like `/`. Besides the phone system's files it holds `ringkeep/`: `databases/NAME.sql`, `facts.json`,
`system.txt`, and `owners.json` with owner, rights and time of every path, which a restore needs and we, who are not root,
cannot give the files. An unchanged part costs its digest, a changed one its gzipped list and the changed blocks.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ringkeep.backups import fetch_freezing
from ringkeep.backups.fetch_freezing import Freeze, Frozen, damage
from ringkeep.backups.fetch_listing import Entry, FetchLimits, read_listing
from ringkeep.backups.fetch_mirror import OURS, OWNERS, Mirror, no_room
from ringkeep.backups.fetch_moving import Report, Way, move, send_names
from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection
from ringkeep.pbx import Facts, Part, parts
from ringkeep.pbx.sections import plain
from ringkeep.phonesystem.sentences import AS_IT_IS, Sentence, amount

FACTS = f"{OURS}/facts.json"
ROOM_KEPT_BYTES = 64 << 20  # of our disk
LISTING_TIME_S = 1800.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch gave. `parts` as `Backup.parts`: name, state (ok, failed, skipped), files, bytes, why, required."""

    parts: list[dict[str, Any]]
    received_bytes: int
    files: int
    size_bytes: int
    removed: int = 0  # files that are gone there
    moved: int = 0  # files that came
    changed: bool = True  # whether anything in the mirror is other than before, rights and owners included


@dataclass
class _Part:
    """One part while it is fetched."""

    part: Part
    entries: dict[str, Entry] = field(default_factory=dict)
    faults: list[Sentence] = field(default_factory=list)  # it is not whole
    notes: list[Sentence] = field(default_factory=list)  # worth knowing, nothing is missing
    skipped: bool = False
    listed: bool = False  # whether `entries` is what is there now, whole


async def fetch(
    connection: Connection,
    facts: Facts,
    mirror: Path,
    *,
    bandwidth_kib_s: int | None = None,
    report: Report | None = None,
    leave_out: frozenset[str] = frozenset(),
    limits: FetchLimits | None = None,
) -> Fetched:
    """Bring `mirror` up to date; parts in `leave_out` stay as they are there. Raises `LinkError`.

    Bears being repeated at any time: what came before an interruption is not fetched again.
    """
    began = connection.received_bytes()
    mirror.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = _Fetch(connection, facts, Mirror(mirror), limits or FetchLimits(), bandwidth_kib_s, report)
    return await work.run(leave_out, began)


class _Fetch:
    def __init__(
        self,
        connection: Connection,
        facts: Facts,
        mirror: Mirror,
        limits: FetchLimits,
        bandwidth_kib_s: int | None,
        report: Report | None,
    ) -> None:
        self.connection, self.facts, self.mirror, self.limits = connection, facts, mirror, limits
        self.bandwidth_kib_s, self.report = bandwidth_kib_s, report
        self.record = mirror.record()
        self.parts: list[_Part] = []
        self.moved = 0
        self.changed = False

    async def run(self, leave_out: frozenset[str], began: int) -> Fetched:
        self.parts = [_Part(part, skipped=part.name in leave_out) for part in parts(self.facts)]
        wanted = tuple(each.part for each in self.parts if not each.skipped)
        self._tell("freezing", None)
        self.mirror.look()
        known = {
            p: d for p, d in self.record.frozen.items() if self.mirror.seen.get(p, "?")[0] == "f" and self._same(p, d)
        }
        freeze = await fetch_freezing.freeze(self.connection, self.facts, wanted, known, self._whose())
        way = Way(
            self.connection, self.mirror, freeze.stage, self.facts.has_rsync, self.facts.root,
            self.limits.one_file_bytes, self.bandwidth_kib_s, self.report,
        )  # fmt: skip
        try:
            await self._list(freeze, wanted)
            await self._move_frozen(way, freeze, known)
            await self._move_files(way)
        finally:
            with contextlib.suppress(LinkError):  # cut: the next run removes it
                await fetch_freezing.thaw(self.connection, freeze.stage)
        removed = self._finish(freeze)
        return self._fetched(removed, self.connection.received_bytes() - began)

    def _whose(self) -> str:
        return hashlib.sha256(os.fsencode(self.mirror.root.absolute())).hexdigest()[:8]

    def _tell(self, what: str, share: float | None) -> None:
        if self.report:
            self.report(what, share)

    def _same(self, path: str, digest: str) -> bool:
        """Whether a frozen file in the mirror still is what the record says."""
        with (self.mirror.root / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest

    # -- lists ------------------------------------------------------------------------------------------------

    async def _list(self, freeze: Freeze, wanted: tuple[Part, ...]) -> None:
        numbers = {part.name: at for at, part in enumerate(wanted)}
        for each in self.parts:
            name = each.part.name
            before = self.record.entries.get(name, {})
            if each.skipped or not each.part.paths:
                each.entries = dict(before)
                each.listed = not each.skipped
                continue
            faults = freeze.faults[name]
            each.faults += [_unread(faults)] if faults else []
            digest = freeze.listings[name]
            if digest and digest == self.record.listings.get(name) and not faults:
                each.entries, each.listed = dict(before), True
            elif digest:
                await self._read_list(each, f"{freeze.stage}/list-{numbers[name]}")
                each.listed &= not faults  # what lies in an unreadable folder is not gone
            if not each.listed:
                each.entries = before | each.entries
            self._weigh(each)

    async def _read_list(self, each: _Part, file: str) -> None:
        try:
            pieces = self.connection.stream(f"gzip -c {shlex.quote(file)}", sudo=True, timeout_s=LISTING_TIME_S)
            each.entries = await read_listing(pieces, each.part.name, self.limits)
            each.listed = True
        except LinkError as error:
            if error.kind != "failed":
                raise
            each.faults.append(error.says)

    def _weigh(self, each: _Part) -> None:
        """Find what cannot be taken: too large, unreadable, below something that is said to be a link."""
        large, closed, crooked, odd = [], [], [], 0
        for path, entry in list(each.entries.items()):
            if entry.kind not in "fdl":
                odd += 1
                del each.entries[path]
            elif entry.size > self.limits.one_file_bytes:
                large.append(f"/{path}")
                del each.entries[path]
            elif not entry.readable:
                closed.append(f"/{path}")
            elif entry.kind == "l" and (not entry.link or "\0" in entry.link):
                crooked.append(f"/{path}")
                del each.entries[path]
        links = {path for path, entry in each.entries.items() if entry.kind != "d"}
        for path in list(each.entries) if links else ():
            above = path.rpartition("/")[0]
            while above and above not in links:
                above = above.rpartition("/")[0]
            if above:
                crooked.append(f"/{path}")
                del each.entries[path]
        most = amount(self.limits.one_file_bytes)
        for names, what in (
            (
                large,
                Sentence("larger than {most}, not fetched; remove it there or leave this part out", {"most": most}),
            ),
            (closed, Sentence("may not be read by our account; allow it sudo, or add it to the group asterisk")),
            (crooked, Sentence("lies where the phone system says that there is a link or a file")),
        ):
            if names:
                each.faults.append(_named(names, what))
        if odd:
            each.notes.append(Sentence("{count} devices, pipes or sockets left out", {"count": odd}))

    # -- contents ---------------------------------------------------------------------------------------------

    async def _move_frozen(self, way: Way, freeze: Freeze, known: dict[str, str]) -> None:
        new: dict[str, int] = {}
        for each in self.parts:
            for one in freeze.frozen.get(each.part.name, ()):
                if one.state == "new" and one.size <= self.limits.one_file_bytes:
                    new[one.path] = one.size
                    continue
                if fault := self._frozen_fault(one):
                    each.faults.append(fault)
        self._room(sum(new.values()))
        self._tell("databases", None)
        await move(way, new, f"{way.stage}/m/")
        for each in self.parts:
            for one in freeze.frozen.get(each.part.name, ()):
                if one.state == "same":
                    self.record.frozen[one.path] = known[one.path]
                elif one.path in new:
                    self._keep_frozen(each, one)
                elif one.state == "absent":
                    self.record.frozen.pop(one.path, None)
                if one.path in self.record.frozen and one.state != "failed":
                    each.faults += damage(self.mirror.root / one.path)

    def _frozen_fault(self, one: Frozen) -> Sentence | None:
        name = one.path.rpartition("/")[2]
        if one.state == "full":
            return Sentence(
                "{name} could not be dumped: there is no room for it in /var/tmp of the phone system. Free some there (old "
                "logs and backups), then try again",
                {"name": name},
            )
        if one.state == "stuck":
            return Sentence(
                "{name} could not be dumped: for {minutes} minutes nothing came. Another session of the database holds its tables "
                "locked; SHOW FULL PROCESSLIST there names it",
                {"name": name, "minutes": fetch_freezing.LOOK_S * fetch_freezing.LOOKS // 60},
            )
        if one.state == "new":
            most = amount(self.limits.one_file_bytes)
            return Sentence(
                "{name} is {size}, larger than {most}", {"name": name, "size": amount(one.size), "most": most}
            )
        if one.state == "failed":
            why = one.why or Sentence("the phone system does not say why")
            return Sentence("{name} could not be dumped: {why}", {"name": name, "why": why})
        return None

    def _keep_frozen(self, each: _Part, one: Frozen) -> None:
        there = self.mirror.root / one.path
        if not there.is_symlink() and there.is_file() and self._same(one.path, one.digest):
            self.record.frozen[one.path] = one.digest
            there.chmod(0o600)
            self.moved += 1
        else:
            self.record.frozen.pop(one.path, None)
            each.faults.append(Sentence("{name} did not arrive as it was sent", {"name": one.path.rpartition("/")[2]}))

    async def _move_files(self, way: Way) -> None:
        wanted = {
            path: entry
            for each in self.parts
            if not each.skipped
            for path, entry in each.entries.items()
            if entry.kind == "f" and entry.readable and not self.mirror.has(path, entry)
        }
        total = sum(entry.size for entry in wanted.values())
        if total > self.limits.total_bytes:
            raise LinkError("failed", Sentence("The phone system says that {total} changed: more than {most} are not fetched.", {"total": amount(total), "most": amount(self.limits.total_bytes)}), permanent=True)  # fmt: skip
        self._room(total)
        self._tell("files", 0.0)
        left = wanted
        for last in (False, True):
            if not left:
                break
            times = {path: entry.mtime_ns for path, entry in left.items()}
            await move(way, {path: entry.size for path, entry in left.items()}, times=times)
            now = await self._look_again(way, left)
            left = self._settle(left, now, last)
        self.moved += len(wanted)

    async def _look_again(self, way: Way, names: dict[str, Entry]) -> dict[str, Entry]:
        """What the moved files are now: one that changed meanwhile is a mixture."""
        await send_names(way, names, "/")
        form = shlex.quote(fetch_freezing.FORM)
        inside = (
            f"""xargs -0 sh -c 'find "$@" -maxdepth 0 -printf "$0" 2>/dev/null' {form} < {way.stage}/names | gzip -c"""
        )
        pieces = self.connection.stream(f"sh -c {shlex.quote(inside)}", sudo=True, timeout_s=LISTING_TIME_S)
        return await read_listing(pieces, "files", self.limits)

    def _settle(self, moved: dict[str, Entry], now: dict[str, Entry], last: bool) -> dict[str, Entry]:
        """Give moved files their times; those that changed meanwhile are to be moved once more."""
        again: dict[str, Entry] = {}
        for path, entry in moved.items():
            each = next(x for x in self.parts if path in x.entries)
            there = self.mirror.root / path
            if path not in now or now[path].kind != "f":
                del each.entries[path]  # deleted meanwhile
                each.listed = False  # the list's digest is not that of what we have
                continue
            changed = (now[path].size, now[path].mtime_ns) != (entry.size, entry.mtime_ns)
            if changed and not last:
                again[path] = each.entries[path] = now[path]
                continue
            if there.is_symlink() or not there.is_file():
                each.faults.append(_named([f"/{path}"], Sentence("could not be read")))
                continue
            size = there.stat().st_size
            if changed:
                each.notes.append(_named([f"/{path}"], Sentence("changed while it was read")))
            elif size != entry.size:
                each.faults.append(_named([f"/{path}"], Sentence("did not arrive whole")))
            each.entries[path] = replace(entry, size=size)
            self.mirror.settle(path, entry)
        return again

    def _room(self, need: int) -> None:
        import shutil

        if need + ROOM_KEPT_BYTES > shutil.disk_usage(self.mirror.root).free:
            raise no_room(self.mirror.root, need + ROOM_KEPT_BYTES)

    # -- the end ----------------------------------------------------------------------------------------------

    def _finish(self, freeze: Freeze) -> int:
        """Folders, links and rights as there; remove what went; write down what is here now."""
        kept = set(self.record.frozen) | {path for each in self.parts for path in each.entries}
        kept |= _above(kept)
        removed = 0
        for each in self.parts:
            for path, entry in each.entries.items():
                if entry.kind == "d":
                    self.mirror.make_folder(path)
                elif entry.kind == "l" and not self.mirror.has(path, entry):
                    self.mirror.link(path, entry.link)
            if each.listed and not each.skipped:
                tops = [path.lstrip("/") for path in each.part.paths]
                tops += [path.lstrip("/") for path in each.part.sqlite]
                tops += [f"{OURS}/databases/{name}.sql" for name in each.part.databases]
                removed += self.mirror.remove_all_but(tops, kept)
        self.record.entries = {each.part.name: each.entries for each in self.parts if each.entries}
        for each in self.parts:
            if each.listed and not each.skipped and not each.faults and not each.notes and each.part.paths:
                self.record.listings[each.part.name] = freeze.listings[each.part.name]
            elif not each.skipped:
                self.record.listings.pop(each.part.name, None)
        self.record.users, self.record.groups = freeze.users, freeze.groups
        self.changed |= self.mirror.write(FACTS, json.dumps(self.facts.to_rebuild(), indent=1, sort_keys=True))
        self.changed |= self.mirror.write(OWNERS, self.record.as_text()) or removed > 0 or self.moved > 0
        return removed

    def _fetched(self, removed: int, received: int) -> Fetched:
        documents, files, size = [], 0, 0
        for each in self.parts:
            plain_files = [entry for entry in each.entries.values() if entry.kind == "f"]
            dumps = [path for path in self._frozen_paths(each.part) if path in self.record.frozen]
            count = len(plain_files) + len(dumps)
            bytes_ = sum(x.size for x in plain_files) + sum((self.mirror.root / p).stat().st_size for p in dumps)
            files, size = files + count, size + bytes_
            state = "skipped" if each.skipped else "failed" if each.faults else "ok"
            told = [*each.faults, *each.notes][:10]
            documents.append(
                {"name": each.part.name, "state": state, "files": count, "bytes": bytes_,
                 "why": Sentence(AS_IT_IS, {"text": told}).document() if told else None,
                 "required": each.part.required}
            )  # fmt: skip
        return Fetched(documents, received, files, size, removed, self.moved, self.changed)

    def _frozen_paths(self, part: Part) -> list[str]:
        system = [fetch_freezing.SYSTEM] if part.name == "system" else []
        return [f"{OURS}/databases/{x}.sql" for x in part.databases] + [x.lstrip("/") for x in part.sqlite] + system


def _above(paths: set[str]) -> set[str]:
    """All folders above."""
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _named(names: list[str], what: Sentence) -> Sentence:
    """ "/etc/x and 3 more: may not be read"."""
    values = {"path": plain(names[0], 200), "count": len(names) - 1, "what": what}
    if len(names) == 1:
        return Sentence("{path}: {what}", values)
    return Sentence("{path} and {count} more: {what}", values)


def _unread(faults: list[Sentence]) -> Sentence:
    return Sentence("{count} folders may not be read: {what}", {"count": len(faults), "what": faults[0]})
