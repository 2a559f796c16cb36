"""What a restore would change, in telephone language: the live system against the one that would result."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ringkeep.explanations.differences import document
from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.restores import dumps
from ringkeep.restores.planning import FOLDER, GONE, NOT_FILES, Entry, Plan, State, lasting
from ringkeep.restores.selection import RECORD_DATABASES, place_of
from ringkeep.restores.states import place_of_astdb
from ringkeep.restores.trees import DATABASES, astdb
from ringkeep.sources.astdb import SCHEMA
from ringkeep.sources.contents import leads_out, phone_system, read_contents
from ringkeep.sources.errors import Limits
from ringkeep.sources.source import open_source
from ringkeep.translation import Words

LARGE = Limits(total_bytes=8 << 30, members=2_000_000)  # our own copies: files are linked, not copied
LEFT_OUT = ("recordings", "records", "queue_log", "voicemail")  # no telephone language for these: counted


def lay_out(plan: Plan, live: State, mirror: Path, backup: Path, into: Path, states: Mapping[str, str] | None) -> None:
    """The phone system as it will be, as a tree of its own; unchanged files are only linked. Raises `OSError`."""
    into.mkdir(parents=True)
    gone = {unit.path for unit in plan.units if unit.op == GONE}
    sent = {one.path: one for one in plan.staged}
    covered = tuple(f"{unit.path}/" for unit in plan.units)
    for path, entry in live.tree.items():
        if (
            place_of(path, live.directories).part in LEFT_OUT
            or path in gone
            or path in sent
            or path.startswith(covered)
        ):
            continue
        place = into / path.lstrip("/")
        if entry.kind == "folder":
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(mirror / path.lstrip("/"), place, follow_symlinks=False)
    for path, one in sent.items():
        if place_of(path, live.directories).part in LEFT_OUT:
            continue
        place = into / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if one.entry.kind == "folder":
            place.mkdir(exist_ok=True)
        elif one.entry.kind == "link":
            place.symlink_to(one.entry.digest)
        elif one.content is not None:
            place.write_bytes(one.content)
        else:
            shutil.copyfile(backup / one.source.lstrip("/"), place, follow_symlinks=False)
    for name in live.databases.keys() | plan.databases.keys():
        place = into / DATABASES / f"{name}.sql"
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link((backup if name in plan.databases else mirror) / DATABASES / f"{name}.sql", place)
    if states is not None:
        _write_astdb(into, live.directories, states)


def _write_astdb(into: Path, directories: Mapping[str, str], states: Mapping[str, str]) -> None:
    place = into / place_of_astdb(directories)[1:]
    if leads_out(into, place):  # a link in its way was laid out as it is there
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    with sqlite3.connect(place) as base:
        base.execute(SCHEMA)
        base.executemany("INSERT INTO astdb VALUES (?, ?)", sorted(states.items()))
    base.close()


def read(tree: Path) -> PhoneSystem:
    """The phone system that a copy of ours describes; nobody writes to it meanwhile, so its files are only linked. Raises `SourceError`."""
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=tree.parent) as folder:
        source = open_source(tree, Path(folder) / "system", limits=LARGE, still=True)
        return phone_system(source, read_contents(source))


def changes(live: PhoneSystem, after: PhoneSystem) -> list[dict[str, Any]]:
    """The sentences of `ringkeep diff`, secrets covered; under "says", to be said in either language later."""
    found = secrets_of(live, after).covered_in(compare(live, after))
    return [{**document(one, Words("en")), "says": one.says.document()} for one in found]


def same(expected: PhoneSystem, live: PhoneSystem) -> tuple[Change, ...]:
    """What the live system has differently from what was expected."""
    return secrets_of(expected, live).covered_in(compare(expected, live))


def is_as_planned(plan: Plan, live: State, now: State, after: Path, mirror: Path) -> bool:
    """Whether, byte for byte, the system is what the plan made of `live`: then nothing needs to be read to know that it is the same."""
    gone = {unit.path for unit in plan.units if unit.op == GONE}
    covered = tuple(f"{unit.path}/" for unit in plan.units)
    wanted = {path: one for path, one in live.tree.items() if path not in gone and not path.startswith(covered)}
    wanted |= {one.path: one.entry for one in plan.staged if not NOT_FILES.search(one.path)}
    paths = {path for path in wanted.keys() | now.tree.keys() if place_of(path, live.directories).part not in LEFT_OUT}
    if any(_content(wanted.get(path)) != _content(now.tree.get(path)) for path in paths):
        return False
    if lasting(astdb(after, live.directories) or {}) != lasting(now.astdb or {}):
        return False
    return all(
        dumps.read(after / DATABASES / f"{name}.sql").tables == dumps.read(mirror / DATABASES / f"{name}.sql").tables
        for name in now.databases
        if not RECORD_DATABASES.search(name)
    )


def _content(entry: Entry | None) -> tuple[str, str] | None:
    return None if entry is None or entry.kind == FOLDER else (entry.kind, entry.digest)
