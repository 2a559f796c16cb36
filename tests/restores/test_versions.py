"""What another version of Asterisk means is said before anything is touched, with what to do instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.restores.versions import refusal, said
from ringkeep.translation import Words

SABA = Path(__file__).parents[2] / "samples/saba/etc/asterisk"
SIP = b"[general]\n[201]\ntype=friend\nhost=dynamic\n[carrier]\ntype=peer\nhost=198.51.100.7\n"
PJSIP = b"[202]\ntype=endpoint\nauth=202\naors=202\n[202]\ntype=aor\n[202]\ntype=auth\n"
DIALPLAN = b"[internal]\nexten => 201,1,Macro(ring,201)\n same => n,MYSQL(Connect)\n"


def system(**files: bytes) -> PhoneSystem:
    return read_phone_system({f"/etc/asterisk/{name}.conf": content for name, content in files.items()})


def test_phones_trunks_and_applications_that_the_new_version_lacks_are_named_with_what_to_write_instead() -> None:
    mixed = system(sip=SIP, pjsip=PJSIP, extensions=DIALPLAN)
    text = " ".join(map(str, said(mixed, 16, 22)))
    assert "Phones by chan_sip" in text and "PJSIP: 201" in text and "PJSIP: carrier" in text
    assert "Macro (/etc/asterisk/extensions.conf:2)" in text and "Gosub" in text and "MYSQL" in text
    assert "ringkeep prove" in text and refusal(mixed, 16, 22) is None
    assert "chan_sip" not in " ".join(map(str, said(mixed, 16, 20)))
    assert said(mixed, 22, 22) == said(mixed, None, 22) == [] and len(said(mixed, 22, 16)) == 3


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"sip": SIP, "extensions": DIALPLAN}, "chan_sip"),
        ({"pjsip": PJSIP, "modules": b"[modules]\nautoload=yes\nrequire = app_macro.so\n"}, "app_macro.so"),
    ],
)
def test_where_nothing_would_ring_it_is_refused_in_both_languages(files: dict[str, bytes], why: str) -> None:
    found = refusal(system(**files), 16, 22)
    assert found is not None and why in str(found) and "بازیابی کنید" in Words("fa").say(found)
    assert refusal(system(**files), 16, 20) is None and refusal(system(**files), 22, 22) is None


def test_our_sample_goes_from_16_to_22_without_a_word_of_what_would_not_work() -> None:
    saba = {f"/etc/asterisk/{path.relative_to(SABA)}": path.read_bytes() for path in SABA.rglob("*.conf")}
    assert [str(one) for one in said(read_phone_system(saba), 16, 22)] == ["The backup is of Asterisk 16, the target runs 22."]  # fmt: skip
    assert refusal(read_phone_system(saba), 16, 22) is None
