"""What a restore would change, in telephone language: the live system against the one that would result."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ringkeep.explanations.differences import document
from ringkeep.explanations.opened import opened
from ringkeep.phonesystem.checks import check
from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.restores.planning import GONE, Plan, State
from ringkeep.restores.selection import place_of
from ringkeep.restores.trees import DATABASES
from ringkeep.sources.astdb import SCHEMA
from ringkeep.translation import Words

LEFT_OUT = ("recordings", "records", "queue_log", "voicemail")  # no telephone language for these: counted


def lay_out(plan: Plan, live: State, mirror: Path, backup: Path, into: Path, astdb: Mapping[str, str] | None) -> None:
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
        shutil.copyfile((backup if name in plan.databases else mirror) / DATABASES / f"{name}.sql", place)
    if astdb is not None:
        _write_astdb(into, live.directories, astdb)


def _write_astdb(into: Path, directories: Mapping[str, str], astdb: Mapping[str, str]) -> None:
    folder = directories.get("astdbdir") or directories.get("astvarlibdir") or "/var/lib/asterisk"
    place = into / folder.strip("/") / "astdb.sqlite3"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    with sqlite3.connect(place) as base:
        base.execute(SCHEMA)
        base.executemany("INSERT INTO astdb VALUES (?, ?)", sorted(astdb.items()))
    base.close()


def changes(live: Path, after: Path) -> tuple[list[dict[str, Any]], PhoneSystem, PhoneSystem]:
    """The sentences of `ringkeep diff`, secrets covered; the system now, and the one to be. Raises `SourceError`."""
    with opened(live) as a, opened(after) as b:
        found = secrets_of(a.system, b.system).covered_in(compare(a.system, b.system))
        return [document(one, Words("en")) for one in found], a.system, b.system


def same(expected: PhoneSystem, live: Path) -> tuple[Change, ...]:
    """What the live system has differently from what was expected. Raises `SourceError`."""
    with opened(live) as now:
        return secrets_of(expected, now.system).covered_in(compare(expected, now.system))


def newer_asterisk(system: PhoneSystem, then: int | None, now: int | None) -> list[str]:
    """What another version of Asterisk means for this system; empty when it is the same. English sentences."""
    if then is None or now is None or then == now:
        return []
    said = [f"The backup is of Asterisk {then}, the target runs {now}."]
    technologies = {one.technology for one in system.extensions} | {one.technology for one in system.trunks}
    if now >= 21 and "sip" in technologies:
        said.append(f"Phones or trunks use chan_sip, which Asterisk {now} no longer has: they will not register there.")
    if now < then:
        said.append("The target is older than the backup: options that it does not know are ignored there.")
    said += [str(finding.says) for finding in check(system) if finding.severity == "bad"][:20]
    return said
