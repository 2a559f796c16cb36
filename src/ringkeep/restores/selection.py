"""What of a backup is to come back: the grammar of `--only`, and which part each path belongs to. Pure.

everything | configuration | extensions[:NUMBER] | queues[:NAME or NUMBER] | voicemail[:MAILBOX] |
recordings[/YYYY[/MM[/DD]]] | sounds | databases | records | queue_log | astdb          several with commas
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringkeep.phonesystem.sentences import Sentence, Told

PARTS = (
    "everything", "configuration", "extensions", "queues", "voicemail", "recordings", "sounds", "databases", "records",
    "queue_log", "astdb",
)  # fmt: skip
NAMED = {
    "extensions": re.compile(r"[\w*#+.-]{1,40}\Z"), "queues": re.compile(r"[\w*#+.-]{1,79}\Z"),
    "voicemail": re.compile(r"[\w*#+.-]{1,40}(@[\w.-]{1,40})?\Z"),
}  # fmt: skip
DAYS = re.compile(r"/\d{4}(/(0[1-9]|1[0-2])(/(0[1-9]|[12]\d|3[01]))?)?\Z")
RECORD_DATABASES = re.compile(r"cdr", re.IGNORECASE)  # asteriskcdrdb: grows with every call
# Persian and Arabic digits and commas as they come from such keyboards, and the marks of direction that copied text brings.
ASCII = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩،", "01234567890123456789,", "\u200c\u200e\u200f\u2066\u2067\u2068\u2069")
MACHINE = (
    "machine"  # its accounts, network, packages, web pages: in the backup to read, never written to another machine
)
OF_TELEPHONY = re.compile(r"/etc/(dahdi/|wanpipe/|freepbx\.conf\Z|amportal\.conf\Z|issabel\.conf\Z|odbc(inst)?\.ini\Z)")
PHONES = re.compile(r"/(tftpboot|var/lib/tftpboot|srv/tftp)/")
DATABASE_FILES = re.compile(
    r"/var/www/db/\w[\w.-]{0,60}\.db\Z"
)  # Issabel's own, SQLite: users of its pages, menus, address book
SOUNDS = ("sounds", "moh", "mohmp3", "recordings")
DIRECTORIES = {
    "astetcdir": "/etc/asterisk", "astvarlibdir": "/var/lib/asterisk", "astdatadir": "/var/lib/asterisk",
    "astspooldir": "/var/spool/asterisk", "astlogdir": "/var/log/asterisk",
}  # fmt: skip


class SelectionError(Told):
    """What was asked for cannot be restored by itself; the message says why and what can."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of `--only`: a part, and which of it ("1064", "/2026/11"; "": all)."""

    part: str
    which: str = ""

    def __str__(self) -> str:
        return self.part + (self.which if self.part == "recordings" else self.which and f":{self.which}")


def parse(words: Iterable[str]) -> tuple[Wanted, ...]:
    """`--only` as typed, commas and repeats allowed; nothing is everything. Raises `SelectionError`."""
    found = []
    for word in (part.strip() for text in words for part in text.translate(ASCII).split(",")):
        if word:
            found.append(_parsed(word))
    if not found or any(one.part == "everything" for one in found):
        return (Wanted("everything"),)
    return tuple(dict.fromkeys(found))


def _parsed(word: str) -> Wanted:
    part = re.split("[:/]", word, maxsplit=1)[0]
    which = word[len(part) :]
    if part not in PARTS:
        raise SelectionError(
            Sentence("{word} is no part of a backup: choose from {parts}.", {"word": word, "parts": ", ".join(PARTS)})
        )
    if not which:
        return Wanted(part)
    if part == "recordings" and DAYS.match(which):
        return Wanted(part, which)
    if part in NAMED and which[0] == ":" and NAMED[part].match(which[1:]):
        return Wanted(part, which[1:])
    if part == "recordings":
        raise SelectionError(
            Sentence("{word} cannot be read: write recordings/2026/11 for a year, month or day.", {"word": word})
        )
    if part in NAMED:
        raise SelectionError(
            Sentence(
                "{word} cannot be read: write {example} for one number.", {"word": word, "example": f"{part}:1064"}
            )
        )
    raise SelectionError(
        Sentence(
            "{word} cannot be read: {part} can only be restored whole, write {part}.", {"word": word, "part": part}
        )
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path belongs: its part, and the which-words that choose it."""

    part: str
    which: tuple[str, ...] = ()


def place_of(path: str, directories: Mapping[str, str]) -> Place:
    """Which part a file belongs to; "other" comes only with everything, what is the machine's never."""
    where = {**DIRECTORIES, **{name: value.rstrip("/") for name, value in directories.items()}}
    spool, log = where["astspooldir"], where["astlogdir"]
    inside = _inside(path, f"{spool}/voicemail")
    if inside:
        box = [*inside.split("/"), ""][1]
        return Place("voicemail", (box, f"{box}@{inside.split('/')[0]}"))
    inside = _inside(path, f"{spool}/monitor")
    if inside:
        steps = inside.split("/")[:3]
        return Place("recordings", tuple("/" + "/".join(steps[: n + 1]) for n in range(len(steps))))
    if _inside(path, log):
        return Place("queue_log" if _inside(path, log).startswith("queue_log") else "records")
    if _inside(path, where["astetcdir"]) or OF_TELEPHONY.match(path):
        return Place("configuration")
    for folder in dict.fromkeys((where["astvarlibdir"], where["astdatadir"], "/usr/share/asterisk")):
        inside = _inside(path, folder)
        if inside:
            return Place("sounds" if inside.split("/")[0] in SOUNDS else "other")
    if DATABASE_FILES.match(path):
        return Place("databases")
    return Place("other" if _inside(path, spool) or PHONES.match(path) else MACHINE)


def _inside(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else ""


def chooses(wanted: Iterable[Wanted], place: Place) -> bool:
    """Whether a file comes along."""
    parts = (place.part, "records") if place.part == "queue_log" else (place.part,)
    return place.part != MACHINE and any(
        one.part == "everything" or (one.part in parts and (not one.which or one.which in place.which))
        for one in wanted
    )


def chooses_database(wanted: Iterable[Wanted], name: str) -> bool:
    """Whether a database comes along; the one of call records only with "records" or everything."""
    part = "records" if RECORD_DATABASES.search(name) else "databases"
    return any(one.part in ("everything", part) for one in wanted)
