"""Opening hours with holes, for ever closed, overridden or of last year are found; honest ones are not."""

from __future__ import annotations

from datetime import datetime

import pytest

from ringkeep.phonesystem.checks import Beside, Finding
from tests.phonesystem.checks.reviewed import INTERNAL, reviewed

NUMBER = "[from-carrier]\nexten => 5550100,1,NoOp()\n{tests} same => n,Playback(closed)\n same => n,Hangup()\nexten => open,1,Dial(PJSIP/201)\n"
HOURS = {"hours-never", "hours-gap", "hours-closed", "closed-at-noon", "holidays-past", "hours-inverted"}


def found(*specs: str, before: str = "", at: datetime = datetime(2026, 1, 6, 10, 30)) -> list[Finding]:
    tests = before + "".join(f" same => n,GotoIfTime({spec}?open,1)\n" for spec in specs)
    return [f for f in reviewed(NUMBER.format(tests=tests) + INTERNAL, beside=Beside(at=at)) if f.code in HOURS]


@pytest.mark.parametrize(
    ("specs", "code"),
    [
        (["08:00-18:00,sat-wed,*,*"], None),
        (["08:00-18:00,mon-fri,*,*"], None),
        (["08:00-12:00,mon-fri,*,*", "13:00-18:00,mon-fri,*,*"], None),
        (["08:00-12:00,mon-fri,*,*", "12:00-18:00,mon-fri,*,*"], None),
        (["08:00-12:00,mon-fri,*,*", "12:01-18:00,mon-fri,*,*"], None),
        (["08:00-11:29,mon-fri,*,*", "11:40-18:00,mon-fri,*,*"], "hours-gap"),
        (["08:00-18:00,mon-tue,*,*", "08:00-18:00,thu-fri,*,*"], "hours-gap"),
        (["08:00-18:00,sat-sun&tue-thu,*,*"], "hours-gap"),
        (["08:00-18:00,sat-thu,*,*"], None),
        (["08:00-18:00,mon-fri,*,*", "*,*,30,feb"], "hours-never"),
        (["08:00-18:00,mon-fri,*,*", "*,*,31,apr&jun"], "hours-never"),
        (["08:00-18:00,mon-fri,*,*", "*,*,29,feb"], None),
        (["08:00-18:00,nonday,*,*"], "hours-never"),
        (["08:00-11:30,mon-fri,*,*", "14:00-18:00,mon-fri,*,*"], "closed-at-noon"),
        (["*,*,*,*"], None),
        (["08:00-18:00,*,*,*"], None),
    ],
)
def test_opening_hours(specs: list[str], code: str | None) -> None:
    assert {f.code for f in found(*specs)} - {"hours-closed"} == ({code} if code else set())


def test_a_number_that_never_opens_is_found() -> None:
    assert "hours-closed" in {f.code for f in found("*,*,30,feb")}


@pytest.mark.parametrize(("day", "past"), [("20250321", True), ("20260321", False), ("2024-12-25", True)])
def test_holidays_of_last_year_are_a_note(day: str, past: bool) -> None:
    before = ' same => n,GotoIf($["${STRFTIME(${EPOCH},,%Y%m%d)}" = "' + day + '"]?open,1)\n'
    seen = found("08:00-18:00,mon-fri,*,*", before=before)
    assert [(f.code, f.severity) for f in seen] == ([("holidays-past", "note")] if past else [])


def test_a_holiday_to_come_among_old_ones_is_enough() -> None:
    before = "".join(
        ' same => n,GotoIf($["${STRFTIME(${EPOCH},,%Y%m%d)}" = "' + day + '"]?open,1)\n'
        for day in ("20250321", "20270321")
    )
    assert found("08:00-18:00,mon-fri,*,*", before=before) == []


@pytest.mark.parametrize(
    ("value", "found_it"), [("true_sticky", True), ("false_sticky", True), ("true", False), ("", False)]
)
def test_a_time_condition_that_somebody_holds_open_or_closed_is_a_note(value: str, found_it: bool) -> None:
    seen = reviewed(database={"/TC/1": value}, product="freepbx")
    assert [f.severity for f in seen if f.code == "hours-overridden"] == (["note"] if found_it else [])


@pytest.mark.parametrize(("state", "found_it"), [("NIGHT", True), ("DAY", False)])
def test_a_night_switch_that_is_on_is_a_note(state: str, found_it: bool) -> None:
    switch = "[from-carrier]\nexten => 5550100,1,Goto(app-daynight,0,1)\n[app-daynight]\nexten => 0,1,Dial(PJSIP/201)\n"
    seen = reviewed(switch + INTERNAL, database={"/DAYNIGHT/C0": state}, product="freepbx")
    assert [f.severity for f in seen if f.code == "night-switch-on"] == (["note"] if found_it else [])


def test_in_a_week_of_holidays_the_ordinary_ones_count() -> None:
    holidays = " same => n,GotoIfTime(*,*,20-27,mar?shut,1)\n"
    shut = "exten => shut,1,VoiceMail(201@default)\n"
    text = NUMBER.format(tests=holidays + " same => n,GotoIfTime(08:00-18:00,mon-fri,*,*?open,1)\n")
    assert reviewed(text + shut + INTERNAL, beside=Beside(at=datetime(2026, 3, 23, 9, 0))) == ()
