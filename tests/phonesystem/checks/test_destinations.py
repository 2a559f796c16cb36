"""Where only a product's settings were handed over, what its pages lead to is looked at, and nothing is said of files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.checks import Beside, Finding, review
from ringkeep.phonesystem.model import Destination, Menu, MenuKey
from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, OTHERS, PJSIP
from tests.phonesystem.systems import TUESDAY, system

PLACE = Place("modulejson/Ivr.json", 0)


def settings(destination: Destination) -> tuple[Finding, ...]:
    """A FreePBX of which there is no dialplan, with a menu whose key 1 leads there."""
    whole = system(INBOUND + INTERNAL, pjsip=PJSIP, others=OTHERS, product="freepbx")
    menu = Menu("1", "ivr-1", (), (MenuKey("1", destination, PLACE),), PLACE, title="Main")
    alone = replace(whole, dialplan=Dialplan(), menus=(menu,), inbound_numbers=(), outbound_routes=())
    return review(replace(alone, configurations={}), Beside(at=TUESDAY))


@pytest.mark.parametrize(
    ("kind", "identity", "found"),
    [("extension", "201", False), ("extension", "299", True), ("queue", "sales", False), ("queue", "other", True),
     ("mailbox", "999", True), ("hangup", "", False), ("announcement", "7", False)],
)  # fmt: skip
def test_a_key_to_what_does_not_exist_is_found(kind: str, identity: str, found: bool) -> None:
    seen = settings(Destination(kind, identity, "as written"))
    assert {f.code for f in seen} == {"settings-only", "goto-nowhere"} if found else {"settings-only"}
    assert [f.what for f in seen if f.code == "goto-nowhere"] == (
        [f"key 1 of menu Main leads to {kind} {identity}, which does not exist"] if found else []
    )
