"""What a look through a backup's files found, and its words. Reads nothing: the looking is `judging_content`, in a process of
its own, so what it needs is loaded there alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringkeep.phonesystem.sentences import Document, Sentence

if TYPE_CHECKING:
    from ringkeep.backups.judging_counts import Counts

_ = str  # marks the texts of this module for translation
NOT_THERE = {
    "prompt": _("{name}, a recording that callers are to hear, is not in it (named in {place})"),
    "include": _("{name}, a configuration file that {place} includes, is not in it"),
    "greeting": _("The greeting of {name} is not in it"),
    "script": _("{name}, a program that calls run, is not in it (named in {place})"),
    "certificate": _("{name}, a certificate or key, is not in it (named in {place})"),
    "database": _("{name}, a database, is not in it (named in {place})"),
    "moh": _("The music of {name} is not in it"),
    "file": _("{name} is not in it"),
}
PARTS = {
    "configuration": _("configuration"), "voicemail": _("voicemail"), "recordings": _("recordings"),
    "database": _("database"), "databases": _("databases"), "records": _("call records"), "system": _("operating system"),
    "sounds": _("sounds"), "phones": _("phone configuration"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look through a backup's files found; plain data."""

    missing: list[Document] = field(default_factory=list)  # sentences
    shrunken: list[Document] = field(default_factory=list)
    differences: Document | None = None  # {"changes": [...], "notes": [...]}; None: nothing to compare with
    summary: Counts = field(default_factory=dict)


def part_named(name: str) -> Sentence | str:
    """A part of a backup, as people call it."""
    return Sentence(PARTS[name]) if name in PARTS else name
