"""sip.conf: dynamic peers are phones, peers with a host are trunks, and `register` lines are their accounts."""

from __future__ import annotations

import pytest

from ringkeep.phonesystem.model import PhoneSystem
from tests.phonesystem.systems import system

SIP = (
    "[general]\ncontext=from-outside\nbindport=5070\nlanguage=de\nregister => me:pw:login@203.0.113.5:5090/5550100\n"
    "[301]\ntype=friend\nhost=dynamic\nsecret=s301\ncallerid=Bea <301>\ncontext=internal\nencryption=yes\n"
    "[carrier]\ntype=peer\nhost=203.0.113.5\nusername=me\nsecret=pw\n"
    "[in]\ntype=user\nhost=203.0.113.6\n"
)


def read(text: str = SIP) -> PhoneSystem:
    return system(pjsip="", others={"sip.conf": text})


def test_a_dynamic_peer_is_a_phone() -> None:
    (phone,) = read().extensions
    assert (phone.number, phone.name, phone.secret, phone.context) == ("301", "Bea", "s301", "internal")
    assert (phone.technology, phone.media_encryption, phone.language) == ("sip", "sdes", "de")


def test_a_peer_with_a_host_is_a_trunk_that_enters_where_all_do() -> None:
    (trunk,) = read().trunks
    assert (trunk.name, trunk.hosts, trunk.context) == ("carrier", ("203.0.113.5",), "from-outside")


def test_a_register_line_belongs_to_the_trunk_of_its_host() -> None:
    registration = read().trunks[0].registration
    assert registration is not None
    assert (registration.username, registration.secret, registration.auth_username, registration.port) == (
        "me", "pw", "login", 5090,
    )  # fmt: skip


@pytest.mark.parametrize("port", ["words", "²", "9" * 5000])
def test_a_port_that_is_no_number_is_the_usual_one(port: str) -> None:
    made = read(f"[general]\nregister => me:pw@203.0.113.5:{port}\n[c]\ntype=peer\nhost=203.0.113.5\nport={port}\n")
    assert made.trunks[0].port == 5060


@pytest.mark.parametrize(
    ("general", "address", "port"),
    [
        ("bindport=5070", "0.0.0.0", 5070),
        ("udpbindaddr=10.0.0.1:5080", "10.0.0.1", 5080),
        ("bindaddr=10.0.0.1", "10.0.0.1", 5060),
    ],
)
def test_the_bind_is_the_listener(general: str, address: str, port: int) -> None:
    (listener,) = read(f"[general]\n{general}\n[301]\ntype=friend\nhost=dynamic\n").listeners
    assert (listener.address, listener.port) == (address, port)
