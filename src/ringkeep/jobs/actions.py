"""Starting, cancelling and retrying jobs: the only writers besides the engine's own bookkeeping."""

from __future__ import annotations

from datetime import UTC, datetime

from ringkeep.jobs import engine
from ringkeep.jobs.kinds import SYSTEMS, Document, JobError, kind_of
from ringkeep.jobs.models import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job
from ringkeep.phonesystem.sentences import Sentence

STATES = {
    QUEUED: Sentence("waiting"),
    RUNNING: Sentence("running"),
    SUCCEEDED: Sentence("done"),
    FAILED: Sentence("failed"),
    CANCELLED: Sentence("cancelled"),
}


def start(
    kind: str, arguments: Document, *, key: str, phone_system: int | None = None, asked_by: str = "schedule"
) -> Job:
    """Put a job into its queue. The key is its id: starting the same key again gives the job that is there."""
    if kind_of(kind).queue == SYSTEMS and phone_system is None:
        raise ValueError(f"a job of kind {kind} belongs to a phone system")
    job: Job
    job, _ = Job.objects.get_or_create(
        pk=key[:120],
        defaults={
            "kind": kind, "arguments": arguments, "phone_system_id": phone_system, "asked_by": asked_by,
            "created_at": datetime.now(UTC),
        },
    )  # fmt: skip
    if job.state == QUEUED:
        engine.enqueue(job)
    return job


def cancel(job: Job, asked_by: str) -> None:
    """Ask for a job to stop: at once when it only waits, else at its next step or sooner. Raises `JobError`."""
    if job.state in ENDED:
        raise JobError(
            Sentence("The job {job} has ended already ({state}).", {"job": job.id, "state": STATES[job.state]})
        )
    now = datetime.now(UTC)
    Job.objects.filter(pk=job.id, cancel_asked_at=None).update(cancel_asked_at=now)
    Job.objects.filter(pk=job.id, state=QUEUED).update(state=CANCELLED, ended_at=now)
    job.lines.create(at=now, text=Sentence("{who} asked for it to be cancelled.", {"who": asked_by}))
    job.refresh_from_db()


def retry(job: Job, asked_by: str) -> Job:
    """Start an ended job once more, as a new one. Raises `JobError`."""
    if job.state not in (FAILED, CANCELLED):
        raise JobError(
            Sentence(
                "The job {job} is not to be tried again ({state}): only one that failed or was cancelled can be.",
                {"job": job.id, "state": STATES[job.state]},
            )
        )
    base, _, number = job.id.partition("~")
    count = int(number or 1) + 1
    while Job.objects.filter(pk=f"{base}~{count}").exists():
        count += 1
    return start(
        job.kind, job.arguments, key=f"{base}~{count}", phone_system=job.phone_system_id, asked_by=asked_by
    )  # fmt: skip
