"""`tests.jobs.worker` in processes of its own that are forked from one which has loaded the libraries: two seconds less each."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

JOBS = "ringkeep.backups.jobs,ringkeep.restores.jobs,ringkeep.drills.jobs"
LIBRARIES = ["dbos", "asyncssh", "django.core.management", "django.db.models", "django.db.backends.sqlite3.base"]
LONGEST_S = 240.0


def work(*die: str) -> int:
    """Work until all jobs have ended, or die around a step; the exit code, -9 when killed."""
    process = _started(die)
    process.join(LONGEST_S)
    if process.exitcode is None:
        process.kill()
    assert process.exitcode is not None, "the jobs have not ended"
    return process.exitcode


@contextmanager
def worker() -> Iterator[BaseProcess]:
    """One that is killed at the end."""
    process = _started(())
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _started(die: Sequence[str]) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    environment = {**os.environ, "TEST_JOBS": JOBS, "RINGKEEP_FIRST_PAUSE_S": "0.1"}
    process = context.Process(target=_run, args=(list(die), environment), daemon=True)
    process.start()
    return process


def _run(die: list[str], environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["worker", *die]
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        from tests.jobs.worker import main

        main()
