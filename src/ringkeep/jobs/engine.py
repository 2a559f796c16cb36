"""The durable engine: DBOS on a SQLite file beside the database, or on the same PostgreSQL.

One process works on the jobs of a RINGKEEP_HOME: it holds `worker.lock`, which the kernel lets go when the process ends,
however it ends. Others only put jobs into the queues. Over one PostgreSQL several machines may work; each goes by a name
of its own (jobs/workers.py), so that a restarted one takes up its own interrupted jobs where they stopped.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, run_dbos_database_migrations
from dbos._dbos import _get_dbos_instance
from django.conf import settings
from django.db import close_old_connections, connections

from ringkeep.home import HomeError, home
from ringkeep.jobs import bookkeeping, outages, workers
from ringkeep.jobs.kinds import DRILLS, OTHERS, SYSTEMS, Cancelled, Run, kind_of, told
from ringkeep.jobs.models import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job
from ringkeep.jobs.start import migrating_alone
from ringkeep.phonesystem.sentences import Sentence, Told, sentence

APPLICATION, VERSION = "ringkeep", "1"  # a fixed version: an update of Ringkeep goes on with the jobs of the one before
WORKFLOW = "ringkeep.job"
SYSTEMS_AT_ONCE = int(os.environ.get("RINGKEEP_WORKERS", "4"))
DRILLS_AT_ONCE = int(os.environ.get("RINGKEEP_DRILLS", "2"))
# Between two looks into the queue that people wait for, the others being looked into half as often: a command stays with
# its job, a server is there day and night. Waiting costs 2.9 s of a processor a minute at 0.25 s, 1.1 s at 1 s.
POLL_S, SERVING_POLL_S = 0.25, 1.0
KEPT, BATCH = timedelta(days=90), 500  # of jobs that have ended
LOOK_EVERY_S = 30.0
log = logging.getLogger("ringkeep.jobs")
_performed: set[str] = set()  # jobs that a thread of this process is at


class Busy(Told):
    """Another process works on the jobs of this RINGKEEP_HOME already; the message says which."""


class Damaged(HomeError):
    """What the engine remembers cannot be read; the message says what to do."""


def _look_at(file: Path) -> None:
    """Make it for us alone, or see that it is a database."""
    file.touch(mode=0o600)
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=30)) as opened:
            opened.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise Damaged(
            Sentence(
                "{file} is damaged ({what}). Move it away and start again: what was done stays, what was being done is "
                "begun anew from its first step.",
                {"file": str(file), "what": str(error)},
            )
        ) from None


def _url() -> str:
    if not settings.DATABASE_URL:
        return f"sqlite:///{home() / 'jobs.sqlite3'}"
    return str(settings.DATABASE_URL).replace("postgres://", "postgresql://", 1)


@cache
def _migrated(url: str) -> str:
    """The address, after its tables are there. Raises `Damaged`."""
    _quiet()
    if url.startswith("sqlite"):
        _look_at(home() / "jobs.sqlite3")
    with migrating_alone():
        run_dbos_database_migrations(url)
    return url


@cache
def _client(url: str, process: int) -> DBOSClient:
    # Whoever asks for a job is told at once that the database cannot be used, not when it can again.
    return DBOSClient(system_database_url=_migrated(url), application_name=APPLICATION, retry_connection_errors=False)


def enqueue(job: Job) -> None:
    """Put a job into its queue; once more does no harm."""
    queue = kind_of(job.kind).queue
    options: dict[str, Any] = {
        "workflow_name": WORKFLOW,
        "queue_name": queue,
        "workflow_id": job.id,
        "app_version": VERSION,
    }
    if queue == SYSTEMS:
        options["queue_partition_key"] = str(job.phone_system_id)
    _client(_url(), os.getpid()).enqueue(options, job.id)


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=1000)
def perform(job_id: str) -> None:
    """One job from beginning to end; what it gives and how it ended is in its row."""
    close_old_connections()
    _performed.add(job_id)
    try:
        job = bookkeeping.begin(job_id, datetime.now(UTC))
        if job.state in ENDED:
            return
        run = Run(job_id, job.arguments, job.phone_system_id)
        try:
            result = kind_of(job.kind).function(run)
            bookkeeping.end(job_id, SUCCEEDED, datetime.now(UTC), result=result)
        except Cancelled:
            run.log(Sentence("Cancelled."))
            bookkeeping.end(job_id, CANCELLED, datetime.now(UTC))
        except Exception as error:
            kept, _, _ = told(job.kind, error)
            run.log(sentence(kept), "error")
            bookkeeping.end(job_id, FAILED, datetime.now(UTC), error=sentence(kept))
    finally:
        _performed.discard(job_id)
        connections.close_all()


@contextmanager
def alone() -> Iterator[None]:
    """Hold `worker.lock`. Raises `Busy` when another process does."""
    place = home() / "worker.lock"
    with place.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                Sentence(
                    "Another Ringkeep works on {home} already (process {process}). Stop it first, or set RINGKEEP_HOME to "
                    "another folder.",
                    {"home": str(home()), "process": file.read().strip() or "?"},
                )
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def working(poll_s: float = POLL_S) -> Iterator[None]:
    """Work on jobs while inside. Raises `Busy`, `Damaged`."""
    with alone(), _named() as worker:
        url = _migrated(_url())
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": url,
                "application_version": VERSION,
                "executor_id": worker,
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": poll_s,
            }
        )
        DBOS.launch()
        outages.let_engine_wait(_get_dbos_instance()._sys_db.engine)
        try:
            DBOS.register_queue(
                SYSTEMS, partition_concurrency=1, worker_concurrency=SYSTEMS_AT_ONCE, polling_interval_sec=poll_s,
                on_conflict="always_update",
            )  # fmt: skip
            for name, at_once in ((DRILLS, DRILLS_AT_ONCE), (OTHERS, 4)):
                DBOS.register_queue(
                    name, worker_concurrency=at_once, polling_interval_sec=2 * poll_s, on_conflict="always_update"
                )
            if not settings.DATABASE_URL:
                _take_over_all(worker)
            # A job whose maker was killed before it came into the queue.
            for job in Job.objects.filter(state=QUEUED):
                enqueue(job)
            with _looking_after(worker):
                yield
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=0)


@contextmanager
def _looking_after(worker: str) -> Iterator[None]:
    """Every LOOK_EVERY_S, begin what should be done and is not: a database that was away in the wrong moment."""
    stop = threading.Event()

    def look_again_and_again() -> None:
        suspect: set[str] = set()
        # Held open: SQLite's log stays beside the database, which on a full disk could not be read without.
        with open_for_reading():
            while not stop.wait(LOOK_EVERY_S):
                try:
                    suspect = look_after(worker, suspect)
                except Exception as error:
                    if not outages.passes(error):
                        log.exception("looking after jobs")
                finally:
                    connections.close_all()

    thread = threading.Thread(target=look_again_and_again, name="ringkeep-looking-after", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


@contextmanager
def open_for_reading() -> Iterator[None]:
    if settings.DATABASE_URL:
        yield
        return
    with contextlib.closing(sqlite3.connect(home() / "ringkeep.sqlite3", timeout=30)) as held:
        held.execute("select count(*) from sqlite_master").fetchone()
        yield


def look_after(worker: str, suspect: set[str]) -> set[str]:
    """Put into its queue what is not in it, and what this worker took out twice in a row without doing it; the ids that
    it takes for such the first time.

    The engine takes a job and starts it in two steps; whoever asks for one makes its row and puts it in in two. A
    database that goes away between the two leaves a job that nobody does.
    """
    taken = DBOS.list_workflows(executor_id=[worker], status="PENDING", load_input=False, load_output=False)
    idle = {one.workflow_id for one in taken} - _performed
    for lost in idle & suspect:
        log.warning("job %s was taken up and not begun: it is put into its queue again", lost)
        _get_dbos_instance()._sys_db.reenqueue_for_recovery(lost, [worker], OTHERS)
    since = datetime.now(UTC) - timedelta(seconds=LOOK_EVERY_S)
    waiting = list(Job.objects.filter(state=QUEUED, created_at__lt=since).order_by("created_at")[:BATCH])
    if waiting:
        ids = [job.pk for job in waiting]
        known = {one.workflow_id for one in DBOS.list_workflows(workflow_ids=ids, load_input=False, load_output=False)}
        for job in waiting:
            if job.pk not in known:
                enqueue(job)
    return idle - suspect


def _take_over_all(worker: str) -> None:
    """On SQLite nobody else works here: what another name was interrupted in is ours, and what the engine no longer knows
    is put into its queue once more."""
    pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
    others = {one.executor_id for one in pending if one.executor_id} - {worker}
    if others:
        DBOS._recover_pending_workflows(sorted(others))
    known = {one.workflow_id for one in pending}
    for job in Job.objects.filter(state=RUNNING).exclude(pk__in=known):
        if DBOS.get_workflow_status(job.pk) is None:
            bookkeeping.log(
                job.pk, Sentence("It was lost when a process ended: begun anew."), "warning", datetime.now(UTC)
            )
            Job.objects.filter(pk=job.pk).update(state=QUEUED, step="", fraction=None)


@contextmanager
def _named() -> Iterator[str]:
    """This worker's name, held against others over one PostgreSQL. Raises `Busy`."""
    name = workers.name()
    if not workers.over_postgresql():
        yield name
        return
    try:
        with workers.present(name, begin_anew):
            yield name
    except workers.NameTaken as error:
        raise Busy(error.says) from None


def begin_anew(lost: str) -> None:
    """Begin the jobs of a worker that is gone, here and from their first step: what it had fetched and prepared was in its
    own home. Bears being killed and repeated: a job that is QUEUED is put into its queue by every worker that starts.
    """
    for workflow in DBOS.list_workflows(executor_id=lost, status="PENDING"):
        job = Job.objects.filter(pk=workflow.workflow_id).first()
        if job is not None and job.state == RUNNING:
            why = Sentence("The worker {worker} is gone: begun anew by another.", {"worker": lost})
            bookkeeping.log(job.id, why, "warning", datetime.now(UTC))
            Job.objects.filter(pk=job.id, state=RUNNING).update(state=QUEUED, step="", fraction=None)
        DBOS.delete_workflow(workflow.workflow_id)
        job = Job.objects.filter(pk=workflow.workflow_id, state=QUEUED).first()
        if job is not None:
            enqueue(job)


def _quiet() -> None:
    """The engine speaks only of what is wrong, and not of services it could be connected to."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False


def forget_old(at: datetime) -> int:
    """Let jobs go that ended long ago, the engine's own records of them too; how many, a batch at most."""
    old = list(
        Job.objects.filter(state__in=ENDED, ended_at__lt=at - KEPT)
        .order_by("ended_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    if old:
        _client(_url(), os.getpid()).delete_workflows(old)
        Job.objects.filter(pk__in=old).delete()
    return len(old)


def active() -> int:
    """How many jobs wait or run."""
    return int(Job.objects.filter(state__in=(QUEUED, RUNNING)).count())
