"""A plan as the swap program on the phone system takes it: a folder of short lists, and a tar of what is to come."""

from __future__ import annotations

import tarfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from ringkeep.restores import databases
from ringkeep.restores.planning import FILE, FOLDER, LINK, PUT, Plan, Staged, Unit
from ringkeep.restores.selection import DATABASE_FILES, DIRECTORIES
from ringkeep.restores.states import is_astdb

PLACE = "/var/lib/ringkeep/restore"
PIECE = 1 << 18
BASE, STATE = "base", "state"  # swap.sh's words for an SQLite database, and for Asterisk's own
RELOAD, RESTART = "core reload", "core restart now"


def programs() -> list[tuple[str, bytes]]:
    """The swap program and what it reads or calls: name there -> content."""
    ours = files("ringkeep.restores")
    return [
        ("swap.sh", ours.joinpath("swap.sh").read_bytes()),
        ("databases.sh", ours.joinpath("swap_databases.sh").read_bytes()),
        ("login.sh", databases.program()),
    ]


def mark(restore_id: str) -> str:
    """The folder beside the files of one restore."""
    return f".ringkeep-{restore_id}"


def staged_at(unit: Unit, path: str, restore_id: str) -> str:
    """Where something that will stand at `path` waits."""
    return f"{unit.folder.rstrip('/')}/{mark(restore_id)}/new/{path[len(unit.folder.rstrip('/')) + 1 :]}"


def units_of(plan: Plan) -> Iterator[tuple[Unit, Staged]]:
    """What is staged, with the unit it comes in."""
    units = {unit.path: unit for unit in plan.units if unit.op == PUT}
    for one in plan.staged:
        path = one.path
        while path not in units:
            path = path.rpartition("/")[0]
        yield units[path], one


def lists(plan: Plan, place: str, directories: Mapping[str, str], *, cron: str | None) -> dict[str, str]:
    """The files of the restore's folder `place` on the phone system: name -> text."""
    restore_id = place.rpartition("/")[2]
    sums, stands, owners, need = [], [], [], dict.fromkeys((unit.folder for unit in plan.units), 0)
    for unit, one in units_of(plan):
        waits = staged_at(unit, one.path, restore_id)
        need[unit.folder] += one.entry.size + 4096
        if one.entry.kind == FILE:
            sums.append(f"{one.entry.digest}  {waits.lstrip('/')}\n")
            stands.append(f"{one.entry.digest}  {one.path.lstrip('/')}\n")
        if one.entry.owner is None and one.path == unit.path:
            like = (
                unit.folder if _op(unit) == STATE else unit.path
            )  # whoever makes its journal in that folder writes to it
            owners.append(f"{waits}\t{like}\n")
    need[place] = sum(plan.databases.values()) * 3  # the dump, its tables, and some more
    kept_in = {**DIRECTORIES, **directories}
    roots = {kept_in[name].rstrip("/") for name in kept_in if kept_in[name].count("/") > 1}
    above = {
        unit.folder for unit in plan.units if not f"{unit.folder}/".startswith(tuple(f"{root}/" for root in roots))
    }
    roots |= {f"={folder}" for folder in above}
    return {
        "units": "".join(f"{_op(unit)}\t{unit.folder}\t{unit.name}\n" for unit in plan.units),
        "folders": "".join(f"{folder}\n" for folder in sorted({unit.folder for unit in plan.units})),
        "need": "".join(f"{size}\t{folder}\n" for folder, size in sorted(need.items())),
        "roots": "".join(f"{root}\n" for root in sorted(roots)),
        "owners": "".join(owners),
        "sums": "".join(sums),
        "stands": "".join(stands),
        "expected": "".join(f"{digest}  {path.lstrip('/')}\n" for path, digest in sorted(plan.expected.items())),
        "databases": "".join(f"{name}\n" for name in sorted(plan.databases)),
        "astdb": "".join(f"{line}\n" for line in plan.astdb),
        "astdb.back": "".join(f"{line}\n" for line in plan.astdb_back),
        "reload": f"{RESTART if plan.restart else RELOAD}\n",
        "cron": f"{cron}\n" if cron else "",
    }


def _op(unit: Unit) -> str:
    if unit.op == PUT and is_astdb(unit.path):
        return STATE
    return BASE if unit.op == PUT and DATABASE_FILES.match(unit.path) else unit.op


async def tarred(plan: Plan, root: Path, dumps: Path, place: str) -> AsyncIterator[bytes]:
    """The tar of all that is staged, in pieces; `dumps` as `dumps.reduce` wrote them. Raises `OSError`, also when a file is not what the plan saw."""
    for name in sorted(plan.databases):
        for file in (f"{name}.sql", f"{name}.gone"):
            for piece in _file(dumps / file, f"{place}/databases.d/{file}"):
                yield piece
    for unit, one in units_of(plan):
        for piece in _member(one, root, staged_at(unit, one.path, place.rpartition("/")[2])):
            yield piece
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member(one: Staged, root: Path, place: str) -> Iterator[bytes]:
    info = tarfile.TarInfo(place.lstrip("/"))
    info.mode = one.entry.mode
    info.uname, _, info.gname = (one.entry.owner or ":").partition(":")
    if one.entry.kind == LINK:
        info.type, info.linkname = tarfile.SYMTYPE, one.entry.digest
    elif one.entry.kind == FOLDER:
        info.type = tarfile.DIRTYPE
    elif one.content is not None:
        info.size, info.mtime = len(one.content), int(time.time())
        yield _header(info) + one.content + bytes(-info.size % tarfile.BLOCKSIZE)
        return
    else:
        yield from _content(root / one.source.lstrip("/"), info)
        return
    yield _header(info)


def _file(path: Path, place: str) -> Iterator[bytes]:
    info = tarfile.TarInfo(place.lstrip("/"))
    info.mode = 0o600
    yield from _content(path, info)


def _content(path: Path, info: tarfile.TarInfo) -> Iterator[bytes]:
    with path.open("rb") as file:
        at = path.stat()
        info.size, info.mtime = at.st_size, int(at.st_mtime)
        yield _header(info)
        left = info.size
        while left:
            piece = file.read(min(PIECE, left))
            if not piece:
                raise OSError(f"{path} became shorter while it was sent")
            left -= len(piece)
            yield piece
    yield bytes(-info.size % tarfile.BLOCKSIZE)


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def small_tar(texts: Mapping[str, str], programs: Sequence[tuple[str, bytes]]) -> bytes:
    """The restore's folder itself, as one tar."""
    made = b""
    contents = [*((name, text.encode("utf-8", "surrogateescape")) for name, text in texts.items()), *programs]
    for name, content in contents:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        made += _header(info) + content + bytes(-info.size % tarfile.BLOCKSIZE)
    return made + bytes(2 * tarfile.BLOCKSIZE)
