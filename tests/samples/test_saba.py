"""The sample phone system is whole: what its files refer to is there. Its calls are proved by the drill."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import pytest

SABA = Path(__file__).parents[2] / "samples" / "saba"
ETC = SABA / "etc" / "asterisk"
SOUNDS = SABA / "var" / "lib" / "asterisk" / "sounds"
GREETINGS = SABA / "var" / "spool" / "asterisk" / "voicemail" / "default"
LANGUAGES = ("en", "fa")
WAVES = sorted(SABA.rglob("*.wav"))


def lines(name: str) -> list[str]:
    """The file's lines without comments (`;` to the end, unless escaped)."""
    text = re.sub(r";--.*?--;", "", (ETC / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    return [re.sub(r"(?<!\\);.*", "", line).strip() for line in text.splitlines()]


def configuration() -> str:
    """Every configuration file's text without comments, one after the other."""
    names = sorted(path.relative_to(ETC).as_posix() for path in ETC.rglob("*.conf"))
    return "\n".join("\n".join(lines(name)) for name in names)


def prompts_referred_to() -> set[str]:
    return set(re.findall(r"\bcustom/([\w-]+)", configuration()))


def endpoints() -> set[str]:
    return set(
        re.findall(r"^\[(\d{3})\]\(phone,", (ETC / "pjsip.d/phones.conf").read_text(encoding="utf-8"), re.MULTILINE)
    )


def mailboxes() -> dict[str, str]:
    """Mailbox to PIN."""
    return dict(re.findall(r"^(\d{3}) => (\d+),", (ETC / "voicemail.conf").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_referred_to_exists_and_none_is_left_over(language: str) -> None:
    on_disk = {path.stem for path in (SOUNDS / language / "custom").glob("*.wav")}
    assert prompts_referred_to() == on_disk


@pytest.mark.parametrize("path", WAVES, ids=lambda path: path.relative_to(SABA).as_posix())
def test_a_recording_is_telephone_audio_that_can_be_heard(path: Path) -> None:
    with wave.open(str(path)) as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (8000, 1, 2)
        assert 1.0 <= recording.getnframes() / 8000 <= 8.0
        samples = memoryview(recording.readframes(recording.getnframes())).cast("h")
    assert max(samples) > 3000


def test_no_two_recordings_are_the_same() -> None:
    assert len({path.read_bytes() for path in WAVES}) == len(WAVES)


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in SABA.rglob("*") if path.is_file()) < 1_500_000


def test_every_phone_has_its_objects_its_mailbox_and_a_light() -> None:
    phones = (ETC / "pjsip.d/phones.conf").read_text(encoding="utf-8")
    hints = set(
        re.findall(r"^exten => (\d{3}),hint,PJSIP/\1$", "\n".join(lines("extensions.d/30-people.conf")), re.MULTILINE)
    )
    assert len(endpoints()) == 25
    assert endpoints() == set(re.findall(r"^\[(\d{3})\]\(phone-auth\)", phones, re.MULTILINE))
    assert endpoints() == set(re.findall(r"^\[(\d{3})\]\(phone-aor\)", phones, re.MULTILINE))
    assert endpoints() == set(re.findall(r"^mailboxes = (\d{3})@default", phones, re.MULTILINE))
    assert endpoints() == hints
    assert endpoints() <= mailboxes().keys()


def test_every_phone_named_in_queues_and_ring_groups_exists() -> None:
    named = set(re.findall(r"PJSIP/(\d+)", "\n".join(lines("queues.conf") + lines("extensions.conf"))))
    assert named
    assert named <= endpoints()


def test_every_mailbox_named_in_the_dialplan_and_every_greeting_has_a_mailbox() -> None:
    named = set(re.findall(r"VoiceMail\((\d+)@default|MAILBOX=(\d+)", configuration()))
    assert {first or second for first, second in named} <= mailboxes().keys()
    assert {path.parent.name for path in GREETINGS.glob("*/unavail.wav")} <= mailboxes().keys()


def test_secrets_are_not_weak() -> None:
    passwords = re.findall(r"^(?:password|secret) = (.+)$", configuration(), re.MULTILINE)
    assert len(passwords) == len(set(passwords)) == 25 + 2  # phones, carrier A, the manager interface
    assert min(map(len, passwords)) >= 20
    pins = mailboxes()
    assert len(set(pins.values())) == len(pins)
    assert all(pin != box and len(set(pin)) == 4 for box, pin in pins.items())


def test_every_context_gone_to_or_included_exists() -> None:
    text = configuration()
    contexts = set(re.findall(r"^\[([\w-]+)\]", text, re.MULTILINE))
    gone_to = set(re.findall(r"Goto\(([\w-]+),[^,()]+,[^,()]+\)", text))
    included = set(re.findall(r"^include => ([\w-]+)", text, re.MULTILINE))
    of_endpoints = set(re.findall(r"^context (?:=|=>) ([\w-]+)", text, re.MULTILINE))
    assert (gone_to | included | of_endpoints) <= contexts


def test_every_included_file_exists_and_the_tried_one_does_not() -> None:
    text = configuration()
    for pattern in re.findall(r'^#include "(.+)"', text, re.MULTILINE):
        assert list(ETC.glob(pattern)), pattern
    assert [p for p in re.findall(r'^#tryinclude "(.+)"', text, re.MULTILINE) if not list(ETC.glob(p))] == [
        "extensions_local.conf"
    ]


def test_callers_from_outside_cannot_reach_the_carriers() -> None:
    """Follow Goto and include from the carriers' contexts: the outbound routes are not among what is reached."""
    bodies: dict[str, str] = {}
    for name in [
        "extensions.conf",
        *sorted(p.relative_to(ETC).as_posix() for p in (ETC / "extensions.d").glob("*.conf")),
    ]:
        context = ""
        for line in lines(name):
            head = re.match(r"\[([\w-]+)\](?:\(([\w-]+)\))?", line)
            if head:
                context = head[1]
                bodies[context] = bodies.get(head[2] or "", "")
            elif context:
                bodies[context] += line + "\n"
    reached, todo = set(), {"from-carrier-a", "from-carrier-b", "queue-keys"}
    while todo:
        context = todo.pop()
        reached.add(context)
        body = bodies[context]
        todo |= set(re.findall(r"Goto\(([\w-]+),[^,()]+,[^,()]+\)", body)) | set(
            re.findall(r"^include => ([\w-]+)", body, re.MULTILINE)
        )
        todo -= reached
        # a caller never gets Dial's T: transfer by a caller runs in the caller's context
        assert not re.search(r"(?:Dial|Queue)\([^)]*,[a-z]*T", body)
    assert not reached & {"internal", "internal-abroad", "national", "abroad", "emergency", "carriers"}
    assert {"menu-fa", "menu-en", "queues", "ring-groups", "office-closed", "ring"} <= reached
