"""What differs between two sets of things, and what the files and the database say of it together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as made

from ringkeep.phonesystem.differences.things import Key, Thing, Things, Value
from ringkeep.phonesystem.differences.traces import Trace

ELEMENTS = {"members", "patterns", "numbers"}  # lists whose elements come and go one by one
UNORDERED = {("queue", "members"), ("paging_group", "members"), ("setting", "numbers")}


@dataclass(slots=True)
class Difference:
    """One thing that differs, before it is told."""

    change: str  # added | removed | changed
    what: str
    id: str
    field: str | None
    before: Value | None
    after: Value | None
    thing: Thing
    in_files: bool = False
    in_database: bool = False
    other_knows: bool = False  # the files or the database, whichever does not have it, knows that field too
    status: str = ""  # "" | "not_applied" | "by_hand" | "applied" | "agreed"
    along: list[str] = made(default_factory=list)  # kinds that came or went with it
    traces: list[Trace] = made(default_factory=list)

    @property
    def key(self) -> Key:
        """The object."""
        return self.what, self.id

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """What makes two layers' differences one."""
        element = (self.after or self.before) if self.field in ELEMENTS and self.change != "changed" else None
        return self.what, self.id, norm(self.field or ""), element.words if element else ""


def norm(name: str) -> str:
    """A field's or an option's name without the spellings that files and database do not share."""
    return re.sub(r"[^a-z0-9*#]", "", name.lower())


def differ(old: Things, new: Things) -> Iterator[Difference]:
    """All differences between two sets of things of one layer."""
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            there = after or before
            assert there is not None
            if there.what != "call_state" or any(v.words not in ("no", "yes") for v in there.values.values()):
                yield Difference("added" if before is None else "removed", *key, None, None, None, there)
            continue
        for name in dict.fromkeys([*before.values, *after.values]):
            yield from _value(name, before, after)


def _value(name: str, old: Thing, new: Thing) -> Iterator[Difference]:
    before, after = old.values.get(name), new.values.get(name)
    if before is not None and after is not None:
        if before.written == after.written or (before.destination and before.words == after.words):
            return
        if name in ELEMENTS and before.many is not None and after.many is not None:
            yield from _elements(name, before.many, after.many, new)
            return
    elif not (before or after or _EMPTY).words or name == "enabled":  # on one side it cannot be told
        return
    change = "changed"
    if name.startswith("key "):
        change = "added" if before is None else "removed" if after is None else "changed"
    yield Difference(change, new.what, new.id, name, before, after, new)


_EMPTY = Value("", ())


def _elements(name: str, before: tuple[str, ...], after: tuple[str, ...], thing: Thing) -> Iterator[Difference]:
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    for one in gone:
        yield Difference("removed", thing.what, thing.id, name, Value(one, (one,)), None, thing)
    for one in come:
        yield Difference("added", thing.what, thing.id, name, None, Value(one, (one,)), thing)
    if not gone and not come and (thing.what, name) not in UNORDERED:
        old, new = (Value(", ".join(many), many, many=many) for many in (before, after))
        yield Difference("changed", thing.what, thing.id, name, old, new, thing)


def join(
    files: list[Difference], shown: list[Difference], known: tuple[Things, Things], shown_known: tuple[Things, Things]
) -> list[Difference]:
    """One list of what differs in the files, in the database, or in both."""
    joined: dict[tuple[str, ...], Difference] = {}
    for one in files:
        one.in_files = True
        joined[one.slot] = one
    for two in shown:
        same = joined.get(two.slot) or _same_words(joined, two)
        if same is not None:
            same.in_database = True
        else:
            two.in_database = True
            joined[two.slot] = two
    kept = [one for one in joined.values() if not _only_switched_off(one, joined, shown_known)]
    for one in kept:
        if one.in_files != one.in_database:
            one.other_knows = _knows(shown_known if one.in_files else known, one)
    return kept


def _same_words(joined: dict[tuple[str, ...], Difference], two: Difference) -> Difference | None:
    """The files' difference of the same object that says the same under another name: `dtmfmode` and `dtmf_mode`."""
    if two.field is None or two.before is None or two.after is None:
        return None
    for one in joined.values():
        same = one.key == two.key and not one.in_database and one.field not in ELEMENTS
        if (
            same
            and one.before
            and one.after
            and (one.before.words, one.after.words) == (two.before.words, two.after.words)
        ):
            return one
    return None


def _only_switched_off(
    one: Difference, joined: dict[tuple[str, ...], Difference], shown: tuple[Things, Things]
) -> bool:
    """A trunk that is switched off goes from the files, and stays in the database."""
    if one.field is not None or one.in_database or not all(one.key in things for things in shown):
        return False
    return any(other.key == one.key and other.in_database for other in joined.values())


def _knows(layer: tuple[Things, Things], one: Difference) -> bool:
    if one.field is None:
        return all(any(key[0] == one.what for key in things) for things in layer)
    values = [things[one.key].values.get(one.field) for things in layer if one.key in things]
    if one.field.startswith("key "):
        return len(values) == 2  # a key that does nothing is no value
    return len(values) == 2 and all(value is not None for value in values)
