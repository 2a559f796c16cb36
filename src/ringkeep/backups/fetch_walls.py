"""Walls around our own rsync: what it reads comes from a phone system, and so does whatever it may be talked into."""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from subprocess import DEVNULL, run

from ringkeep.links import pipe

MEMORY_BYTES = 2 << 30  # a million names are a tenth of it


def limit(file_bytes: int) -> None:
    """A list of names without end costs memory, a file without end our disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def confined(root: Path) -> list[str]:
    """A bubblewrap in which only the mirror can be written: rsync's receiver has had its holes (CVE-2024-12084, -12087).

    Whoever got in by one finds no network, no other process, and none of Ringkeep's keys and backups.
    """
    walls = _walls()
    if walls is None:
        return []
    root = root.resolve()  # nothing can be mounted over a link
    homes = [place for place in root.parents if (place / "keys").is_dir()]
    hidden = [str(place.resolve()) for place in (*homes, Path.home() / ".ssh") if place.is_dir() and _not_needed(place)]
    tmpfs = [word for place in hidden for word in ("--tmpfs", place)]
    return ["bwrap", *walls, *tmpfs, "--bind", str(root), str(root), "--die-with-parent", "--"]


def _not_needed(place: Path) -> bool:
    """Whether neither our interpreter nor our program lies there."""
    needed = (sys.prefix, sys.base_prefix, sys.executable, pipe.__file__, tempfile.gettempdir())
    return not any(Path(each).resolve().is_relative_to(place.resolve()) for each in needed)


@lru_cache
def _walls() -> tuple[str, ...] | None:
    """The strongest that can be used here; None: none at all."""
    plain_ones = ("--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev")
    apart = ("--unshare-net", "--unshare-pid", "--unshare-ipc", "--tmpfs", "/proc")
    for walls in ((*plain_ones, *apart), plain_ones):
        with contextlib.suppress(OSError):
            tried = run(["bwrap", *walls, "true"], stdin=DEVNULL, capture_output=True, timeout=20, check=False)
            if tried.returncode == 0:
                return walls
    return None
