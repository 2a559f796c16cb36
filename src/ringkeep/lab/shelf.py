"""Where lab images stand, which one counts, and who uses them.

    images/asterisk-22 -> asterisk-22.20261125T073000-4711    a link: the one that counts
    images/asterisk-22.20261125T073000-4711/                  one built image: root/, manifest.json
    images/asterisk-22.lock                                   held while one is built

Whoever uses an image holds a shared lock (flock) on its folder meanwhile; whoever builds or deletes one holds that lock
alone. A lock ends with its holder, however that ends: what the link does not name and nobody locks is nobody's, and goes.
Until 2026-11 an image's folder had the link's name itself: it counts as well, and is renamed when the next one is built.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RENAME_EXCHANGE = 2  # renameat2(2)
_libc = ctypes.CDLL(None, use_errno=True)


class BeingBuilt(Exception):
    """Somebody builds an image of that version."""


def cache_dir() -> Path:
    """Where images live: RINGKEEP_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("RINGKEEP_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ringkeep"


def folder(version: int) -> Path:
    """The name of the image of that version, whether there is one or not."""
    return cache_dir() / "images" / f"asterisk-{version}"


def current(version: int) -> Path | None:
    """The folder of the image that counts now."""
    try:
        return folder(version).resolve(strict=True)
    except OSError:
        return None


def hold(place: Path) -> int | None:
    """Keep an image's folder from being deleted until the descriptor is closed, as it is when this process ends.

    None: it is gone, or going.
    """
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        return descriptor  # a network drive without locks: then nobody can have it alone, and nothing is deleted
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(descriptor), os.stat(place)):
            return descriptor
    os.close(descriptor)
    return None


@contextmanager
def building(version: int, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Be the only one who builds or deletes images of that version.

    Calls `waiting` once where somebody else is at it, then waits for them; without it raises `BeingBuilt`.
    """
    place = folder(version)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is None:
                raise BeingBuilt from None
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def fresh(version: int) -> Iterator[tuple[Path, int]]:
    """A new folder for an image and the descriptor that locks it: who inherits that keeps it from being swept.

    Only while `building`. Unless `put` names it, it goes again.
    """
    sweep(version)
    place = folder(version)
    made = place.with_name(f"{place.name}.{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}")
    made.mkdir()
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield made, descriptor
    finally:
        if current(version) != made.resolve():
            delete(made)
        os.close(descriptor)


def put(version: int, made: Path, lock: int) -> None:
    """From now on this one counts: in one step, so that there is one at every moment where there was one before."""
    place = folder(version)
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # others may hold it as soon as they find it
    link = place.with_name(f"{place.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(made.name)
    if place.is_symlink() or not place.exists():
        link.replace(place)
        return
    before = place.with_name(f"{place.name}.before-{os.getpid()}")
    if _libc.renameat2(-100, os.fsencode(link), -100, os.fsencode(place), RENAME_EXCHANGE) == 0:
        link.rename(before)  # the exchanged one
    else:  # a file system that exchanges nothing: two steps
        place.rename(before)
        link.replace(place)


def take_off(version: int) -> bool:
    """From now on none counts; False when none did. Only while `building`."""
    place = folder(version)
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        place.rename(place.with_name(f"{place.name}.before-{os.getpid()}"))
    else:
        return False
    return True


def sweep(version: int) -> list[Path]:
    """Delete what counts no more and nobody uses, killed builds included. Returns what is still used.

    Only while `building`.
    """
    place, still = folder(version), []
    counts = current(version)
    for old in sorted(place.parent.glob(f"{place.name}.*")):
        if old.is_symlink() or not old.is_dir() or old.resolve() == counts:
            continue
        descriptor = os.open(old, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            delete(old)
        except OSError:  # used; or in part another user's, or on a drive without locks
            still.append(old)
        finally:
            os.close(descriptor)
    return still


def delete(place: Path) -> None:
    """Remove a tree even where packages made folders read-only."""
    for name, _, _ in os.walk(place):
        os.chmod(name, 0o755)
    shutil.rmtree(place)
