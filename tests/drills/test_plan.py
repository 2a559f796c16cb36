"""Which calls a drill places: numbers that match their pattern, instants inside and outside opening hours, ways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringkeep.drills.plan import Planner, opening_hours
from ringkeep.lab import farend
from ringkeep.phonesystem.functions import time_holds
from tests.phonesystem.systems import EXTENSIONS, TUESDAY, system

# -- opening hours --------------------------------------------------------------------------------------------


def timed(*specs: str) -> str:
    lines = "".join(f"exten => 5550100,{n},GotoIfTime({spec}?{n})\n" for n, spec in enumerate(specs, 1))
    return f"[from-carrier]\n{lines}[internal]\nexten => 201,1,Dial(PJSIP/201)\n"


@pytest.mark.parametrize("spec", ["08:00-18:00,*,*,*", "09:00-17:00,sat-wed,*,*", "20:00-06:00,*,*,*", "*,fri,*,*"])
def test_opening_hours_give_one_instant_inside_and_one_outside(spec: str) -> None:
    inside, outside = opening_hours(system(timed(spec)), TUESDAY)
    assert outside is not None
    assert (time_holds(spec, inside), time_holds(spec, outside)) == (True, False)
    assert all(TUESDAY < instant < TUESDAY + timedelta(days=8) for instant in (inside, outside))


@pytest.mark.parametrize("text", [EXTENSIONS, timed("*,*,*,*")])
def test_without_a_time_that_ends_there_is_no_outside(text: str) -> None:
    assert opening_hours(system(text), TUESDAY)[1] is None


# -- calls ----------------------------------------------------------------------------------------------------


def planner(text: str = EXTENSIONS) -> Planner:
    made = system(text)
    return Planner(made, farend.plan(made), None, TUESDAY, None)


def test_every_inbound_number_is_called_through_its_trunk() -> None:
    (call,) = planner().inbound(TUESDAY)
    assert (call.caller_words, call.number, call.expected_words) == ("trunk carrier", "5550100", "extension 201")
    assert call.phones == {"201": "answer"}


def test_a_number_for_one_caller_is_called_by_that_caller() -> None:
    text = EXTENSIONS.replace("exten => 5550100,", "exten => 5550100/0301,")
    (call,) = planner(text).inbound(TUESDAY)
    assert call.caller_number == "0301"


def test_a_number_that_leads_nowhere_is_called_and_says_why() -> None:
    (call,) = planner("[from-carrier]\nexten => 5550100,1,Goto(gone,1,1)\n").inbound(TUESDAY)
    assert (call.expected, call.dead_end) == (None, "dead end: context gone is missing")


def test_a_route_out_expects_the_carrier_to_see_what_is_dialled_behind_the_prefix() -> None:
    (call,) = planner().outbound()
    assert call.expected is not None
    assert (call.expected.kind, f"9{call.expected.number}") == ("outbound", call.number)
    assert list(call.carriers.values()) == ["answer"]


def test_one_colleague_calls_another() -> None:
    (call,) = planner().phone_to_phone()
    assert (call.caller_words, call.expected_words) == ("201", "extension 202")


def test_a_phone_that_could_not_register_calls_nobody() -> None:
    limited = planner()
    limited.refused.add("201")
    assert list(limited.phone_to_phone()) == []


def test_a_key_is_pressed_at_its_menu() -> None:
    text = (
        "[from-carrier]\nexten => 5550100,1,Goto(ivr,s,1)\n"
        "[ivr]\nexten => s,1,Background(a)\n same => n,WaitExten(5)\nexten => 1,1,Goto(internal,201,1)\n"
        "[internal]\nexten => 201,1,Dial(PJSIP/201)\n"
    )
    planned = planner(text)
    line = planned.far.lines[0]
    call = planned.from_outside(line, "5550100", TUESDAY, ("1",), "0301")
    assert ([(p.stop.name, p.digits, p.visit) for p in call.presses], call.expected_words) == (
        [("ivr", "1", 1)], "extension 201",
    )  # fmt: skip


def test_a_busy_colleague_leads_to_the_mailbox_behind() -> None:
    text = EXTENSIONS.replace("202,1,Dial(PJSIP/202,20)", "202,1,Dial(PJSIP/202,20)\n same => n,Echo()")
    planned = planner(text)
    call = planned.from_inside(planned.phones[0], "202", "voicemail", busy=True)
    assert (call.expected_words, call.phones) == ("echo", {"202": "busy"})
