"""pjsip.conf: who is a phone, who a carrier, and with what each logs in."""

from __future__ import annotations

import pytest

from tests.phonesystem.systems import PJSIP, system


def test_an_endpoint_with_a_login_is_a_phone() -> None:
    phone = system().extensions[0]
    assert (phone.number, phone.technology, phone.username, phone.secret, phone.context, phone.aor) == (
        "201", "pjsip", "201", "secret201", "internal", "201",
    )  # fmt: skip


def test_a_phone_knows_its_name_mailbox_codecs_networks_and_language() -> None:
    more = (
        'type=endpoint\ncallerid="Ana" <201>\nmailboxes=201@default\nallow=ulaw,alaw\npermit=10.0.0.0/8\nlanguage=fa\n'
    )
    phone = system(pjsip=PJSIP.replace("type=endpoint\n", more, 1)).extensions[0]
    assert (phone.name, phone.mailbox, phone.codecs, phone.permit, phone.language) == (
        "Ana", "201@default", ("ulaw", "alaw"), ("10.0.0.0/8",), "fa",
    )  # fmt: skip


CARRIERS = {
    "a contact": "aors=c\n[c]\ntype=aor\ncontact=sip:203.0.113.1:5080\n",
    "an identify": "[c]\ntype=identify\nendpoint=c\nmatch=203.0.113.1\n",
    "an account to use": "outbound_auth=a\n[a]\ntype=auth\nusername=u\npassword=p\n",
    "a registration": "[c]\ntype=registration\nserver_uri=sip:203.0.113.1\nclient_uri=sip:u@203.0.113.1\n",
    "a context for callers from outside": "context=from-trunk\n",
}


@pytest.mark.parametrize("how", CARRIERS)
def test_an_endpoint_is_a_trunk_by(how: str) -> None:
    made = system(pjsip=f"[c]\ntype=endpoint\n{CARRIERS[how]}")
    assert ([trunk.name for trunk in made.trunks], made.extensions) == (["c"], ())


def test_a_trunk_knows_where_its_calls_go_and_come_from() -> None:
    trunk = system().trunks[0]
    assert (trunk.hosts, trunk.port, trunk.match, trunk.context) == (
        ("203.0.113.1",), 5060, ("203.0.113.1",), "from-carrier",
    )  # fmt: skip


def test_a_registration_brings_its_account() -> None:
    text = (
        "[c]\ntype=endpoint\naors=c\n[c]\ntype=aor\ncontact=sip:carrier.example\n"
        "[log-in]\ntype=registration\noutbound_auth=a\nserver_uri=sip:carrier.example:5070\nclient_uri=sip:me@carrier.example\n"
        "[a]\ntype=auth\nusername=u\npassword=p\n"
    )
    registration = system(pjsip=text).trunks[0].registration
    assert registration is not None
    assert (registration.username, registration.auth_username, registration.secret) == ("me", "u", "p")
    assert (registration.host, registration.port) == ("carrier.example", 5070)


@pytest.mark.parametrize(
    ("bind", "address", "port"),
    [("0.0.0.0", "0.0.0.0", 5060), ("10.1.2.3:5080", "10.1.2.3", 5080), ("[::]:5070", "::", 5070)],
)
def test_a_transport_is_a_listener(bind: str, address: str, port: int) -> None:
    (listener,) = system(pjsip=f"[t]\ntype=transport\nprotocol=udp\nbind={bind}\n").listeners
    assert (listener.address, listener.port) == (address, port)


def test_a_template_is_nobody() -> None:
    assert system(pjsip="[phone](!)\ntype=endpoint\nauth=x\n").extensions == ()


def test_a_refused_file_holds_nothing() -> None:
    assert system(pjsip="stray=1\n" + PJSIP).extensions == ()


def test_a_wizard_makes_a_phone_and_a_trunk() -> None:
    wizards = (
        "[301]\ntype=wizard\naccepts_auth=yes\naccepts_registrations=yes\ninbound_auth/username=u301\ninbound_auth/password=p\n"
        "endpoint/callerid=Ana <301>\nendpoint/context=inside\naor/max_contacts=2\n"
        "[carrier]\ntype=wizard\nsends_auth=yes\nsends_registrations=yes\nremote_hosts=198.51.100.1:5070\n"
        "outbound_auth/username=me\noutbound_auth/password=p\nendpoint/context=from-carrier\n"
    )
    made = system(pjsip="[udp]\ntype=transport\n", others={"pjsip_wizard.conf": wizards})
    (phone,), (trunk,) = made.extensions, made.trunks
    assert (phone.number, phone.name, phone.username, phone.context, phone.place.file) == (
        "301", "Ana", "u301", "inside", "/etc/asterisk/pjsip_wizard.conf",
    )  # fmt: skip
    assert (trunk.hosts, trunk.port, trunk.match, trunk.context) == (
        ("198.51.100.1",),
        5070,
        ("198.51.100.1",),
        "from-carrier",
    )
    assert trunk.registration is not None and trunk.registration.username == "me"


def test_what_has_no_field_is_a_setting_and_secrets_are_none() -> None:
    more = "type=endpoint\ndtmf_mode=rfc4733\nset_var=A=1\nset_var=B=2\n"
    phone = system(pjsip=PJSIP.replace("type=endpoint\n", more, 1)).extensions[0]
    assert dict(phone.settings) == {
        "dtmf_mode": "rfc4733",
        "set_var": "A=1,B=2",
        "max_contacts": "1",
        "auth_type": "userpass",
    }


def test_a_name_twice_empties_its_type_and_is_a_problem() -> None:
    made = system(pjsip=PJSIP + "[201]\ntype=endpoint\n")
    assert made.extensions == () and made.trunks == ()
    assert [(p.code, p.fatal) for p in made.problems] == [("name-twice", True)]


def test_what_a_database_keeps_is_named() -> None:
    sorcery = "[res_pjsip]\nendpoint=realtime,ps_endpoints\naor=config,pjsip.conf,criteria=type=aor\nauth/cache=memory_cache\n"
    others = {
        "sorcery.conf": sorcery,
        "extconfig.conf": "[settings]\nsippeers => odbc,asterisk\nqueues.conf => odbc,asterisk\n",
    }
    made = system(others=others)
    assert made.extensions == ()
    assert [(p.code, p.place.line) for p in made.problems] == [
        ("kept-elsewhere", 2),
        ("kept-elsewhere", 3),
        ("kept-elsewhere", 2),
    ]


def test_a_caller_s_name_is_shown_without_its_backslashes() -> None:
    more = 'type=endpoint\ncallerid="Pat O\\\'Brien" <201>\n'
    assert system(pjsip=PJSIP.replace("type=endpoint\n", more, 1)).extensions[0].name == "Pat O'Brien"


def test_an_endpoint_without_aor_and_auth_is_there_but_nothing_registers_to_it() -> None:
    bare = "[gateway]\ntype=endpoint\ncontext=internal\n"
    found = system(pjsip=f"{PJSIP}\n{bare}").extensions
    assert [(one.number, one.registers) for one in found] == [("201", True), ("202", True), ("gateway", False)]


def test_the_endpoint_that_only_stands_in_for_calls_to_nowhere_is_no_extension() -> None:
    bare = "[dummy]\ntype=endpoint\n[global]\ntype=global\ndefault_outbound_endpoint=dummy\n"
    assert [one.number for one in system(pjsip=f"{PJSIP}\n{bare}").extensions] == ["201", "202"]
