"""The manager protocol: however its bytes are cut, the same messages come out; nothing forged goes in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk import ami

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)
NAME = st.text("abcdefghijklmnopqrstuvwxyzABC", min_size=1, max_size=8)
MESSAGES = st.lists(st.lists(st.tuples(NAME, TEXT), min_size=1, max_size=4), max_size=5)


def stream(messages: list[list[tuple[str, str]]]) -> bytes:
    blocks = ("".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n" for fields in messages)
    return BANNER + "".join(blocks).encode()


@settings(deadline=None)
@given(MESSAGES, st.data())
def test_any_cut_of_the_bytes_gives_the_same_messages(
    messages: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    raw = stream(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    decoder = ami.Decoder()
    chunks = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert [m.fields for chunk in chunks for m in decoder.feed(chunk)] == messages


@settings(deadline=None)
@given(MESSAGES)
def test_byte_by_byte_gives_the_same_messages(messages: list[list[tuple[str, str]]]) -> None:
    decoder = ami.Decoder()
    found = [m.fields for byte in stream(messages) for m in decoder.feed(bytes([byte]))]
    assert found == messages


def test_the_banner_tells_the_version() -> None:
    decoder = ami.Decoder()
    decoder.feed(BANNER)
    assert decoder.version == (9, 0, 0)


@pytest.mark.parametrize("first", [b"SSH-2.0-OpenSSH\r\n", b"x" * 2000])
def test_a_peer_that_speaks_something_else_is_refused(first: bytes) -> None:
    with pytest.raises(ami.AmiError):
        ami.Decoder().feed(first)


def test_a_message_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "MESSAGE_LIMIT", 1000)
    decoder = ami.Decoder()
    decoder.feed(BANNER)
    with pytest.raises(ami.AmiError):
        decoder.feed(b"Event: x\r\n" * 200)


def test_names_ignore_case_and_repeat() -> None:
    message = ami.Message(b"Event: DTMFEnd\r\nOutput: one\r\nOutput: two")
    assert (message.event, message.get("OUTPUT"), message.output) == ("DTMFEnd", "one", "one\ntwo")


def test_a_response_is_no_event() -> None:
    assert ami.Message(b"Response: Success").event is None


def test_bytes_that_are_no_utf_8_survive() -> None:
    assert ami.Message(b"Name: caf\xe9").get("name").encode("utf-8", "surrogateescape") == b"caf\xe9"


@pytest.mark.parametrize("value", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b"])
def test_a_line_break_cannot_forge_a_header(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        ami.encode("Originate", {"Channel": value})


@settings(deadline=None)
@given(st.dictionaries(NAME, TEXT, max_size=4))
def test_an_encoded_action_is_one_message_with_its_fields(fields: dict[str, str]) -> None:
    decoder = ami.Decoder()
    decoder.feed(BANNER)
    (message,) = decoder.feed(ami.encode("Ping", fields))
    assert message.fields == [("Action", "Ping"), *fields.items()]
