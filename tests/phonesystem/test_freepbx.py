"""Whom FreePBX's ring script rings, from the database as it was saved."""

from __future__ import annotations

import pytest

from ringkeep.phonesystem.freepbx import phones_to_ring

PHONES = {"/DEVICE/1001/dial": "PJSIP/1001", "/DEVICE/1002/dial": "PJSIP/1002", "/DEVICE/91002/dial": "SIP/91002"}


@pytest.mark.parametrize(
    ("members", "database", "wanted"),
    [
        ("1001", {}, ("PJSIP/1001", "1001")),
        ("1001-1002", {}, ("PJSIP/1001&PJSIP/1002", "1001-1002")),
        ("1001&1002", {}, ("PJSIP/1001&PJSIP/1002", "1001-1002")),
        ("1001-0555#", {}, ("PJSIP/1001&Local/0555@from-internal/n", "1001-0555#")),
        ("1001-1002", {"/DND/1001": "YES"}, ("PJSIP/1002", "1002")),
        ("1001", {"/CF/1001": "0777"}, ("Local/0777@from-internal/n", "0777#")),
        ("1002", {"/AMPUSER/1002/device": "1002&91002"}, ("PJSIP/1002&SIP/91002", "1002")),
        ("1003", {}, ("", "")),
        ("", {}, ("", "")),
    ],
)
def test_who_is_rung(members: str, database: dict[str, str], wanted: tuple[str, str]) -> None:
    assert phones_to_ring(members, PHONES | database) == wanted


def test_forwarding_may_be_off() -> None:
    assert phones_to_ring("1001", {**PHONES, "/CF/1001": "0777"}, forwarding=False) == ("PJSIP/1001", "1001")
