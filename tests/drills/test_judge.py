"""Whether a call did what it had to, and how many alike defects become one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.drills.judge import ALIKE_SHOWN, Judge, Places, before_hangup, merge
from ringkeep.drills.plan import PlannedCall, Planner
from ringkeep.drills.report import Defect
from ringkeep.lab import farend
from ringkeep.lab.calls import Observation, Step
from tests.phonesystem.systems import EXTENSIONS, TUESDAY, system


def defect(line: int, what: str = "extension 201 has no secret", code: str = "secret-missing") -> Defect:
    return Defect(code, "bad", f"/etc/asterisk/pjsip.conf:{line}", what)


# -- merging --------------------------------------------------------------------------------------------------


def test_a_hundred_alike_become_one_that_names_the_lines() -> None:
    (one,) = merge(defect(line, f"extension {line} has no secret") for line in range(1, 101))
    assert one.where == "/etc/asterisk/pjsip.conf:1"
    assert "99 times more" in one.what and "2, 3, 4" in one.what and one.what.endswith("99, 100")


def test_a_few_alike_stay_apart() -> None:
    few = [defect(line, f"extension {line} has no secret") for line in range(ALIKE_SHOWN)]
    assert merge(few) == few


def test_what_differs_in_more_than_numbers_stays_apart() -> None:
    many = [defect(line, f"extension {'abcdefghijklmnop'[line]} has no secret") for line in range(16)]
    assert merge(many) == many


def test_the_same_place_from_many_calls_is_told_once_with_a_count() -> None:
    (one,) = merge([defect(1, "a"), defect(1, "b"), defect(1, "a"), defect(1, "c")])
    assert one.what == "a (and 2 more like it)"


def test_different_codes_at_one_place_stay_apart() -> None:
    assert len(merge([defect(1), defect(1, code="auth-missing")])) == 2


DEFECTS = st.builds(defect, st.integers(1, 30), st.sampled_from(["a 1", "a 2", "b"]), st.sampled_from(["x", "y"]))


@settings(deadline=None)
@given(st.lists(DEFECTS, max_size=40))
def test_merging_loses_no_code_and_makes_nothing_up(defects: list[Defect]) -> None:
    merged = merge(defects)
    assert {d.code for d in merged} == {d.code for d in defects}
    assert len(merged) <= len(defects)
    assert {d.where for d in merged} <= {d.where for d in defects}


# -- one call -------------------------------------------------------------------------------------------------


def planned(text: str = EXTENSIONS) -> tuple[Judge, PlannedCall]:
    made = system(text)
    (call,) = Planner(made, farend.plan(made), None, TUESDAY, None).inbound(TUESDAY)
    return Judge(Places(made), lambda name, language: None), call


def ran(application: str, priority: int = 1, extension: str = "5550100", context: str = "from-carrier") -> Step:
    return Step("PJSIP/carrier-1", context, extension, priority, application, "")


def seen(judge: Judge, call: PlannedCall, *steps: Step, **more: object) -> Observation:
    return Observation(judge.order(call), "call-1", entered=bool(steps), steps=list(steps), **more)  # type: ignore[arg-type]


TALKING = {"answer_ms": 90, "bridged": True, "picked_up": ["201"]}


def test_a_phone_that_answers_and_is_joined_is_reached() -> None:
    judge, call = planned()
    assert judge.reached(call, seen(judge, call, ran("Dial"), **TALKING))


@pytest.mark.parametrize("lacking", [{"answer_ms": None}, {"bridged": False}, {"picked_up": ["202"]}])
def test_a_call_is_not_reached_when_the_phone_it_was_for_does_not_talk(lacking: dict[str, object]) -> None:
    judge, call = planned()
    assert not judge.reached(call, seen(judge, call, ran("Dial"), **TALKING | lacking))


def test_a_call_that_was_not_taken_is_told_as_refused() -> None:
    judge, call = planned()
    verdict, (found,) = judge.verdict(call, seen(judge, call, cause_text="Call Rejected"))
    assert (verdict.ok, verdict.got, found.code) == (False, "refused: Call Rejected", "call-refused")


def test_a_call_that_came_elsewhere_is_told_at_its_last_line() -> None:
    judge, call = planned()
    verdict, (found,) = judge.verdict(call, seen(judge, call, ran("Dial"), rang=["202"]))
    assert (found.code, found.severity, found.where) == ("call-failed", "bad", "/etc/asterisk/extensions.conf:2")
    assert verdict.expected == "extension 201" and "rang 202" in verdict.got


def test_a_call_that_leads_nowhere_is_a_dead_end_with_its_reason() -> None:
    judge, call = planned("[from-carrier]\nexten => 5550100,1,Goto(gone,1,1)\n")
    _, (found,) = judge.verdict(call, seen(judge, call, ran("Goto")))
    assert found.code == "dead-end" and "context gone is missing" in found.what


def test_an_answered_call_in_which_nobody_hears_is_a_defect() -> None:
    judge, call = planned()
    verdict, (found,) = judge.verdict(call, seen(judge, call, ran("Dial"), **TALKING))
    assert (verdict.ok, found.code, verdict.heard) == (True, "no-audio", "nobody hears the other")


def test_a_call_is_lost_where_calls_stay_and_not_before() -> None:
    judge, call = planned(EXTENSIONS.replace("Dial(PJSIP/201,20)\n[", "Dial(PJSIP/201,20)\n same => n,Echo()\n["))
    assert judge.lost(call, seen(judge, call, ran("Dial"), ran("Echo", 2)))
    assert not judge.lost(call, seen(judge, call, ran("Dial")))


def test_a_call_that_goes_round_in_circles_is_lost() -> None:
    judge, call = planned()
    assert judge.lost(call, seen(judge, call, *[ran("NoOp")] * 3001))


def test_what_the_hang_up_extension_runs_tells_nothing_of_the_call() -> None:
    steps = [ran("Dial"), ran("NoOp", extension="h"), ran("Hangup", extension="h")]
    assert before_hangup(steps) == steps[:1]
