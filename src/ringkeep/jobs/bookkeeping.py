"""What the engine writes of a job while it runs. Each is one short transaction: nothing is held while work is done."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from ringkeep.jobs.models import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job, JobLine

LOOK_EVERY_S = 0.5  # a loop that asks whether it is cancelled must not load the database
WRITE_EVERY_S = 0.25
_looked: dict[str, tuple[float, bool]] = {}
_written: dict[str, tuple[float, str]] = {}


def begin(job_id: str, at: datetime) -> Job:
    """The job is taken up, for the first time or again."""
    job: Job = Job.objects.get(pk=job_id)
    if job.state not in ENDED:
        job.state, job.tries = RUNNING, job.tries + 1
        job.started_at = job.started_at or at
        job.save(update_fields=("state", "tries", "started_at"))
    return job


def progress(job_id: str, doing: str, fraction: float | None) -> None:
    """What is being done now; a repeated text is written a few times a second at most."""
    now = time.monotonic()
    last = _written.get(job_id)
    if last and last[1] == doing and now - last[0] < WRITE_EVERY_S and fraction != 1:
        return
    _written[job_id] = (now, doing)
    Job.objects.filter(pk=job_id).update(step=doing[:200], fraction=fraction)


def log(job_id: str, text: str, level: str, at: datetime) -> None:
    """One more line of its log."""
    JobLine.objects.create(job_id=job_id, at=at, level=level, text=text[:4000])


def cancel_asked(job_id: str) -> bool:
    """Whether somebody asked for it to be cancelled; asks the database twice a second at most."""
    now = time.monotonic()
    looked = _looked.get(job_id)
    if looked is None or now - looked[0] > LOOK_EVERY_S:
        asked = Job.objects.filter(pk=job_id, cancel_asked_at__isnull=False).exists()
        looked = _looked[job_id] = (now, asked)
    return looked[1]


def end(job_id: str, state: str, at: datetime, *, result: Any = None, error: str = "") -> None:
    """The job has ended. One that has ended stays as it ended."""
    assert state in (SUCCEEDED, FAILED, CANCELLED)
    Job.objects.filter(pk=job_id, state__in=(QUEUED, RUNNING)).update(
        state=state, ended_at=at, result=result, error=error[:2000], fraction=1.0 if state == SUCCEEDED else None
    )
    _looked.pop(job_id, None)
    _written.pop(job_id, None)
