"""Parts of `scripts/bench`: what a fleet of enrolled phone systems costs by being there: schedule, watch, alarms, pages.

Rows only: no phone system is asked. A minute is what the scheduler does in one, in processor time of this process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from figures import Figures  # beside this script

SIZES = (1_000, 10_000)
NIGHTS = 7  # of backups that each has
CORE_GOAL_S = 3.0  # 5 % of a core, a minute
PAGE_GOAL_S = 1.0
PROBE_EVERY_S = 240


def fleet(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """A minute of the scheduler and the status page, for 1,000 and 10,000 enrolled phone systems.

    In a process of its own: the settings read RINGKEEP_HOME once, and other parts have read another.
    """
    del systems
    with tempfile.TemporaryDirectory(prefix="ringkeep-bench-") as place:
        command = [sys.executable, __file__, str(runs)]
        measuring = subprocess.Popen(
            command, env={**os.environ, "RINGKEEP_HOME": place}, stdout=subprocess.PIPE, text=True
        )
        assert measuring.stdout is not None
        for line in measuring.stdout:
            figures.show(*json.loads(line))
        if measuring.wait():
            sys.exit(f"bench: the fleet's rows could not be measured ({measuring.returncode})")


class _Lines:
    """Figures for the process that prints them: one a line."""

    def show(self, *figure: Any) -> None:
        print(json.dumps(figure), flush=True)


def _measure(figures: Figures, runs: int) -> None:
    from ringkeep.jobs.start import prepared

    prepared()
    there = 0
    for size in SIZES:
        _enrol(there, size)
        there = size
        _minute(figures, size, runs)
        _pages(figures, size, runs)


def _enrol(first: int, until: int) -> None:
    """Phone systems `first`..`until`, each with a week of complete backups and one good drill; two alarms' destinations."""
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills.models import Drill
    from ringkeep.findings.models import Destination
    from ringkeep.fleet.models import Customer, PhoneSystem
    from ringkeep.links.ssh import new_key

    now = datetime.now(UTC)
    key = new_key("bench")[0]
    customers = [Customer(name=f"customer {n}") for n in range(first, until)]
    Customer.objects.bulk_create(customers, batch_size=500)
    rows = [
        PhoneSystem(
            name=f"system-{n:05}", customer=customers[n - first], enrolled_at=now - timedelta(days=30), host="127.0.0.1",
            user="ringkeep", host_key="ssh-ed25519 AAAA", credential={"key": key}, fingerprint="0" * 64,
            facts={"product": "freepbx", "asterisk": "16.28.0", "asterisk_major": 16},
            next_probe_at=now + timedelta(days=1), next_backup_at=now + timedelta(days=1),
        )
        for n in range(first, until)
    ]  # fmt: skip
    PhoneSystem.objects.bulk_create(rows, batch_size=500)
    parts = [
        {"name": name, "state": "ok", "files": 100, "bytes": 10_000, "why": "", "required": True} for name in "abcdefgh"
    ]
    for system in rows:
        system.backups_made = [
            Backup(
                id=f"{system.name}-{night}", phone_system=system, job_id=f"{system.name}-{night}", state=COMPLETE,
                started_at=now - timedelta(days=night, hours=3), finished_at=now - timedelta(days=night, hours=2),
                snapshot="0" * 64, parts=parts,
            )
            for night in range(NIGHTS)
        ]  # fmt: skip
    Backup.objects.bulk_create([one for system in rows for one in system.backups_made], batch_size=500)
    Drill.objects.bulk_create(
        [
            Drill(
                backup=system.backups_made[0], job_id=f"drill {system.name}", calls="quick", verdict="good",
                first_answer_s=0.5, started_at=now - timedelta(hours=2), ended_at=now - timedelta(hours=2),
            )
            for system in rows
        ],
        batch_size=500,
    )  # fmt: skip
    Destination.objects.get_or_create(
        name="bench", defaults={"address": "mailto://nobody@127.0.0.1", "added_at": now, "language": "en"}
    )


def _minute(figures: Figures, size: int, runs: int) -> None:
    from ringkeep.drills.watching import watch
    from ringkeep.findings.alarms import send_alarms
    from ringkeep.web import scheduling

    with _answers_as_before(scheduling):
        duties: Sequence[tuple[str, Callable[[], Any], float, Callable[[], None]]] = (
            ("looking for due backups", lambda: scheduling.start_due_backups(datetime.now(UTC)), 12, lambda: None),
            ("probes without their connections", lambda: scheduling.probe_due(datetime.now(UTC)), 12,
             lambda: _due_probes(size * 5 // PROBE_EVERY_S)),
            ("watching for what is overdue", lambda: watch(datetime.now(UTC)), 2, lambda: None),
            ("alarms", lambda: send_alarms(datetime.now(UTC)), 6, lambda: None),
            ("starting the backups of a minute of the night", lambda: scheduling.start_due_backups(datetime.now(UTC)), 1,
             lambda: _due_backups(size // 240)),
        )  # fmt: skip
        sums = [0.0] * runs
        for name, duty, a_minute, before in duties:
            costs, queries = [], 0
            for turn in range(runs):
                before()
                spent_s, queries = _cost(duty)
                costs.append(spent_s * a_minute)
                sums[turn] += 0 if "probes" in name else costs[-1]
            what = f"goal for all; {queries} queries each, {a_minute:.0f} a minute"
            figures.show(f"{size:,} systems: {name}", costs, "s", CORE_GOAL_S, what, 3)
    figures.show(
        f"{size:,} systems: a minute of the night, no probes", sums, "s", CORE_GOAL_S, "goal, 5 % of a core", 3
    )


@contextmanager
def _answers_as_before(scheduling: Any) -> Iterator[None]:
    """Phone systems that say what they said last time, without being asked: what is left is our bookkeeping."""
    real = scheduling._ask_all

    async def unchanged(due: list[Any]) -> list[str]:
        return [system.fingerprint for system in due]

    scheduling._ask_all = unchanged
    try:
        yield
    finally:
        scheduling._ask_all = real


def _due_probes(count: int) -> None:
    from ringkeep.fleet.models import PhoneSystem

    ids = list(PhoneSystem.objects.values_list("pk", flat=True)[:count])
    PhoneSystem.objects.filter(pk__in=ids).update(next_probe_at=datetime.now(UTC) - timedelta(seconds=1))


def _due_backups(count: int) -> None:
    from ringkeep.fleet.models import PhoneSystem

    ids = list(PhoneSystem.objects.order_by("?").values_list("pk", flat=True)[:count])
    PhoneSystem.objects.filter(pk__in=ids).update(next_backup_at=datetime.now(UTC) - timedelta(seconds=1))


def _cost(work: Callable[[], Any]) -> tuple[float, int]:
    """(processor seconds, queries)."""
    from django.db import connection

    count = 0

    def counted(execute: Any, *rest: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*rest)

    with connection.execute_wrapper(counted):
        began = time.process_time()
        work()
        return time.process_time() - began, count


def _pages(figures: Figures, size: int, runs: int) -> None:
    """What the page and the document take; 20 of each, their 95th percentile."""
    from django.test import RequestFactory

    from ringkeep.translation import Words
    from ringkeep.web.pages import show_status
    from ringkeep.web.status import status

    asked = RequestFactory().get("/")
    for name, work in (
        ("status page", lambda: show_status(asked)),
        ("status --json, all", lambda: json.dumps(status(datetime.now(UTC), Words("en")))),
    ):
        times, queries = [], 0
        for _ in range(max(runs, 5)):
            spent_s, queries = _cost(work)
            times.append(spent_s)
        figures.show(f"{size:,} systems: {name}", times, "s", PAGE_GOAL_S, f"goal; {queries} queries", 3)


if __name__ == "__main__":
    _measure(_Lines(), int(sys.argv[1]))
