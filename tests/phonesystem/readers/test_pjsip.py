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
