"""Emergency numbers that cannot be dialled, or go elsewhere, are found; a route that works is not blamed."""

from __future__ import annotations

import pytest

from tests.phonesystem.checks.reviewed import INBOUND, reviewed

NATIONAL = "exten => _NXXNXXXXXX,1,Set(GROUP()=out)\n same => n,Dial(PJSIP/${EXTEN}@carrier)\n"
PEOPLE = "[internal]\nexten => 201,1,Dial(PJSIP/201)\n"


def found(lines: str, extra: str = "", before: str = "") -> set[str]:
    given = reviewed(before + INBOUND + PEOPLE + NATIONAL + lines + extra)
    return {f.code for f in given if f.code.startswith("emergency")}


def dial(pattern: str, number: str = "${EXTEN}") -> str:
    return f"exten => {pattern},1,Dial(PJSIP/{number}@carrier)\n"


CASES = {
    "no route": ("", {"emergency-blocked"}),
    "a route": (dial("911"), set()),
    "a pattern that takes it too": (dial("_N11"), set()),
    "a digit cut": (dial("_9XX", "${EXTEN:1}"), {"emergency-misrouted"}),
    "a digit added": (dial("911", "1${EXTEN}"), {"emergency-misrouted"}),
    "another pattern is nearer": (dial("_X.") + "exten => _911,1,Playback(no)\n", {"emergency-misrouted"}),
    "a phone of that number": ("exten => 911,1,Dial(PJSIP/202)\n", {"emergency-misrouted"}),
    "a PIN": ("exten => 911,1,Authenticate(7391)\n same => n,Dial(PJSIP/911@carrier)\n", {"emergency-asks-pin"}),
    "hung up": ("exten => 911,1,Hangup()\n", {"emergency-misrouted"}),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), CASES.values(), ids=CASES)
def test_nine_one_one(lines: str, expected: set[str]) -> None:
    assert found(lines) == expected


def test_in_iran_three_numbers_are_looked_for() -> None:
    iran = INBOUND.replace("5550100", "982188880100") + PEOPLE
    plan = "exten => _0X.,1,Set(GROUP()=out)\n same => n,Dial(PJSIP/${EXTEN}@carrier)\n"
    given = reviewed(iran + plan + dial("110") + dial("115"))
    assert [f.what for f in given if f.code.startswith("emergency")] == [
        "phones that dial in internal (201, 202) cannot reach the emergency number 125"
    ]
    assert reviewed(iran + plan + dial("_11X") + dial("125")) == ()


def test_a_system_without_a_known_country_is_not_blamed() -> None:
    plan = "exten => _0X.,1,Set(GROUP()=out)\n same => n,Dial(PJSIP/${EXTEN}@carrier)\n"
    assert not [f for f in reviewed(INBOUND + PEOPLE + plan) if f.code.startswith("emergency")]


def test_the_zone_of_the_tones_names_a_country() -> None:
    plan = "exten => _0X.,1,Set(GROUP()=out)\n same => n,Dial(PJSIP/${EXTEN}@carrier)\n"
    given = reviewed("[globals]\nTONEZONE=de\n" + INBOUND + PEOPLE + plan)
    assert [f.subject for f in given if f.code == "emergency-blocked"] == ["112"]


def test_a_dead_trunk_first_delays_the_call() -> None:
    text = (
        "[globals]\nOUT_1=PJSIP\nOUT_1_SUFFIX=@carrier\nOUTMAXCHANS_1=4\nOUTDISABLE_1={off}\n" + INBOUND
        + PEOPLE + "include => outrt-1\ninclude => outrt-2\n[outrt-2]\nexten => _NXXNXXXXXX,1,Macro(dialout-trunk,1,${{EXTEN}},,off)\n"
        "[outrt-1]\nexten => 911,1,Macro(dialout-trunk,1,${{EXTEN}},{pin},off)\n"
        "[macro-dialout-trunk]\nexten => s,1,Dial(${{OUT_${{ARG1}}}}/${{ARG2}}${{OUT_${{ARG1}}_SUFFIX}})\n"
    )  # fmt: skip
    on, off, pin = (
        {f.code for f in reviewed(text.format(off=off, pin=pin), product="freepbx") if f.code.startswith("emergency")}
        for off, pin in (("off", ""), ("on", ""), ("off", "7391"))
    )
    assert (on, off, pin) == (set(), {"emergency-trunk-off"}, {"emergency-asks-pin"})
