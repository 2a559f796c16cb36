"""Watches how much memory a sandbox uses in all, and ends it when that is too much.

The kernel limits each process (`prlimit --as`), but many processes within that limit could still eat the machine. A
limit for a whole tree of processes would need a cgroup, which an ordinary user does not always have.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

PERIOD_S = 0.2
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def watch(process: int, most_bytes: int, over: Callable[[int], None]) -> None:
    """Call `over(bytes)` once, from a thread, when a process and all below it hold more than `most_bytes`.

    Ends by itself when the process is gone.
    """

    def look() -> None:
        pause = threading.Event()
        while not pause.wait(PERIOD_S):
            family = descendants(process)
            if not family:
                return
            if (
                sum(held_bytes(one) for one in family) > most_bytes
                and (held := sum(map(exact_bytes, family))) > most_bytes
            ):
                over(held)
                return

    threading.Thread(target=look, name=f"watch-{process}", daemon=True).start()


def descendants(process: int) -> list[int]:
    """The process and all below it; empty when it has ended."""
    below: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # "pid (name) state parent ...": the name may hold blanks and brackets
                words = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()
                if words[0] not in b"ZX":
                    below.setdefault(int(words[1]), []).append(int(entry))
    family = [process] if any(process in children for children in below.values()) else []
    for one in family:
        family += below.get(one, [])
    return family


def held_bytes(process: int) -> int:
    """Memory of its own, counted quickly: what several forks share counts for each. 0 when it has ended."""
    try:
        _, resident, shared, *_ = map(int, Path("/proc", str(process), "statm").read_bytes().split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * PAGE_BYTES


def exact_bytes(process: int) -> int:
    """Memory of its own, a share of what it shares; the quick count where the kernel does not say."""
    try:
        for line in Path("/proc", str(process), "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss_Anon:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return held_bytes(process)
