"""For commands: start a job and stay with it until it ends, whether a server runs or not."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Collection
from types import FrameType

from ringkeep.jobs import engine, workers
from ringkeep.jobs.actions import cancel
from ringkeep.jobs.models import ENDED, Job
from ringkeep.jobs.words import doing
from ringkeep.phonesystem.sentences import Document
from ringkeep.translation import Words

LOOK_S = 0.1


def finish(
    start: Callable[[], Job],
    words: Words,
    *,
    show: bool = True,
    tell: Callable[[Job], Collection[Document]] = lambda job: (),
) -> Job:
    """Start a job and wait for its end; its progress goes to standard error when that is a terminal, its log anyway.

    Why it failed is for the caller to say. `tell` may show more of it at every look, and gives the sentences that it has
    shown, which then need no line.
    Where no other process works on jobs, this one does until the job and those that it started have ended. Ctrl-C asks for
    the job to be cancelled; twice leaves it alone, and it goes on when a server runs.
    """
    with contextlib.ExitStack() as stack:
        here = not workers.others_work()
        if here:
            try:
                stack.enter_context(engine.working())
            except engine.Busy:
                here = False
        job = start()
        stack.enter_context(_interrupts(job))
        said = 0
        while True:
            job.refresh_from_db()
            try:
                said = _say(job, said, words, tell) if show else 0
            except BrokenPipeError:
                _go_on_unheard()
            if job.state in ENDED and not (engine.active() if here else _followers(job)):
                break
            time.sleep(LOOK_S)
        if show and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[2K")
        return job


def _followers(job: Job) -> bool:
    """Whether a job that it started, such as the drill of a backup, is still to end."""
    return bool(Job.objects.filter(asked_by=job.id).exclude(state__in=ENDED).exists())


@contextlib.contextmanager
def _interrupts(job: Job):  # type: ignore[no-untyped-def]
    """Ctrl-C cancels the job; a second one ends the command."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        if job.state not in ENDED:
            cancel(job, "Ctrl-C")

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _go_on_unheard() -> None:
    """Nobody reads what is said any more, as behind `| head`: what has been begun is still brought to its end."""
    for stream in (sys.stdout, sys.stderr):
        asking = select.poll()
        asking.register(stream.fileno(), 0)  # an error is told unasked
        if asking.poll(0):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(job: Job, said: int, words: Words, tell: Callable[[Job], Collection[Document]]) -> int:
    lines = list(job.lines.order_by("id")[said:])
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
    told = tell(job)
    for line in lines:
        said += 1
        if line.level != "error" and line.text.document() not in told:
            sys.stderr.write(f"{words.say(line.text)}\n")
    if sys.stderr.isatty() and job.state not in ENDED:
        share = f" {words.share(job.fraction)}" if job.fraction is not None else ""
        sys.stderr.write(f"\r\x1b[2K{doing(job.step, words)}{share}"[:150])
        sys.stderr.flush()
    return said
