"""A restore that is cancelled, whose worker is gone for good, or whose line is cut: back to what was, or done; never in between."""

from __future__ import annotations

import os
import shutil
from concurrent import futures
from pathlib import Path

from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs import engine
from ringkeep.jobs.actions import cancel, start
from ringkeep.jobs.models import CANCELLED, FAILED, QUEUED, SUCCEEDED, Job
from ringkeep.restores.models import DONE, ROLLED_BACK, Restore
from ringkeep.standing.places import Standing
from tests.restores.line import Line
from tests.restores.reached import SUMS, TABLES, on
from tests.restores.working import work, worker

PHASE = "cat /var/lib/ringkeep/restore/*/phase"


def gone_with_its_home(job: Job) -> None:
    """As another worker over one PostgreSQL finds it (engine.begin_anew): nothing of it on this disk, and to be begun anew."""
    engine._client(engine._url(), os.getpid()).delete_workflows([job.pk])
    Job.objects.filter(pk=job.pk).update(state=QUEUED, step="", fraction=None)
    shutil.rmtree(Path(os.environ["RINGKEEP_HOME"]) / "systems" / str(job.phone_system_id) / "restores")


def asked(system: PhoneSystem, number: int = 1) -> Job:
    backup = Job.objects.get(id="backup:1").result["backup"]
    return start("restore", {"backup": backup}, key=f"restore:{number}", phone_system=system.pk)


def test_cancelled_or_taken_over_from_a_gone_worker_it_is_as_it_was_and_with_the_line_cut_in_its_middle_it_is_done(
    system: PhoneSystem, narvan: Standing, line: Line
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
    with worker() as lost:  # gone in the middle of the swap; before it, what is taken away is what a cancel takes away
        while "swapped" not in on(narvan, PHASE):
            assert lost.is_alive()
    gone_with_its_home(job)
    assert work() == 0
    job.refresh_from_db()
    row = Restore.objects.get(job_id=job.pk)
    assert (job.state, row.state) == (FAILED, ROLLED_BACK) and row.ended_at is not None and "worker" in str(job.error)
    assert (on(narvan, SUMS), on(narvan, TABLES)) == broken
    job = asked(system, 3)
    with futures.ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while "swapp" not in on(narvan, PHASE):
            assert not working.done()
        line.cut()
        assert working.result() == 0
    job.refresh_from_db()
    assert job.state == SUCCEEDED and on(narvan, SUMS) == good
    assert job.lines.filter(level="warning").exists(), "it was not cut"
