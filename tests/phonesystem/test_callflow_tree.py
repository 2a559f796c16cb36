"""All that can happen to a call: every fork taken, equal ways merged, circles closed, and never without end."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.phonesystem.callflow import Entry, Forest, Tree, UnknownCall, entry, walk
from ringkeep.phonesystem.callflow.tree import NODE_LIMIT
from ringkeep.phonesystem.model import PhoneSystem
from tests.growth import Growth
from tests.phonesystem.systems import TUESDAY, system
from tests.phonesystem.test_callflow import APPLICATIONS

OTHERS = {
    "queues.conf": "[sales]\nmember => PJSIP/201\nmember => PJSIP/202\njoinempty = no\ncontext = quit\n",
    "voicemail.conf": "[default]\n201 => 1,Ana\n",
}
ENTRY = "[from-carrier]\nexten => 5550100,1,Goto(c,1,1)\n"


def made(text: str, **more: object) -> PhoneSystem:
    """A system whose number 5550100 leads to extension 1 of context [c]."""
    return system(ENTRY + "[c]\n" + text, others=OTHERS, **more)  # type: ignore[arg-type]


def tree(text: str, at: datetime = TUESDAY) -> Tree:
    return walk(made(text), "5550100", at=at)


def roads(grown: Tree) -> set[str]:
    """Every edge in words: "Menu c -key 1-> Extension 201"."""
    label = {node.id: str(node.label) for node in grown.nodes}
    return {
        f"{label[edge.source]} -{', '.join(map(str, edge.says))}-> {label[edge.target]}"
        for edge in grown.edges
        if edge.source
    }


def labels(grown: Tree) -> list[str]:
    return [str(node.label) for node in grown.nodes[1:]]


# -- forks ----------------------------------------------------------------------------------------------------


def test_a_phone_that_is_not_answered_shows_where_each_outcome_goes() -> None:
    grown = tree(
        "exten => 1,1,Dial(PJSIP/201,20)\n same => n,Goto(s-${DIALSTATUS},1)\n"
        "exten => s-BUSY,1,Playback(busy)\n same => n,Hangup()\nexten => _s-.,1,VoiceMail(201,u)\n"
    )
    assert roads(grown) == {
        "Extension 201, 20 s -answered-> In conversation", "Extension 201, 20 s -busy-> Announcement busy",
        "Announcement busy --> Hang up", "Extension 201, 20 s -nobody answers, not reachable-> Voicemail of 201",
    }  # fmt: skip


MENU = (
    "exten => 1,1,Background(welcome)\n same => n,WaitExten(5)\n"
    "exten => 2,1,Dial(PJSIP/201)\nexten => 3,1,Dial(PJSIP/201)\nexten => t,1,Hangup()\n"
)


def test_a_menu_shows_every_key_no_key_and_a_wrong_one() -> None:
    grown = tree(MENU)
    assert {road for road in roads(grown) if road.startswith("Menu")} == {
        "Menu c -key 1-> Menu c", "Menu c -key 2-> Extension 201", "Menu c -key 3-> Extension 201",
        "Menu c -no key, wrong key-> Hang up",
    }  # fmt: skip


def test_keys_with_the_same_target_are_one_edge() -> None:
    grown = tree(MENU.replace("3,1,Dial(PJSIP/201)", "3,1,Goto(2,1)"))
    assert "Menu c -keys 2, 3-> Extension 201" in roads(grown)


def test_extensions_that_can_be_keyed_are_one_way() -> None:
    grown = tree(MENU + "include => people\n[people]\nexten => 201,1,Dial(PJSIP/201)\nexten => 202,1,Dial(PJSIP/202)\n")
    assert "Menu c -an extension's number-> That extension, one of 2" in roads(grown)


def test_three_wrong_keys_and_out_is_a_way_back_and_a_way_out() -> None:
    grown = tree(
        "exten => 1,1,Set(N=0)\n same => n(again),Background(welcome)\n same => n,WaitExten(5)\n"
        "exten => t,1,Goto(i,1)\nexten => i,1,Set(N=$[${N} + 1])\n same => n,GotoIf($[${N} > 2]?out)\n"
        " same => n,Playback(wrong)\n same => n,Goto(1,again)\n same => n(out),Playback(bye)\n same => n,Hangup()\n"
    )
    assert roads(grown) >= {
        "Announcement wrong --> Menu c", "Menu c -no key, wrong key-> Announcement bye", "Announcement bye --> Hang up",
    }  # fmt: skip
    assert len(grown.nodes) < 10 and grown.complete


def test_a_queue_shows_its_overflow_who_is_not_there_and_its_keys() -> None:
    grown = tree("exten => 1,1,Queue(sales,,,,45)\n same => n,VoiceMail(201)\n[quit]\nexten => 0,1,Dial(PJSIP/202)\n")
    assert roads(grown) >= {
        "Queue sales, 2 people, 45 s -waited too long, nobody is there to answer-> Voicemail of 201",
        "Queue sales, 2 people, 45 s -key 0-> Extension 202",
    }  # fmt: skip


def test_a_carrier_that_refuses_leads_to_the_next() -> None:
    grown = tree("exten => 1,1,Dial(PJSIP/0123@carrier)\n same => n,Dial(PJSIP/201)\n")
    assert "To the carrier over carrier as 0123 -nobody answers, busy, not reachable, refused-> Extension 201" in roads(
        grown
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [("g", "answered, then the other hangs up"), ("G(c^2^1)", "answered, then the call goes on"),
     ("F(c^2^1)", "the caller hangs up, the other goes on")],
)  # fmt: skip
def test_an_answered_dial_goes_on_where_its_options_say(options: str, said: str) -> None:
    grown = tree(f"exten => 1,1,Dial(PJSIP/201,,{options})\n same => n,Goto(2,1)\nexten => 2,1,Echo()\n")
    assert any(said in road and road.endswith("Echo test") for road in roads(grown))


def test_a_pin_is_right_or_wrong_and_never_shown() -> None:
    grown = tree("exten => 1,1,Authenticate(4711)\n same => n,ConfBridge(800)\n")
    assert roads(grown) == {
        "Asks for a PIN -right PIN-> Conference 800", "Asks for a PIN -wrong PIN-> Hang up",
    }  # fmt: skip
    assert not any("4711" in node.application for node in grown.nodes)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("GotoIf($[${RAND(1,2)} = 1]?yes)", "chance"),
        ("GotoIf($[\"${CURL(http://h/)}\" = \"x\"]?yes)", "a web service"),
        ("ExecIf($[${SHELL(x)}]?Goto(yes))", "a program"),
        ("GosubIf($[${SHELL(x)}]?yes)", "a program"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_goes_both_ways(line: str, what: str) -> None:
    grown = tree(f"exten => 1,1,{line}\n same => n,Echo()\n same => n(yes),Directory()\n")
    asked = f"Decided by {what}"
    assert roads(grown) == {f"{asked} -if so-> Directory of names", f"{asked} -if not-> Echo test"}


def test_an_unknown_value_is_asked_where_it_decides_and_not_before() -> None:
    grown = tree("exten => 1,1,Set(V=${SHELL(x)})\n same => n,Set(W=${V}1)\n same => n,GotoIf($[${W}=1]?2,1:3,1)\n"
                 "exten => 2,1,Echo()\nexten => 3,1,Directory()\n")  # fmt: skip
    assert labels(grown)[0] == "Decided by a program: W = 1?" and len(grown.nodes) == 4


def test_only_a_script_can_have_set_what_the_dialplan_never_sets() -> None:
    grown = tree("exten => 1,1,AGI(vip.py)\n same => n,GotoIf($[\"${VIP}\" = \"1\"]?2,1:3,1)\n"
                 "exten => 2,1,Echo()\nexten => 3,1,Directory()\n")  # fmt: skip
    assert "Decided by the script vip.py: VIP = 1? -if so-> Echo test" in roads(grown)


def test_an_unknown_target_is_where_knowing_ends() -> None:
    grown = tree("exten => 1,1,Goto(${CURL(http://h/)})\n")
    assert (labels(grown), grown.dead_ends) == (["Decided by a web service"], ())


def test_digits_that_are_read_fork_where_they_are_compared() -> None:
    grown = tree("exten => 1,1,Read(PIN,enter,4)\n same => n,GotoIf($[\"${PIN}\" = \"1234\"]?2,1)\n same => n,Hangup()\n"
                 "exten => 2,1,Echo()\n")  # fmt: skip
    assert roads(grown) >= {
        "Asks for digits -digits keyed-> Decided by what the caller keys", "Decided by what the caller keys -if so-> Echo test",
        "Asks for digits -no key-> Hang up",
    }  # fmt: skip


# -- time -----------------------------------------------------------------------------------------------------

HOURS = (
    "exten => 1,1,GotoIfTime(09:00-17:00,mon-fri,*,*?2,1)\n same => n,VoiceMail(201)\nexten => 2,1,Dial(PJSIP/201)\n"
)


@pytest.mark.parametrize(
    ("hour", "said", "then"),
    [(10, "open now, until 17:00", "Extension 201"), (8, "closed now, until 09:00", "Voicemail of 201"),
     (20, "closed now, until 2026-01-07 09:00", "Voicemail of 201")],
)  # fmt: skip
def test_the_hour_decides_and_says_until_when(hour: int, said: str, then: str) -> None:
    grown = tree(HOURS, TUESDAY.replace(hour=hour, minute=0))
    assert f"Opening hours 09:00-17:00 mon-fri: {said} --> {then}" in roads(grown)


# -- dead ends and circles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [("Goto(gone,1,1)", "context gone is missing"), ("Goto(7,1)", "7 is not in c"),
     ("Goto(1)", "it goes round in circles for ever")],
)  # fmt: skip
def test_a_dead_end_is_marked_and_says_why(line: str, why: str) -> None:
    grown = tree(f"exten => 1,1,{line}\n")
    assert [str(node.label) for node in grown.dead_ends] == [f"Dead end: {why}"]


def test_a_menu_without_a_way_out_is_endless_and_one_with_a_key_is_not() -> None:
    stuck = "exten => 1,1,WaitExten(5)\nexten => t,1,Goto(1,1)\nexten => i,1,Goto(1,1)\n"
    assert tree(stuck).endless
    assert not tree(stuck + "exten => 2,1,Dial(PJSIP/201)\n").endless


LINES = st.sampled_from(
    ["Goto(1,1)", "Goto(2,1)", "Gosub(2,1(${ARG1}1))", "Return(${SHELL(x)})", "Macro(m,${A})", "While(${RAND(1,2)})",
     "EndWhile()", "Set(A=${A}1)", "Set(A=${CURL(x)})", "GotoIf(${A}?1,1:2,1)", "GotoIf(${SHELL(x)}?1,1:2,1)",
     "WaitExten(5)", "Background(a&b)", "Dial(Local/2@c)", "Dial(PJSIP/201,20,g)", "Dial(${SHELL(x)})",
     "Queue(sales,c,,,${A})", "ExecIf(${SHELL(x)}?Goto(2,1):Return())", "Read(A,x,1)", "Read(A,x)", "Authenticate(1)",
     "VoiceMail(201)", "AGI(x)", "GotoIfTime(*,*,*,*?2,1)", "Set(GLOBAL(G)=${G}1)", "Set(DB(a/b)=${DB(a/b)}1)"]
)  # fmt: skip
STEPS = st.one_of(LINES, APPLICATIONS)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=7), st.lists(STEPS, max_size=7))
def test_every_tree_ends_within_its_bounds(first: list[str], second: list[str]) -> None:
    lines = [
        f"exten => {n},1,NoOp()\n" + "".join(f" same => n,{a}\n" for a in part) for n, part in ((1, first), (2, second))
    ]
    text = (
        "".join(lines) + "exten => _[3-5],1,Goto(2,1)\nexten => t,1,Goto(1,1)\n[macro-m]\nexten => s,1,NoOp(${ARG1})\n"
    )
    started = time.process_time()
    grown = tree(text)
    assert len(grown.nodes) <= NODE_LIMIT + 10
    assert time.process_time() - started < 20
    assert {edge.source for edge in grown.edges} | {edge.target for edge in grown.edges} <= {n.id for n in grown.nodes}


# -- where a call begins --------------------------------------------------------------------------------------


def test_a_number_is_called_through_the_trunk_that_carries_it_or_from_a_phone_that_can_dial_it() -> None:
    built = system()
    assert (entry(built, "5550100", None).via, entry(built, "201", None).via) == ("carrier", "201")
    assert entry(built, "201", "202").channel == "PJSIP/202-00000001"


@pytest.mark.parametrize(("number", "via", "named"), [("777", None, "5550100"), ("201", "nobody", "carrier")])
def test_an_unknown_number_or_trunk_is_refused_with_what_there_is(number: str, via: str | None, named: str) -> None:
    with pytest.raises(UnknownCall, match=named):
        walk(system(), number, via, TUESDAY)


# -- a real system --------------------------------------------------------------------------------------------

SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[3] / "shared/systems")


@pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
def test_a_freepbx_menu_reads_as_its_people_named_it() -> None:
    from ringkeep.explanations.opened import opened

    with opened(SYSTEMS / "freepbx16") as given_system:
        grown = walk(given_system.system, "12125551000", at=datetime(2026, 11, 24, 10))
    told = labels(grown)
    assert {"Menu IVR 1", "Voicemail of 1001 Ben Smith", "Dead end: extension 1007 has no mailbox"} <= set(told)
    assert any("open now, until 16:30" in label for label in told)
    assert grown.complete and len(grown.nodes) < 40


def test_an_announcement_in_two_languages_is_one_thing() -> None:
    text = (
        "exten => 1,1,Set(CHANNEL(language)=fa)\n same => n,Playback(closed)\n"
        " same => n,Set(CHANNEL(language)=en)\n same => n,Playback(closed)\n same => n,Playback(closed)\n same => n,Hangup()\n"
    )
    two = walk(
        system("[c]\n" + text.replace(" same => n,Playback(closed)\n same => n,Hangup()\n", "")), "1", "c", TUESDAY
    )
    three = walk(system("[c]\n" + text), "1", "c", TUESDAY)
    assert [str(n.label) for n in two.nodes if n.kind == "announcement"] == ["Announcement closed, in fa, en"]
    assert [str(n.label) for n in three.nodes if n.kind == "announcement"] == ["Announcement closed, 3 times"]


def test_no_pin_that_digits_or_a_dial_tone_ask_for_is_told() -> None:
    grown = walk(
        made(
            'exten => 1,1,Read(PIN,enter,4)\n same => n,GotoIf($["${PIN}" = "4711"]?in)\n same => n,Hangup()\n'
            " same => n(in),DISA(8159,c)\n"
        ),
        "5550100", "carrier", TUESDAY,
    )  # fmt: skip
    told = repr([(str(n.label), n.application, n.stop.name) for n in grown.nodes])
    assert "DISA" in told and "PIN" in told
    assert "4711" not in told and "8159" not in told


def test_a_mailbox_is_left_by_the_keys_its_settings_allow() -> None:
    text = (
        "exten => 1,1,Macro(box,201)\nexten => o,1,Playback(operator)\n[macro-box]\n"
        "exten => s,1,VoiceMail(${ARG1},u)\nexten => a,1,Playback(away)\n"
    )
    others = {**OTHERS, "voicemail.conf": "[general]\noperator = yes\n[default]\n201 => 1,Ana\n"}
    grown = walk(system(ENTRY + "[c]\n" + text, others=others), "5550100", "carrier", TUESDAY)
    assert {"Voicemail of 201 -key 0-> Announcement operator", "Voicemail of 201 -key *-> Announcement away"} <= roads(
        grown
    )


@pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
def test_every_number_of_asterisks_own_tests_is_walked_in_little_time() -> None:
    """A sample of the dialplans that Asterisk is tested with: odd on purpose."""
    from ringkeep.explanations.opened import opened

    walked = 0
    for path in sorted((SYSTEMS / "asterisk-testsuite").rglob("extensions.conf"))[::12]:
        with opened(path.parent) as given_system:
            built = given_system.system
        forest = Forest(built, TUESDAY)
        for context in built.dialplan.contexts.values():
            for extension in context.extensions:
                if not extension.pattern.startswith("_"):
                    started = time.process_time()
                    begin = Entry(extension.pattern, None, context.name, "PJSIP/x-00000001", "", "", False)
                    assert forest.grow(begin).nodes
                    assert time.process_time() - started < 5, f"{path}: {context.name},{extension.pattern}"
                    walked += 1
    assert walked > 50


def test_a_walk_costs_no_more_in_a_larger_system() -> None:
    def cost(extensions: int) -> float:
        grown = Growth(extensions)
        forest, numbers = Forest(grown.system(), TUESDAY), list(grown.dids)[:40]
        forest.walk(numbers[0])  # what is looked up once for all
        started = time.process_time()
        for number in numbers:
            forest.walk(number)
        return time.process_time() - started

    assert cost(4_000) < 4 * cost(200) + 0.1


def test_a_menu_shows_the_patterns_that_callers_may_key_such_as_the_way_out() -> None:
    grown = tree(MENU + "include => outside\n[outside]\nexten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier)\n")
    assert any("-number 9X., such as 955" in road and "To the carrier" in road for road in roads(grown))


def test_a_pattern_of_extensions_is_told_as_their_numbers_only() -> None:
    grown = tree(MENU + "exten => _20X,1,Dial(PJSIP/${EXTEN})\n")
    assert not any("such as" in road for road in roads(grown))
    assert any("an extension's number" in road for road in roads(grown))
