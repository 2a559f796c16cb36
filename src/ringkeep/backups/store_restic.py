"""restic at one location: reached first, patient with whoever else works there, rid of locks whose process is gone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ringkeep.backups import store_locks
from ringkeep.backups.store_locations import Location, access, reach
from ringkeep.backups.store_process import Access, Line, Ran, StoreError, failure, run

WAIT_S = 600.0  # for another process that works on the repository


class Restic:
    """Runs restic on the repository at a location. Making one of these does nothing yet."""

    def __init__(self, location: Location, *, wait_s: float = WAIT_S) -> None:
        self.location, self.wait_s = location, wait_s
        self._reached = False

    def access(self) -> Access:
        """What it is opened with."""
        return access(self.location)

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path | None = None,
        each_line: Line | None = None,
        new_password: str | None = None,
        timeout_s: float = 3600.0,
        expected: tuple[int, ...] = (0,),
    ) -> Ran:
        """Run restic; waits for others that work on the repository, and takes away locks whose process is gone."""
        if not self._reached:
            reach(self.location)
            self._reached = True
        until, pause_s = time.monotonic() + self.wait_s, 0.5
        while True:
            try:
                ran = run(
                    self.access(), arguments, cwd=cwd, each_line=each_line, new_password=new_password,
                    timeout_s=timeout_s, expected=expected,
                )  # fmt: skip
                if ran.code and store_locks.BLOCKED.search(ran.err):  # `check` ends with 1 then as well
                    raise failure(ran.err, self.access())
            except StoreError as error:
                if error.kind != "locked":
                    raise
                if store_locks.release_dead(self.access()):
                    continue
                if time.monotonic() + pause_s > until:
                    raise
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, 15.0)
            else:
                return ran
