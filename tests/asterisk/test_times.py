"""Times of includes and gotos: when they hold next. Which ones hold, real Asterisk says: test_dialplan_in_real_asterisk."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.times import next_change, read_timing, time_holds

TUESDAY = datetime(2026, 11, 24, 10, 0)


@pytest.mark.parametrize(
    ("spec", "change"),
    [
        ("09:00-17:00,mon-fri,*,*", "2026-11-24 17:01"),
        ("17:00-18:00,*,*,*", "2026-11-24 17:00"),
        ("*,sat,*,*", "2026-11-28 00:00"),
        ("22:00-10:30,*,*,*", "2026-11-24 10:31"),
        ("*,*,29,feb", "2028-02-29 00:00"),
        ("*,*,*,nov", "2026-12-01 00:00"),
    ],
)
def test_the_next_change_is_the_first_minute_of_the_other_state(spec: str, change: str) -> None:
    assert next_change(spec, TUESDAY) == datetime.fromisoformat(change)


@pytest.mark.parametrize("spec", ["*,*,*,*", "", "x,*,*,*", "*,*,30,feb"])
def test_what_never_changes_has_no_next_change(spec: str) -> None:
    assert next_change(spec, TUESDAY) is None


@settings(deadline=None)
@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 60 * 24 * 3))
def test_nothing_changes_before_the_next_change(start: int, end: int, later: int) -> None:
    at = TUESDAY + timedelta(minutes=later)
    spec = f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02},tue-wed,*,*"
    change = next_change(spec, at)
    assert change is not None and time_holds(spec, change) is not time_holds(spec, at)
    steps = (at + timedelta(minutes=n) for n in range(int((change - at).total_seconds() // 60)))
    assert {time_holds(spec, step) for step in steps} <= {time_holds(spec, at)}


@settings(deadline=None)
@given(st.text("0123456789:-,*&|monsatjan/ _²۵", max_size=40))
def test_any_text_is_some_timing(spec: str) -> None:
    assert (read_timing(spec) is None) == (not spec)
    next_change(spec, TUESDAY)
