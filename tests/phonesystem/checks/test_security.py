"""Open doors of the server are found: the manager interface, ARI, peers that nobody asks, an old Asterisk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks import Beside, review
from ringkeep.phonesystem.model import Disagreement
from ringkeep.phonesystem.sentences import Sentence
from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, OTHERS, PJSIP, STRONG, reviewed
from tests.phonesystem.systems import TUESDAY, system

MANAGER = "[general]\nenabled=yes\nbindaddr={bind}\n[admin]\nsecret={secret}\n{acl}\nwrite={write}\n"
CLOSED = "deny=0.0.0.0/0.0.0.0\npermit=127.0.0.1/255.255.255.255"


@pytest.mark.parametrize(
    ("bind", "acl", "write", "severity"),
    [
        ("0.0.0.0", "", "originate,call", "bad"),
        ("0.0.0.0", "permit=0.0.0.0/0.0.0.0", "system", "bad"),
        ("0.0.0.0", "", "", "degraded"),
        ("0.0.0.0", CLOSED, "all", None),
        ("0.0.0.0", "deny=0.0.0.0/0\npermit=10.0.0.0/8", "all", None),
        ("0.0.0.0", CLOSED + "\npermit=0.0.0.0/0", "all", "bad"),
        ("127.0.0.1", "", "all", None),
        ("::1", "", "all", None),
        ("::", "", "all", "bad"),
    ],
)
def test_a_manager_user_that_may_come_from_anywhere(bind: str, acl: str, write: str, severity: str | None) -> None:
    text = MANAGER.format(bind=bind, secret=STRONG, acl=acl, write=write)
    found = [f for f in reviewed(others={"manager.conf": text}) if f.code == "manager-open"]
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_a_manager_that_is_off_is_not_looked_at() -> None:
    text = MANAGER.format(bind="0.0.0.0", secret="amp111", acl="", write="all").replace("enabled=yes", "enabled=no")
    assert reviewed(others={"manager.conf": text}) == ()


@pytest.mark.parametrize(
    ("secret", "acl", "severity"),
    [("amp111", "", "bad"), ("amp111", CLOSED, "degraded"), (STRONG, CLOSED, None)],
)
def test_a_manager_password_that_everybody_knows(secret: str, acl: str, severity: str | None) -> None:
    text = MANAGER.format(bind="0.0.0.0", secret=secret, acl=acl, write="")
    found = [f for f in reviewed(others={"manager.conf": text}) if f.code == "manager-secret-weak"]
    assert [f.severity for f in found] == ([severity] if severity else [])
    assert not any(secret in f.what for f in found)


ARI = "[general]\nenabled=yes\n[app]\ntype=user\npassword={password}\nread_only={read_only}\n"


@pytest.mark.parametrize(
    ("bind", "password", "read_only", "found"),
    [
        ("0.0.0.0", "asterisk", "no", True),
        ("127.0.0.1", "asterisk", "no", False),
        ("0.0.0.0", STRONG, "no", False),
        ("0.0.0.0", "asterisk", "yes", False),
    ],
)
def test_ari_with_a_weak_password_on_the_network(bind: str, password: str, read_only: str, found: bool) -> None:
    files = {
        "http.conf": f"[general]\nenabled=yes\nbindaddr={bind}\n",
        "ari.conf": ARI.format(password=password, read_only=read_only),
    }
    assert ("ari-open" in {f.code for f in reviewed(others=files)}) is found


PEER = (
    "[general]\nallowguest=no\n[301]\ntype=friend\nhost={host}\ncontext=internal\nsecret="
    + STRONG
    + "\ninsecure={insecure}\n"
)


@pytest.mark.parametrize(
    ("host", "insecure", "severity"),
    [
        ("dynamic", "port,invite", "bad"),
        ("dynamic", "very", "bad"),
        ("dynamic", "port", None),
        ("203.0.113.9", "port,invite", None),
        ("203.0.113.9", "very", "degraded"),
        ("dynamic", "no", None),
    ],
)
def test_a_phone_that_is_not_asked_for_its_password(host: str, insecure: str, severity: str | None) -> None:
    files = {"sip.conf": PEER.format(host=host, insecure=insecure)}
    found = [f for f in reviewed(others=files) if f.code == "insecure-peer"]
    assert [f.severity for f in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("version", "at", "found"),
    [
        ("16.28.0", TUESDAY, True),
        ("22.1.0", TUESDAY, False),
        ("20.4.0", TUESDAY, False),
        ("20.4.0", datetime(2028, 1, 1), True),
        ("certified/18.9-cert1", TUESDAY, True),
        (None, TUESDAY, False),
        ("GIT-master", TUESDAY, False),
    ],
)
def test_an_asterisk_past_its_end_is_a_note(version: str | None, at: datetime, found: bool) -> None:
    seen = reviewed(beside=Beside(at=at, version=version))
    assert [f.severity for f in seen if f.code == "version-ended"] == (["note"] if found else [])


def test_a_change_that_was_not_applied_is_one_finding() -> None:
    clean = system(INBOUND + INTERNAL, pjsip=PJSIP, others=OTHERS)
    place = Place("/etc/asterisk/pjsip.conf", 5)
    differing = tuple(
        Disagreement(
            "extension", number, "name", "Ana", "Ben", place, Sentence("extension {number}", {"number": number})
        )
        for number in ("201", "202")
    )
    seen = review(replace(clean, disagreements=differing), Beside(at=TUESDAY))
    assert [(f.code, f.what) for f in seen] == [
        ("not-applied", "the product's pages and the files differ in 2 things, the first: extension 201")
    ]
