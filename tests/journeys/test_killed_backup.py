"""A backup and its drill on a real phone system, with Ringkeep killed as by `kill -9` around every step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringkeep.backups.models import COMPLETE, RUNNING, Backup
from ringkeep.backups.queries import store
from ringkeep.drills.models import Drill
from ringkeep.fleet.actions import Order, address, enrol
from ringkeep.fleet.models import PhoneSystem
from ringkeep.home import folder
from ringkeep.home import home as home_folder
from ringkeep.jobs.actions import start
from ringkeep.jobs.models import SUCCEEDED, Job
from ringkeep.standing.places import Standing

JOBS = "ringkeep.backups.jobs,ringkeep.drills.jobs"
# Each step of the backup and of its drill, with the moment at which the process dies: before the step's work, after its
# work but before that is recorded, after it.
DEATHS = [
    ("begin", "unrecorded"), ("ask what it is", "before"), ("fetch what changed", "before"),
    ("fetch what changed", "unrecorded"), ("store", "unrecorded"), ("store", "after"), ("look at what is in it", "unrecorded"),
    ("say how it went", "unrecorded"), ("see to what follows", "unrecorded"), ("restore and call", "before"),
    ("restore and call", "unrecorded"), ("keep the verdict", "unrecorded"),
]  # fmt: skip


@pytest.fixture
def system(home: Path, saba: Standing) -> PhoneSystem:
    where = address(saba.url)
    return enrol(Order("saba", where, key=Path(saba.key).read_text(), sudo=True), datetime.now(UTC))


def work(*die: str) -> int:
    environment = {**os.environ, "TEST_JOBS": JOBS, "RINGKEEP_FIRST_PAUSE_S": "0.1"}
    command = [sys.executable, "-m", "tests.jobs.worker", *die]
    return subprocess.run(command, timeout=400, capture_output=True, env=environment).returncode


def test_killed_at_every_step_a_backup_and_its_drill_still_come_to_one_proven_backup(system: PhoneSystem) -> None:
    job = start("backup", {"reason": "asked"}, key="backup:1", phone_system=system.pk)
    for death in DEATHS:
        assert work(*death) == -9, death
        claimed = Backup.objects.filter(state=COMPLETE).count() + Drill.objects.exclude(verdict="").count()
        told = [name for name, _ in DEATHS[: DEATHS.index(death) + 1]]
        if "say how it went" not in told:
            assert claimed == 0, f"a success was claimed before {death}"
    assert work() == 0
    job.refresh_from_db()
    assert (job.state, job.error) == (SUCCEEDED, None)
    backup, drill = Backup.objects.get(), Drill.objects.get()
    report = json.loads((home_folder() / f"{drill.report}.json").read_text())
    assert (backup.state, drill.verdict) == (COMPLETE, "good"), report["defects"]
    held = store(system.customer)
    assert [one.tags for one in held.snapshots()] == [(backup.pk, "saba", "complete")]
    assert held.check("100%") == []
    left = [path.name for path in folder("systems", str(system.pk)).iterdir()]
    assert not [name for name in left if "new" in name or "tmp" in name], left
    assert not Job.objects.exclude(state=SUCCEEDED).exists()
    assert not Backup.objects.filter(state=RUNNING).exists()
