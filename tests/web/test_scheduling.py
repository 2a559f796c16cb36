"""What the scheduler writes for a tick of probes: as many writes for a large fleet as for a small one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringkeep.findings.actions import report
from ringkeep.findings.models import Finding
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.web import scheduling

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ASK_ALL = scheduling._ask_all


def enrolled(number: int) -> PhoneSystem:
    customer, _ = Customer.objects.get_or_create(name="Customer")
    made: PhoneSystem = PhoneSystem.objects.create(
        name=f"system-{number}", customer=customer, enrolled_at=NOW, host="127.0.0.1", user="ringkeep", host_key="x",
        fingerprint="0" * 64, next_probe_at=NOW - timedelta(seconds=1),
    )  # fmt: skip
    return made


@pytest.fixture
def down() -> set[str]:
    return set()


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch, down: set[str]) -> None:
    async def ask_all(due: list[PhoneSystem]) -> list[str | LinkError]:
        return [
            LinkError("unreachable", Sentence("it is down")) if one.name in down else one.fingerprint for one in due
        ]

    monkeypatch.setattr(scheduling, "_ask_all", ask_all)


def test_thirty_unchanged_phone_systems_cost_as_many_queries_as_three(home: Path) -> None:
    costs = []
    for number in range(33):
        enrolled(number)
        if number in (2, 32):
            PhoneSystem.objects.update(next_probe_at=NOW - timedelta(seconds=1))
            with CaptureQueriesContext(connection) as queries:
                assert scheduling.probe_due(NOW) == number + 1
            costs.append(len(queries))
    assert costs[0] == costs[1] < 10
    asked = PhoneSystem.objects.filter(probed_at=NOW, next_probe_at=NOW + timedelta(seconds=240))
    assert asked.count() == 33 and scheduling.probe_due(NOW) == 0


def test_one_that_does_not_answer_is_a_finding_until_it_answers_again(home: Path, down: set[str]) -> None:
    system, other = enrolled(1), enrolled(2)
    report(other, "unreachable", {"why": "was down"}, at=NOW - timedelta(hours=1))
    down.add(system.name)
    assert scheduling.probe_due(NOW) == 2
    open_ones = Finding.objects.filter(closed_at=None)
    assert [one.phone_system_id for one in open_ones] == [system.pk]
    system.refresh_from_db()
    assert system.probed_at is None and system.next_probe_at == NOW + timedelta(seconds=240)
    down.clear()
    assert scheduling.probe_due(NOW + timedelta(seconds=240)) == 2 and not open_ones.all().exists()


def test_a_change_in_busy_hours_is_backed_up_by_the_first_probe_after_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed(due: list[PhoneSystem]) -> list[str | LinkError]:
        return ["1" * 64 for _ in due]

    monkeypatch.setattr(scheduling, "_ask_all", changed)
    started: list[str] = []
    monkeypatch.setattr(scheduling, "start", lambda kind, *_, **__: started.append(kind))
    system = enrolled(1)
    PhoneSystem.objects.filter(pk=system.pk).update(busy_from=time(11), busy_until=time(13))
    assert scheduling.probe_due(NOW) == 1 and started == []
    assert scheduling.probe_due(NOW + timedelta(hours=1)) == 1 and started == ["backup"]


def test_one_whose_facts_are_not_understood_does_not_keep_the_others_from_being_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "_ask_all", ASK_ALL)
    strange, away = enrolled(1), enrolled(2)
    PhoneSystem.objects.filter(pk=away.pk).update(facts={"product": "asterisk"}, port=1)  # nobody listens there
    assert scheduling.probe_due(NOW) == 2
    said = {one.phone_system_id: str(one.values["why"]) for one in Finding.objects.filter(closed_at=None)}
    assert "cannot be understood" in said[strange.pk] and "cannot be understood" not in said[away.pk]


def test_one_without_next_times_or_with_those_of_a_clock_that_was_ahead_is_not_left_alone(home: Path) -> None:
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills.watching import watch

    brought_back, ahead = enrolled(1), enrolled(2)  # the first as `ringkeep keys restore` makes it
    PhoneSystem.objects.filter(pk=brought_back.pk).update(next_probe_at=None)
    month = NOW + timedelta(days=30)
    PhoneSystem.objects.filter(pk=ahead.pk).update(next_backup_at=month, next_probe_at=month)
    Backup.objects.create(id="b", job_id="b", phone_system=ahead, started_at=month, state=COMPLETE)
    assert scheduling.start_due_backups(NOW) == 0
    for system in PhoneSystem.objects.all():
        assert NOW < system.next_backup_at < NOW + timedelta(days=2) and system.next_probe_at == NOW
    PhoneSystem.objects.update(enrolled_at=NOW - timedelta(days=9))
    watch(NOW)
    stale = Finding.objects.filter(kind="backup-stale").values_list("phone_system_id", flat=True)
    assert set(stale) == {brought_back.pk, ahead.pk}
