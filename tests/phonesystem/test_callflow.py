"""A call walked through the dialplan: where it comes, what its subroutines see, and that it always ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.phonesystem.callflow import Stop, Walk, describe, follow
from tests.phonesystem.systems import TUESDAY, system


def go(
    text: str, number: str = "1", *, keys: str = "", outcome: Callable[[Stop], str] | None = None, **more: object
) -> Walk:
    """Walk a call to a number in context [c]."""
    made = system("[c]\n" + text, others={"queues.conf": "[sales]\nmember => PJSIP/201\n",
                                          "voicemail.conf": "[default]\n201 => 1,Ana\n"})  # fmt: skip
    return follow(made, number, "c", at=TUESDAY, keys=keys.split(), outcome=outcome, **more)  # type: ignore[arg-type]


def told(text: str, number: str = "1", **more: object) -> list[str]:
    """What the Playbacks of a call were told to play: expanded arguments, in order."""
    return [stop.arguments for stop in go(text, number, **more).stops if stop.kind == "announcement"]  # type: ignore[arg-type]


def kinds(way: Walk) -> list[str]:
    return [describe(stop) for stop in way.stops]


# -- subroutines ----------------------------------------------------------------------------------------------

SUB = "[sub]\nexten => s,1,Playback(in-${ARG1}-${ARG2}-${ARGC})\n same => n,Return(done)\n"


def test_a_gosub_sees_its_arguments_and_return_takes_them_away() -> None:
    text = "exten => 1,1,Gosub(sub,s,1(a,b))\n same => n,Playback(after-${ARG1}-${GOSUB_RETVAL})\n"
    assert told(text + SUB) == ["in-a-b-2", "after--done"]


def test_an_inner_gosub_with_fewer_arguments_does_not_see_the_outer_ones() -> None:
    text = (
        "exten => 1,1,Gosub(outer,s,1(a,b))\n"
        "[outer]\nexten => s,1,Gosub(sub,s,1(x))\n same => n,Playback(out-${ARG1}-${ARG2})\n same => n,Return()\n"
    )
    assert told(text + SUB) == ["in-x--1", "out-a-b"]


def test_a_gosub_inside_a_macro_still_sees_the_macros_arguments() -> None:
    text = "exten => 1,1,Macro(m,a,b)\n[macro-m]\nexten => s,1,Gosub(sub,s,1(x))\n same => n,Playback(out-${ARG2})\n"
    assert told(text + SUB) == ["in-x-b-1", "out-b"]


def test_a_macro_returns_by_falling_off_its_end_and_knows_where_it_was_called() -> None:
    text = (
        "exten => 1,1,Macro(m)\n same => n,Playback(after-${EXTEN})\n"
        "[macro-m]\nexten => s,1,Playback(in-${MACRO_EXTEN}-${MACRO_CONTEXT}-${EXTEN})\n"
    )
    assert told(text) == ["in-1-c-s", "after-1"]


def test_a_local_variable_is_gone_after_return_and_the_old_value_back() -> None:
    text = (
        "exten => 1,1,Set(V=old)\n same => n,Gosub(s2,s,1)\n same => n,Playback(after-${V})\n"
        "[s2]\nexten => s,1,Set(LOCAL(V)=new)\n same => n,Playback(in-${V})\n same => n,Return()\n"
    )
    assert told(text) == ["in-new", "after-old"]


def test_a_variable_set_in_a_gosub_stays() -> None:
    text = "exten => 1,1,Gosub(s2,s,1)\n same => n,Playback(${V})\n[s2]\nexten => s,1,Set(V=new)\n same => n,Return()\n"
    assert told(text) == ["new"]


def test_a_return_without_gosub_hangs_up() -> None:
    assert kinds(go("exten => 1,1,Return()\n")) == ["hangup Return without Gosub"]


# -- branches -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("GotoIf($[1 = 1]?yes:no)", "yes"),
        ("GotoIf($[1 = 2]?yes:no)", "no"),
        ("GotoIf($[1 = 2]?yes)", "next"),
        ("GotoIfTime(10:00-11:00,tue,*,*?yes:no)", "yes"),
        ("GotoIfTime(11:00-12:00,*,*,*?yes:no)", "no"),
        ("ExecIf($[1 = 1]?Goto(yes):Goto(no))", "yes"),
        ("ExecIf($[1 = 2]?Goto(yes))", "next"),
        ("Goto(1,yes)", "yes"),
        ("Goto(c,1,no)", "no"),
        ("GosubIf(1?yes:no)", "yes"),
    ],
)
def test_a_branch_goes_where_its_condition_says(line: str, wanted: str) -> None:
    text = (
        f"exten => 1,1,{line}\n same => n,Playback(next)\n same => n,Hangup()\n"
        " same => n(yes),Playback(yes)\n same => n,Hangup()\n same => n(no),Playback(no)\n same => n,Hangup()\n"
    )
    assert told(text) == [wanted]


def test_a_while_runs_until_its_condition_fails() -> None:
    text = (
        "exten => 1,1,Set(N=0)\n same => n,While($[${N} < 3])\n same => n,Playback(p${N})\n"
        " same => n,Set(N=$[${N} + 1])\n same => n,EndWhile()\n same => n,Playback(end)\n"
    )
    assert told(text) == ["p0", "p1", "p2", "end"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Goto(gone,1,1)", "context gone is missing"),
        ("Goto(7,1)", "7 is not in c"),
        ("Goto(label)", "1 in c has no label label"),
    ],
)
def test_a_jump_that_leads_nowhere_is_a_dead_end_that_says_why(line: str, why: str) -> None:
    way = go(f"exten => 1,1,{line}\n")
    assert (kinds(way), way.ended) == ([f"dead end: {why}"], "dead_end")


def test_a_jump_to_a_number_that_is_not_there_is_taken_by_i() -> None:
    assert told("exten => 1,1,Goto(7,1)\nexten => i,1,Playback(invalid-${INVALID_EXTEN})\n") == ["invalid-7"]


def test_a_number_that_is_not_there_is_a_dead_end() -> None:
    assert kinds(go("exten => 1,1,Answer()\n", "2")) == ["dead end: 2 is not in c"]


def test_an_application_this_asterisk_lacks_is_a_dead_end() -> None:
    assert kinds(go("exten => 1,1,Macro(m)\n", applications=["Dial"])) == [
        "dead end: this Asterisk has no application Macro"
    ]


# -- circles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["exten => 1,1,Goto(1)\n", "exten => 1,1,Goto(2,1)\nexten => 2,1,Goto(1,1)\n", "exten => 1,1,Gosub(1,1)\n",
     "exten => 1,1,Macro(m)\n[macro-m]\nexten => s,1,Macro(m)\n", "exten => 1,1,While(1)\n same => n,EndWhile()\n"],
)  # fmt: skip
def test_a_circle_is_found(text: str) -> None:
    way = go(text)
    assert way.ended == "loop" and way.stops[-1].kind == "dead_end"


def test_channels_that_dial_channels_in_a_circle_end() -> None:
    text = "exten => 1,1,Dial(Local/1@c)\n same => n,Goto(1)\n"
    assert go(text, outcome=lambda stop: "busy").ended in ("loop", "limit")


APPLICATIONS = st.sampled_from(
    ["Goto(1,1)", "Goto(2,1)", "Goto(n)", "Gosub(2,1(a))", "Return()", "Macro(m,x)", "MacroExit()", "While(1)",
     "While(${A})", "EndWhile()", "ExitWhile()", "Set(A=${A}1)", "Set(LOCAL(A)=)", "GotoIf(${A}?1,1:2,1)", "WaitExten(5)",
     "Background(a&b)", "Dial(Local/2@c)", "Dial(PJSIP/201)", "Queue(sales)", "ExecIf(1?Goto(2,1))", "StackPop()",
     "Read(A,x)", "Set(A=${SHELL(x)})", "Exec(Goto(2,1))", "Playback()", "VoiceMail(201)", "AGI(x)"]
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(APPLICATIONS, max_size=6), st.lists(APPLICATIONS, max_size=6), st.sampled_from(["answer", "busy"]))
def test_every_walk_ends(first: list[str], second: list[str], result: str) -> None:
    lines = [
        f"exten => {n},1,NoOp()\n" + "".join(f" same => n,{a}\n" for a in part) for n, part in ((1, first), (2, second))
    ]
    text = "".join(lines) + "exten => t,1,Goto(1,1)\n[macro-m]\nexten => s,1,NoOp(${ARG1})\n"
    assert go(text, keys="1 t i 2", outcome=lambda stop: result).ended


# -- menus ----------------------------------------------------------------------------------------------------

MENU = (
    "exten => s,1,Answer()\n same => n,Background(welcome&choose)\n same => n,WaitExten(5)\n"
    "exten => 1,1,Playback(one)\nexten => t,1,Playback(late)\nexten => i,1,Playback(wrong-${INVALID_EXTEN})\n"
)


def test_a_menu_without_a_key_waits_with_its_prompts() -> None:
    way = go(MENU, "s")
    assert (way.ended, way.stops[0].kind, way.stops[0].prompts) == ("waiting", "menu", ("welcome", "choose"))
    assert (way.stops[0].timeout_s, way.stops[0].answered) == (5.0, True)


@pytest.mark.parametrize(("key", "wanted"), [("1", "one"), ("9", "wrong-9"), ("t", "late")])
def test_a_key_a_wrong_key_and_no_key_go_their_ways(key: str, wanted: str) -> None:
    assert told(MENU, "s", keys=key) == [wanted]


def test_without_a_key_a_call_goes_on_with_the_next_priority_where_there_is_one() -> None:
    text = "exten => s,1,WaitExten(5)\n same => n,Playback(next)\nexten => t,1,Playback(late)\n"
    assert told(text, "s", keys="t") == ["next"]


def test_without_a_key_and_without_t_a_call_is_hung_up() -> None:
    assert kinds(go("exten => s,1,WaitExten(5)\n", "s", keys="t"))[-1] == "hangup no t in c"


def test_the_language_of_a_prompt_is_the_one_set_when_it_plays() -> None:
    way = go("exten => 1,1,Playback(a)\n same => n,Set(CHANNEL(language)=fa)\n same => n,Playback(b)\n", language="en")
    assert [stop.languages for stop in way.stops if stop.prompts] == [("en",), ("fa",)]


# -- phones, queues, trunks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stop"),
    [
        ("Dial(PJSIP/201,20)", "extension 201"),
        ("Dial(PJSIP/201&PJSIP/202)", "ring group 1"),
        ("Dial(PJSIP/0123@carrier)", "outbound 0123 over carrier"),
        ("Dial(PJSIP/carrier/sip:0123@203.0.113.1)", "outbound 0123 over carrier"),
        ("Dial(Local/8@c)", "extension 202"),
        ("Dial(PJSIP/999)", "dead end: Dial(PJSIP/999) rings nobody"),
        ("Queue(sales)", "queue sales"),
        ("Queue(gone)", "dead end: queue gone is missing"),
        ("VoiceMail(201@default,u)", "voicemail 201@default"),
        ("VoiceMail(999)", "dead end: mailbox 999@default is missing"),
        ("VoiceMailMain(201)", "voicemail menu 201"),
        ("ConfBridge(800)", "conference 800"),
        ("AGI(script.py,x)", "decided by the script script.py"),
        ("Congestion(5)", "congestion 5"),
    ],
)
def test_a_call_comes_to_what_its_step_names(line: str, stop: str) -> None:
    assert kinds(go(f"exten => 1,1,{line}\nexten => 8,1,Dial(PJSIP/202)\n"))[0] == stop


@pytest.mark.parametrize(
    ("result", "status"),
    [("noanswer", "NOANSWER"), ("busy", "BUSY"), ("unavailable", "CHANUNAVAIL"), ("congestion", "CONGESTION")],
)
def test_a_dial_that_is_not_answered_goes_on_with_its_status(result: str, status: str) -> None:
    text = "exten => 1,1,Dial(PJSIP/201,20)\n same => n,Playback(${DIALSTATUS})\n"
    assert told(text, outcome=lambda stop: result) == [status]


@pytest.mark.parametrize(("result", "end"), [("busy", "busy"), ("congestion", "congestion"), ("noanswer", "hangup")])
def test_a_call_that_falls_off_its_end_tells_the_caller_the_status(result: str, end: str) -> None:
    assert go("exten => 1,1,Dial(PJSIP/201)\n", outcome=lambda stop: result).stops[-1].kind == end


def test_an_answered_dial_ends_the_walk() -> None:
    assert go("exten => 1,1,Dial(PJSIP/201)\n same => n,Playback(after)\n").ended == "answered"


def test_a_queues_targets_are_its_members() -> None:
    assert go("exten => 1,1,Queue(sales)\n").stops[0].targets == ("PJSIP/201",)


def test_what_cannot_be_known_is_a_stop_and_the_walk_goes_on() -> None:
    way = go("exten => 1,1,Set(V=${SHELL(date)})\n same => n,Dial(PJSIP/201)\n")
    assert kinds(way) == ["decided by a program", "extension 201"]


def test_no_key_counts_at_a_prompt_that_is_not_there() -> None:
    """FreePBX's announcements go on after Background: without its file it is over before anybody can press a key."""
    text = "exten => 1,1,Background(gone)\n same => n,Playback(next)\nexten => 5,1,Playback(five)\n"
    assert told(text, keys="5") == ["five"]
    assert told(text, keys="5", plays=lambda name, language: name != "gone") == ["next"]


def test_a_missing_macro_is_passed_over() -> None:
    """app_macro warns and returns 0; FreePBX 16's operator exit of mailboxes ends with such a line."""
    assert told("exten => 1,1,Macro(gone,5)\n same => n,Playback(after)\n") == ["after"]
