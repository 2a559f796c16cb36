"""What is dialled: numbers from outside, menus, groups, routes out, codes and conferences."""

from __future__ import annotations

import pytest

from tests.phonesystem.systems import EXTENSIONS, system


def inbound(lines: str) -> list[tuple[str, str | None]]:
    made = system(f"[from-carrier]\n{lines}[internal]\nexten => 201,1,Dial(PJSIP/201)\n")
    return [(number.number, number.callerid) for number in made.inbound_numbers]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("exten => 5550100,1,Answer()\n", [("5550100", None)]),
        ("exten => +495550100,1,Answer()\n", [("+495550100", None)]),
        ("exten => 5550100,1,Hangup()\n", []),
        ("exten => s,1,Answer()\nexten => _X.,1,Answer()\n", []),
        ("include => more\n[more]\nexten => 5550101,1,Answer()\n", [("5550101", None)]),
        ("exten => _X.,1,Goto(did,${EXTEN},1)\n[did]\nexten => 5550102,1,Answer()\n", [("5550102", None)]),
        ("exten => 5550100/301,1,Answer()\n", [("5550100", "301")]),
        ("exten => 5550100,1,Answer()\nexten => 5550100/301,1,Answer()\n", [("5550100", None)]),
    ],
)
def test_a_number_from_outside_is_one_that_a_carrier_can_dial(lines: str, wanted: list[tuple[str, str | None]]) -> None:
    assert inbound(lines) == wanted


def test_a_number_names_the_trunks_that_carry_it() -> None:
    assert system().inbound_numbers[0].trunks == ("carrier",)


def test_a_menu_plays_and_has_keys() -> None:
    (menu,) = system(EXTENSIONS + "[ivr]\nexten => s,1,Background(a&b)\n same => n,WaitExten()\nexten => 1,1,Goto(internal,201,1)\n"
                     "exten => t,1,Hangup()\n").menus  # fmt: skip
    assert (menu.name, menu.prompts, [key.key for key in menu.keys]) == ("ivr", ("a", "b"), ["1", "t"])


def test_a_dial_of_several_phones_is_a_ring_group() -> None:
    (group,) = system(EXTENSIONS + "exten => 600,1,Dial(PJSIP/201&PJSIP/202)\n").ring_groups
    assert (group.number, group.members) == ("600", ("201", "202"))


def test_a_pattern_that_comes_to_a_trunk_is_a_route_out() -> None:
    (route,) = system().outbound_routes
    assert (route.pattern, route.context, route.trunks) == ("_9X.", "internal", ("carrier",))


def test_a_route_is_followed_through_a_goto() -> None:
    text = "[internal]\nexten => _0X.,1,Goto(out,${EXTEN:1},1)\n[out]\nexten => _X.,1,Dial(PJSIP/${EXTEN}@carrier)\n"
    assert [(route.pattern, route.trunks) for route in system(text).outbound_routes] == [("_0X.", ("carrier",))]


def test_a_code_is_a_star_and_digits_but_not_an_extensions_mailbox() -> None:
    made = system(EXTENSIONS + "exten => *97,1,VoiceMailMain()\nexten => *201,1,VoiceMail(201)\n")
    assert [code.code for code in made.feature_codes] == ["*97"]


def test_a_conference_has_a_number() -> None:
    assert [room.number for room in system(EXTENSIONS + "exten => 800,1,ConfBridge(1)\n").conferences] == ["800"]
