"""The products' tables become the model: every list, old and new schemas, and secrets only where they belong."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.model import DialPattern, PhoneSystem, Row, Tables, Trunk
from ringkeep.phonesystem.readers.database import read_database
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.source import open_source
from tests.sources.test_real_systems import SYSTEMS

real = pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")


def words(identity: str, **options: str) -> list[Row]:
    """Rows of a table of keywords."""
    return [{"id": identity, "keyword": keyword, "data": data, "flags": "0"} for keyword, data in options.items()]


def test_an_extension_is_its_user_its_device_and_its_keywords() -> None:
    tables: Tables = {
        "users": [{"extension": "201", "name": "Ana", "voicemail": "default", "ringtimer": "25", "outboundcid": "<+1>", "busy_dest": "ivr-1,s,1"}],
        "devices": [{"id": "201", "user": "201", "tech": "pjsip", "description": "Ana"}],
        "sip": words("201", secret="SeCrEt", context="from-internal", allow="ulaw&alaw", media_encryption="sdes", max_contacts="3"),
    }  # fmt: skip
    (one,) = read_database(tables, database={"/AMPUSER/201/language": "fa"}).extensions
    assert (one.number, one.name, one.technology, one.endpoint, one.mailbox, one.ring_s) == (
        "201",
        "Ana",
        "pjsip",
        "201",
        "201@default",
        25,
    )
    assert (one.secret, one.context, one.codecs, one.media_encryption, one.language) == (
        "SeCrEt", "from-internal", ("ulaw", "alaw"), "sdes", "fa",
    )  # fmt: skip
    assert one.settings == {"busy_dest": "ivr-1,s,1", "max_contacts": "3"}


def test_a_user_without_a_device_is_a_virtual_extension() -> None:
    (one,) = read_database({"users": [{"extension": "300", "voicemail": "novm"}]}).extensions
    assert (one.technology, one.endpoint, one.mailbox, one.username) == ("virtual", "", None, None)


def trunk(tech: str, table: str, rows: list[Row], channel: str = "Carrier") -> Trunk:
    (one,) = read_database(
        {"trunks": [{"trunkid": "7", "tech": tech, "channelid": channel, "name": "", "maxchans": "30"}], table: rows}
    ).trunks
    return one


def test_a_pjsip_trunk_has_its_host_and_registration() -> None:
    one = trunk("pjsip", "pjsip", words("7", sip_server="sip.example.org", sip_server_port="5070", username="acct", secret="s3", codecs="ulaw,g722", context="from-pstn"))  # fmt: skip
    assert (one.id, one.name, one.hosts, one.port, one.codecs) == (
        "7",
        "Carrier",
        ("sip.example.org",),
        5070,
        ("ulaw", "g722"),
    )
    assert one.registration is not None and (one.registration.username, one.registration.host, one.registration.port) == ("acct", "sip.example.org", 5070)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "hosts", "registers"),
    [
        ({"registration": "none", "sip_server": "192.0.2.1", "username": "a"}, ("192.0.2.1",), False),
        ({"registration": "receive", "sip_server": "", "username": "a"}, (), False),
        ({"registration": "send", "sip_server": "", "server_uri": "sip:[2001:db8::1]:5080", "username": "a"}, ("[2001:db8::1]",), True),
        ({"authentication": "none", "sip_server": "192.0.2.1", "username": "a"}, ("192.0.2.1",), False),
    ],
)  # fmt: skip
def test_a_pjsip_trunk_registers_only_when_told(
    options: dict[str, str], hosts: tuple[str, ...], registers: bool
) -> None:
    one = trunk("pjsip", "pjsip", words("7", **options))
    assert one.hosts == hosts and (one.registration is not None) == registers


def test_an_older_trunk_has_a_peer_a_user_and_a_registration() -> None:
    rows = [
        *words("tr-peer-7", host="192.0.2.9", username="acct", secret="x", type="peer"), *words("tr-user-7", context="from-trunk"),
        *words("tr-reg-7", register="acct:hush@192.0.2.9:5061/5550100"),
    ]  # fmt: skip
    one = trunk("sip", "sip", rows)
    assert (one.hosts, one.port, one.username, one.context) == (
        ("192.0.2.9",),
        5060,
        "acct",
        "from-trunk-sip-Carrier",
    )
    login = one.registration
    assert login is not None
    assert (login.username, login.secret, login.host, login.port, login.contact_user) == (
        "acct",
        "hush",
        "192.0.2.9",
        5061,
        "5550100",
    )


def test_issabelpbx_keeps_pjsip_trunks_like_the_older_ones() -> None:
    one = trunk("pjsip", "sip", words("tr-peer-7", host="192.0.2.9", username="acct", secret="x"))
    assert (one.technology, one.hosts, one.username, one.context) == ("pjsip", ("192.0.2.9",), "acct", "from-trunk-pjsip-Carrier")  # fmt: skip


def test_trunks_without_a_protocol_of_their_own_are_kept() -> None:
    assert trunk("custom", "sip", [], "Local/$OUTNUM$@x").endpoint == "Local/$OUTNUM$@x"
    assert trunk("dahdi", "dahdi", [], "g0").technology == "dahdi"


@pytest.mark.parametrize(
    ("row", "pattern"),
    [
        (("9", "NXXNXXXXXX", "1", ""), DialPattern("_9NXXNXXXXXX", 1, "1")),
        (("", "911", "", ""), DialPattern("911", 0, "")),
        (("[78]0", ".", "", "_10XX"), DialPattern("_[78]0.", 2, "", "_10XX")),
        (("", "", "", ""), DialPattern("", 0, "")),
    ],
)  # fmt: skip
def test_a_dial_pattern_is_as_the_dialplan_has_it(row: tuple[str, ...], pattern: DialPattern) -> None:
    columns = ("match_pattern_prefix", "match_pattern_pass", "prepend_digits", "match_cid")
    tables: Tables = {
        "outbound_routes": [{"route_id": "1", "name": "Out"}],
        "outbound_route_patterns": [{"route_id": "1", **dict(zip(columns, row, strict=True))}],
    }
    (route,) = read_database(tables).outbound_routes
    assert route.patterns == (pattern,)


def test_outbound_routes_are_in_their_order_and_trunks_in_theirs() -> None:
    tables: Tables = {
        "trunks": [{"trunkid": "1", "tech": "pjsip", "name": "A"}, {"trunkid": "2", "tech": "pjsip", "name": "B"}],
        "outbound_routes": [{"route_id": "1", "name": "Last"}, {"route_id": "2", "name": "First", "emergency_route": "YES", "password": "1234"}],
        "outbound_route_sequence": [{"route_id": "1", "seq": "1"}, {"route_id": "2", "seq": "0"}],
        "outbound_route_trunks": [
            {"route_id": "2", "trunk_id": "1", "seq": "10"}, {"route_id": "2", "trunk_id": "2", "seq": "9"}, {"route_id": "2", "trunk_id": "8", "seq": "0"},
        ],
    }  # fmt: skip
    first, last = read_database(tables).outbound_routes
    assert (first.name, first.trunks, first.emergency, first.settings) == ("First", ("B", "A"), True, {"asks": "a code"})  # fmt: skip
    assert (last.name, last.trunks, last.emergency, last.id) == ("Last", (), False, "1")


def test_a_queue_has_its_members_in_order_without_penalties() -> None:
    details: list[Row] = [
        {"id": "400", "keyword": "member", "data": "Local/1002@from-queue/n,5", "flags": "1"},
        {"id": "400", "keyword": "member", "data": "Local/1001@from-queue/n,0", "flags": "0"},
        *words("400", strategy="rrmemory", timeout="15"),
    ]
    config: list[Row] = [
        {"extension": "400", "descr": "Sales", "maxwait": "60", "dest": "ext-group,600,1", "password": "4321"}
    ]
    (queue,) = read_database({"queues_config": config, "queues_details": details}, database={"/QPENALTY/400/agents/1003": "0"}).queues  # fmt: skip
    assert queue.members == ("Local/1001@from-queue/n", "Local/1002@from-queue/n") and queue.member_numbers == ("1001", "1002")  # fmt: skip
    assert (queue.title, queue.strategy, queue.timeout_s, words_of(queue.destination)) == (
        "Sales",
        "rrmemory",
        60,
        "ring group 600",
    )
    assert queue.settings == {"timeout": "15", "dynamic_members": "1003"}


def test_menus_of_both_schemas() -> None:
    sounds: list[Row] = [{"id": "3", "filename": "custom/a&custom/b"}]
    new = read_database({
        "recordings": sounds,
        "ivr_details": [{"id": "1", "name": "Main", "announcement": "3", "directdial": "ext-local", "timeout_time": "10",
                         "timeout_destination": "ext-queues,400,1", "invalid_destination": "", "invalid_loops": "3"}],
        "ivr_entries": [{"ivr_id": "1", "selection": "1", "dest": "ext-local,201,1"}, {"ivr_id": "1", "selection": "i", "dest": "app-blackhole,busy,1"}],
    }).menus[0]  # fmt: skip
    old = read_database({
        "recordings": sounds,
        "ivr": [{"ivr_id": "1", "displayname": "__install_done"}, {"ivr_id": "2", "displayname": "Old", "announcement_id": "3", "timeout": "7", "enable_directdial": ""}],
        "ivr_dests": [{"ivr_id": "2", "selection": "t", "dest": "app-blackhole,hangup,1"}],
    }).menus  # fmt: skip
    assert (new.name, new.title, new.context, new.prompts) == ("1", "Main", "ivr-1", ("custom/a", "custom/b"))
    assert [(key.key, words_of(key.destination)) for key in new.keys] == [
        ("1", "extension 201"),
        ("i", "busy"),
        ("t", "queue 400"),
    ]
    assert (new.timeout_s, new.direct_dial, new.settings) == (10, True, {"invalid_loops": "3"})
    assert [(menu.name, menu.title, menu.timeout_s, menu.direct_dial, len(menu.keys)) for menu in old] == [
        ("2", "Old", 7, False, 1)
    ]


def test_opening_hours_have_their_times_zone_and_override() -> None:
    tables: Tables = {
        "timeconditions": [
            {"timeconditions_id": "1", "time": "4", "truegoto": "ivr-1,s,1", "falsegoto": "ext-local,vmu201,1", "timezone": "Asia/Tehran"},
            {"timeconditions_id": "2", "time": "08:00-17:00|sat-wed|*|*", "timezone": "default"},
            {"timeconditions_id": "3", "time": "4", "mode": "calendar-group"},
        ],
        "timegroups_details": [{"timegroupid": "4", "time": "08:00-16:30|mon-fri|*|*"}, {"timegroupid": "4", "time": "*|sat|*|*"}],
    }  # fmt: skip
    first, second, third = read_database(tables, database={"/TC/1": "false_sticky", "/TC/2": ""}).time_conditions
    assert first.times == ("08:00-16:30,mon-fri,*,*", "*,sat,*,*")
    assert (first.zone, first.override) == ("Asia/Tehran", "false_sticky")
    assert (words_of(first.inside), words_of(first.outside)) == ("menu 1", "mailbox 201")
    assert (second.times, second.zone, second.override, third.times) == (
        ("08:00-17:00,sat-wed,*,*",),
        None,
        None,
        (),
    )


def test_night_switches_and_states_that_staff_dialled() -> None:
    rows: list[Row] = [
        {"ext": "0", "dmode": "day", "dest": "ivr-1,s,1"}, {"ext": "0", "dmode": "night", "dest": "ext-local,vmu201,1"},
        {"ext": "0", "dmode": "fc_description", "dest": "Shop"}, {"ext": "0", "dmode": "password", "dest": "7777"},
    ]  # fmt: skip
    states = {"/DAYNIGHT/C0": "NIGHT", "/CF/201": "5550100", "/DND/202": "YES", "/CW/202": "ENABLED", "/blacklist/900": "1", "/blacklist/dest": "x"}  # fmt: skip
    system = read_database({"daynight": rows}, database=states)
    (switch,) = system.night_switches
    assert (switch.title, words_of(switch.day), words_of(switch.night), switch.is_night) == (
        "Shop",
        "menu 1",
        "mailbox 201",
        True,
    )
    forwarded, quiet = system.call_states
    assert (forwarded.forward_always, forwarded.do_not_disturb, forwarded.call_waiting) == ("5550100", False, None)
    assert (quiet.do_not_disturb, quiet.call_waiting, system.blacklist) == (True, True, ("900",))


def test_follow_me_is_as_somebody_last_set_it_by_phone() -> None:
    rows: list[Row] = [{"grpnum": "201", "grplist": "201-202", "strategy": "ringall", "grptime": "20", "postdest": "ext-local,201,dest"}]  # fmt: skip
    states = {"/AMPUSER/201/followme/grplist": "201-5550100#", "/AMPUSER/201/followme/ddial": "EXTENSION"}
    (changed,) = read_database({"findmefollow": rows}, database=states).follow_mes
    (table,) = read_database({"findmefollow": rows}).follow_mes
    assert (changed.members, changed.enabled, changed.ring_s) == (("201", "5550100#"), False, 20)
    assert (table.members, table.enabled) == (("201", "202"), None)


def test_the_smaller_lists() -> None:
    system = read_database({
        "featurecodes": [{"modulename": "core", "description": "Pickup", "defaultcode": "*8", "customcode": "*88", "enabled": "0"}],
        "miscapps": [{"ext": "*99", "description": "Joke"}, {"ext": "*88", "description": "the same code"}],
        "disa": [{"disa_id": "1", "displayname": "Boss", "pin": "no-password", "context": "from-internal"}, {"disa_id": "2", "pin": "123"}],
        "parkplus": [{"parkext": "70", "parkpos": "71", "numslots": "8", "name": "Lot"}],
        "meetme": [{"exten": "800", "description": "Team", "userpin": "55", "adminpin": "66"}],
        "paging_config": [{"page_group": "700", "description": "All"}], "paging_groups": [{"page_number": "700", "ext": "201"}],
        "music": [{"category": "default", "type": "files"}], "miscdests": [{"id": "1", "description": "Cell", "destdial": "9555"}],
        "announcement": [{"announcement_id": "1", "recording_id": "9", "post_dest": ""}],
    })  # fmt: skip
    assert [(code.code, code.enabled) for code in system.feature_codes] == [("*88", False), ("*99", True)]
    assert [(one.title, one.has_pin) for one in system.direct_accesses] == [("Boss", False), (None, True)]
    assert system.parking_lots[0].positions == "71-78" and system.conferences[0].settings == {"leader": "by a code"}
    assert system.paging_groups[0].members == ("201",) and system.music_classes[0].mode == "files"
    assert system.outside_numbers[0].number == "9555" and system.announcements[0].destination is None


def test_parking_before_parkplus() -> None:
    rows = words("1", parkingenabled="s", parkext="70", numslots="8", parkingcontext="parkedcalls")
    (lot,) = read_database({"parkinglot": rows}).parking_lots
    assert (lot.number, lot.positions) == ("70", "71-78")


TABLES = (
    "users", "devices", "sip", "iax", "trunks", "pjsip", "incoming", "outbound_routes", "outbound_route_patterns", "outbound_route_trunks",
    "outbound_route_sequence", "ivr_details", "ivr_entries", "ivr", "queues_config", "queues_details", "ringgroups", "timeconditions",
    "timegroups_details", "announcement", "recordings", "miscdests", "miscapps", "daynight", "disa", "findmefollow", "meetme",
    "paging_config", "paging_groups", "parkplus", "parkinglot", "music", "featurecodes", "voicemail_mailboxes",
)  # fmt: skip
COLUMNS = (
    "id", "keyword", "data", "flags", "extension", "name", "tech", "channelid", "trunkid", "maxchans", "route_id", "seq", "trunk_id", "user",
    "ivr_id", "selection", "dest", "destination", "parkext", "parkpos", "numslots", "timeconditions_id", "time", "dmode", "ext", "options",
    "mailbox", "grpnum", "grplist", "match_pattern_prefix", "match_pattern_pass", "defaultcode", "enabled", "timeout_time", "directdial",
)  # fmt: skip
CELLS = st.none() | st.text(max_size=6) | st.sampled_from(
    ("1", "²", "9" * 5000, "sip", "pjsip", "member", "register", "host", "tr-reg-1", "a:b@c:1", "parkext", "Local/1@x,0", "ivr-1,s,1", ",,,", "[[[")
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(TABLES),
        st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS, max_size=8), max_size=4),
        max_size=8,
    ),
    st.dictionaries(st.text("/ACFDNTQ1", max_size=12), st.text(max_size=3), max_size=5),
)
def test_no_rows_make_reading_fail(tables: dict[str, list[dict[str, str | None]]], astdb: dict[str, str]) -> None:
    assert read_database(tables, database=astdb).tables == tables


SECRET_COLUMNS = (
    ("users", "password"), ("queues_config", "password"), ("outbound_routes", "password"), ("disa", "pin"), ("meetme", "adminpin"),
    ("timeconditions", "fcc_password"), ("recordings", "fcode_pass"), ("vmblast", "password"),
)  # fmt: skip


def texts(value: object) -> list[str]:
    """Every text in a value, but not in the fields that are for secrets, nor the rows themselves."""
    if is_dataclass(value):
        kept = (f.name for f in fields(value) if f.name not in ("secret", "pin", "tables"))
        return [text for name in kept for text in texts(getattr(value, name))]
    if isinstance(value, tuple | list):
        return [text for part in value for text in texts(part)]
    if isinstance(value, dict):
        return [text for pair in value.items() for text in texts(pair)]
    return [value] if isinstance(value, str) else []


def test_secrets_are_only_in_the_fields_for_them() -> None:
    canary = "canary-9f3"
    tables: dict[str, list[Row]] = {
        table: [{"extension": "1", "id": "1", "exten": "1", "route_id": "1", "disa_id": "1", "timeconditions_id": "1", column: canary}]
        for table, column in SECRET_COLUMNS
    }  # fmt: skip
    keys = ("secret", "password", "md5_cred", "md5secret", "remotesecret", "vmsecret", "register")
    tables |= {
        "devices": [{"id": "1", "user": "1", "tech": "sip"}],
        "trunks": [{"trunkid": "1", "tech": "sip"}, {"trunkid": "2", "tech": "pjsip"}],
        "sip": [*words("1", **dict.fromkeys(keys, canary)), *words("tr-peer-1", **dict.fromkeys(keys, canary)), *words("tr-reg-1", register=f"a:{canary}@h")],
        "pjsip": words("2", **dict.fromkeys(keys, canary)),
        "voicemail_mailboxes": [{"mailbox": "1", "pwd": canary, "options": f"attach=yes|password={canary}"}],
    }  # fmt: skip
    system = read_database(tables)
    assert system.extensions[0].secret == canary and system.mailboxes[0].pin == canary
    assert not [text for text in texts(system) if canary in text]


def both(name: str, tmp_path: Path) -> tuple[PhoneSystem, PhoneSystem]:
    """A real system as its files run it and as its database shows it."""
    source = open_source(SYSTEMS / name, tmp_path / "into")
    system = phone_system(source, read_contents(source))
    assert system.shown is not None
    return system, system.shown


def facts(system: PhoneSystem) -> dict[str, object]:
    """What the database and the generated files must say alike: what is dialled, who rings, where calls go."""
    return {
        "extensions": {e.number: (e.name, e.technology, e.endpoint, e.username, e.secret, e.context) for e in system.extensions},
        "queues": {q.name: (q.title, q.strategy, set(q.member_numbers), q.timeout_s, q.destination) for q in system.queues},
        "ring groups": {g.name: (set(g.members), g.strategy, g.ring_s, g.destination) for g in system.ring_groups},
        "menus": {m.name: (m.title, m.prompts, {k.key: k.destination for k in m.keys}) for m in system.menus},
        "announcements": {a.id: (a.prompts, a.destination) for a in system.announcements},
        "hours": {t.id: (t.times, t.zone, t.inside, t.outside, t.override) for t in system.time_conditions},
        "numbers": {(n.number, n.callerid): (n.destination, set(n.trunks)) for n in system.inbound_numbers},
        "routes": [(r.id, r.name, r.patterns, r.trunks, r.emergency) for r in system.outbound_routes],
        "trunks": {t.name: (t.id, t.technology, t.endpoint, t.hosts, t.port, t.context) for t in system.trunks},
        "follow-me": {f.extension: (f.members, f.strategy, f.ring_s, f.destination, f.enabled) for f in system.follow_mes},
        "paging": {p.number: (p.title, p.members) for p in system.paging_groups},
        "conferences": {c.number: c.name for c in system.conferences},
        "parking": {p.number: p.positions for p in system.parking_lots},
        "outside": {o.id: o.number for o in system.outside_numbers},
        "states": system.call_states,
    }  # fmt: skip


@real
@pytest.mark.parametrize(("name", "extensions"), [("freepbx16", 200), ("issabelpbx212", 200)])
def test_a_real_systems_database_and_files_say_the_same(name: str, extensions: int, tmp_path: Path) -> None:
    run, shown = (facts(system) for system in both(name, tmp_path))
    assert len(shown["extensions"]) == extensions  # type: ignore[arg-type]
    for what, said in shown.items():
        assert said == run[what], what
