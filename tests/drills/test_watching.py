"""From outside, every minute: a missed, stale or unproved backup opens one finding and closes when it is made good."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("home")
AT = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def fleet(number: int, nights: int) -> None:
    """Phone systems with a complete backup and a good drill of each night, the last one four hours ago."""
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills.models import Drill
    from ringkeep.fleet.models import Customer, PhoneSystem

    customer = Customer.objects.create(name="Saba")
    systems = PhoneSystem.objects.bulk_create(
        [
            PhoneSystem(name=f"s{n}", customer=customer, enrolled_at=AT - 100 * DAY, host="h", user="u")
            for n in range(number)
        ],
        batch_size=500,
    )
    backups = [
        Backup(id=f"{system.name}-{night}", phone_system=system, job_id=f"{system.name}-{night}", state=COMPLETE,
               started_at=AT - night * DAY - timedelta(hours=4), snapshot="aa")
        for system in systems for night in range(nights)
    ]  # fmt: skip
    Backup.objects.bulk_create(backups, batch_size=500)
    drills = [
        Drill(backup=one, job_id=f"d-{one.pk}", calls="quick", started_at=one.started_at, verdict="good")
        for one in backups
    ]
    Drill.objects.bulk_create(drills, batch_size=500)


def kinds() -> list[str]:
    from ringkeep.findings.models import Finding

    return sorted(Finding.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_a_fleet_that_is_well_costs_three_queries_and_writes_nothing() -> None:
    from ringkeep.drills.watching import watch

    fleet(300, 10)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        started = time.process_time()
        assert watch(AT) == {"opened": 0, "closed": 0}
        took_s = time.process_time() - started
    statements = [query["sql"] for query in asked.captured_queries]
    assert len(statements) <= 4 and not any(sql.startswith(("INSERT", "UPDATE")) for sql in statements)
    assert took_s < 1.0


def test_missed_then_stale_then_unproved_and_all_over_with_a_new_backup_and_its_drill() -> None:
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills.models import Drill
    from ringkeep.drills.watching import watch

    fleet(2, 2)
    assert watch(AT + DAY) == {"opened": 2, "closed": 0}
    assert watch(AT + DAY) == {"opened": 0, "closed": 0}
    assert kinds() == ["backup-missed"] * 2
    watch(AT + 3 * DAY)
    assert kinds() == ["backup-stale"] * 2
    watch(AT + 10 * DAY)
    assert kinds() == ["backup-stale"] * 2 + ["drill-stale"] * 2
    for old in list(Backup.objects.filter(id__endswith="-0")):
        new = Backup.objects.create(
            id=f"{old.pk}-new", phone_system=old.phone_system, job_id=f"{old.pk}-new", state=COMPLETE,
            started_at=AT + 10 * DAY - timedelta(hours=4), snapshot="bb",
        )  # fmt: skip
        Drill.objects.create(
            backup=new, job_id=f"d{new.pk}", calls="quick", started_at=AT + 10 * DAY, verdict="degraded"
        )
    watch(AT + 10 * DAY)
    assert kinds() == []


def test_a_retired_phone_system_and_one_that_is_not_to_be_drilled_raise_nothing_of_it() -> None:
    from ringkeep.drills.watching import watch
    from ringkeep.fleet.models import PhoneSystem

    fleet(2, 1)
    PhoneSystem.objects.filter(name="s0").update(retired_at=AT)
    PhoneSystem.objects.filter(name="s1").update(drill="none")
    watch(AT + 10 * DAY)
    assert kinds() == ["backup-stale"]
    PhoneSystem.objects.update(retired_at=AT)
    watch(AT + 10 * DAY)
    assert kinds() == []


def test_what_was_wrong_with_a_phone_system_that_is_retired_is_over() -> None:
    from ringkeep.drills.watching import watch
    from ringkeep.findings.actions import report
    from ringkeep.findings.queries import open_findings
    from ringkeep.fleet.actions import retire
    from ringkeep.fleet.models import PhoneSystem

    fleet(2, 1)
    gone, stays = PhoneSystem.objects.order_by("pk")
    for system in (gone, stays):
        report(system, "unreachable", {"why": "down"}, at=AT)
    report(None, "disk-full-here", {"free_bytes": 1}, at=AT)
    retire(gone.name, AT)
    assert [one.phone_system_id for one in open_findings()] == [stays.pk, None], "at once, without a server"
    watch(AT + timedelta(minutes=1))
    assert kinds() == ["unreachable"] or kinds() == ["disk-full-here", "unreachable"]
