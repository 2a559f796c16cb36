"""Voicemail spools: every mailbox, folder, message and greeting by name; what is missing is seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.voicemail import SPOOL, read_message_text, read_spool
from tests.asterisk.recordings import VERSIONS, recorded_spool

BOX = f"{SPOOL}/default/101"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_spool_of_a_real_asterisk_is_read(version: int) -> None:
    files = recorded_spool(version)
    spool = read_spool(files, files)
    assert [(box.context, box.number, box.messages) for box in spool.boxes] == [
        ("default", "101", 2), ("default", "102", 1), ("other", "101", 1),
    ]  # fmt: skip
    assert spool.broken == 0
    urgent = next(folder for folder in spool.boxes[0].folders if folder.name == "Urgent").messages[0]
    assert urgent.text is not None
    assert (urgent.sounds, urgent.text.flag, urgent.text.callerid) == (("wav",), "Urgent", '"Rec Caller" <5551000>')
    assert urgent.text.origmailbox == "101"
    assert urgent.text.received_at is not None and urgent.text.received_at.date() == datetime(2026, 11, 24).date()


def test_messages_without_sound_or_text_and_gaps_are_seen() -> None:
    names = (
        "msg0000.wav",
        "msg0000.WAV",
        "msg0000.txt",
        "msg0002.txt",
        "msg0003.gsm",
        "msg0003.txt.tmp",
        ".lock-1",
        "msg1.wav",
    )
    (box,) = read_spool(f"{BOX}/INBOX/{name}" for name in names).boxes
    (inbox,) = box.folders
    assert [(m.number, m.sounds, m.has_text, m.text) for m in inbox.messages] == [
        (0, ("WAV", "wav"), True, None), (2, (), True, None), (3, ("gsm",), False, None),
    ]  # fmt: skip
    assert inbox.gaps == (1,)


def test_greetings_are_known_in_every_language_and_by_their_sound() -> None:
    names = ("unavail.wav", "busy.gsm", "temp.txt", "greet/x.wav", "fa/unavail.wav", "INBOX/greet.wav", "other.wav")
    (box,) = read_spool(f"{BOX}/{name}" for name in names).boxes
    assert box.greetings == ("INBOX/greet", "busy", "fa/unavail", "unavail")


def test_a_text_that_is_none_is_counted_with_its_place() -> None:
    path = f"{BOX}/INBOX/msg0000.txt"
    spool = read_spool([path], {path: b"\0\0\0\0"})
    assert (spool.broken, spool.first_broken[0].place.file) == (1, path)


def test_a_callers_name_with_every_sign_stays_whole() -> None:
    text = read_message_text(b'[message]\ncallerid="A;b=[c]" <1>\norigtime=1795552204\nduration=x\n')
    assert text is not None
    assert (text.callerid, text.duration_s) == ('"A;b=[c]" <1>', None)
    assert text.received_at == datetime(2026, 11, 24, 20, 30, 4, tzinfo=UTC)


def test_paths_elsewhere_are_no_mailboxes() -> None:
    assert (
        read_spool(["/etc/passwd", f"{SPOOL}/default", f"{SPOOL}/../../x/y/msg0000.wav", f"{SPOOL}x/a/b/c"]).boxes == ()
    )


VALUE = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(deadline=None)
@given(VALUE, st.integers(1, 2 * 10**9), st.integers(0, 10**6))
def test_what_is_written_is_read(caller: str, origtime: int, duration: int) -> None:
    content = (
        f";\n; Message Information file\n;\n[message]\ncallerid={caller}\norigtime={origtime}\nduration={duration}\n"
    )
    text = read_message_text(content.encode())
    assert text is not None
    assert (text.callerid, text.duration_s) == (caller.strip() or None, duration)
    assert text.received_at == datetime.fromtimestamp(origtime, UTC)


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=60))
def test_nothing_raises(content: bytes, name: str) -> None:
    path = f"{SPOOL}/{name}"
    assert read_spool([path], {path: content}).broken <= 1
    read_message_text(b"[message]\n" + content)
