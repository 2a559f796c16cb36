"""The generated systems are read as what they are, and five times the extensions cost about five times as much."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import cache

import pytest

from ringkeep.backups.sqldump import read_dump
from ringkeep.phonesystem.callflow import Forest
from ringkeep.phonesystem.compare import compare
from ringkeep.phonesystem.model import PhoneSystem
from tests.growth import Growth, dump

SMALL, LARGE = Growth(200), Growth(1_000)
MOST = 2.0  # times the cost for each extension; a quadratic part that weighs would make it 5


@cache
def read(grown: Growth) -> PhoneSystem:
    return grown.system()


def test_everything_that_was_written_is_in_the_model() -> None:
    system = read(SMALL)
    assert [e.number for e in system.extensions] == SMALL.numbers
    assert {q.number: list(q.member_numbers) for q in system.queues} == SMALL.queues
    assert {g.number: list(g.members) for g in system.ring_groups} == SMALL.groups
    assert {m.name for m in system.menus} == set(SMALL.menus)
    assert {n.number for n in system.inbound_numbers} == set(SMALL.dids)
    assert (len(system.mailboxes), [t.name for t in system.trunks], system.problems) == (150, ["CarrierA"], ())


def test_its_tables_come_back_from_a_dump() -> None:
    (read_back,) = read_dump("x.sql", dump(SMALL.tables)).values()
    found = {table: list(map(dict, read_back.rows(table, read_back.columns(table)))) for table in read_back.runs}
    assert found == SMALL.tables


def test_a_night_of_two_changes_says_two() -> None:
    changes = compare(read(SMALL), SMALL.system(SMALL.next_night()))
    assert sorted(change.what for change in changes) == ["inbound_route", "mailbox"]


def walked(system: PhoneSystem, numbers: list[str]) -> None:
    forest = Forest(system, datetime(2026, 11, 24, 12, 0))
    for number in numbers:
        assert forest.walk(number).complete


WORK: dict[str, Callable[[Growth], object]] = {
    "read": lambda grown: grown.system(),
    "walk": lambda grown: walked(read(grown), list(grown.dids)),
    "diff": lambda grown: compare(read(grown), read(grown)),
}


@pytest.mark.parametrize("verb", WORK)
def test_cost_grows_with_the_extensions_and_no_faster(verb: str) -> None:
    assert read(SMALL) and read(LARGE)  # before the clock starts
    each = []
    for grown in (SMALL, LARGE):
        times = []
        for _ in range(3 if grown is SMALL else 1):
            began = time.process_time()
            WORK[verb](grown)
            times.append(time.process_time() - began)
        each.append(min(times) / grown.extensions)
    assert each[1] < MOST * each[0], f"{each[0] * 1e6:.0f} us an extension became {each[1] * 1e6:.0f}"
