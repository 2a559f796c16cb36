"""One extension comes back into the files as they are now, and not another byte of them changes."""

from __future__ import annotations

import pytest

from ringkeep.asterisk.conf import read_configuration
from ringkeep.restores.objects import brought_back
from ringkeep.restores.selection import SelectionError

PJSIP = b"""[phone](!)
type=endpoint
context=internal
; people
[201](phone)
auth=201
aors=201
mailboxes=201@default
callerid=Ana <201>   ; her name
[201]
type=auth
username=201
password=right
[201]
type=aor
max_contacts=1
[202](phone)
auth=202
aors=202
[202]
type=auth
username=202
password=other
[202]
type=aor
max_contacts=1
"""
VOICEMAIL = b"[general]\nformat=wav\n[default]\n201 => 1234,Ana\n202 => 9,Leyla\n"
EXTENSIONS = b"[internal]\nexten => _2XX,1,Dial(PJSIP/${EXTEN})\n"
BACKUP = {
    "/etc/asterisk/pjsip.conf": PJSIP,
    "/etc/asterisk/voicemail.conf": VOICEMAIL,
    "/etc/asterisk/extensions.conf": EXTENSIONS,
}


def changed(path: str, *edits: tuple[bytes, bytes]) -> dict[str, bytes]:
    content = BACKUP[f"/etc/asterisk/{path}"]
    for old, new in edits:
        assert old in content
        content = content.replace(old, new)
    return {**BACKUP, f"/etc/asterisk/{path}": content}


def test_a_changed_value_comes_back_and_every_other_byte_stays() -> None:
    live = changed(
        "pjsip.conf", (b"password=right", b"password=wrong"), (b"callerid=Ana <201> ", b"callerid=Nobody <201> "),
        (b"password=other", b"password=newer"),
    )  # fmt: skip
    now = brought_back(live, BACKUP, "201")
    assert now == {"/etc/asterisk/pjsip.conf": PJSIP.replace(b"password=other", b"password=newer")}
    assert brought_back(BACKUP, BACKUP) == {}


def test_a_lost_extension_with_its_mailbox_comes_back() -> None:
    start, end = PJSIP.index(b"[202](phone)"), len(PJSIP)
    live = {
        **BACKUP,
        "/etc/asterisk/pjsip.conf": PJSIP[:start] + PJSIP[end:],
        "/etc/asterisk/voicemail.conf": VOICEMAIL.replace(b"201 => 1234,Ana\n", b""),
    }
    now = {**live, **brought_back(live, BACKUP)}
    there = read_configuration(now, "/etc/asterisk/pjsip.conf")
    assert there and [one.get("type") for one in there.all_sections("202")] == ["endpoint", "auth", "aor"]
    assert now["/etc/asterisk/pjsip.conf"].startswith(live["/etc/asterisk/pjsip.conf"])
    assert b"201 => 1234,Ana" in now["/etc/asterisk/voicemail.conf"]


def test_an_extension_that_only_the_live_system_has_stays() -> None:
    live = {**BACKUP, "/etc/asterisk/pjsip.conf": PJSIP + PJSIP[PJSIP.index(b"[202]") :].replace(b"202", b"203")}
    assert brought_back(live, BACKUP) == {}


def test_what_cannot_come_back_by_itself_is_refused_with_the_way_that_can() -> None:
    with pytest.raises(SelectionError, match="no extension 999"):
        brought_back(BACKUP, BACKUP, "999")
    live = changed("pjsip.conf", (b"[phone](!)", b"[phones](!)"), (b"(phone)", b"(phones)"), (b"=right", b"=wrong"))
    with pytest.raises(SelectionError, match=r"template.*--only configuration"):
        brought_back(live, BACKUP, "201")
