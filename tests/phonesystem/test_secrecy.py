"""No secret of a phone system is in anything that is told of it, wherever it stands in its files."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers.asterisk import read_phone_system
from ringkeep.phonesystem.secrecy import Secrets, is_secret, secrets_of
from ringkeep.phonesystem.sentences import Sentence

KNOWING_NOTHING = Secrets(frozenset())
CANARY = "Kx7canary3"


def system(**files: str) -> PhoneSystem:
    return read_phone_system({f"/etc/asterisk/{name}.conf": text.encode() for name, text in files.items()})


@pytest.mark.parametrize(
    "text",
    [
        f"SIP/acme:{CANARY}@sip.example.com/4444", f"https://me:{CANARY}@api.example.com/", f"IAX2/in:[{CANARY}]@iax.example.com",
        f"http://api.example.com/x.wav?key={CANARY}&n=1", f"CURL(https://api.example.com/?n=1&token={CANARY})", f"Authenticate({CANARY})",
        f"DISA({CANARY},internal)", f"MeetMe(800,M,{CANARY})", f"Set(DBPASS={CANARY})", f"System(curl -u me:{CANARY} https://x.example)",
        f"SIPAddHeader(Authorization: Basic {CANARY})", f"MYSQL(Connect id localhost root {CANARY} cdr)", f"PIN={CANARY},APITOKEN={CANARY}",
        f"System(mysql -p{CANARY} -u root)", f'{{"secret": "{CANARY}"}}',
    ],
)  # fmt: skip
def test_what_stands_where_a_secret_stands_is_covered(text: str) -> None:
    assert CANARY not in KNOWING_NOTHING.covered(text)


@pytest.mark.parametrize(
    "text",
    ["sip:201@example.com", "PJSIP/201@carrier", "08:00-17:00,sat-wed,*,*", "/etc/asterisk/extensions.conf:12", "DISA(no-password,in)",
     "Voicemail of 201", "Set(PIN=${X})", "Authenticate(${PIN})"],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert KNOWING_NOTHING.covered(text) == text


@pytest.mark.parametrize(
    "name", ["secret", "AMPDBPASS", "md5_cred", "userpin", "inkeys", "admin_pw", "auth", "__APITOKEN", "password2"]
)
def test_options_that_hold_secrets_are_known_by_their_names(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["match_pattern_pass", "tls_cert_file", "auth_type_context", "callerid", "mailbox", "pinning_order"]
)
def test_options_that_hold_none_are_told(name: str) -> None:
    assert not is_secret(name)


def test_a_carriers_password_is_known_wherever_a_part_of_it_is_told() -> None:
    secrets = secrets_of(system(extensions=f"[in]\nexten => 1,1,Dial(IAX2/acme:{CANARY}@iax.example.com/44)\n"))
    assert secrets.covered(f"To the carrier over acme:{CANARY}") == "To the carrier over acme:***"


def test_digits_that_callers_must_know_are_no_menu_key() -> None:
    secrets = secrets_of(
        system(extensions='[in]\nexten => 1,1,Read(IN,enter-pin,6)\n same => n,GotoIf($["${IN}" = "4711"]?ok)\n')
    )
    assert secrets.covered_in({"keys": {"4711": "extension 201"}}) == {"keys": {"***": "extension 201"}}


def test_secrets_that_are_also_names_or_ordinary_words_do_not_blacken_everything() -> None:
    it = system(
        pjsip="[201]\ntype=endpoint\n[201]\ntype=auth\npassword=201\n",
        manager="[admin]\nsecret=asterisk\n",
        voicemail="[default]\n201 => 1234,Ana\n",
    )
    assert secrets_of(it).covered("201 at /etc/asterisk/pjsip.conf:1234") == "201 at /etc/asterisk/pjsip.conf:1234"


def test_templates_of_sentences_and_places_stay_as_they_are() -> None:
    said = Secrets(frozenset(["password1"])).covered_in((Sentence("{x} password1", {"x": "password1"}),))
    assert str(said[0]) == "*** password1"


@given(st.text())
def test_any_text_is_covered_without_an_error(text: str) -> None:
    KNOWING_NOTHING.covered(text)


@pytest.mark.parametrize(
    "piece", ["pin=", ":a", "?key=", "pass ", "${a}=", "mysql ", "MeetMe(", "MYSQL(Connect a ", "[", "-u "]
)
def test_covering_takes_linear_time(piece: str) -> None:
    begun = time.process_time()
    KNOWING_NOTHING.covered(piece * (300_000 // len(piece)))
    assert time.process_time() - begun < 3


def test_many_known_secrets_cost_no_more_than_few() -> None:
    secrets = Secrets(frozenset(f"s3cret{number}x" for number in range(100_000)))
    begun = time.process_time()
    told = [secrets.covered(f"member s3cret{number}x, 12 s") for number in range(5_000)]
    assert time.process_time() - begun < 3
    assert set(told) == {"member ***, 12 s"}


def test_a_known_secret_is_covered_where_it_is_only_a_part_of_a_word() -> None:
    assert Secrets(frozenset([CANARY])).covered(f"user#{CANARY}, X={CANARY}") == "user#***, X=***"
