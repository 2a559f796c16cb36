"""When a backup counts as missed, stale or unproved: windows over midnight and over a change of the clocks included."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from ringkeep.findings.rules import (
    GRACE,
    PROOF_STALE_AFTER,
    STALE_AFTER,
    Watched,
    clock_off,
    missed,
    nearly_full,
    stale,
    unproved,
)

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
WATCHED = Watched(
    NOW - timedelta(days=100), "UTC", time(1, 0), time(5, 0), True, NOW - timedelta(hours=4), NOW - timedelta(days=1)
)


def test_a_backup_made_in_the_window_is_not_missed_and_one_before_it_does_not_count() -> None:
    assert missed(WATCHED, NOW) is None
    yesterday = replace(WATCHED, complete_started_at=NOW - timedelta(hours=8))
    assert missed(yesterday, NOW) == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)


def test_a_backup_that_still_runs_a_little_after_its_window_is_late_not_missed() -> None:
    yesterday = replace(WATCHED, complete_started_at=datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    until = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    assert missed(yesterday, until + GRACE - timedelta(seconds=1)) is None
    assert missed(yesterday, until + GRACE) == until


def test_a_new_phone_system_has_missed_nothing_yet() -> None:
    new = replace(WATCHED, enrolled_at=datetime(2026, 11, 25, 3, 0, tzinfo=UTC), complete_started_at=None)
    assert missed(new, NOW) is None
    assert missed(new, NOW + timedelta(days=1)) is not None


def test_a_window_over_midnight_begins_on_the_day_before() -> None:
    late = replace(WATCHED, window_from=time(22, 0), window_until=time(4, 0))
    assert missed(replace(late, complete_started_at=datetime(2026, 11, 24, 22, 5, tzinfo=UTC)), NOW) is None
    assert missed(replace(late, complete_started_at=datetime(2026, 11, 24, 21, 55, tzinfo=UTC)), NOW) is not None


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_window_follows_the_clocks_of_its_own_zone_when_they_change(day: datetime) -> None:
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    berlin = replace(WATCHED, enrolled_at=long_ago, time_zone="Europe/Berlin")
    backup = day.replace(hour=0, minute=30)  # in the window before and after the change
    assert missed(replace(berlin, complete_started_at=backup), day + timedelta(hours=12)) is None
    summer = day.month == 10
    until = missed(replace(berlin, complete_started_at=None), day + timedelta(hours=12))
    assert until == day.replace(hour=4 if summer else 3)  # five in the morning there, after the change


def test_an_unknown_zone_is_read_as_utc_and_breaks_nothing() -> None:
    assert missed(replace(WATCHED, time_zone="../../etc/passwd"), NOW) is None


def test_stale_and_unproved_count_from_enrolment_when_there_is_nothing() -> None:
    assert not stale(WATCHED, NOW) and stale(WATCHED, NOW + STALE_AFTER)
    assert stale(replace(WATCHED, complete_started_at=None), NOW)
    assert not unproved(WATCHED, NOW) and unproved(WATCHED, NOW + PROOF_STALE_AFTER)
    assert not unproved(replace(WATCHED, drilled=False, proved_at=None), NOW)


def test_a_clock_a_minute_off_and_a_disk_without_room_are_told() -> None:
    assert clock_off(-61.0) and not clock_off(59.0) and not clock_off(None)
    assert nearly_full(100 << 30, 1 << 30) and not nearly_full(100 << 30, 3 << 30)
    assert nearly_full(8 << 30, 500 << 20) and not nearly_full(8 << 30, 1 << 30)  # a small disk needs less
