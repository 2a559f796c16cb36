"""Forgetting, checking and new keys on real repositories: nothing that is needed goes, and a kill loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.backups.world import NOW, backup, fleet, light_repository, mirror, stored

KILL_AFTER = """
import os, signal, sys
from datetime import UTC, datetime
from ringkeep.jobs.start import prepared
prepared()
from ringkeep.backups import actions, store_restic
from ringkeep.fleet.models import Customer
left = int(sys.argv[1])
run = store_restic.run
def counted(access, arguments, **named):
    global left
    left -= 1
    if left < 0: os.kill(os.getpid(), signal.SIGKILL)
    made = run(access, arguments, **named)
    left -= 1
    if left < 0: os.kill(os.getpid(), signal.SIGKILL)
    return made
store_restic.run = counted
customer = Customer.objects.get()
if sys.argv[2] == "rotate":
    actions.rotate_repository(actions.repository_of(customer))
else:
    actions.apply_keep_rules(customer, datetime(2026, 11, 25, 1, 30, tzinfo=UTC))
"""


def killed_after(steps: int, what: str) -> int:
    """The exit code of the work in a process that is killed before or after its so-manieth restic."""
    from django.db import connections

    connections.close_all()
    ran = subprocess.run(
        [sys.executable, "-c", KILL_AFTER, str(steps), what], env={**os.environ}, capture_output=True, timeout=120
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr.decode()
    return ran.returncode


def rules(customer: Any, **keep: int) -> None:
    from ringkeep.backups.actions import repository_of

    row = repository_of(customer)
    for name in ("last", "daily", "weekly", "monthly"):
        setattr(row, f"keep_{name}", keep.get(name, 0))
    row.save()


def test_a_stored_state_stays_while_any_kept_backup_needs_it_and_goes_with_the_last(home: Path, tmp_path: Path) -> None:
    from ringkeep.backups.actions import apply_keep_rules, remember_repository, repository_of, to_forget
    from ringkeep.backups.models import Backup
    from ringkeep.backups.queries import store
    from ringkeep.drills.models import Drill

    system = fleet()
    light_repository(system.customer)
    files = mirror(tmp_path / "mirror")
    proven = stored(system, files, 90)
    shared = stored(system, files, 20)
    newest = backup(system, 0, shared.snapshot, unchanged=True)  # the same state, not stored again
    gone = stored(system, files, 40)
    Drill.objects.create(backup=proven, job_id="d", calls="quick", started_at=NOW, verdict="good")
    rules(system.customer, last=1)
    assert repository_of(system.customer).repository_id  # from the first opening on
    remember_repository(repository_of(system.customer), "ff" * 32)  # never overwritten
    assert set(to_forget(system, NOW)) == {gone.pk, shared.pk}
    assert set(apply_keep_rules(system.customer, NOW)) == {gone.pk, shared.pk}
    assert {found.id for found in store(system.customer).snapshots()} == {proven.snapshot, shared.snapshot}
    assert Backup.objects.get(pk=newest.pk).snapshot == shared.snapshot
    assert Backup.objects.get(pk=gone.pk).forgotten_at == NOW
    assert apply_keep_rules(system.customer, NOW) == [] and store(system.customer).check() == []


def test_kill_9_at_every_restic_of_a_forgetting_leaves_kept_backups_whole_and_is_finished(
    home: Path, tmp_path: Path
) -> None:
    from ringkeep.backups.models import Backup
    from ringkeep.backups.queries import store

    system = fleet()
    light_repository(system.customer)
    files = mirror(tmp_path / "mirror")
    kept, gone = stored(system, files, 1), stored(system, files, 5)
    rules(system.customer, last=1)
    for steps in range(1, 12, 2):
        code = killed_after(steps, "forget")
        assert Backup.objects.get(pk=gone.pk).forgotten_at is not None
        if code == 0:
            break
    assert code == 0 and steps >= 5
    assert [found.id for found in store(system.customer).snapshots()] == [kept.snapshot]
    assert Backup.objects.get(pk=gone.pk).snapshot == "" and store(system.customer).check("100%") == []


def test_append_only_forgets_nothing(home: Path) -> None:
    from ringkeep.backups.actions import apply_keep_rules, repository_of, rotate_repository, to_forget
    from ringkeep.backups.store_process import StoreError

    system = fleet()
    for days in range(5):
        backup(system, days, "ab" * 32)
    rules(system.customer, last=1)
    row = repository_of(system.customer)
    row.append_only = True
    row.save()
    assert to_forget(system, NOW) == [] == apply_keep_rules(system.customer, NOW)
    with pytest.raises(StoreError, match="append-only"):
        rotate_repository(row)


def test_a_new_repository_key_survives_kill_9_at_every_restic(home: Path, tmp_path: Path) -> None:
    from ringkeep.backups.actions import repository_of
    from ringkeep.backups.queries import store

    system = fleet()
    light_repository(system.customer)
    place = store(system.customer)
    place.open_or_make()
    old = repository_of(system.customer).password
    for steps in (2, 3, 5, 99):  # before and after the key is added, and before the old one is removed
        code = killed_after(steps, "rotate")
        assert store(system.customer).snapshots() == []  # it opens, with whatever the row says
    row = repository_of(system.customer)
    assert code == 0 and row.next_password is None and row.password != old
    assert [key.current for key in store(system.customer).keys.listed()] == [True]


def test_a_check_keeps_what_it_found_and_when_the_next_is_due(home: Path, tmp_path: Path) -> None:
    from ringkeep.backups.actions import check_repository, repository_of
    from ringkeep.backups.store_checking import problem_said
    from ringkeep.translation import Words

    system = fleet()
    light_repository(system.customer)
    stored(system, mirror(tmp_path / "mirror"), 1)
    row = repository_of(system.customer)
    assert check_repository(row, NOW) == []
    pack = max(Path(row.location).glob("data/*/*"), key=lambda path: path.stat().st_size)
    pack.unlink()
    check_repository(row, NOW)
    row.refresh_from_db()
    assert row.checked_at == NOW and row.next_check_at == NOW + timedelta(days=7)
    assert pack.name in problem_said(row.check_problems[0], Words("en"))
    persian = problem_said(row.check_problems[0], Words("fa"))
    assert pack.name in persian and persian != problem_said(row.check_problems[0], Words("en"))


def test_what_somebody_else_forgot_is_named_by_a_check_and_not_counted_as_an_unchanged_night(
    home: Path, tmp_path: Path
) -> None:
    from ringkeep.backups import jobs
    from ringkeep.backups.actions import check_repository, repository_of
    from ringkeep.backups.models import Backup
    from ringkeep.backups.queries import store
    from ringkeep.backups.store_process import StoreError
    from ringkeep.drills.restored import copied
    from ringkeep.jobs.kinds import Run

    system = fleet()
    row = light_repository(system.customer)
    first = stored(system, mirror(jobs.mirror(system)), 1)
    jobs._marker(system).write_text(first.snapshot)

    def night(days_ago: float) -> Backup:
        made = backup(system, days_ago, "", "running", parts=[{"name": "etc", "state": "ok"}])
        jobs.put_away(Run("job", {}, system.pk), made.pk)
        return Backup.objects.get(pk=made.pk)

    same = night(0.5)
    assert same.unchanged and same.snapshot == first.snapshot and copied(first, tmp_path / "drilled")
    store(system.customer).forget([first.snapshot])  # with restic itself, in life
    (problem,) = check_repository(repository_of(system.customer), NOW)
    assert (problem.kind, problem.name) == ("snapshot-gone", first.pk)
    assert not copied(first, tmp_path / "drilled-again")  # a drill must not prove the mirror in its place
    again = night(0.25)
    assert not again.unchanged and store(system.customer).holds(again.snapshot)
    Path(row.location).rename(tmp_path / "moved")
    with pytest.raises(StoreError, match="not there any more"):
        night(0.1)


def test_the_stores_errors_hold_no_secret(home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from ringkeep.backups.actions import repository_of
    from ringkeep.backups.queries import location, store
    from ringkeep.backups.store import Store
    from ringkeep.backups.store_process import StoreError

    system = fleet()
    light_repository(system.customer)
    password = repository_of(system.customer).password
    place = store(system.customer)
    place.open_or_make()
    refused: list[Callable[[], Any]] = [
        lambda: place.restore("ab" * 32, tmp_path / "x"),
        lambda: place.dump("ab" * 32, "/x"),
        lambda: place.restore("--password-command=x", tmp_path / "x"),
        lambda: place.save(tmp_path / "nowhere", ["t"], NOW),
    ]
    for work in refused:
        with pytest.raises((StoreError, OSError)) as caught:
            work()
        assert password not in str(caught.value) and password not in repr(caught.value.__dict__)
    assert password not in caplog.text and password not in repr(
        Store(location(repository_of(system.customer))).restic.access()
    )


def test_a_save_that_somebody_cancels_stops_in_its_middle_and_says_until_then_how_far_it_is(home: Path) -> None:
    from ringkeep.backups.jobs import mirror as mirror_of
    from ringkeep.backups.jobs import put_away
    from ringkeep.backups.queries import store
    from ringkeep.jobs.kinds import Cancelled, Run
    from ringkeep.jobs.models import Job

    system = fleet()
    row, _ = backup(system, 0, "", state="running"), light_repository(system.customer)
    with (mirror_of(system) / "recording").open("wb") as file:
        file.truncate(8 << 30)  # a hole: it takes no room, and restic many seconds
    job = Job.objects.create(pk="backup:1", kind="backup", state="running", created_at=NOW)

    def cancel_once_it_says_how_far_it_is() -> None:
        while not Job.objects.filter(pk=job.pk, step="store", fraction__isnull=False).update(cancel_asked_at=NOW):
            time.sleep(0.05)
        connection.close()

    somebody = threading.Thread(target=cancel_once_it_says_how_far_it_is, daemon=True)
    somebody.start()
    with pytest.raises(Cancelled):
        put_away(Run(job.pk, {}, system.pk), row.pk)
    somebody.join(10)
    assert store(system.customer).snapshots() == []
