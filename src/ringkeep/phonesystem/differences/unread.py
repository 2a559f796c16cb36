"""Files that Asterisk does not read, or only to some line: one wrong word, and what else stands there is gone."""

from __future__ import annotations

from collections.abc import Iterable

from ringkeep.phonesystem.differences.layers import Difference
from ringkeep.phonesystem.differences.things import Thing, Value
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
    return [*kept, *found]


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
