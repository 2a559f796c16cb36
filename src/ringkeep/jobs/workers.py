"""Who works on the jobs of one PostgreSQL: each worker holds its name there, and says every few seconds that it lives.

A name is held by an advisory lock of a session of its own: PostgreSQL lets it go as soon as the process ends, however it
ends, and some 25 s after its host has vanished (TCP keepalive). So a worker that is killed and started again has its
name back at once. One whose name is free and that has not been heard of for LOST_S is gone: another begins its jobs
anew. A worker that cannot say that it lives ends itself long before that, so that no job is done by two.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from ringkeep.home import home, made_once
from ringkeep.jobs.models import Worker
from ringkeep.phonesystem.sentences import Sentence, Told

LOST_S = float(os.environ.get("RINGKEEP_WORKER_LOST_S", "120"))
BEAT_S = min(5.0, LOST_S / 8)
ENDS_ITSELF_S = LOST_S / 2
VANISHED_S = 40.0  # until PostgreSQL lets go of a session whose host has vanished: 10 + 3 x 5 s, and some more
SPACE = 0x52494E47  # tells our advisory locks from those of other programs
log = logging.getLogger("ringkeep.workers")


class NameTaken(Told):
    """A worker of this name is at work; the message says what to do."""


def over_postgresql() -> bool:
    """Whether several workers may share the database."""
    return bool(settings.DATABASE_URL)


def name() -> str:
    """This worker's name: the same after a restart of its home, another for another home. It stands in RINGKEEP_HOME/worker."""
    if not over_postgresql():
        return "ringkeep"  # there is never more than one
    place = made_once(home() / "worker", lambda: f"{socket.gethostname()[:60]}-{secrets.token_hex(4)}")
    return place.read_text().strip()


def others_work() -> bool:
    """Whether a worker elsewhere takes up what is put into the queues."""
    return over_postgresql() and Worker.objects.filter(beat_at__gt=_ago(3 * BEAT_S)).exclude(pk=name()).exists()


def at_work() -> int:
    """How many workers share the work, this one included."""
    if not over_postgresql():
        return 1
    return max(1, int(Worker.objects.filter(beat_at__gt=_ago(3 * BEAT_S)).count()))


@contextmanager
def present(own: str, take_over: Callable[[str], None]) -> Iterator[None]:
    """Hold this worker's name while inside; `take_over(NAME)` begins the jobs of a lost worker anew. Raises `NameTaken`."""
    presence = _Presence(own, take_over)
    thread = threading.Thread(target=presence.run, name="ringkeep-presence", daemon=True)
    thread.start()
    presence.decided.wait()
    if presence.refused is not None:
        thread.join()
        raise presence.refused
    try:
        yield
    finally:
        presence.stop.set()
        thread.join(10)


class _Presence:
    """Lives in a thread of its own, because a session and its locks belong to one connection of one thread."""

    def __init__(self, own: str, take_over: Callable[[str], None]) -> None:
        self.own, self.take_over = own, take_over
        self.stop, self.decided = threading.Event(), threading.Event()
        self.refused: Exception | None = None
        self.held = False
        self.heard_at = self.steady_since = time.monotonic()

    def run(self) -> None:
        try:
            self._begin()
        except Exception as error:
            self.refused = error
        self.decided.set()
        try:
            while self.refused is None and not self.stop.wait(BEAT_S):
                self._beat()
        finally:
            with suppress(DatabaseError):
                connection.close()

    def _begin(self) -> None:
        """Wait for the name as long as a vanished session may hold it, but not for a worker that is seen to live."""
        until, seen = time.monotonic() + VANISHED_S, None
        while not self._hold():
            beat_at = Worker.objects.filter(pk=self.own).values_list("beat_at", flat=True).first()
            if time.monotonic() > until or (seen is not None and beat_at != seen):
                raise NameTaken(
                    Sentence(
                        "A worker called {worker} is at work on this database already: this RINGKEEP_HOME was copied. Stop "
                        "the other, or remove {file} here to be a worker of your own.",
                        {"worker": self.own, "file": str(home() / "worker")},
                    )
                )
            seen = beat_at
            time.sleep(min(1.0, BEAT_S / 2))
        Worker.objects.update_or_create(pk=self.own, defaults={"beat_at": Now(), "process": os.getpid()})

    def _beat(self) -> None:
        try:
            if not self.held and not self._hold():
                raise DatabaseError("the session before still holds the name")
            if not Worker.objects.filter(pk=self.own).update(beat_at=Now()):
                self._end_itself("another has taken over its jobs")
                return
            self.heard_at = time.monotonic()
            if self.heard_at - self.steady_since > LOST_S:  # a database that was away has heard of nobody
                self._look_for_lost()
        except Exception as error:  # also what a broken session raises that is not Django's
            log.warning("the database does not hear this worker: %s", str(error).splitlines()[:1])
            self.held, self.steady_since = False, time.monotonic()
            with suppress(Exception):
                connection.close()
            if time.monotonic() - self.heard_at > ENDS_ITSELF_S:
                self._end_itself(f"the database has not heard it for {ENDS_ITSELF_S:.0f} s")

    def _look_for_lost(self) -> None:
        for lost in Worker.objects.filter(beat_at__lt=_ago(LOST_S)).exclude(pk=self.own):
            if not _lock(lost.pk):
                continue  # it is silent, but its session stands: it may go on at any moment
            try:
                log.warning("worker %s is gone: its jobs are begun anew here", lost.pk)
                self.take_over(lost.pk)
                lost.delete()
            finally:
                _unlock(lost.pk)

    def _hold(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),"
                " set_config('tcp_keepalives_count', '3', false)"
            )
        self.held = _lock(self.own)
        return self.held

    def _end_itself(self, why: str) -> None:
        log.critical("this worker ends itself: %s", why)
        self.stop.set()
        os.kill(os.getpid(), signal.SIGTERM)


def _ago(seconds: float):  # type: ignore[no-untyped-def]  # an expression: the database's clock, not each host's own
    return Now() - timedelta(seconds=seconds)


def _lock(worker: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, _number(worker)])
        return bool(cursor.fetchone()[0])


def _unlock(worker: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, _number(worker)])


def _number(worker: str) -> int:
    return zlib.crc32(worker.encode()) - (1 << 31)  # a signed integer of 32 bits
