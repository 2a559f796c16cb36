"""A process that works on jobs as a server does, for tests that kill it. Arguments: STEP WHEN (or nothing).

With STEP and WHEN it kills itself as by `kill -9`: before that step's work, after its work but before the engine knows, or
after the step altogether.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringkeep.settings")


def die_at(step: str, when: str) -> None:
    """Have this process killed around a step."""
    from ringkeep.jobs.kinds import Run

    attempt, whole = Run._attempt, Run._step

    def dying_attempt(self: Run, name: str, work: Callable[[], Any]) -> Any:
        if (name, when) == (step, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = attempt(self, name, work)
        if (name, when) == (step, "unrecorded"):
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    def dying_step(self: Run, name: str, tries: int, work: Callable[[], Any]) -> Any:
        value = whole(self, name, tries, work)
        if (name, when) == (step, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    Run._attempt, Run._step = dying_attempt, dying_step  # type: ignore[method-assign]


def main() -> None:
    from ringkeep.jobs.start import prepared

    prepared()
    from django.conf import settings

    settings.JOBS = os.environ.get("TEST_JOBS", "tests.jobs.sample_jobs").split(",")
    from ringkeep.jobs import engine

    engine.LOOK_EVERY_S = float(os.environ.get("TEST_LOOK_EVERY_S", engine.LOOK_EVERY_S))
    if len(sys.argv) > 2:
        die_at(sys.argv[1], sys.argv[2])
    with engine.working():
        print("working", flush=True)
        quiet = 0
        while quiet < 3:  # a job's end may start another
            quiet = 0 if engine.active() else quiet + 1
            time.sleep(0.1)


if __name__ == "__main__":
    main()
