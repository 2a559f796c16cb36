"""The generated systems are read as what they are, and five times the extensions cost about five times as much."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from types import FrameType
from typing import Any

import pytest

from ringkeep.phonesystem.callflow import Forest
from ringkeep.phonesystem.compare import compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.sqldump import read_dump
from tests.growth import Growth, dump

SMALL, LARGE = Growth(200), Growth(1_000)
MOST = 1.1  # times the steps for each extension: a quadratic part of 3 % in the smaller one is seen


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


def steps(work: Callable[[], object]) -> int:
    """Lines of Python that run, each turn of a loop counted: the same on every machine, however busy it is."""
    count = 0

    def line(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("verb", WORK)
def test_steps_grow_with_the_extensions_and_no_faster(verb: str) -> None:
    assert read(SMALL) and read(LARGE)  # before the count starts
    small, large = (steps(partial(WORK[verb], grown)) / grown.extensions for grown in (SMALL, LARGE))
    assert large < MOST * small, f"{small:.0f} steps an extension became {large:.0f}"


def test_steps_show_a_part_that_looks_through_all_for_each() -> None:
    def paired(size: int) -> int:
        return sum(1 for one in range(size) if any(one == other for other in range(size)))

    assert steps(partial(paired, 100)) > 3 * steps(partial(paired, 50))
