"""A phone system that calls reach at once is restored all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringkeep.restores.planning import FILE, Entry, Plan, Staged, State
from ringkeep.restores.workplace import Workplace

CALLS, QUEUES, CONF = "/var/log/asterisk/cdr-csv/Master.csv", "/var/log/asterisk/queue_log", "/etc/asterisk/queues.conf"


def test_call_records_that_grew_since_the_swap_are_no_difference_and_all_else_is(tmp_path: Path) -> None:
    files = {path: Entry(FILE, "ab" * 32, 100, 0o644) for path in (CALLS, QUEUES, CONF)}
    place = Workplace(tmp_path)
    made = Plan(staged=tuple(Staged(path, one, source=path) for path, one in files.items()))
    place.expect(made, State({}))
    assert place.differing(State(files)) == []
    other = {path: replace(one, digest="cd" * 32) for path, one in files.items()}
    grown = {path: replace(one, size=150) for path, one in other.items()}
    assert place.differing(State(grown)) == [CONF]
    assert place.differing(State(other)) == [CALLS, QUEUES, CONF]  # of the same length: written over
    assert place.differing(State({})) == [CALLS, QUEUES, CONF]
