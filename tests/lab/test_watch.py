"""Memory of a whole tree of processes is counted, and too much of it is told once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

from ringkeep.lab.watch import descendants, watch

EATER = "import time; x = bytes(range(256)) * (60 << 12); time.sleep(30)"


def test_several_processes_that_are_small_alone_are_over_the_limit_together() -> None:
    told = threading.Event()
    held: list[int] = []

    def over(held_bytes: int) -> None:
        held.append(held_bytes)
        told.set()

    shell = f"for i in 1 2 3; do {sys.executable} -c '{EATER}' & done; wait"
    with subprocess.Popen(["sh", "-c", shell]) as family:
        watch(family.pid, 150 << 20, over)
        try:
            assert told.wait(10)
            members = descendants(family.pid)
            assert len(members) == 4
            assert 150 << 20 < held[0] < 400 << 20
        finally:
            for member in reversed(descendants(family.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
    assert descendants(family.pid) == []
