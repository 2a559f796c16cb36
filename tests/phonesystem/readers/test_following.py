"""Hand-written dialplans of several styles: what menus, numbers, hours and codes lead to."""

from __future__ import annotations

import pytest

from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.model import PhoneSystem
from tests.phonesystem.systems import EXTENSIONS, PJSIP, system

QUEUES = "[support]\nstrategy=ringall\nmember => PJSIP/201\n"
ENDPOINTS = """\
[alice]
type=endpoint
context=internal
auth=alice
aors=alice
[alice]
type=auth
username=alice
password=s3
[alice]
type=aor
[SIP-0002]
type=endpoint
context=internal
auth=SIP-0002
aors=SIP-0002
[SIP-0002]
type=auth
username=x
password=s3
[SIP-0002]
type=aor
"""


def made(dialplan: str, **others: object) -> PhoneSystem:
    return system(EXTENSIONS + dialplan, others={"queues.conf": QUEUES}, **others)


def to(dialplan: str) -> str:
    """What pressing 1 in a menu comes to."""
    menu = next(
        m
        for m in made("[ivr]\nexten => s,1,Background(hello)\n same => n,WaitExten(5)\n" + dialplan).menus
        if m.name == "ivr"
    )
    return next(words_of(key.destination) for key in menu.keys if key.key == "1")  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("exten => 1,1,Dial(PJSIP/201,20)\n", "extension 201"),
        ("exten => 1,1,NoOp(x)\n same => n,Goto(internal,202,1)\n", "extension 202"),
        ("exten => 1,1,Goto(people,${OPERATOR},1)\n[globals]\nOPERATOR=201\n[people]\nexten => _20X,1,Dial(PJSIP/${EXTEN})\n", "extension 201"),
        ("exten => 1,1,Queue(support,t,,,60)\n", "queue support"),
        ("exten => 1,1,VoiceMail(201@default,u)\n", "mailbox 201"),
        ("exten => 1,1,Set(BOX=290)\n same => n,VoiceMail(${BOX}@default)\n", "mailbox 290"),
        ("exten => 1,1,Dial(PJSIP/201&PJSIP/202,20)\n", "ring group 1"),
        ("exten => 1,1,Answer()\n same => n,Playback(opening-hours)\n same => n,Hangup()\n", "announcement opening-hours"),
        ("exten => 1,1,Hangup()\n", "hang up"),
        ("exten => 1,1,ConfBridge(staff)\n[internal]\nexten => 600,1,ConfBridge(staff)\n", "conference 600"),
        ("exten => 1,1,Dial(PJSIP/5550199@carrier)\n", "trunk carrier 5550199"),
        ("exten => 1,1,Goto(ivr,s,1)\n", "menu ivr"),
        ("exten => 1,1,Directory(default)\n", "directory"),
        ("exten => 1,1,Dial(Local/201@internal)\n", "extension 201"),
        ("exten => 1,1,Gosub(ring,s,1(201))\n[ring]\nexten => s,1,Dial(PJSIP/${ARG1},20)\n same => n,Return()\n", "extension 201"),
        ("exten => 1,1,Macro(ring,PJSIP/202)\n[macro-ring]\nexten => s,1,Dial(${ARG1},20)\n", "extension 202"),
        ("exten => 1,1,Goto(${SOMEWHERE},1,1)\n", "dialplan ivr,1"),
        ("exten => 1,1,Goto(nowhere,s,1)\n", "dialplan nowhere,s"),
        ("exten => 1,1,Goto(ext-group,601,1)\n", "ring group 601"),
        ("exten => 1,1,Goto(1,1)\n", "dialplan ivr,1"),
    ],
)  # fmt: skip
def test_a_key_leads_to_what_a_caller_meets(lines: str, wanted: str) -> None:
    assert to(lines) == wanted


def test_a_menu_that_reads_digits_has_its_keys() -> None:
    text = (
        "[read]\nexten => s,1,Answer()\n same => n(again),Read(KEY,main-menu,1,,2,5)\n"
        ' same => n,GotoIf($["${KEY}" = "1"]?internal,201,1)\n same => n,GotoIf($["${KEY}"="2"]?away)\n'
        " same => n,Goto(again)\n same => n(away),VoiceMail(202)\n"
    )
    (menu,) = made(text).menus
    assert (menu.name, menu.prompts) == ("read", ("main-menu",))
    assert {k.key: words_of(k.destination) for k in menu.keys} == {"1": "extension 201", "2": "mailbox 202"}


def test_two_menus_of_one_template_are_two() -> None:
    text = (
        "[menu](!)\nexten => s,1,Background(main)\n same => n,WaitExten(4)\nexten => 1,1,Goto(internal,201,1)\n"
        "[menu-a](menu)\n[menu-b](menu)\n[first]\nexten => s,1,Background(choose)\nexten => 1,1,Goto(menu-a,s,1)\n"
        "exten => 2,1,Goto(menu-b,s,1)\n"
    )
    menus = {m.name: m for m in made(text).menus}
    assert {k.key: words_of(k.destination) for k in menus["first"].keys} == {"1": "menu menu-a", "2": "menu menu-b"}


def test_a_pattern_of_keys_is_each_of_them() -> None:
    text = "[ivr]\nexten => s,1,Background(a)\nexten => _[1-3],1,Queue(support)\nexten => i,1,Hangup()\n"
    (menu,) = made(text).menus
    assert [k.key for k in menu.keys] == ["1", "2", "3", "i"]


def test_a_menu_lets_callers_key_an_extension_when_they_can() -> None:
    menu = "[ivr]\nexten => s,1,Background(a)\nexten => 1,1,Queue(support)\n"
    assert [m.direct_dial for m in (*made(menu).menus, *made(menu + "include => internal\n").menus)] == [False, True]


# -- hours and switches -----------------------------------------------------------------------------------------


def test_opening_hours_have_both_ways_and_a_holiday_is_closed() -> None:
    text = (
        "[from-carrier]\nexten => 5550177,1,GotoIfTime(*,*,20-24,mar?closed)\n"
        " same => n,GotoIfTime(08:00-17:00,sat-wed,*,*?open)\n same => n,GotoIfTime(08:00-13:00,thu,*,*?open)\n"
        " same => n(closed),VoiceMail(201)\n same => n(open),Queue(support)\n"
    )
    (hours,) = made(text).time_conditions
    assert hours.id == "from-carrier,5550177"
    assert hours.times == ("08:00-17:00,sat-wed,*,*", "08:00-13:00,thu,*,*")
    assert (words_of(hours.inside), words_of(hours.outside)) == ("queue support", "mailbox 201")
    number = next(n for n in made(text).inbound_numbers if n.number == "5550177")
    assert words_of(number.destination) == "time condition from-carrier,5550177"


def test_a_zone_is_no_part_of_the_times() -> None:
    text = "[from-carrier]\nexten => 5550177,1,GotoIfTime(08:00-17:00,*,*,*,Asia/Tehran?internal,201,1)\n same => n,Hangup()\n"
    (hours,) = made(text).time_conditions
    assert (hours.times, hours.zone, words_of(hours.outside)) == (("08:00-17:00,*,*,*",), "Asia/Tehran", "hang up")


def test_an_include_with_times_is_a_time_condition() -> None:
    text = "[from-carrier]\ninclude => day,08:00-17:00,mon-fri,*,*\n[day]\nexten => 5550178,1,Queue(support)\n"
    (hours,) = made(text).time_conditions
    assert (hours.id, hours.times) == ("from-carrier,day", ("08:00-17:00,mon-fri,*,*",))


@pytest.mark.parametrize(("stored", "night"), [("on", True), ("off", False), (None, None)])
def test_a_value_that_staff_set_is_a_night_switch(stored: str | None, night: bool | None) -> None:
    text = (
        "[internal]\nexten => *28,1,Set(DB(night/mode)=on)\nexten => *29,1,Set(DB(night/mode)=off)\n"
        '[from-carrier]\nexten => 5550179,1,GotoIf($["${DB(night/mode)}" = "on"]?closed)\n same => n,Queue(support)\n'
        " same => n(closed),VoiceMail(202)\n"
    )
    made_ = made(text, database={"/night/mode": stored} if stored else {})
    (switch,) = made_.night_switches
    assert (words_of(switch.day), words_of(switch.night), switch.is_night) == ("queue support", "mailbox 202", night)
    number = next(n for n in made_.inbound_numbers if n.number == "5550179")
    assert words_of(number.destination) == "night switch from-carrier,5550179"


# -- who is who -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "exten => 301,1,Dial(PJSIP/alice,20)\nexten => 302,1,Dial(PJSIP/SIP-0002,20)\n",
        "exten => 301,hint,PJSIP/alice\nexten => 302,hint,PJSIP/SIP-0002\nexten => _30X,1,Goto(else,s,1)\n",
        "exten => 301,1,Macro(std,PJSIP/alice)\nexten => 302,1,Macro(std,PJSIP/SIP-0002)\n[macro-std]\nexten => s,1,Dial(${ARG1},20)\n",
        "exten => 301,1,Gosub(std,s,1(alice))\nexten => 302,1,Gosub(std,s,1(SIP-0002))\n[std]\nexten => s,1,Dial(PJSIP/${ARG1})\n same => n,Return()\n",
    ],
)  # fmt: skip
def test_an_extension_has_the_number_that_rings_it(lines: str) -> None:
    found = system("[internal]\n" + lines, pjsip=ENDPOINTS).extensions
    assert [(e.number, e.endpoint) for e in found] == [("301", "alice"), ("302", "SIP-0002")]


def test_a_phone_whose_own_name_is_dialled_keeps_it() -> None:
    assert [e.number for e in made("exten => 901,1,Goto(internal,201,1)\n").extensions] == ["201", "202"]


def test_digits_within_a_name_count_when_a_pattern_dials_it() -> None:
    pjsip = ENDPOINTS.replace("SIP-0002", "SIP-302")
    found = system("[internal]\nexten => _30X,1,Dial(PJSIP/SIP-${EXTEN})\n", pjsip=pjsip).extensions
    assert [e.number for e in found] == ["alice", "302"]


def test_a_queue_has_the_number_that_is_dialled_for_it_and_its_end() -> None:
    (queue,) = made("exten => 700,1,Goto(q,support,1)\n[q]\nexten => support,1,Queue(support,t,,,45)\n same => n,VoiceMail(201)\n").queues  # fmt: skip
    assert (queue.number, queue.timeout_s, words_of(queue.destination)) == ("700", 45, "mailbox 201")


def test_a_ring_group_has_its_number_and_end() -> None:
    text = "exten => 610,1,Goto(groups,sales,1)\n[groups]\nexten => sales,1,Dial(PJSIP/201&PJSIP/202,25)\n same => n,VoiceMail(201)\n"
    (group,) = made(text).ring_groups
    assert (group.number, group.ring_s, words_of(group.destination)) == ("610", 25, "mailbox 201")


def test_paging_names_its_phones() -> None:
    (group,) = made("exten => 750,1,Page(PJSIP/201&PJSIP/202,i)\n").paging_groups
    assert (group.number, group.members) == ("750", ("201", "202"))


# -- the way out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "strip", "prepend"),
    [
        ("exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier)\n", 1, ""),
        ("exten => _0X.,1,Dial(PJSIP/+49${EXTEN:1}@carrier,60)\n", 1, "+49"),
        ("exten => _9X.,1,Goto(out,${EXTEN:1},1)\n[out]\nexten => _X.,1,Dial(PJSIP/021${EXTEN}@carrier)\n", 1, "021"),
        ("exten => _9X.,1,Set(N=${EXTEN:2})\n same => n,Dial(PJSIP/carrier/sip:${N}@203.0.113.1)\n", 2, ""),
        ("exten => _NXXXXXX,1,Dial(PJSIP/${EXTEN}@carrier)\n", 0, ""),
        ("exten => _9X.,1,AGI(route.agi)\n same => n,Dial(PJSIP/${ROUTED}@carrier)\n", None, ""),
    ],
)
def test_what_the_carrier_sees_is_known_from_the_road(lines: str, strip: int | None, prepend: str) -> None:
    (route,) = system("[internal]\n" + lines).outbound_routes
    assert (route.trunks, route.strip, route.prepend) == (("carrier",), strip, prepend)


def test_a_second_trunk_is_behind_the_first_ones_failure() -> None:
    second = PJSIP + PJSIP[PJSIP.index("[carrier]") :].replace("carrier", "spare").replace("203.0.113.1", "203.0.113.2")
    text = (
        "[internal]\nexten => 110,1,Dial(PJSIP/${EXTEN}@carrier)\n same => n,Goto(${DIALSTATUS},1)\n"
        " same => n(second),Dial(PJSIP/${EXTEN}@spare)\n"
    )
    (route,) = system(text, pjsip=second).outbound_routes
    assert (route.trunks, route.emergency) == (("carrier", "spare"), True)


# -- hostile ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[internal]\nexten => 300,1,Goto(internal,301,1)\nexten => 301,1,Goto(internal,300,1)\n",
        "[internal]\nexten => 300,1,Gosub(internal,300,1())\n",
        "[internal]\nexten => 300,1,Macro(x)\n[macro-x]\nexten => s,1,Macro(x)\n same => n,Macro(x)\n",
        "[from-carrier]\nexten => 5550111,1,Dial(Local/300@internal)\n[internal]\nexten => 300,1,Dial(Local/300@internal)\n",
        "[internal]\nexten => 300,1,Set(A=${A}${A}x)\n same => n,Goto(internal,300,1)\n",
        "[ivr]\nexten => s,1,Background()\nexten => 1,1,Goto(\nexten => 2,1,Goto(,,)\nexten => 3,1,Dial(&&/)\n",
        "[a]\nexten => s,1,GotoIfTime()\nexten => t,1,GotoIfTime(?)\nexten => _[,1,Queue()\nexten => _[9-0],1,Read()\n",
        "[ivr]\nexten => s,1,Read(K)\n same => n,GotoIf($[${K}=1]?)\n",
    ],
)
def test_circles_and_rubbish_end(text: str) -> None:
    assert system(text).product == "asterisk"
