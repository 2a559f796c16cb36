"""What the engine writes of a job while it runs. Each is one short transaction: nothing is held while work is done.

Coroutines never touch the database: what one says is written by one thread beside it, in order. While the database cannot
be used (outages.py), a beginning, an end and a line of the log wait for it; how far something is gets lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any

from django.db import close_old_connections
from django.db.models import F

from ringkeep.jobs import outages
from ringkeep.jobs.models import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job, JobLine
from ringkeep.phonesystem.sentences import Sentence

LOOK_EVERY_S = 0.5  # a loop that asks whether it is cancelled must not load the database
WRITE_EVERY_S = 0.25
_looked: dict[str, tuple[float, bool]] = {}
_written: dict[str, tuple[float, str]] = {}


def begin(job_id: str, at: datetime) -> Job:
    """The job is taken up, for the first time or again."""
    return outages.wait_out(lambda: _begin(job_id, at))


def _begin(job_id: str, at: datetime) -> Job:
    job: Job = Job.objects.get(pk=job_id)
    if job.state not in ENDED:
        job.state, job.tries = RUNNING, job.tries + 1
        job.started_at = job.started_at or at
        job.save(update_fields=("state", "tries", "started_at"))
    return job


def wait_until_writable(job_id: str) -> None:
    """Until the database takes a write again."""
    outages.wait_out(lambda: Job.objects.filter(pk=job_id).update(tries=F("tries")))


def progress(job_id: str, doing: str, fraction: float | None) -> None:
    """What is being done now; a repeated text is written a few times a second at most."""
    now = time.monotonic()
    last = _written.get(job_id)
    if last and last[1] == doing and now - last[0] < WRITE_EVERY_S and fraction != 1:
        return
    _written[job_id] = (now, doing)
    _write(lambda: _if_it_can(lambda: Job.objects.filter(pk=job_id).update(step=doing[:200], fraction=fraction)))


def log(job_id: str, text: Sentence, level: str, at: datetime) -> None:
    """One more line of its log."""
    _write(lambda: outages.wait_out(lambda: JobLine.objects.create(job_id=job_id, at=at, level=level, text=text)))


def cancel_asked(job_id: str) -> bool:
    """Whether somebody asked for it to be cancelled; asks the database twice a second at most.

    In a coroutine it says what was known half a second ago.
    """
    now = time.monotonic()
    looked = _looked.get(job_id, (0.0, False))
    if now - looked[0] > LOOK_EVERY_S:
        _looked[job_id] = (now, looked[1])
        _write(lambda: _if_it_can(lambda: _look(job_id)))
    return _looked[job_id][1]


def _look(job_id: str) -> None:
    asked = Job.objects.filter(pk=job_id, cancel_asked_at__isnull=False).exists()
    _looked[job_id] = (time.monotonic(), asked)


def _if_it_can(work: Callable[[], Any]) -> None:
    """Do it, unless the database cannot be used now: a step goes on without."""
    try:
        work()
    except Exception as error:
        if not outages.passes(error):
            raise
        outages.lose_connection()


def _write(work: Callable[[], Any]) -> None:
    """Do it here, or in the writer's thread when this is a coroutine."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        work()
    else:
        _writer().submit(_in_thread, work)


def _in_thread(work: Callable[[], Any]) -> None:
    close_old_connections()
    try:
        work()
    finally:
        close_old_connections()


@cache
def _writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "ringkeep-writer")


def end(job_id: str, state: str, at: datetime, *, result: Any = None, error: Sentence | None = None) -> None:
    """The job has ended. One that has ended stays as it ended."""
    assert state in (SUCCEEDED, FAILED, CANCELLED)
    mine = Job.objects.filter(pk=job_id, state__in=(QUEUED, RUNNING))
    outages.wait_out(
        lambda: mine.update(
            state=state, ended_at=at, result=result, error=error, fraction=1.0 if state == SUCCEEDED else None
        )
    )
    _looked.pop(job_id, None)
    _written.pop(job_id, None)
