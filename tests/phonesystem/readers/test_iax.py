"""iax.conf: dynamic peers are phones; peers with a host and users are trunks, and `register` lines their accounts."""

from __future__ import annotations

import pytest

from ringkeep.asterisk.conf import read_configuration
from ringkeep.phonesystem.readers import iax
from ringkeep.phonesystem.readers.pjsip import Found

IAX = (
    "[general]\nbindport=4570\nbindaddr=10.0.0.1\nlanguage=de\ndisallow=all\nallow=ulaw,alaw\ncontext=public\n"
    "register => me:pw@carrier.example:4571\n"
    "[401]\ntype=friend\nhost=dynamic\nsecret=s401\ncallerid=\"Bea\" <401>\ncontext=internal\nmailbox=401@default\ntransfer=no\n"
    "[out]\ntype=peer\nhost=carrier.example\nusername=me\nsecret=pw\nallow=gsm\n"
    "[in]\ntype=user\nsecret=pw2\ncontext=from-carrier\n"
    "[guest]\ntype=user\ncontext=public\n"
)  # fmt: skip


def read(text: str = IAX) -> Found:
    return iax.read(read_configuration({"/etc/asterisk/iax.conf": text.encode()}, "iax.conf"))


def test_a_dynamic_friend_is_a_phone() -> None:
    (phone,) = read().extensions
    assert (phone.number, phone.name, phone.technology, phone.secret, phone.context) == (
        "401",
        "Bea",
        "iax2",
        "s401",
        "internal",
    )
    assert (phone.mailbox, phone.language, phone.codecs) == ("401@default", "de", ("ulaw", "alaw"))


def test_what_has_no_field_is_a_setting_and_secrets_are_none() -> None:
    assert read().extensions[0].settings == {"transfer": "no"}


def test_a_peer_with_a_host_is_a_trunk_with_its_account() -> None:
    trunk = read().trunks[0]
    assert (trunk.name, trunk.hosts, trunk.context, trunk.codecs) == ("out", ("carrier.example",), "public", ("gsm",))
    assert trunk.registration is not None
    assert (trunk.registration.username, trunk.registration.secret, trunk.registration.port) == ("me", "pw", 4571)


def test_a_user_is_a_trunk_that_only_calls_in() -> None:
    trunk = read().trunks[1]
    assert (trunk.name, trunk.hosts, trunk.context, trunk.username) == ("in", (), "from-carrier", "in")


def test_the_guest_is_nobody() -> None:
    assert [trunk.name for trunk in read().trunks] == ["out", "in"]


def test_the_bind_is_the_listener() -> None:
    (listener,) = read().listeners
    assert (listener.technology, listener.address, listener.port) == ("iax2", "10.0.0.1", 4570)


def test_a_friend_without_a_host_calls_in() -> None:
    (trunk,) = read("[a]\ntype=friend\ncontext=in\npermit=10.0.0.1\n").trunks
    assert (trunk.hosts, trunk.context) == ((), "in")


@pytest.mark.parametrize("text", ["[a\n", "", "[general]\nregister => @:\n", "[a]\nhost=dynamic\n"])
def test_a_file_that_says_nothing_holds_nothing(text: str) -> None:
    assert read(text).extensions == () and read(text).trunks == ()
