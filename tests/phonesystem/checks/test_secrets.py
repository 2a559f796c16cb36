"""Weak passwords and PINs are found, strong ones are not, and none is ever shown."""

from __future__ import annotations

import pytest

from ringkeep.phonesystem.checks.secrets import is_weak_pin, is_weak_secret
from tests.phonesystem.checks.reviewed import PJSIP, STRONG, reviewed


@pytest.mark.parametrize("secret", ["201", "1234", "password", "Password1", "secret201", "changeme", "201201201", "abcabcabc", "20102030", "short7x", "asterisk!"])  # fmt: skip
def test_a_password_that_is_guessed_is_weak(secret: str) -> None:
    assert is_weak_secret(secret, ("201",))


@pytest.mark.parametrize("secret", [STRONG, "f460f7b92b8d3497590c", "correct horse battery", "9iQQEmupXxrrd1IbNypV60Rg", "48213975016482"])  # fmt: skip
def test_a_long_random_password_is_not(secret: str) -> None:
    assert not is_weak_secret(secret, ("201",))


@pytest.mark.parametrize(("pin", "weak"), [("", True), ("12", True), ("201", True), ("1234", True), ("0000", True), ("2012", False), ("9876", True), ("7391", False), ("-7391", False)])  # fmt: skip
def test_a_pin_is_weak_when_it_is_short_or_a_row(pin: str, weak: bool) -> None:
    assert is_weak_pin(pin, "201") is weak


def test_a_pin_that_is_the_number_is_weak() -> None:
    assert is_weak_pin("1024", "1024") and is_weak_pin("4201", "1024")


@pytest.mark.parametrize(("password", "severity"), [("202", "bad"), ("abc123", "degraded")])
def test_a_weak_password_of_a_phone_is_found_and_not_told(password: str, severity: str) -> None:
    weak = PJSIP.replace(f"password={STRONG}b", f"password={password}")
    found = [f for f in reviewed(pjsip=weak) if f.code == "secret-weak"]
    assert [(f.severity, f.subject) for f in found] == [(severity, "202")]
    assert "abc123" not in found[0].what


def test_a_phone_that_may_only_come_from_the_office_is_a_note() -> None:
    weak = PJSIP.replace(f"password={STRONG}b", "password=abc123").replace(
        "[202]\ntype=endpoint", "[202]\ntype=endpoint\ndeny=0.0.0.0/0\npermit=192.168.1.0/24", 1
    )
    assert {f.severity for f in reviewed(pjsip=weak) if f.code == "secret-weak"} == {"note"}


def phones(passwords: list[str]) -> str:
    return PJSIP + "".join(
        f"[{n}]\ntype=endpoint\ncontext=internal\nauth={n}\naors={n}\n[{n}]\ntype=auth\nusername={n}\npassword={p}\n"
        f"[{n}]\ntype=aor\nmax_contacts=1\n"
        for n, p in enumerate(passwords, 301)
    )


def test_one_password_for_many_phones_is_one_finding() -> None:
    found = [f for f in reviewed(pjsip=phones(["Xk29fLq07rTz"] * 5)) if f.code == "secret-shared"]
    assert [f.what for f in found] == ["these phones have one and the same password: 301, 302, 303, 304, 305"]


def test_two_phones_of_one_person_may_share_theirs() -> None:
    assert not [f for f in reviewed(pjsip=phones(["Xk29fLq07rTz"] * 2)) if f.code == "secret-shared"]


def test_many_weak_phones_are_one_finding_with_their_list() -> None:
    found = [f for f in reviewed(pjsip=phones([str(n) for n in range(301, 331)])) if f.code == "secret-weak"]
    assert len(found) == 1 and found[0].what.endswith("and 18 more") and len(found[0].more) == 29


@pytest.mark.parametrize(("secret", "weak"), [("tr", True), (STRONG, False)])
def test_a_weak_password_of_a_trunk_is_found(secret: str, weak: bool) -> None:
    registration = (
        f"[account]\ntype=auth\nusername=acct\npassword={secret}\n[carrier-r]\ntype=registration\n"
        "server_uri=sip:203.0.113.1\nclient_uri=sip:acct@203.0.113.1\noutbound_auth=account\n"
    )
    found = {f.code for f in reviewed(pjsip=PJSIP + registration)}
    assert ("trunk-secret-weak" in found) is weak


def test_weak_pins_of_mailboxes_are_one_finding() -> None:
    boxes = "[default]\n201 => 201,Ana\n202 => 1234,Ben\n203 => 7391,Eli\n204 => ,Dora\n"
    found = [f for f in reviewed(others={"voicemail.conf": boxes}) if f.code == "pin-weak"]
    assert [f.what.rpartition(": ")[2] for f in found] == ["201, 202, 204"]
