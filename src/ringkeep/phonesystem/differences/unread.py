"""Files that Asterisk does not read, or only to some line: one wrong word, and what else stands there is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringkeep.phonesystem.differences.consequences import fold
from ringkeep.phonesystem.differences.layers import Difference, differ
from ringkeep.phonesystem.differences.things import Thing, Things, Value
from ringkeep.phonesystem.differences.traces import short
from ringkeep.phonesystem.model import PhoneSystem


def with_unread(told: Iterable[Difference], a: PhoneSystem, b: PhoneSystem) -> list[Difference]:
    """The differences, with one for each file that only one of the two systems' Asterisk reads.

    That single objects of such a file came or went is not told: all of them did, whatever line was edited.
    """
    old, new = _stops(a), _stops(b)
    found = []
    for file in sorted(old.keys() ^ new.keys()):
        before, after = (Value(where[file], (where[file],)) if file in where else None for where in (old, new))
        thing = Thing("file", short(file), None)
        found.append(Difference("changed", *thing.key, "unread", before, after, thing, in_files=True))
    files = {one.id for one in found}
    kept = [
        one
        for one in told
        if one.field is not None or not one.traces or not all(trace.where in files for trace in one.traces)
    ]
    return [*_without_lost(kept, a, b), *found, *_lost_files(a, b)]


OF_DIALPLAN = {
    "dialplan", "extension", "mailbox", "queue", "ring_group", "menu", "time_condition", "night_switch", "inbound_route", "outbound_route",
    "trunk", "announcement", "conference", "feature_code", "follow_me", "paging_group", "parking_lot", "direct_access",
}  # fmt: skip
KINDS = {
    "extensions.conf": OF_DIALPLAN, "pjsip.conf": {"extension", "trunk"}, "sip.conf": {"extension", "trunk"}, "queues.conf": {"queue"},
    "voicemail.conf": {"mailbox"},
}  # fmt: skip
ETC = "/etc/asterisk/"


def _lost(a: PhoneSystem, b: PhoneSystem) -> list[str]:
    """The files of which only one of the two Asterisks has anything, the other side lacking the file or refusing it."""
    if a.settings_only or b.settings_only:
        return []
    return [name for name in KINDS if _has_any(a, name) != _has_any(b, name)]


def _has_any(system: PhoneSystem, name: str) -> bool:
    if name == "extensions.conf":
        return bool(system.dialplan.contexts)
    found = system.configurations.get(name)
    return found is not None and not found.refused and bool(found.sections)


def _without_lost(told: list[Difference], a: PhoneSystem, b: PhoneSystem) -> list[Difference]:
    """Without what of an object only looks otherwise because a whole file is gone and the database alone speaks of it."""
    lost = _lost(a, b)
    kinds = {kind for name in lost for kind in KINDS[name]}
    return [
        one
        for one in told
        if not (one.what == "file" and one.field is None and one.id in lost)
        and (one.what not in kinds or one.in_database or (one.field is None and one.what != "dialplan"))
    ]


def _lost_files(a: PhoneSystem, b: PhoneSystem) -> Iterator[Difference]:
    """The files that Asterisk finds no more, or again; what it refuses is told by its line."""
    for name in _lost(a, b):
        if (ETC + name in a.files) != (ETC + name in b.files):
            found = ETC + name in b.files
            value = Value(name, (name,))
            before, after = (None, value) if found else (value, None)
            thing = Thing("file", name, None)
            yield Difference("added" if found else "removed", *thing.key, "whole", before, after, thing, in_files=True)


def all_files(old: Things, new: Things, more: int) -> Iterator[Difference]:
    """What is told when one side has no configuration file at all: so many files (fewer: below 0), and every object with them."""
    change = "added" if more > 0 else "removed"
    count = Value(str(abs(more)), (str(abs(more)),))
    before, after = (None, count) if more > 0 else (count, None)
    thing = Thing("file", "/etc/asterisk", None)
    yield Difference(change, *thing.key, "all", before, after, thing, in_files=True)
    yield from fold([one for one in differ(old, new) if one.field is None])


def _stops(system: PhoneSystem) -> dict[str, str]:
    """File -> the line where Asterisk gives it up; "-LINE" when it takes nothing of the whole configuration."""
    found: dict[str, str] = {}
    for configuration in system.configurations.values():
        for problem in configuration.problems:
            if problem.fatal:
                whole = configuration.refused and problem.place.file == configuration.name
                found.setdefault(problem.place.file, f"{'-' if whole else ''}{problem.place.line}")
    for problem in system.dialplan.problems:
        if problem.fatal:
            found.setdefault(problem.place.file, f"{'' if system.dialplan.contexts else '-'}{problem.place.line}")
    return found
