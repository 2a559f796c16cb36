"""What FreePBX and Issabel generate, old and new, is read with the product's own ids."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.source import open_source
from tests.phonesystem.systems import system

GENERATED = "[from-internal-additional]\ninclude => ext-group\n[from-carrier]\ninclude => ext-did\n[internal]\ninclude => outbound-allroutes\n"
SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[4] / "shared/systems")
real = pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")


def made(text: str, **others: object) -> PhoneSystem:
    return system(GENERATED + text, product="freepbx", **others)


def test_a_menu_has_its_id_its_name_and_its_last_resorts() -> None:
    (menu,) = made(
        "[ivr-7] ; Main ; menu\ninclude => from-did-direct-ivr\n"
        "exten => s,1,Set(IVR_MSG=custom/welcome&custom/choose)\nexten => s,n,Background(${IVR_MSG})\nexten => s,n,WaitExten(12,)\n"
        "exten => 1,1,Set(__ivrreturn=0)\nexten => 1,n(ivrsel-1),Goto(ext-local,vmu201,1)\n"
        "exten => 25,1,Goto(from-did-direct,201,1)\n"
        "exten => t,1,GotoIf($[${LOOP} > 3]?final)\nexten => t,n,Goto(s,start)\nexten => t,n(final),Playback(bye)\n"
        "exten => t,n,Goto(app-blackhole,hangup,1)\nexten => i,1,Goto(s,start)\nexten => i,n(final),Goto(ivr-2,s,1)\n"
    ).menus
    assert (menu.name, menu.context, menu.title, menu.timeout_s) == ("7", "ivr-7", "Main ; menu", 12)
    assert (menu.prompts, menu.direct_dial) == (("custom/welcome", "custom/choose"), True)
    assert {k.key: words_of(k.destination) for k in menu.keys} == {
        "1": "mailbox 201", "25": "extension 201", "t": "hang up", "i": "menu 2",
    }  # fmt: skip


def test_a_route_out_has_all_its_patterns_and_its_trunks_in_order() -> None:
    text = (
        "[globals]\nOUT_1=SIP/CarrierA\nOUT_2=PJSIP\nOUT_2_SUFFIX=@carrier\n[outbound-allroutes]\ninclude => outrt-4\n[outrt-4] ; Abroad\n"
        "exten => _9011.,1,Macro(user-callerid)\nexten => _9011.,n,Macro(dialout-trunk,2,00${EXTEN:4},,off)\n"
        "exten => _9011.,n,Macro(dialout-trunk,1,00${EXTEN:4},1234,off)\n"
        "exten => _800X/201,1,Gosub(macro-dialout-trunk,s,1(2,${EXTEN},,off))\n"
    )
    (route,) = made(text).outbound_routes
    assert (route.id, route.name, route.trunks) == ("4", "Abroad", ("carrier", "CarrierA"))
    assert [(p.pattern, p.strip, p.prepend, p.caller) for p in route.patterns] == [
        ("_9011.", 4, "00", None), ("_800X", 0, "", "201"),
    ]  # fmt: skip


def test_a_trunk_has_its_number_and_limits_from_the_globals() -> None:
    (trunk,) = made("[globals]\nOUT_3=PJSIP/carrier\nOUTDISABLE_3=on\nOUTMAXCHANS_3=12\nOUTCID_3=5550100\n").trunks
    assert (trunk.id, trunk.enabled, trunk.max_channels, trunk.outbound_caller) == ("3", False, 12, "5550100")


@pytest.mark.parametrize(
    "lines",
    [
        "exten => 5,1,GotoIfTime(08:00-17:00|mon-fri|*|*?ivr-1,s,1)\nexten => 5,n,Goto(ext-queues,401,1)\n",
        "exten => 5,1,GotoIfTime(08:00-17:00,mon-fri,*,*?truestate)\nexten => 5,n(falsestate),GotoIf($[1]?truegoto)\n"
        'exten => 5,n(falsegoto),GotoIf($["${TCRETURN}"!="RETURN"]?ext-queues,401,1)\nexten => 5,n(truestate),NoOp()\n'
        'exten => 5,n(truegoto),GotoIf($["${TCRETURN}"!="RETURN"]?ivr-1,s,1)\n',
    ],
)
def test_opening_hours_of_any_age_have_both_ways(lines: str) -> None:
    (hours,) = made("[timeconditions]\n" + lines, database={"/TC/5": "false_sticky"}).time_conditions
    assert (hours.id, hours.times, hours.override) == ("5", ("08:00-17:00,mon-fri,*,*",), "false_sticky")
    assert (words_of(hours.inside), words_of(hours.outside)) == ("menu 1", "queue 401")


@pytest.mark.parametrize(("state", "night"), [("NIGHT", True), ("DAY", False), (None, None)])
def test_a_night_switch_stands_as_astdb_says(state: str | None, night: bool | None) -> None:
    text = '[app-daynight]\nexten => 2,1,GotoIf($["${DB(DAYNIGHT/C2)}" = "NIGHT"]?app-announcement-3,s,1:ivr-1,s,1)\n'
    (switch,) = made(text, database={"/DAYNIGHT/C2": state} if state else {}).night_switches
    assert (switch.id, words_of(switch.day), words_of(switch.night), switch.is_night) == (
        "2",
        "menu 1",
        "announcement 3",
        night,
    )


def test_a_route_for_any_number_has_none() -> None:
    text = (
        "[ext-did]\ninclude => ext-did-0002\n[ext-did-0002]\nexten => s,1,NoOp()\nexten => s,n(dest-ext),Goto(ivr-1,s,1)\n"
        "exten => _555XXXX/201,1,NoOp()\nexten => _555XXXX/201,n(dest-ext),Goto(ext-queues,401,1)\nexten => fax,1,Goto(a,b,1)\n"
    )
    found = [(n.number, n.callerid, words_of(n.destination)) for n in made(text).inbound_numbers]
    assert found == [("", None, "menu 1"), ("_555XXXX", "201", "queue 401")]


def test_dial_in_access_tells_that_there_is_a_pin_and_never_which() -> None:
    text = "[disa]\nexten => 1,1,Authenticate(9876)\nexten => 1,n,DISA(no-password,from-internal)\nexten => 2,1,DISA(no-password,from-internal)\n"
    found = made(text).direct_accesses
    assert [(d.id, d.has_pin, d.context) for d in found] == [
        ("1", True, "from-internal"),
        ("2", False, "from-internal"),
    ]
    assert "9876" not in repr(found)


def test_codes_have_names_and_a_code_for_a_number_is_none() -> None:
    text = "[internal]\ninclude => app-dnd-on\n[app-dnd-on]\nexten => *78,1,Answer()\n[ext-group]\nexten => 601,1,NoOp()\n[internal]\nexten => *45601,1,NoOp()\n"
    assert [(c.code, c.name) for c in made(text).feature_codes] == [("*78", "Do not disturb on")]


def test_states_that_people_dialled_are_read_from_astdb() -> None:
    database = {
        "/CF/201": "5550123",
        "/CFB/201": "202",
        "/DND/202": "YES",
        "/CW/202": "ENABLED",
        "/blacklist/5559": "1",
        "/blacklist/dest": "x",
    }
    found = made("", database=database)
    assert [(c.extension, c.forward_always, c.forward_busy, c.do_not_disturb, c.call_waiting) for c in found.call_states] == [
        ("201", "5550123", "202", False, None), ("202", None, None, True, True),
    ]  # fmt: skip
    assert found.blacklist == ("5559",)


def test_the_owners_own_contexts_are_read_as_hand_written() -> None:
    text = "[from-internal-custom]\nexten => 888,1,Dial(PJSIP/201&PJSIP/202)\n[ext-group]\nexten => 601,1,Macro(dial,20,tr,201-202)\nexten => 601,n,Goto(ext-local,vmu201,1)\n"
    found = made(text)
    assert [(g.number, g.members, words_of(g.destination)) for g in found.ring_groups] == [
        ("601", ("201", "202"), "mailbox 201"), ("888", ("201", "202"), "nothing"),
    ]  # fmt: skip


# -- real ones ----------------------------------------------------------------------------------------------------


def opened(path: Path) -> PhoneSystem:
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(path, Path(folder) / "system")
        return phone_system(source, read_contents(source))


LISTS = (
    "extensions", "mailboxes", "queues", "ring_groups", "menus", "time_conditions", "inbound_numbers", "trunks",
    "outbound_routes", "announcements", "conferences", "paging_groups", "outside_numbers",
)  # fmt: skip


@real
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("freepbx16/etc-asterisk", (200, 150, 12, 15, 5, 3, 40, 3, 5, 8, 5, 3, 2)),
        ("issabelpbx212/etc-asterisk", (200, 150, 6, 10, 0, 0, 20, 2, 2, 0, 0, 0, 0)),
    ],
)
def test_real_systems_are_read_whole_from_their_files(name: str, counts: tuple[int, ...]) -> None:
    found = opened(SYSTEMS / name)
    assert tuple(len(getattr(found, one)) for one in LISTS) == counts


@real
@pytest.mark.parametrize(("name", "backup"), [("freepbx16", "*.tar.gz"), ("issabelpbx212", "*.tgz")])
def test_a_backup_says_the_same_as_the_files(name: str, backup: str) -> None:
    (path,) = (SYSTEMS / name).glob(backup)
    whole, kept = opened(SYSTEMS / name), opened(path)
    for one in LISTS:
        mine, theirs = (sorted(_told(one, thing) for thing in getattr(s, one)) for s in (whole, kept))
        assert mine == theirs, one


@real
def test_what_the_owner_wrote_beside_the_pages_is_no_disagreement_and_an_edited_file_is_one(tmp_path: Path) -> None:
    source = open_source(SYSTEMS / "freepbx16", tmp_path / "system")
    contents = read_contents(source)
    own, generated = "/etc/asterisk/extensions_custom.conf", "/etc/asterisk/extensions_additional.conf"
    contents.files[own] += b"\n[from-internal-custom]\nexten => 888,1,Dial(PJSIP/1000&PJSIP/1001)\n"
    found = phone_system(source, contents)
    assert "888" in [group.number for group in found.ring_groups] and found.disagreements == ()
    before = b"exten => 0,n(ivrsel-0),Goto(ext-queues,401,1)"
    assert before in contents.files[generated]
    contents.files[generated] = contents.files[generated].replace(
        before, b"exten => 0,n(ivrsel-0),Goto(ext-local,1010,dest)", 1
    )
    (one,) = phone_system(source, contents).disagreements
    assert (one.what, one.id, one.database, one.files) == ("menu", "1", "queue 401", "extension 1010")


def _told(name: str, thing: object) -> tuple[str, ...]:
    """What a caller or a colleague would notice of it."""
    fields = {
        "extensions": ("number", "name", "technology", "endpoint", "context", "secret"), "mailboxes": ("number", "context", "name", "pin"),
        "queues": ("number", "title", "strategy", "member_numbers", "timeout_s", "destination"), "menus": ("name", "title", "prompts"),
        "ring_groups": ("number", "title", "strategy", "members", "ring_s", "destination"), "trunks": ("name", "technology", "hosts", "enabled", "id"),
        "time_conditions": ("id", "title", "times", "inside", "outside"), "inbound_numbers": ("number", "callerid", "title", "destination"),
        "outbound_routes": ("id", "name", "trunks", "patterns", "emergency"), "announcements": ("id", "title", "prompts", "destination"),
        "conferences": ("number", "name"), "paging_groups": ("number", "title", "members"), "outside_numbers": ("id", "title", "number"),
    }[name]  # fmt: skip
    return tuple(str(getattr(thing, field)) for field in fields)
