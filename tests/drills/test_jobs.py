"""A drill job restores a real repository, boots and calls what was in it, and claims nothing that was not heard."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drills.commands import MAIN, left_over
from tests.drills.drilled import enrolled, mirror_of, stored

pytestmark = pytest.mark.usefixtures("home")
START = (
    "from ringkeep.jobs.start import prepared; prepared()\n"
    "from ringkeep.jobs.actions import start\n"
    "from ringkeep.jobs.following import finish\n"
    "from ringkeep.translation import Words\n"
    "import sys\n"
    "job = finish(lambda: start('drill', {'backup': sys.argv[1]}, key=sys.argv[2], phone_system=int(sys.argv[3])), Words('en'))\n"
    "print(job.state, job.error)\n"
)


def worker(backup, key: str) -> subprocess.Popen[str]:  # type: ignore[no-untyped-def]
    """A process that works on a drill of that key until it ends."""
    from django.db import connections

    connections.close_all()
    words = [backup.pk, key, str(backup.phone_system_id)]
    return subprocess.Popen(
        [sys.executable, "-c", START, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=240)
    return said


def ringkeep(*words: str) -> tuple[int, dict[str, object]]:
    """(exit code, document) of a command with --json."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *words, "--json"], capture_output=True, text=True, timeout=240, check=False
    )
    return done.returncode, json.loads(done.stdout)


def wait_until_it_calls(drilling: Path) -> None:
    """Until its files are there; then it reads, boots and calls for seconds."""
    deadline = time.monotonic() + 90
    while not list(drilling.glob("*/etc/asterisk/modules.conf")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.7)


def test_cancelled_killed_done_again_and_then_bad(home: Path) -> None:
    from ringkeep.drills.models import Drill
    from ringkeep.findings.models import Finding
    from ringkeep.jobs.actions import cancel
    from ringkeep.jobs.models import Job

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    drilling = home / f"systems/{system.pk}/drilling"

    # Cancelled: no verdict, nothing left.
    process = worker(backup, "drill:cancelled")
    wait_until_it_calls(drilling)
    cancel(Job.objects.get(), "test")
    assert "cancelled" in ended(process)
    drill = Drill.objects.get()
    assert (drill.verdict, str(drill.error)) == ("", "It was cancelled.") and drill.ended_at is not None
    assert list(drilling.iterdir()) == [] and not left_over(process.pid)

    # Killed in the middle: nothing is claimed, the lab is gone, and the next worker does it again.
    process = worker(backup, "drill:killed")
    wait_until_it_calls(drilling)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    drill = Drill.objects.get(job_id="drill:killed")
    assert drill.verdict == "" and drill.ended_at is None
    assert not left_over(process.pid, 10.0)
    said = ended(worker(backup, "drill:killed"))
    assert "succeeded" in said, said
    drill.refresh_from_db()
    assert (drill.verdict, drill.from_repository, drill.calls) == ("good", True, "quick")
    assert drill.calls_made == drill.calls_good > 0 and drill.first_answer_s
    assert json.loads((home / f"{drill.report}.json").read_text())["verdict"] == "good"
    assert "<html" in (home / f"{drill.report}.html").read_text()
    said = [str(line.text) for line in Job.objects.get(pk="drill:killed").lines.order_by("id")]
    assert f"The files of {backup.pk} were restored from the repository." in said
    steps = [
        line for line in said if re.match(r"(unpack|boot in the lab|register every phone|call)\b.*: \d+\.\d s$", line)
    ]
    assert len(steps) >= 4 and said[-1].startswith("It rings again: "), said
    assert b"Ka3ooMie9uth" not in b"".join(path.read_bytes() for path in home.glob(f"{drill.report}*"))
    assert list(drilling.iterdir()) == []

    # A worse one, by the command; at hand, so not restored from the repository a second time that week.
    mirror_of(system, "Goto(gone,s,1)")
    stored(system, 2, at=backup.started_at.replace(hour=2))
    code, told = ringkeep("drill", system.name)
    assert (code, told["verdict"], told["backup"], told["from_repository"]) == (1, "bad", "saba-2", False)
    assert Finding.objects.get(closed_at=None).kind == "drill-failed"
    code, listed = ringkeep("drills", system.name)
    assert code == 0 and [one["verdict"] for one in listed["drills"]] == ["bad", "good", None]


def test_a_backup_whose_repository_has_lost_it_gets_no_verdict_and_an_alarm(home: Path) -> None:
    from ringkeep.drills.models import Drill
    from ringkeep.findings.models import Finding

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    for snapshot in (home / "repositories").rglob("snapshots/*"):
        snapshot.unlink()
    said = ended(worker(backup, "drill:lost"))
    assert "failed" in said, said
    drill = Drill.objects.get()
    assert drill.verdict == "" and drill.ended_at is not None and drill.error
    assert Finding.objects.get(closed_at=None).kind == "repository-corrupt"
    assert list((home / f"systems/{system.pk}/drilling").iterdir()) == []
