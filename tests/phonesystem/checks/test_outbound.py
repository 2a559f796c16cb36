"""Routes that are hidden, dead or without limit."""

from __future__ import annotations

import pytest

from tests.phonesystem.checks.reviewed import INBOUND, PJSIP, codes, reviewed

PEOPLE = "exten => 201,1,Dial(PJSIP/201)\n"


def dial(pattern: str, trunk: str = "carrier") -> str:
    return f"exten => {pattern},1,Set(GROUP()=out)\n same => n,Dial(PJSIP/${{FILTER(0-9,${{EXTEN}})}}@{trunk})\n"


def routes(first: str, second: str) -> str:
    return INBOUND + "[internal]\n" + PEOPLE + f"include => one\ninclude => two\n[one]\n{first}[two]\n{second}"


SHADOWED = {
    "a wider pattern first": (dial("_0.", "second"), dial("_00X."), True),
    "a pattern of the same numbers first": (dial("_0XXX", "second"), dial("_0[0-9]XX"), True),
    "a number behind a pattern": (dial("_1XX", "second"), dial("110"), True),
    "an announcement first": ("exten => _0.,1,Playback(no)\n", dial("_00X."), True),
    "the narrower first": (dial("_00X."), dial("_0.", "second"), False),
    "others": (dial("_09X."), dial("_08X.", "second"), False),
    "longer numbers": (dial("_0XXX"), dial("_0XXXX", "second"), False),
    "the same trunk anyway": (dial("_0."), dial("_00X."), False),
    "only for one caller": ("exten => _0./201,1,Playback(no)\n", dial("_00X."), False),
}


@pytest.mark.parametrize(("first", "second", "found"), SHADOWED.values(), ids=SHADOWED)
def test_a_pattern_that_no_number_reaches(first: str, second: str, found: bool) -> None:
    assert ("route-shadowed" in codes(routes(first, second))) is found


def test_in_one_context_asterisk_takes_the_narrower_whatever_the_order() -> None:
    extensions = INBOUND + "[internal]\n" + PEOPLE + dial("_0.", "second") + dial("_00X.")
    assert "route-shadowed" not in codes(extensions)


FREEPBX = (
    "[globals]\nOUT_1=PJSIP\nOUT_1_SUFFIX=@carrier\nOUTMAXCHANS_1={limit}\nOUTDISABLE_1={first}\n"
    "OUT_2=PJSIP\nOUT_2_SUFFIX=@second\nOUTMAXCHANS_2=4\nOUTDISABLE_2={second}\n" + INBOUND
    + "[internal]\n" + PEOPLE + "include => outrt-1\n[outrt-1]\nexten => _0X.,1,Macro(dialout-trunk,1,${{EXTEN}},,off)\n"
    " same => n,Macro(dialout-trunk,2,${{EXTEN}},,off)\n[macro-dialout-trunk]\nexten => s,1,NoOp()\n"
)  # fmt: skip


def freepbx(limit: str = "4", first: str = "off", second: str = "off") -> str:
    return FREEPBX.format(limit=limit, first=first, second=second)


@pytest.mark.parametrize(
    ("first", "second", "found"), [("on", "on", True), ("on", "off", False), ("off", "off", False)]
)
def test_a_route_whose_trunks_are_all_switched_off(first: str, second: str, found: bool) -> None:
    assert ("route-without-trunk" in codes(freepbx(first=first, second=second), product="freepbx")) is found


def test_a_route_that_names_no_trunk() -> None:
    text = freepbx().replace("Macro(dialout-trunk", "Macro(other")
    assert "route-without-trunk" in codes(text, product="freepbx")


@pytest.mark.parametrize(("limit", "found"), [("", True), ("30", False)])
def test_a_trunk_of_freepbx_without_limit(limit: str, found: bool) -> None:
    seen = reviewed(freepbx(limit=limit), product="freepbx")
    assert [f.severity for f in seen if f.code == "trunk-unlimited"] == (["note"] if found else [])


@pytest.mark.parametrize(("step", "found"), [("Set(GROUP()=out)", False), ("NoOp()", True)])
def test_a_dialplan_that_counts_its_calls_has_a_limit(step: str, found: bool) -> None:
    extensions = INBOUND + "[internal]\n" + PEOPLE + dial("_0X.").replace("Set(GROUP()=out)", step)
    assert ("trunk-unlimited" in codes(extensions, pjsip=PJSIP)) is found
