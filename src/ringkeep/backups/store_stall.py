"""Sees that a restic still gets on: one whose far end takes and gives nothing any more would wait for a day.

Its status lines do not tell: a pack of some MB that goes over a slow line counts as nothing until it is there. So what
is watched is what its process moves (/proc/PID/io, sockets and pipes included) and computes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

STALL_S = float(os.environ.get("RINGKEEP_STORE_STALL_S", "600"))
MOVED_BYTES = 16 << 10  # in STALL_S, by one that gets on: the slowest line moves a hundred times as much
COMPUTED = 0.05  # of a processor: one that only waits and says so takes a thousandth
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Watch:
    """Calls `stop` once: when the process moves nothing for STALL_S, or has not ended within `timeout_s`.

    `said` tells how many bytes of its output came here: its words are no progress.
    """

    def __init__(self, process: int, stop: Callable[[], None], *, timeout_s: float, said: Callable[[], int]) -> None:
        self.process, self.stop, self.timeout_s, self.said = process, stop, timeout_s, said
        self.stall_s = STALL_S
        self.late = self.stalled = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="ringkeep-restic", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Watch no longer; waits for a stop that is under way."""
        self._ended.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _look(self) -> None:
        began = since = time.monotonic()
        before = self._done()
        while not self._ended.wait(min(self.timeout_s, self.stall_s, 200.0) / 20):
            now, done = time.monotonic(), self._done()
            if done is None or before is None or self._got_on(before, done):
                since, before = now, done
            self.late, self.stalled = now - began >= self.timeout_s, now - since >= self.stall_s
            if self.late or self.stalled:
                self.stop()
                return

    def _got_on(self, before: tuple[int, float], done: tuple[int, float]) -> bool:
        return done[0] - before[0] >= MOVED_BYTES or done[1] - before[1] >= COMPUTED * self.stall_s

    def _done(self) -> tuple[int, float] | None:
        """(bytes read and written without its own words, seconds of a processor); None where the kernel does not tell."""
        place = Path(f"/proc/{self.process}")
        try:
            counted = dict(line.split(": ") for line in (place / "io").read_text().splitlines())
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        moved_bytes = int(counted["rchar"]) + int(counted["wchar"]) - self.said()
        return moved_bytes, (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
