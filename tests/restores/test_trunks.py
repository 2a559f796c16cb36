"""Held trunks reach no carrier in any way Asterisk reads; released, every byte is the true one again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringkeep.asterisk.conf import read_configuration
from ringkeep.restores.trunks import HoldRefused, held, released

SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[3] / "shared/systems")

PJSIP = b"""[carrier-defaults](!)
type=registration
retry_interval = 20 ; often

[carrier](carrier-defaults)
; who we are
client_uri=sip:100@carrier.example
server_uri=sip:carrier.example\r
[carrier]
type=identify
endpoint=carrier
match=198.51.100.7
[carrier]
type=aor
contact=sip:carrier.example
qualify_frequency=60
[201]
type=aor
max_contacts=1
qualify_frequency=30
[carrier]
type=endpoint
aors=carrier
context=from-carrier"""
SIP = b"[general]\nregister => 100:secret@carrier.example\n#include sip_more.conf\n[201]\nhost=dynamic\nqualify=yes\n"
MORE = b"register => 200:secret@carrier.example ; the second line\n"
FILES = {"/etc/asterisk/pjsip.conf": PJSIP, "/etc/asterisk/sip.conf": SIP, "/etc/asterisk/sip_more.conf": MORE}


def test_held_trunks_neither_register_nor_take_calls_nor_knock_and_phones_stay() -> None:
    after = {**FILES, **held(FILES)}
    pjsip = read_configuration(after, "/etc/asterisk/pjsip.conf")
    assert pjsip and not pjsip.refused
    assert [(one.name, one.get("type"), one.get("qualify_frequency")) for one in pjsip.sections] == [
        ("carrier", "aor", None),
        ("201", "aor", "30"),
        ("carrier", "endpoint", None),
    ]
    sip = read_configuration(after, "/etc/asterisk/sip.conf")
    assert sip and [one.all("register") for one in sip.sections] == [[], []]
    assert sip.section("201").get("qualify") == "yes"


def test_released_every_byte_is_the_true_one_and_edits_made_meanwhile_stay() -> None:
    after = {**FILES, **held(FILES)}
    assert {**after, **released(after)} == FILES
    after["/etc/asterisk/sip.conf"] += b"[202]\nhost=dynamic\n"
    assert released(after)["/etc/asterisk/sip.conf"] == SIP + b"[202]\nhost=dynamic\n"
    assert held(after) == {} and released(FILES) == {}


def test_what_cannot_be_held_by_marking_lines_is_refused() -> None:
    with pytest.raises(HoldRefused, match=r"sip.conf:2"):
        held({"/etc/asterisk/sip.conf": b"[general]\nregister => a:b@c --; x\n"})


def test_a_real_freepbx_system_is_held_and_released_byte_for_byte() -> None:
    etc = SYSTEMS / "freepbx16/etc-asterisk"
    if not etc.is_dir():
        pytest.skip("the real systems are not beside the checkout")
    files = {f"/etc/asterisk/{path.relative_to(etc)}": path.read_bytes() for path in etc.rglob("*") if path.is_file()}
    changed = held(files)
    assert "/etc/asterisk/pjsip.registration.conf" in changed
    after = {**files, **changed}
    assert {**after, **released(after)} == files
    found = read_configuration(after, "/etc/asterisk/pjsip.conf")
    assert found and not [one for one in found.sections if one.get("type") in ("registration", "identify")]
    assert len([one for one in found.sections if one.get("type") == "endpoint"]) > 190
