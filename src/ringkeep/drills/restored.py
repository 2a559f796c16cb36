"""The files that a drill boots: a copy of the mirror where that still is the backup, else restored from the repository.

Recordings and call records stay behind: no call needs them, and they can be a thousand times the rest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ringkeep.backups.models import Backup
from ringkeep.backups.queries import store
from ringkeep.home import folder

LEFT_OUT = ("var/spool/asterisk/monitor", "var/log", "ringkeep/databases/asteriskcdrdb.sql")
WHOLE_BYTES = 256 << 20  # up to here it is quicker to restore all of it than to ask what there is
PLACE = "drilling"


def place_of(backup: Backup, drill_id: int) -> Path:
    """A fresh private folder for one drill; what an earlier try of it left is removed."""
    place = folder("systems", str(backup.phone_system_id), PLACE) / str(drill_id)
    _remove(place)
    place.mkdir(mode=0o700)
    return place


def clean(system_id: int, keep: Iterable[int]) -> None:
    """Remove the folders of drills that are over, however they ended; `keep` are those under way."""
    kept = {str(number) for number in keep}
    for left in folder("systems", str(system_id), PLACE).iterdir():
        if left.name not in kept:
            _remove(left)


def _remove(place: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.exists():
        for inside, names, _ in os.walk(place):  # a restored folder may forbid us to empty it
            for name in names:
                if not os.path.islink(os.path.join(inside, name)):
                    os.chmod(os.path.join(inside, name), 0o700)
        shutil.rmtree(place)


def copied(backup: Backup, into: Path) -> bool:
    """Copy the mirror; False when it is not, or not any more, this very backup, or when the repository does not hold it:
    what somebody else took away must not be proven. Raises `StoreError`."""
    ours = str(backup.phone_system_id)
    marker, mirror = folder("systems", ours) / "stored", folder("systems", ours, "mirror")
    if (
        not backup.snapshot
        or not _is(marker, backup.snapshot)
        or not store(backup.phone_system.customer).holds(backup.snapshot)
    ):
        return False
    left = {mirror / name for name in LEFT_OUT}

    def passed_over(inside: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(inside, name) in left or _is_no_file(Path(inside, name))]

    try:
        shutil.copytree(mirror, into, symlinks=True, ignore=passed_over, dirs_exist_ok=True)
    except (OSError, shutil.Error):  # a backup that has begun meanwhile changes it
        _empty(into)
        return False
    if not _is(marker, backup.snapshot):
        _empty(into)
        return False
    return True


def _is(marker: Path, snapshot: str) -> bool:
    try:
        return marker.read_text() == snapshot
    except OSError:
        return False


def _is_no_file(path: Path) -> bool:
    return not (path.is_symlink() or path.is_dir() or path.is_file())


def _empty(place: Path) -> None:
    _remove(place)
    place.mkdir(mode=0o700)


def restored(backup: Backup, into: Path) -> None:
    """Restore it from the repository. Raises `StoreError`."""
    place = store(backup.phone_system.customer)
    only: list[str] = []
    if (backup.size_bytes or 0) > WHOLE_BYTES:
        paths = [(entry.path.strip("/"), entry.kind == "dir") for entry in place.listing(backup.snapshot)]
        only = list(without(paths, LEFT_OUT))
    place.restore(backup.snapshot, into, only)


def without(paths: Iterable[tuple[str, bool]], left: Iterable[str]) -> Iterator[str]:
    """The fewest paths that hold everything but `left`; `paths` are (path, whether it is a folder)."""
    left = tuple(left)
    split = {"/".join(name.split("/")[:depth]) for name in left for depth in range(1, name.count("/") + 1)}
    for path, _is_folder in paths:
        parent = path.rpartition("/")[0]
        if path and path not in left and path not in split and (not parent or parent in split):
            yield path
