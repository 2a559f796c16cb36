"""Calls that end nowhere are found: numbers, menu keys, circles, and voicemail where a person should be."""

from __future__ import annotations

import pytest

from ringkeep.phonesystem.checks import Finding
from tests.phonesystem.checks.reviewed import BOXES, INBOUND, INTERNAL, codes, reviewed

MENU = "exten => 5550101,1,Goto(menu,s,1)\n"


def found(steps: str, extra: str = "") -> tuple[Finding, ...]:
    """What is found when 5550102 runs these steps."""
    return reviewed(INBOUND + f"exten => 5550102,1,{steps}\n" + extra + INTERNAL)


def menu(lines: str) -> set[str]:
    return codes(INBOUND + MENU + "[menu]\n" + lines + INTERNAL)


@pytest.mark.parametrize(
    "steps",
    ["Set(to=gone)\n same => n,Goto(${to},1,1)", "Set(x=777)\n same => n,Goto(internal,${x},1)"],
)
def test_a_number_that_ends_nowhere_is_bad(steps: str) -> None:
    (finding,) = [f for f in found(steps) if f.code == "dead-end"]
    assert finding.severity == "bad" and "5550102" in finding.what
    assert str(finding.place) == "/etc/asterisk/extensions.conf:4"


def test_a_context_that_a_module_makes_is_no_dead_end() -> None:
    assert found("Goto(parkedcalls,701,1)") == ()


def test_a_jump_that_is_wrong_as_written_is_told_once() -> None:
    assert [f.code for f in found("Goto(gone,1,1)")] == ["dead-end"]


@pytest.mark.parametrize(
    ("extra", "circle"),
    [
        ("exten => 1,1,Goto(2,1)\nexten => 2,1,Goto(1,1)\n", True),
        (
            "exten => 1,1,Set(n=$[0${n}+1])\n same => n,GotoIf($[${n}>3]?end)\n same => n,Goto(1,1)\n same => n(end),Hangup()\n",
            False,
        ),
    ],
)
def test_a_circle_without_an_exit_is_bad(extra: str, circle: bool) -> None:
    assert ("loop-endless" in {f.code for f in found("Goto(1,1)", extra)}) is circle


KEYS = "exten => s,1,Background(hello)\n same => n,WaitExten(5)\n"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("exten => 1,1,Goto(internal,201,1)\n", None),
        ("exten => 1,1,Hangup()\n", None),
        ("exten => 1,1,Set(x=gone)\n same => n,Goto(${x},s,1)\n", "key-nowhere"),
        ("exten => 1,1,Goto(gone,s,1)\n", "key-nowhere"),
        ("exten => 1,1,Goto(2,1)\nexten => 2,1,Goto(1,1)\n", "loop-endless"),
    ],
)
def test_a_key_that_leads_nowhere(key: str, code: str | None) -> None:
    assert menu(KEYS + key) == ({code} if code else set())


@pytest.mark.parametrize(
    ("timeout", "endless"),
    [
        ("exten => t,1,Goto(s,1)\n", True),
        ("exten => t,1,Goto(internal,201,1)\n", False),
        ("exten => t,1,Set(n=$[0${n}+1])\n same => n,GotoIf($[${n}>2]?internal,201,1)\n same => n,Goto(s,1)\n", False),
    ],
)
def test_a_menu_that_never_ends_is_a_note(timeout: str, endless: bool) -> None:
    seen = menu(KEYS + "exten => 1,1,Goto(internal,201,1)\n" + timeout)
    assert seen == ({"menu-endless"} if endless else set())


@pytest.mark.parametrize(
    ("steps", "found_it"),
    [
        ("VoiceMail(201@default)", True),
        ("Dial(PJSIP/201,20)\n same => n,VoiceMail(201@default)", False),
        ("Queue(sales)", False),
        ("Playback(closed)\n same => n,Hangup()", False),
        ("VoiceMailMain(201@default)", False),
    ],
)
def test_a_number_that_reaches_only_voicemail(steps: str, found_it: bool) -> None:
    assert ("only-voicemail" in {f.code for f in found(steps)}) is found_it


def test_voicemail_at_night_is_as_it_should_be() -> None:
    hours = "GotoIfTime(08:00-18:00,*,*,*?open,1)\n same => n,VoiceMail(201@default)\nexten => open,1,Dial(PJSIP/201)"
    assert "only-voicemail" not in {f.code for f in found(hours)}


def test_voicemail_in_the_lunch_break_is_a_note() -> None:
    hours = (
        "GotoIfTime(08:00-11:59,*,*,*?open,1)\n same => n,GotoIfTime(13:00-18:00,*,*,*?open,1)\n"
        " same => n,VoiceMail(201@default)\nexten => open,1,Dial(PJSIP/201)"
    )
    assert {(f.code, f.severity) for f in found(hours)} == {("only-voicemail", "note"), ("closed-at-noon", "note")}


def test_a_context_that_no_call_comes_to_is_a_note() -> None:
    lost = "[lost]\nexten => 1,1,Dial(PJSIP/201)\n"
    assert [
        (f.code, f.severity, f.subject) for f in found("Dial(PJSIP/201)", "[internal2]\n" + lost) if "context" in f.code
    ] == [("context-unreachable", "note", "lost")]
    assert codes(INBOUND + INTERNAL + lost, others={"voicemail.conf": BOXES + "[general]\ncallback=lost\n"}) == set()
    assert codes(INBOUND + INTERNAL + lost, product="freepbx") & {"context-unreachable"} == set()


def test_a_circle_behind_a_message_is_told_for_callers_who_press_nothing() -> None:
    extra = "[closed]\nexten => s,1,Background(closed)\n same => n,Goto(round,s,1)\n"
    extra += "exten => 1,1,Hangup()\n[round]\nexten => s,1,Goto(s-,1)\n"
    (finding,) = [f for f in found("Goto(closed,s,1)", extra) if f.code == "loop-endless"]
    assert finding.severity == "bad" and "5550102" in finding.what and "press nothing" in finding.what


def test_a_message_that_goes_on_to_an_end_is_no_circle() -> None:
    extra = "[closed]\nexten => s,1,Background(closed)\n same => n,Hangup()\nexten => 1,1,Hangup()\n"
    assert "loop-endless" not in {f.code for f in found("Goto(closed,s,1)", extra)}
