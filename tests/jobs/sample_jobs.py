"""Jobs that the tests run: each step leaves a line in a file, so that one can see how often it was done."""

from __future__ import annotations

import time
from pathlib import Path

from ringkeep.jobs.kinds import OTHERS, SYSTEMS, Document, JobError, Run, job
from ringkeep.jobs.models import Job
from ringkeep.phonesystem.sentences import Sentence


def mark(place: str, text: str) -> str:
    with Path(place).open("a") as file:
        file.write(text + "\n")
    return text


@job("three", queue=OTHERS)
def three(run: Run) -> Document:
    return {"done": [run.step(name, mark, run.arguments["file"], name) for name in ("one", "two", "three")]}


class Passing(RuntimeError):
    permanent = False


def fail_twice(place: str) -> str:
    mark(place, "try")
    if Path(place).read_text().count("try") < 3:
        raise Passing("not yet.")
    return "good"


@job("stubborn", queue=OTHERS)
def stubborn(run: Run) -> Document:
    return {"done": run.step_with_tries("try", 3, fail_twice, run.arguments["file"])}


@job("hopeless", queue=OTHERS)
def hopeless(run: Run) -> Document:
    def refuse() -> None:
        raise JobError(Sentence("It cannot be. Do something else."))

    run.step("refuse", refuse)
    return {}


def hold(run: Run) -> None:
    mark(run.arguments["file"], f"in {run.id}")
    for _ in range(int(run.arguments.get("s", 0.4) * 20)):
        time.sleep(0.05)
        run.check()
    mark(run.arguments["file"], f"out {run.id}")


@job("hold", queue=SYSTEMS)
def hold_system(run: Run) -> Document:
    run.step("hold", hold, run)
    return {}


def wait_for(run: Run, sign: str) -> str:
    """Until the file is there, however long that takes; says so in a file, with progress all the while."""
    mark(run.arguments["file"], f"waiting for {Path(sign).name}")
    while not Path(sign).exists():
        time.sleep(0.05)
        run.progress("waiting", 0.5)
        run.check()
    return sign


@job("signs", queue=SYSTEMS)
def signs(run: Run) -> Document:
    return {"seen": [run.step(Path(sign).name, wait_for, run, sign) for sign in run.arguments["signs"]]}


def write_much(run: Run) -> int:
    """As a step that notes what it found, once there is a sign: more than SQLite's log has room for without growing."""
    mark(run.arguments["file"], "begun")
    while not Path(run.arguments["sign"]).exists():
        time.sleep(0.05)
    return Job.objects.filter(pk=run.id).update(arguments={**run.arguments, "much": "x" * (2 << 20)})


@job("writes", queue=OTHERS)
def writes(run: Run) -> Document:
    run.step("write", write_much, run)
    return {}
