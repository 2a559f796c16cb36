"""When the next backup is: inside the window of the phone system's own zone, whatever its clocks do that night."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringkeep.fleet.rules import (
    PROBES_A_SECOND,
    HoursError,
    hours,
    is_busy,
    next_backup_at,
    probe_pause_s,
    see_that_it_is_ever_free,
    zone,
)

ZONES = st.sampled_from(
    ["UTC", "Asia/Tehran", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
)
TIMES = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@dataclass(frozen=True)
class System:
    name: str = "saba"
    time_zone: str = "UTC"
    window_from: time = time(1)
    window_until: time = time(5)
    busy_from: time | None = None
    busy_until: time | None = None


def within(first: time, last: time, clock: time) -> bool:
    return first <= clock < last if first < last else clock >= first or clock < last


SYSTEMS = st.builds(System, st.sampled_from(["saba", "a", "b"]), ZONES, TIMES, TIMES)


@given(SYSTEMS, MOMENTS)
def test_it_is_after_now_within_two_days_and_inside_the_window(system: System, now: datetime) -> None:
    at = next_backup_at(system, now)
    assert now < at <= now + timedelta(hours=51) and at.tzinfo is UTC
    clock = at.astimezone(zone(system.time_zone)).time()
    late = (datetime.combine(now, clock) + timedelta(hours=1)).time()  # a night that loses or repeats an hour
    early = (datetime.combine(now, clock) - timedelta(hours=1)).time()
    assert any(within(system.window_from, system.window_until, one) for one in (clock, late, early))


@given(SYSTEMS, MOMENTS)
def test_asking_again_before_it_gives_the_same_and_after_it_a_later_one(system: System, now: datetime) -> None:
    at = next_backup_at(system, now)
    assert next_backup_at(system, at - timedelta(seconds=1)) == at
    assert at < next_backup_at(system, at) <= at + timedelta(hours=51)


@given(MOMENTS, ZONES, TIMES, st.integers(1, 1300))
def test_busy_hours_are_left_alone_when_the_window_lets_it(now: datetime, name: str, first: time, minutes: int) -> None:
    last = (datetime.combine(now, first) + timedelta(minutes=minutes)).time()
    system = System(time_zone=name, window_from=time(0), window_until=time(23, 59), busy_from=first, busy_until=last)
    assume(minutes < 1000)
    assert not is_busy(system, next_backup_at(system, now))


def test_a_window_wholly_inside_busy_hours_still_has_its_backup() -> None:
    system = System(busy_from=time(0), busy_until=time(6))
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert next_backup_at(system, now) < now + timedelta(days=10)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("01:00-05:00", (time(1), time(5))),
        (" 23:30 - 4:05 ", (time(23, 30), time(4, 5))),
        ("۰۱:۰۰-۰۵:۰۰", (time(1), time(5))),
        ("00:00-24:00", (time(0), time(0))),
        ("22:00–24:00", (time(22), time(0))),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, span: tuple[time, time]) -> None:
    assert hours(text) == span


@pytest.mark.parametrize(
    "text",
    ["", "1-5", "01:00", "03:00-03:00", "24:00-01:00", "23:00-24:01", "01:60-02:00", "01:00-05:00\n06", "-1:00-5:00"],
)
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        hours(text)


@pytest.mark.parametrize(
    ("window", "busy", "free"),
    [
        ("09:00-17:00", "08:00-18:00", False),
        ("08:00-18:00", "08:00-18:00", False),
        ("08:00-18:01", "08:00-18:00", True),
        ("23:00-01:00", "22:00-02:00", False),
        ("22:00-02:00", "23:00-01:00", True),
        ("23:00-01:00", "00:00-24:00", False),
        ("00:00-24:00", "08:00-18:00", True),
        ("00:00-24:00", "18:00-08:00", True),
        ("01:00-05:00", "22:00-04:59", True),
    ],
)
def test_a_window_must_have_a_minute_that_is_not_busy(window: str, busy: str, free: bool) -> None:
    if free:
        see_that_it_is_ever_free(hours(window), hours(busy))
    else:
        with pytest.raises(HoursError):
            see_that_it_is_ever_free(hours(window), hours(busy))


@given(SYSTEMS, TIMES, TIMES, st.dates(datetime(2024, 1, 1).date(), datetime(2030, 1, 1).date()))
def test_where_the_window_has_a_free_hour_no_backup_begins_in_busy_ones_also_when_the_clocks_change(
    system: System, busy_from: time, busy_until: time, day: date
) -> None:
    assume(busy_from != busy_until)
    system = replace(system, busy_from=busy_from, busy_until=busy_until)
    window, busy = ({minute for minute in range(1440) if within(*span, time(*divmod(minute, 60)))}
                    for span in ((system.window_from, system.window_until), (busy_from, busy_until)))  # fmt: skip
    assume(len(window - busy) >= 125)  # Lord Howe's clocks change by half an hour, others by one
    at = next_backup_at(system, datetime.combine(day, time(12), UTC))
    assert not is_busy(system, at), at


def test_a_free_hour_that_the_clocks_take_away_does_not_make_it_begin_in_busy_ones() -> None:
    """Berlin, 29 March 2026: from 02:00 to 03:00 there is no time; what is left of the window is busy."""
    system = System(
        time_zone="Europe/Berlin", window_from=time(1), window_until=time(3), busy_from=time(0), busy_until=time(2)
    )
    at = next_backup_at(system, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert at.astimezone(zone("Europe/Berlin")).date().day == 29 and not is_busy(system, at)


def test_one_backup_a_night_also_when_the_clocks_change() -> None:
    for name in ("Europe/Berlin", "America/New_York", "Asia/Tehran"):
        system, at, days = System(time_zone=name), datetime(2026, 1, 1, tzinfo=UTC), []
        for _ in range(365):
            at = next_backup_at(system, at)
            days.append(at.astimezone(zone(name)).date())
        assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_a_fleet_of_1000_spreads_over_the_window_and_each_keeps_its_place() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    fleet = [System(f"system-{number}") for number in range(1000)]
    starts = sorted(next_backup_at(system, now) for system in fleet)
    quarters = Counter((at.hour, at.minute // 15) for at in starts)
    assert len(quarters) >= 14 and max(quarters.values()) < 110, quarters  # 216 minutes: 70 in a quarter of an hour
    assert starts == sorted(next_backup_at(system, now + timedelta(hours=1)) for system in reversed(fleet))


def test_a_fleet_spreads_over_what_busy_hours_leave() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    starts = [next_backup_at(System(f"system-{n}", busy_from=time(2), busy_until=time(4)), now) for n in range(200)]
    hours = Counter(at.hour for at in starts)
    assert set(hours) == {1, 4} and min(hours.values()) > 60, hours


def test_a_fleet_too_large_for_one_process_is_probed_less_often_and_a_small_one_as_its_rules_say() -> None:
    assert probe_pause_s(240, 1) == probe_pause_s(240, 1_000) == 240
    assert 240 <= probe_pause_s(240, 10_000) < 245
    assert probe_pause_s(240, 30_000) == 30_000 / PROBES_A_SECOND > 700
    assert probe_pause_s(240, 30_000, workers=3) < 245
    assert probe_pause_s(86_400, 10_000) == 86_400


@pytest.mark.parametrize("name", ["Asia", "../../etc/passwd", "No/Such", "", "a\0b"])
def test_what_names_no_zone_is_read_as_utc_also_a_folder_of_zones(name: str) -> None:
    assert zone(name).key == "UTC"
