"""Jobs on the real engine in real processes, killed for real."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringkeep.home import home as home_folder
from ringkeep.jobs import engine
from ringkeep.jobs.actions import cancel, retry, start
from ringkeep.jobs.kinds import JobError
from ringkeep.jobs.models import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job


@pytest.fixture(autouse=True)
def sample_jobs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "JOBS", ["tests.jobs.sample_jobs"], raising=False)


def work(*die: str) -> int:
    """Let another process work until nothing is left to do, or it dies."""
    done = subprocess.run([sys.executable, "-m", "tests.jobs.worker", *die], timeout=60, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def test_a_job_started_twice_by_the_same_key_is_done_once(tmp_path: Path) -> None:
    file = tmp_path / "done"
    for _ in range(2):
        start("three", {"file": str(file)}, key="three:1")
    assert work() == 0
    job = start("three", {"file": str(file)}, key="three:1")
    assert (job.state, job.result) == (SUCCEEDED, {"done": ["one", "two", "three"]})
    assert file.read_text().split() == ["one", "two", "three"]


@pytest.mark.parametrize(("step", "when"), [("one", "before"), ("two", "unrecorded"), ("three", "after")])
def test_a_killed_process_goes_on_with_the_step_it_was_in(tmp_path: Path, step: str, when: str) -> None:
    file = tmp_path / "done"
    start("three", {"file": str(file)}, key="three:1")
    assert work(step, when) == -9
    assert Job.objects.get().state != SUCCEEDED
    assert work() == 0
    job = Job.objects.get()
    assert (job.state, job.tries) == (SUCCEEDED, 2)
    done = Counter(file.read_text().split())
    assert done.pop(step) == (2 if when == "unrecorded" else 1)
    assert set(done.values()) == {1} and len(done) == 2


def test_an_error_that_may_pass_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_FIRST_PAUSE_S", "0.05")
    start("stubborn", {"file": str(tmp_path / "done")}, key="stubborn:1")
    work()
    job = Job.objects.get()
    assert (job.state, job.result) == (SUCCEEDED, {"done": "good"})
    assert job.lines.filter(level="warning").count() == 2


def test_a_failed_job_says_why_and_can_be_tried_again_as_a_new_one() -> None:
    start("hopeless", {}, key="hopeless:1")
    work()
    job = Job.objects.get()
    assert (job.state, str(job.error)) == (FAILED, "It cannot be. Do something else.")
    again = retry(job, "me")
    assert (again.id, again.state) == ("hopeless:1~2", QUEUED)
    with pytest.raises(JobError, match="only one that failed"):
        retry(again, "me")


def test_a_phone_system_has_one_job_at_a_time_and_others_go_on_beside(tmp_path: Path) -> None:
    file = tmp_path / "done"
    for number in range(2):
        for system in (1, 2):
            start("hold", {"file": str(file)}, key=f"hold:{system}:{number}", phone_system=system)
    work()
    lines = file.read_text().splitlines()
    for system in (1, 2):
        own = [line for line in lines if f"hold:{system}:" in line]
        assert [line.split()[0] for line in own] == ["in", "out", "in", "out"]
    assert {line.split(":")[1] for line in lines[:2]} == {"1", "2"}, lines


def test_a_waiting_job_is_cancelled_at_once_and_never_begins(tmp_path: Path) -> None:
    job = start("three", {"file": str(tmp_path / "done")}, key="three:1")
    cancel(job, "me")
    work()
    assert Job.objects.get().state == CANCELLED and not (tmp_path / "done").exists()
    with pytest.raises(JobError, match="ended already"):
        cancel(job, "me")


def test_a_running_job_stops_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "done"
    job = start("hold", {"file": str(file), "s": 60}, key="hold:1", phone_system=1)
    with subprocess.Popen([sys.executable, "-m", "tests.jobs.worker"], stdout=subprocess.DEVNULL) as worker:
        while not file.exists():
            assert worker.poll() is None
        cancel(job, "me")
        assert worker.wait(20) == 0
    assert Job.objects.get().state == CANCELLED and "out" not in file.read_text()


def test_a_second_worker_on_the_same_home_is_refused_and_told_why(tmp_path: Path) -> None:
    job = start("hold", {"file": str(tmp_path / "done"), "s": 120}, key="hold:1", phone_system=1)
    with subprocess.Popen([sys.executable, "-m", "tests.jobs.worker"], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout and first.stdout.readline() == "working\n"
        while not (tmp_path / "done").exists():  # a job cancelled before it began writes nothing
            assert first.poll() is None
            time.sleep(0.01)
        second = subprocess.run([sys.executable, "-m", "tests.jobs.worker"], capture_output=True, text=True, timeout=60)
        assert second.returncode != 0
        assert f"process {first.pid}" in second.stderr
        cancel(job, "me")
        assert first.wait(30) == 0
    assert (tmp_path / "done").read_text() == "in hold:1\n"


def test_jobs_that_ended_long_ago_are_let_go_with_what_the_engine_kept_of_them(tmp_path: Path) -> None:
    for number in range(2):
        start("three", {"file": str(tmp_path / "done")}, key=f"three:{number}")
    work()
    now = datetime.now(UTC)
    Job.objects.filter(pk="three:0").update(ended_at=now - timedelta(days=91))
    assert engine.forget_old(now) == 1
    assert [job.pk for job in Job.objects.all()] == ["three:1"]
    with closing(sqlite3.connect(home_folder() / "jobs.sqlite3")) as kept:
        assert kept.execute("select workflow_uuid from workflow_status").fetchall() == [("three:1",)]
        assert {one for (one,) in kept.execute("select workflow_uuid from operation_outputs")} == {"three:1"}


def test_what_another_name_was_interrupted_in_is_taken_over_and_what_the_engine_lost_is_begun_anew(
    tmp_path: Path,
) -> None:
    file = tmp_path / "done"
    for name in ("renamed", "lost"):
        start("three", {"file": str(file)}, key=name)
    assert work("two", "before") == -9
    with closing(sqlite3.connect(home_folder() / "jobs.sqlite3")) as kept, kept:
        kept.execute("update workflow_status set executor_id = 'an-older-name' where workflow_uuid = 'renamed'")
        kept.execute("delete from workflow_status where workflow_uuid = 'lost'")
    Job.objects.filter(pk="lost").update(state=RUNNING)
    assert work() == 0
    assert {job.state for job in Job.objects.all()} == {SUCCEEDED}


def test_what_is_in_no_queue_or_was_taken_out_and_not_begun_is_done_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_LOOK_EVERY_S", "0.3")
    first = start("hold", {"file": str(tmp_path / "held"), "s": 600}, key="hold:1", phone_system=1)
    behind = start("hold", {"file": str(tmp_path / "behind"), "s": 0}, key="hold:2", phone_system=1)
    with subprocess.Popen([sys.executable, "-m", "tests.jobs.worker"], stdout=subprocess.DEVNULL) as worker:
        until((tmp_path / "held").exists, worker)
        Job.objects.create(
            pk="three:1", kind="three", arguments={"file": str(tmp_path / "done")}, created_at=datetime.now(UTC)
        )
        with closing(sqlite3.connect(home_folder() / "jobs.sqlite3", timeout=30)) as kept, kept:
            taken = "update workflow_status set status = 'PENDING', executor_id = 'ringkeep' where workflow_uuid = ?"
            assert kept.execute(taken, [behind.pk]).rowcount == 1
        until(lambda: Job.objects.get(pk="three:1").state == SUCCEEDED, worker)
        cancel(first, "me")
        until(lambda: Job.objects.get(pk=behind.pk).state == SUCCEEDED, worker)
        assert worker.wait(30) == 0
    assert (tmp_path / "held").read_text() == "in hold:1\n", "what a thread is at is left to it"


def until(holds: Callable[[], object], worker: subprocess.Popen[bytes]) -> None:
    """Wait until it is so; the worker must not end meanwhile."""
    deadline = time.monotonic() + 60
    while not holds():
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)


def test_a_damaged_memory_of_the_engine_is_said_with_what_to_do(home: Path) -> None:
    (home / "jobs.sqlite3").write_bytes(b"no database at all" * 1000)
    done = subprocess.run([sys.executable, "-m", "tests.jobs.worker"], capture_output=True, text=True, timeout=30)
    assert "Move it away and start again" in done.stderr
