"""A drill job restores a real repository, boots and calls what was in it, and claims nothing that was not heard."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drills.commands import left_over
from tests.drills.drilled import enrolled, mirror_of, stored

pytestmark = pytest.mark.usefixtures("home")
START = (
    "from ringkeep.jobs.start import prepared; prepared()\n"
    "from ringkeep.jobs.actions import start\n"
    "from ringkeep.jobs.following import finish\n"
    "import sys\n"
    "job = finish(lambda: start('drill', {'backup': sys.argv[1], **eval(sys.argv[2])}, key='drill:' + sys.argv[3], phone_system=int(sys.argv[4])))\n"
    "print(job.state, job.error)\n"
)


def drilled(backup, key: str = "1", **arguments: object) -> subprocess.Popen[str]:  # type: ignore[no-untyped-def]
    from django.db import connections

    connections.close_all()
    words = [backup.pk, repr(arguments), key, str(backup.phone_system_id)]
    return subprocess.Popen(
        [sys.executable, "-c", START, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    return said


def test_a_backup_is_restored_from_the_repository_booted_and_called_and_its_verdict_kept(home: Path) -> None:
    from ringkeep.drills.models import Drill
    from ringkeep.findings.models import Finding

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    said = ended(drilled(backup))
    assert "succeeded" in said, said
    drill = Drill.objects.get()
    assert (drill.verdict, drill.from_repository, drill.calls) == ("good", True, "quick")
    assert drill.calls_made == drill.calls_good > 0 and drill.first_answer_s
    report = json.loads((home / f"{drill.report}.json").read_text())
    assert report["verdict"] == "good"
    assert b"Ka3ooMie9uth" not in b"".join(path.read_bytes() for path in home.glob(f"{drill.report}*"))
    assert "<html" in (home / f"{drill.report}.html").read_text()
    assert list((home / f"systems/{system.pk}/drilling").iterdir()) == []
    # It becomes bad, and is at hand: not restored from the repository a second time that day.
    mirror_of(system, "Goto(gone,s,1)")
    worse = stored(system, 2)
    assert "succeeded" in ended(drilled(worse, "2"))
    drill = Drill.objects.latest("pk")
    assert (drill.verdict, drill.from_repository) == ("bad", False)
    assert Finding.objects.get(closed_at=None).kind == "drill-failed"


def test_killed_in_the_middle_nothing_is_claimed_and_the_next_worker_does_it_again(home: Path) -> None:
    from ringkeep.drills.models import Drill

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    worker = drilled(backup)
    drilling = home / f"systems/{system.pk}/drilling"
    deadline = time.monotonic() + 60
    while not list(drilling.glob("*/etc/asterisk")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)  # restored: booting now
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate(timeout=30)
    assert Drill.objects.get().verdict == "" and Drill.objects.get().ended_at is None
    deadline = time.monotonic() + 10
    while left_over(worker.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left_over(worker.pid)
    said = ended(drilled(backup))  # the same key: the job that is there goes on
    assert "succeeded" in said, said
    assert Drill.objects.get().verdict == "good"
    assert list(drilling.iterdir()) == []


def test_a_backup_whose_repository_has_lost_it_gets_no_verdict_and_an_alarm(home: Path) -> None:
    from ringkeep.drills.models import Drill
    from ringkeep.findings.models import Finding

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    for snapshot in (home / "repositories").rglob("snapshots/*"):
        snapshot.unlink()
    said = ended(drilled(backup))
    assert "failed" in said, said
    drill = Drill.objects.get()
    assert drill.verdict == "" and drill.ended_at is not None and drill.error
    assert Finding.objects.get(closed_at=None).kind == "repository-corrupt"
    assert list((home / f"systems/{system.pk}/drilling").iterdir()) == []
