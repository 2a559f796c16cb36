"""How much a backup holds, and what became much less since the last one."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

Counts = dict[str, int]
_ = str  # marks the texts of this module for translation


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much of something may go without an alarm: a few, or a share of them, whichever is more."""

    what: str  # in words, marked for translation
    few: int
    share: float


# Removed on purpose: some colleagues in a month, recordings and call records by their keeping time.
TOLERANCES = {
    "files": Tolerance(_("files"), 100, 0.4),
    "bytes": Tolerance(_("bytes"), 50 << 20, 0.5),
    "configuration_files": Tolerance(_("configuration files"), 10, 0.25),
    "extensions": Tolerance(_("extensions"), 5, 0.2),
    "mailboxes": Tolerance(_("mailboxes"), 5, 0.2),
    "queues": Tolerance(_("queues"), 2, 0.34),
    "menus": Tolerance(_("menus"), 2, 0.34),
    "numbers": Tolerance(_("numbers from outside"), 3, 0.25),
    "trunks": Tolerance(_("trunks"), 1, 0.5),
    "voicemail_messages": Tolerance(_("voicemail messages"), 50, 0.6),
    "recordings": Tolerance(_("recordings"), 200, 0.5),
    "cdr_rows": Tolerance(_("call records"), 1000, 0.5),
}
ALL_GONE_FROM = 3  # where there were that many and nothing is left, that is told whatever the tolerance
MESSAGE = re.compile(r"msg\d{4,}\.txt$")
SOUND = re.compile(r"\.(?:wav|WAV|gsm|mp3|ulaw|alaw|g722|sln\d*|ogg|opus)$")
CDR_INSERT = re.compile(rb"INSERT INTO `?cdr`? ", re.I)
LINE_BYTES = 64 << 20


def counted(mirror: Path, system: PhoneSystem) -> Counts:
    """What a mirror holds."""
    counts = dict.fromkeys(("files", "bytes", "configuration_files", "voicemail_messages", "recordings"), 0)
    for inside, size_bytes in _files(mirror):
        counts["files"] += 1
        counts["bytes"] += size_bytes
        counts["configuration_files"] += inside.startswith("etc/asterisk/")
        counts["voicemail_messages"] += "/voicemail/" in inside and bool(MESSAGE.search(inside))
        counts["recordings"] += "/monitor/" in inside and bool(SOUND.search(inside))
    shown = system.shown or system
    for name, things in (
        ("extensions", system.extensions), ("trunks", system.trunks), ("mailboxes", system.mailboxes),
        ("queues", system.queues), ("menus", system.menus), ("numbers", system.inbound_numbers),
    ):  # fmt: skip
        counts[name] = len(things)
    for name, things in (("menus", shown.menus), ("queues", shown.queues)):
        counts[name] = max(counts[name], len(things))
    return {**counts, "cdr_rows": call_records(mirror)}


def _files(top: Path) -> Iterator[tuple[str, int]]:
    """(path inside, bytes) of every plain file."""
    todo = [(top, "")]
    while todo:
        folder, inside = todo.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append((Path(entry.path), f"{inside}{entry.name}/"))
                    elif entry.is_file(follow_symlinks=False):
                        yield inside + entry.name, entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue


def call_records(mirror: Path) -> int:
    """Rows of call records: in dumps of databases, and in Asterisk's own CSV. Enough to see that many went."""
    rows = 0
    folder = mirror / "ringkeep/databases"
    for path in sorted(folder.glob("*.sql*")) if folder.is_dir() and not folder.is_symlink() else ():
        if path.is_file() and not path.is_symlink():
            rows += _rows_of_dump(path)
    csv = mirror / "var/log/asterisk/cdr-csv/Master.csv"
    if csv.is_file() and not csv.is_symlink():
        with csv.open("rb") as file:
            rows += sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    return rows


def _rows_of_dump(path: Path) -> int:
    rows = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(LINE_BYTES):
                if CDR_INSERT.match(line):
                    rows += line.count(b"),(") + line.count(b"),\n") + 1
    except (OSError, EOFError):
        return rows
    return rows


def shrinkage(now: Mapping[str, int], before: Mapping[str, int]) -> list[Sentence]:
    """What became much less: one sentence for each; a few that went are no alarm."""
    found = []
    for name, tolerance in TOLERANCES.items():
        had, has = before.get(name), now.get(name)
        if had is None or has is None or has >= had:
            continue
        gone = had - has
        much = gone > max(tolerance.few, tolerance.share * had)
        if much or (has == 0 and had >= ALL_GONE_FROM):
            found.append(
                Sentence(
                    "{before} {what} became {now}",
                    {"before": had, "now": has, "what": Sentence(tolerance.what)},
                )
            )
    return found
