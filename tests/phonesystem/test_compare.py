"""Changes as people make them are told as one sentence each, in files written by hand: nothing more, nothing less."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.model import PhoneSystem
from tests.oracle import house_changes
from tests.oracle.handwritten_changes import CASES, saba
from tests.oracle.nights import Case, Night, differences
from tests.phonesystem.systems import EXTENSIONS, PJSIP, system

MIRRORED = {"added": "removed", "removed": "added", "changed": "changed"}
SIP = """\
[general]
bindport=5060
register => account:canary-register@sip.carrier.example
[phones](!)
type=friend
context=internal
host=dynamic
allow=ulaw
[301](phones)
secret=canary-301
callerid=Old Name <301>
mailbox=301
[302](phones)
secret=canary-302
[provider]
type=peer
host=sip.carrier.example
username=account
secret=canary-register
context=from-carrier
"""
IAX = """\
[general]
bindport=4569
[401]
type=friend
context=internal
host=dynamic
secret=canary-401
[branch]
type=peer
host=203.0.113.5
username=us
secret=canary-branch
context=from-carrier
"""


@pytest.fixture(scope="module")
def base() -> tuple[Night, PhoneSystem]:
    """The sample phone system, and as it is read."""
    night = saba()
    return night, night.read()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_in_files_written_by_hand_is_told_once(base: tuple[Night, PhoneSystem], case: Case) -> None:
    night, system_ = base
    changes, wrong = differences(system_, night, case)
    assert wrong is None, "\n".join([wrong or "", *(change.text for change in changes)])


@pytest.mark.parametrize("case", house_changes.CASES, ids=lambda case: case.name)
def test_a_change_in_a_house_of_many_technologies_is_told_once(case: Case) -> None:
    night = house_changes.house()
    changes, wrong = differences(night.read(), night, case)
    assert wrong is None, "\n".join([wrong or "", *(change.text for change in changes)])
    assert not any("canary" in change.text for change in changes)


def texts(a: PhoneSystem, b: PhoneSystem) -> list[str]:
    return [change.text for change in compare(a, b)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("callerid=Old Name <301>", "callerid=New Name <301>", "Extension 301 is now called New Name, was Old Name"),
        ("secret=canary-302", "secret=other", "The SIP password of extension 302 changed"),
        ("[302](phones)\n", "[302](phones)\ncontext=nowhere\n",
         "Extension 302 can now dial nothing: its context nowhere does not exist in the dialplan; was internal"),
        ("mailbox=301\n", "mailbox=301@other\n", "The mailbox of extension 301 (Old Name) is now 301@other, was 301"),
        ("\nallow=ulaw\n", "\nallow=alaw\n", "The list of codecs is now alaw, was ulaw, for 2 extensions: 301, 302"),
        ("bindport=5060", "bindport=5070", "The port for signalling is now 5070, was 5060 (sip.conf [general] bindport)"),
    ],
)  # fmt: skip
def test_a_change_of_chan_sip_is_told(old: str, new: str, sentence: str) -> None:
    assert old in SIP
    before, after = (system(others={"sip.conf": text}) for text in (SIP, SIP.replace(old, new)))
    assert texts(before, after) == [sentence]


def test_a_sip_trunk_that_moves_takes_its_registration_along() -> None:
    before, after = (
        system(others={"sip.conf": text}) for text in (SIP, SIP.replace("sip.carrier.example", "sip.other.example"))
    )
    assert texts(before, after) == ["Trunk provider now uses the server sip.other.example, was sip.carrier.example"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("secret=canary-401", "secret=x", "The SIP password of extension 401 changed"),
        ("host=203.0.113.5", "host=203.0.113.6", "Trunk branch now uses the server 203.0.113.6, was 203.0.113.5"),
    ],
)
def test_a_change_of_iax_is_told(old: str, new: str, sentence: str) -> None:
    assert old in IAX
    before, after = (system(others={"iax.conf": text}) for text in (IAX, IAX.replace(old, new)))
    assert texts(before, after) == [sentence]


def test_a_phone_that_may_no_longer_dial_out_may_only_dial_inside() -> None:
    dialplan = EXTENSIONS + "[house]\nexten => 201,1,Dial(PJSIP/201,20)\n"
    before = system(dialplan)
    after = system(dialplan, pjsip=PJSIP.replace("context=internal\nauth=202", "context=house\nauth=202"))
    assert texts(before, after) == ["Extension 202 may now only dial inside (house, was internal)"]
    assert texts(after, before) == ["Extension 202 may now dial outside numbers (internal, was house)"]


def test_a_secret_in_a_dialplan_line_is_covered() -> None:
    before = system(EXTENSIONS + "[vault]\nexten => 900,1,Authenticate(13579)\n")
    after = system(EXTENSIONS + "[vault]\nexten => 900,1,Authenticate(24680)\n")
    (change,) = compare(before, after)
    assert (change.what, change.id) == ("dialplan", "vault,900")
    for said in (change.text, change.before or "", change.after or ""):
        assert "13579" not in said and "24680" not in said


# -- properties -----------------------------------------------------------------------------------------------

EDITS = st.lists(
    st.sampled_from([case for case in CASES if case.told]), min_size=0, max_size=3, unique_by=lambda case: case.name
)


def edited(night: Night, cases: list[Case]) -> PhoneSystem:
    made = night.copy()
    for case in cases:
        try:
            case.make(made)
        except AssertionError:
            continue  # two edits of one line: the first stands
    return made.read()


def turned(change: Change) -> tuple[str, str, str, str | None, str | None, str | None]:
    return (MIRRORED[change.change], change.what, change.id, change.field, change.after, change.before)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS, EDITS)
def test_differences_mirror_and_of_itself_a_system_has_none(
    base: tuple[Night, PhoneSystem], first: list[Case], second: list[Case]
) -> None:
    night, _ = base
    a, b = edited(night, first), edited(night, second)
    assert compare(a, a) == () and compare(b, b) == ()
    forth = {(c.change, c.what, c.id, c.field, c.before, c.after) for c in compare(a, b)}
    assert {turned(change) for change in compare(b, a)} == forth


def test_the_order_of_sections_means_nothing() -> None:
    start = PJSIP.index("[201]")
    parts = ["[" + part for part in PJSIP[start:].split("[") if part]
    assert compare(system(), system(pjsip=PJSIP[:start] + "".join(reversed(parts)))) == ()


@pytest.mark.parametrize("number", [301, 302])
def test_systems_that_share_nothing_are_compared_without_an_error(base: tuple[Night, PhoneSystem], number: int) -> None:
    _, sample = base
    other = system(others={"sip.conf": SIP, "iax.conf": IAX})
    assert any(str(number) == change.id for change in compare(sample, other))
    assert any(str(number) == change.id for change in compare(other, sample))
