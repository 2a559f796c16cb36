"""What kinds of jobs there are, and what a job's function sees of the run it is in.

    @job("backup", queue=SYSTEMS)
    def back_up(run: Run) -> Document:
        tree = run.step("fetch the files", fetch, run.arguments["system"], tries=4)
        return {"backup": tree}

The function is called anew when a killed process is started again: `run.step` then gives what a finished step gave, and
does the interrupted one once more. So everything with an effect belongs in steps, and a step must bear being repeated.
It is repeated as well when the database could not be used in its middle (outages.py).
"""

from __future__ import annotations

import errno
import logging
import os
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from dbos import DBOS
from django.conf import settings
from django.db import close_old_connections

from ringkeep.jobs import bookkeeping, outages
from ringkeep.phonesystem.sentences import Sentence, Told, said_by, sentence
from ringkeep.sources.errors import unforeseen

log = logging.getLogger("ringkeep.jobs")
P = ParamSpec("P")
T = TypeVar("T")
Document = dict[str, Any]

SYSTEMS = "systems"  # one at a time per phone system
DRILLS = "drills"  # each takes a processor for some seconds
OTHERS = "others"
FIRST_PAUSE_S = float(os.environ.get("RINGKEEP_FIRST_PAUSE_S", "5"))
LONGEST_PAUSE_S = 300.0


class Cancelled(Exception):
    """Somebody asked for this job to be cancelled."""


class JobError(Told):
    """A job cannot be done; the message is for people and says what to do."""


class StepFailed(JobError):
    """A step failed for good. `kind` is the error's own one word ("unreachable"), where it has one."""

    def __init__(self, says: Sentence, kind: str, permanent: bool) -> None:
        super().__init__(says)
        self.kind, self.permanent = kind, permanent


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job."""

    name: str
    queue: str
    function: Callable[[Run], Document | None]


_kinds: dict[str, Kind] = {}


def job(name: str, *, queue: str) -> Callable[[Callable[[Run], Document | None]], Callable[[Run], Document | None]]:
    """Register a function as a kind of job."""

    def register(function: Callable[[Run], Document | None]) -> Callable[[Run], Document | None]:
        _kinds[name] = Kind(name, queue, function)
        return function

    return register


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises `JobError`."""
    for module in settings.JOBS:  # as far as is needed: a backup need not wait for what a restore works with
        if name in _kinds:
            break
        import_module(module)
    if name not in _kinds:
        raise JobError(
            Sentence(
                "This Ringkeep knows no job of the kind {kind}: a newer one started it. Update this one.",
                {"kind": name},
            )
        )
    return _kinds[name]


class Run:
    """One run of a job. Its methods may be called in steps as well."""

    def __init__(self, job_id: str, arguments: Document, phone_system_id: int | None) -> None:
        self.id, self.arguments, self.phone_system_id = job_id, arguments, phone_system_id

    def step(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something once; what it gives must be plain data. Stops before it when the job is to be cancelled."""
        return self._step(name, 1, lambda: function(*args, **kwargs))

    def step_with_tries(self, name: str, tries: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `step`; an error whose `permanent` is False is waited out and tried again, `tries` times in all."""
        return self._step(name, tries, lambda: function(*args, **kwargs))

    def _step(self, name: str, tries: int, work: Callable[[], T]) -> T:
        pause_s = FIRST_PAUSE_S
        for turn in range(1, tries + 1):
            outcome, value = DBOS.run_step({"name": name}, self._attempt, name, work)
            if outcome == "done":
                return value  # type: ignore[no-any-return]
            if outcome == "cancelled":
                raise Cancelled
            failure = _failure(*value)
            if failure.permanent or turn == tries:
                raise failure
            again = Sentence(
                "{what} Trying again in {seconds} s ({turn} of {tries}).",
                {"what": failure.says, "seconds": round(pause_s), "turn": turn, "tries": tries},
            )
            self.log(again, "warning")
            DBOS.sleep(pause_s * random.uniform(0.8, 1.2))
            pause_s = min(pause_s * 3, LONGEST_PAUSE_S)
        raise AssertionError("tries are at least one")

    def _attempt(self, name: str, work: Callable[[], Any]) -> tuple[str, Any]:
        """A step's outcome as plain data: the engine keeps it, and a later run must be able to read it."""
        for pause_s in outages.pauses():
            try:
                return self._outcome(name, work)
            except Exception as error:  # the database's, see below
                self._wait_out(error, pause_s)
        raise AssertionError("pauses have no end")

    def _outcome(self, name: str, work: Callable[[], Any]) -> tuple[str, Any]:
        """As `_attempt`. Raises what means that the database cannot be used now."""
        close_old_connections()
        try:
            self.check()
            self.progress(name)
            return "done", work()
        except Cancelled:
            return "cancelled", None
        except Exception as error:
            if outages.passes(error):
                raise
            return "failed", told(name, error)
        finally:
            close_old_connections()

    def _wait_out(self, error: Exception, pause_s: float) -> None:
        """Until the database can be written: a long step is not done again before."""
        began = time.monotonic()
        outages.say(error, pause_s)
        outages.lose_connection()
        time.sleep(pause_s)
        bookkeeping.wait_until_writable(self.id)
        away_s = round(time.monotonic() - began)
        self.log(
            Sentence(
                "Ringkeep's own database could not be used for {seconds} s ({why}): this step is begun anew.",
                {"seconds": away_s, "why": outages.words_of(error)},
            ),
            "warning",
        )

    def cancelled(self) -> bool:
        """Whether somebody asked for this job to be cancelled."""
        return bookkeeping.cancel_asked(self.id)

    def check(self) -> None:
        """Raise `Cancelled` when somebody asked for it."""
        if self.cancelled():
            raise Cancelled

    def progress(self, doing: str, fraction: float | None = None) -> None:
        """Say what is being done and how far it is (0..1)."""
        bookkeeping.progress(self.id, doing, fraction)

    def log(self, text: Sentence, level: str = "info") -> None:
        """Add a line to the job's log: info, warning or error; never a secret."""
        bookkeeping.log(self.id, text, level, datetime.now(UTC))


def _failure(says: Document | str, kind: str, permanent: bool) -> StepFailed:
    """As the engine kept it; one from before sentences were kept is a text."""
    return StepFailed(sentence(says), kind, permanent)


def told(step: str, error: Exception) -> tuple[Document, str, bool]:
    """(kept sentence, kind, permanent). Errors of our own parts are meant for people; any other is a fault of ours."""
    if isinstance(error, Told) or hasattr(error, "permanent") or type(error).__module__.startswith("ringkeep."):
        return said_by(error).document(), getattr(error, "kind", ""), getattr(error, "permanent", True)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return unforeseen(error)[1].document(), "no-room", False  # somebody may make room
    log.error("step %s failed\n%s", step, "".join(traceback.format_exception(error)))
    code, says = unforeseen(error)
    return says.document(), code, True
