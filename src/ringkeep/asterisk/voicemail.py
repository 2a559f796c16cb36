"""A voicemail spool: `<spool>/<context>/<mailbox>/<folder>/msgNNNN.{txt,wav,...}` and the mailbox's greetings.

Source: apps/app_voicemail.c; what `ringkeep` knows of it are names, and the text files it is handed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.asterisk.records import Broken, Collected, instant, text_lines

SPOOL = "/var/spool/asterisk/voicemail"
MESSAGE = re.compile(r"msg([0-9]{4})\.([A-Za-z0-9]{1,8})")
GREETINGS = ("unavail", "busy", "greet", "temp")
SOUNDS = {"wav", "wav49", "gsm", "g722", "g729", "ulaw", "alaw", "sln", "sln16", "mp3", "ogg", "opus", "pcm", "siren14"}
TEXT_BYTES = 64 << 10  # a message's text has some 400


@dataclass(frozen=True, slots=True)
class MessageText:
    """What `[message]` of a msgNNNN.txt says; what it does not is None."""

    origmailbox: str | None
    context: str | None
    exten: str | None
    callerchan: str | None
    callerid: str | None
    received_at: datetime | None  # origtime
    duration_s: int | None
    category: str | None
    msg_id: str | None
    flag: str | None  # "Urgent"
    further: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a folder, as far as it is there."""

    number: int
    sounds: tuple[str, ...]  # formats, "wav": none means that nobody can hear it
    has_text: bool  # without one Asterisk's menus skip it
    text: MessageText | None  # None: not handed over, or unreadable


@dataclass(frozen=True, slots=True)
class Folder:
    """INBOX, Old, Urgent, Work, Family, Friends or Cust1 to Cust5."""

    name: str
    messages: tuple[Message, ...]  # by number
    gaps: tuple[int, ...]  # numbers missing below the highest: Asterisk stops counting at the first


@dataclass(frozen=True, slots=True)
class Box:
    """What lies in the spool for one mailbox."""

    number: str
    context: str
    folders: tuple[Folder, ...]
    greetings: tuple[str, ...]  # "unavail", "busy", "greet", "temp"; "fa/unavail" where one is kept per language

    @property
    def messages(self) -> int:
        """How many, in all folders."""
        return sum(len(folder.messages) for folder in self.folders)


@dataclass(frozen=True, slots=True)
class Spool:
    """All of it. `broken`: text files that could not be read, the first few named."""

    boxes: tuple[Box, ...]
    broken: int
    first_broken: tuple[Broken, ...]


def read_spool(names: Iterable[str], texts: Mapping[str, bytes] | None = None, spool: str = SPOOL) -> Spool:
    """Read a spool from the absolute paths in it, and the content of those msgNNNN.txt that are handed over."""
    files: dict[tuple[str, str], dict[str, set[str]]] = {}  # (context, mailbox) -> folder -> names in it
    for name in names:
        words = posixpath.relpath(name, spool).split("/") if name.startswith(f"{spool}/") else []
        if len(words) in (3, 4) and ".." not in words:
            *folder, file = words[2:]
            files.setdefault((words[0], words[1]), {}).setdefault("/".join(folder), set()).add(file)
    collected: Collected[None] = Collected()
    boxes = tuple(
        _box(context, number, files[context, number], _Texts(texts or {}, f"{spool}/{context}/{number}", collected))
        for context, number in sorted(files)
    )
    return Spool(boxes, collected.broken, tuple(collected.first_broken))


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts at hand, of one mailbox, and where unreadable ones are counted."""

    texts: Mapping[str, bytes]
    folder: str
    collected: Collected[None]

    def read(self, name: str) -> MessageText | None:
        path = f"{self.folder}/{name}"
        if path not in self.texts:
            return None
        text = read_message_text(self.texts[path])
        if text is None:
            self.collected.count("no [message] of Asterisk's", Place(path, 1))
        return text


def _box(context: str, number: str, folders: Mapping[str, set[str]], texts: _Texts) -> Box:
    found, greetings = [], set()
    for name in sorted(folders):
        greetings |= {posixpath.join(name, stem) for stem in map(_stem, folders[name]) if stem in GREETINGS}
        if name and (numbered := _numbered(folders[name])):
            messages = tuple(_message(index, numbered[index], name, texts) for index in sorted(numbered))
            gaps = tuple(index for index in range(max(numbered)) if index not in numbered)
            found.append(Folder(name, messages, gaps))
    return Box(number, context, tuple(found), tuple(sorted(greetings)))


def _stem(file: str) -> str:
    stem, _, suffix = file.rpartition(".")
    return stem if suffix.lower() in SOUNDS else ""


def _numbered(files: Iterable[str]) -> dict[int, set[str]]:
    """Number of a message -> suffixes of its files."""
    found: dict[int, set[str]] = {}
    for file in files:
        if match := MESSAGE.fullmatch(file):
            found.setdefault(int(match[1]), set()).add(match[2])
    return found


def _message(number: int, suffixes: set[str], folder: str, texts: _Texts) -> Message:
    has_text = "txt" in suffixes
    sounds = tuple(sorted(s for s in suffixes if s.lower() in SOUNDS))
    return Message(number, sounds, has_text, texts.read(f"{folder}/msg{number:04}.txt") if has_text else None)


def read_message_text(content: bytes) -> MessageText | None:
    """Read a msgNNNN.txt; None when it is none.

    A caller's name is not escaped in it: whatever stands behind the first `=` of a line is the value.
    """
    values: dict[str, str] = {}
    inside = False
    for _, line in text_lines(content[:TEXT_BYTES]):
        line = line.strip(" \t\0")
        if line.startswith("["):
            inside = line.lower() == "[message]"
        elif inside and not line.startswith(";"):
            name, equals, value = line.partition("=")
            if equals:
                values.setdefault(name.strip().lower(), value.strip())
    if not values:
        return None
    known = {name: values.pop(name, None) or None for name in
             ("origmailbox", "context", "exten", "callerchan", "callerid", "category", "msg_id", "flag")}  # fmt: skip
    received_at, duration = instant(values.pop("origtime", "")), values.pop("duration", "")
    return MessageText(
        known["origmailbox"], known["context"], known["exten"], known["callerchan"], known["callerid"], received_at,
        whole_number(duration), known["category"], known["msg_id"], known["flag"], values,
    )  # fmt: skip
