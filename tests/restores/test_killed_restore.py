"""A product's phone system, its files and its database broken, restored with Ringkeep killed around every step."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringkeep.fleet.actions import Order, address, enrol
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs import engine
from ringkeep.jobs.actions import cancel, start
from ringkeep.jobs.models import CANCELLED, FAILED, QUEUED, SUCCEEDED, Job
from ringkeep.lab import image as images
from ringkeep.links.ssh import connect
from ringkeep.restores.models import DONE, ROLLED_BACK, Restore
from ringkeep.standing.places import Standing
from tests.restores.line import Line
from tests.standing import standing, target

NARVAN = Path(__file__).parents[2] / "samples/narvan"
JOBS = "ringkeep.backups.jobs,ringkeep.restores.jobs,ringkeep.drills.jobs"
# What a restore adds to the steps of a backup, whose deaths are in tests/journeys/test_killed_backup.py; the swap itself
# is killed before each of its programs in test_swap.py, and in its middle on a real system in test_real_system.py. To see
# whether there is anything to do changes nothing there.
DEATHS = [
    ("begin", "unrecorded"), ("compare with the backup", "unrecorded"), ("send", "unrecorded"), ("swap and check", "unrecorded"), ("report", "unrecorded"),
]  # fmt: skip
SUMS = "cd /etc/asterisk && find . -type f -exec ls -ln --time-style=+ {} + -exec sha256sum {} + | sort; ls -d /*/*/.ringkeep* 2>/dev/null"
TABLES = "mysqldump --skip-dump-date asterisk; mysql -N -e 'show databases'"
DAMAGE = """
mysql asterisk -e "delete from users where extension='305'; delete from sip where id='305'; truncate queues_config"
cd /etc/asterisk && sed -i '/^\\[305]/,/^$/d' sip_additional.conf && sed -i /305/d extensions_additional.conf voicemail.conf
rm queues_additional.conf; asterisk -rx 'core reload'
"""
REGISTERED = (
    "for n in 1 2 3 4 5 6 7 8 9; do asterisk -rx 'sip show peers' | grep ^305/ | grep OK && exit; sleep 1; done"
)


def on(there: Standing, script: str) -> str:
    """What a root shell of the phone system says."""

    async def work() -> str:
        async with connect(target(there)) as connection:
            done = await connection.run(shlex.join(["sh", "-c", script]), sudo=True)
            return done.out.decode()

    return asyncio.run(work())


def work(*die: str) -> int:
    environment = {**os.environ, "TEST_JOBS": JOBS, "RINGKEEP_FIRST_PAUSE_S": "0.1"}
    command = [sys.executable, "-m", "tests.jobs.worker", *die]
    return subprocess.run(command, timeout=120, capture_output=True, env=environment).returncode


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """One that is killed at the end."""
    environment = {**os.environ, "TEST_JOBS": JOBS, "RINGKEEP_FIRST_PAUSE_S": "0.1"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.worker"], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def gone_with_its_home(job: Job, home: Path) -> None:
    """As another worker over one PostgreSQL finds it (engine.begin_anew): nothing of it on this disk, and to be begun anew."""
    engine._client(engine._url(), os.getpid()).delete_workflows([job.pk])
    Job.objects.filter(pk=job.pk).update(state=QUEUED, step="", fraction=None)
    shutil.rmtree(home / "systems" / str(job.phone_system_id) / "restores")


@pytest.fixture(scope="module")
def narvan() -> Iterator[Standing]:
    if images.find(16) is None:
        pytest.skip("no image of Asterisk 16 on this machine")
    with standing("narvan-restored", NARVAN, 16) as made:
        yield made


@pytest.fixture
def line(narvan: Standing) -> Iterator[Line]:
    made = Line(narvan.port)
    yield made
    made.close()


@pytest.fixture
def system(home: Path, narvan: Standing, line: Line) -> PhoneSystem:
    order = Order(
        "narvan", address(f"ssh://{narvan.user}@127.0.0.1:{line.port}"), key=Path(narvan.key).read_text(), sudo=True
    )
    made = enrol(order, datetime.now(UTC))
    PhoneSystem.objects.filter(pk=made.pk).update(drill="none")
    job = start("backup", {"reason": "asked"}, key="backup:1", phone_system=made.pk)
    assert work() == 0
    job.refresh_from_db()
    assert job.state == SUCCEEDED, job.error
    return made


def asked(system: PhoneSystem, number: int = 1) -> Job:
    backup = Job.objects.get(id="backup:1").result["backup"]
    return start("restore", {"backup": backup}, key=f"restore:{number}", phone_system=system.pk)


def test_killed_around_every_step_files_and_database_are_both_back_and_no_success_was_claimed_before(
    system: PhoneSystem, narvan: Standing
) -> None:
    files, tables = on(narvan, SUMS), on(narvan, TABLES)
    on(narvan, DAMAGE)
    broken, broken_tables = on(narvan, SUMS), on(narvan, TABLES)
    assert broken != files and "305" not in on(narvan, "asterisk -rx 'sip show peers'")
    job = asked(system)
    for death in DEATHS:
        assert work(*death) == -9, death
        if death[0] not in ("swap and check", "report"):
            assert not Restore.objects.filter(state=DONE).exists(), death
            assert on(narvan, "cd /etc/asterisk && sha256sum ./sip_additional.conf") in broken, death
        job.refresh_from_db()
        assert job.state != SUCCEEDED, death
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get()
    assert (job.state, job.error, row.state) == (SUCCEEDED, None, DONE), (row.error, row.checks)
    assert {"call", "extensions", "dialplan", "same"} <= {check["what"] for check in row.checks if check["ok"]}
    assert on(narvan, SUMS) == files
    assert on(narvan, TABLES) == tables != broken_tables
    assert "305" in on(narvan, REGISTERED)  # its phone at the far end


def test_cancelled_or_taken_over_from_a_gone_worker_it_is_as_it_was_and_with_the_line_cut_in_its_middle_it_is_done(
    home: Path, system: PhoneSystem, narvan: Standing, line: Line
) -> None:
    good = on(narvan, SUMS)
    on(narvan, "sed -i s/Paediatrics/Broken/ /etc/asterisk/sip_additional.conf")
    broken = on(narvan, SUMS), on(narvan, TABLES)
    job = asked(system)
    assert work("send", "after") == -9
    cancel(job, "test")
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get()
    assert job.state == CANCELLED and row.state != DONE and row.ended_at is not None
    assert (on(narvan, SUMS), on(narvan, TABLES)) == broken
    job = asked(system, 2)
    assert work("send", "after") == -9
    gone_with_its_home(job, home)
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get(job_id=job.pk)
    assert (job.state, row.state) == (FAILED, ROLLED_BACK) and row.ended_at is not None and "worker" in str(job.error)
    assert (on(narvan, SUMS), on(narvan, TABLES)) == broken
    job = asked(system, 3)
    with worker() as lost:
        while "swapped" not in on(narvan, "cat /var/lib/ringkeep/restore/*/phase"):
            assert lost.poll() is None
    gone_with_its_home(job, home)
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get(job_id=job.pk)
    assert (job.state, row.state) == (FAILED, ROLLED_BACK) and row.ended_at is not None
    assert (on(narvan, SUMS), on(narvan, TABLES)) == broken
    job = asked(system, 4)
    with futures.ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while "swapp" not in on(narvan, "cat /var/lib/ringkeep/restore/*/phase"):
            assert not working.done()
        line.cut()
        assert working.result() == 0
    job.refresh_from_db()
    assert job.state == SUCCEEDED and on(narvan, SUMS) == good
    assert job.lines.filter(level="warning").exists(), "it was not cut"
