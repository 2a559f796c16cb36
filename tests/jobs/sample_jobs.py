"""Jobs that the tests run: each step leaves a line in a file, so that one can see how often it was done."""

from __future__ import annotations

import time
from pathlib import Path

from ringkeep.jobs.kinds import OTHERS, SYSTEMS, Document, JobError, Run, job
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
