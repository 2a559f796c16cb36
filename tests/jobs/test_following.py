"""A command that stays with its job: what it says, and that nobody needs to listen for the job to end well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ringkeep.jobs.models import SUCCEEDED, Job

FOLLOW = """
import sys
from ringkeep.jobs.start import prepared
prepared()
from django.conf import settings
settings.JOBS = ["tests.jobs.sample_jobs"]
from ringkeep.jobs.actions import start
from ringkeep.jobs.following import finish
from ringkeep.translation import Words

def tell(job):
    print(job.state, flush=True)
    return ()

job = finish(lambda: start(sys.argv[1], {"file": sys.argv[2]}, key=sys.argv[2][-40:]), Words("en"), tell=tell)
print("it ended:", job.state, job.error)
"""


def follow(kind: str, file: Path, **streams: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RINGKEEP_FIRST_PAUSE_S": "0.1"}
    command = [sys.executable, "-c", FOLLOW, kind, str(file)]
    return subprocess.run(command, env=environment, text=True, timeout=60, check=False, **streams)  # type: ignore[call-overload,no-any-return]


def test_with_nobody_left_to_read_it_the_job_is_brought_to_its_end(home: Path, tmp_path: Path) -> None:
    for stream in ("stdout", "stderr"):
        reading, writing = os.pipe()
        os.close(reading)
        other = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writing}
        assert follow("stubborn", tmp_path / stream, **other).returncode == 0, stream
        os.close(writing)
        assert Job.objects.order_by("created_at").last().state == SUCCEEDED, stream


def test_why_it_failed_is_left_to_the_command_to_say(home: Path, tmp_path: Path) -> None:
    done = follow("hopeless", tmp_path / "file", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.stdout + done.stderr).count("It cannot be") == 1, done
