"""The difference between two phone systems, as people who use them would tell it.

One function for drift, the preview of a change, "what changed last night" and a drill's verdict.

    files of a and b -> things -> differences --.
    database of a and b -> things -> differences-+-> joined -> backed by traces -> folded -> told
    files, rows, keys of astdb -> traces --------'                  what is left of the traces ---^
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringkeep.phonesystem.differences import telling
from ringkeep.phonesystem.differences.consequences import Explanation, fold, switched
from ringkeep.phonesystem.differences.dialplan_traces import dialplan_traces
from ringkeep.phonesystem.differences.heirs import heirs_of
from ringkeep.phonesystem.differences.layers import ELEMENTS, Difference, differ, join
from ringkeep.phonesystem.differences.leftovers import leftovers
from ringkeep.phonesystem.differences.owners import Owners
from ringkeep.phonesystem.differences.pairs import paired
from ringkeep.phonesystem.differences.recordings import recordings
from ringkeep.phonesystem.differences.table_traces import table_traces
from ringkeep.phonesystem.differences.things import Key, Thing, Things, aligned, flatten
from ringkeep.phonesystem.differences.traces import Trace, comparable, file_traces, state_traces
from ringkeep.phonesystem.differences.unread import all_files, with_unread
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

STATES = {
    "call_state",
    "mailbox",
    "follow_me",
    "setting",
    "file",
    "dialplan",
    "table",
    "prompt",
}  # kept elsewhere than in the database's pages
OF_MODULES = {"setting", "feature_code"}
STATE_FIELDS = {"is_night", "override", "title"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs."""

    change: str  # added | removed | changed
    # extension mailbox queue ring_group menu time_condition night_switch inbound_route outbound_route trunk announcement
    # conference feature_code follow_me paging_group parking_lot music_class outside_number direct_access call_state setting
    # file dialplan table
    what: str
    id: str  # "1060", "CarrierA", "1"
    field: str | None  # None: the thing as a whole
    before: str | None  # in words; None for a secret and for nothing
    after: str | None
    audience: str  # callers | staff | carriers | inner: who would notice
    says: Sentence

    @property
    def text(self) -> str:
        """The sentence in English."""
        return capital(str(self.says))


def capital(text: str) -> str:
    """A sentence with the capital that English sentences begin with."""
    return text[:1].upper() + text[1:]


def compare(a: PhoneSystem, b: PhoneSystem) -> tuple[Change, ...]:
    """What `b` has that `a` had not, and the other way round; empty when a user of either would notice nothing."""
    old = flatten(a)
    layers = _Layers(
        old, aligned(old, flatten(b)), flatten(a.shown) if a.shown else {}, flatten(b.shown) if b.shown else {}
    )
    if comparable(a, b) and bool(a.files) != bool(b.files):
        return _told(list(all_files(layers.old, layers.new, len(b.files) - len(a.files))), a, b, layers)
    owners = Owners.of(layers.old, layers.new, layers.shown_old, layers.shown_new)
    traces = _traces(a, b, owners)
    sounds = list(recordings(a, b))
    if not (traces or sounds or with_unread((), a, b)):
        return ()
    found = _found(a, b, layers)
    evidence = _Evidence(traces, owners, heirs_of(a, b, traces))
    backed = [one for one in found if evidence.backs(one)]
    told = fold([switched(one) for one in backed])
    left = evidence.unexplained(backed)
    left = _without_new_contexts(left, traces, a, b)
    told += leftovers(left, layers, told)
    told = [*with_unread(paired(told, a, b), a, b), *sounds]
    sources = {trace.source for trace in left if trace.origin not in ("custom", "program")}
    for one in told:
        one.status = _agreement(one, layers) or _status(one, a, b, sources)
    return _told(told, a, b, layers)


def _told(told: list[Difference], a: PhoneSystem, b: PhoneSystem, layers: _Layers) -> tuple[Change, ...]:
    speaker = telling.Speaker(a, b, layers.all(), told)
    groups = _grouped(told)
    return tuple(sorted((_change(group, speaker) for group in groups), key=_order))


def _without_new_contexts(left: list[Trace], traces: list[Trace], a: PhoneSystem, b: PhoneSystem) -> list[Trace]:
    """Without what the product wrote along with a whole context that came or went and of which something is told."""
    remaining = set(map(id, left))
    explained = {name for t in traces if t.is_generated_line and id(t) not in remaining for name in _contexts(t)}
    moved = explained & (a.dialplan.contexts.keys() ^ b.dialplan.contexts.keys())
    return [trace for trace in left if not (trace.is_generated_line and moved & set(_contexts(trace)))]


def _contexts(trace: Trace) -> tuple[str, ...]:
    """The context that a line of the dialplan stands in, and that it includes."""
    included = (trace.before or trace.after or "") if trace.option == "include" else ""
    return tuple(text.partition(",")[0] for text in (trace.locus, included) if text)


@dataclass(frozen=True, slots=True)
class _Layers:
    old: Things
    new: Things
    shown_old: Things
    shown_new: Things

    def all(self) -> dict[Key, Thing]:
        return {**self.shown_old, **self.old, **self.shown_new, **self.new}

    def stays(self, key: Key) -> bool:
        """Whether the files of both systems have it."""
        return key in self.old and key in self.new


def _found(a: PhoneSystem, b: PhoneSystem, layers: _Layers) -> list[Difference]:
    both_files, both_shown = comparable(a, b), a.shown is not None and b.shown is not None
    files = list(differ(layers.old, layers.new)) if both_files else []
    shown = list(differ(layers.shown_old, layers.shown_new)) if both_shown else []
    if not both_files:
        shown = [one for one in shown if _known_to_both(one, layers)]
    return join(files, shown, (layers.old, layers.new), (layers.shown_old, layers.shown_new))


def _known_to_both(one: Difference, layers: _Layers) -> bool:
    """Whether two databases of different completeness (a backup's and a server's) both speak of it."""
    if one.field is not None:
        return (one.before is not None and one.after is not None) or one.change != "changed"
    if one.what in OF_MODULES:
        return False
    return all(any(key[0] == one.what for key in things) for things in (layers.shown_old, layers.shown_new))


def _traces(a: PhoneSystem, b: PhoneSystem, owners: Owners) -> list[Trace]:
    partly = not comparable(a, b)
    found = [*file_traces(a, b, owners), *dialplan_traces(a, b, owners)]
    found += state_traces(a.database, b.database, owners, partly=partly)
    if a.product == b.product:
        rows = table_traces(a.tables, b.tables, owners, partly=partly)
        # A backup leaves out the settings of modules that were installed after its job was made.
        found += (row for row in rows if not (partly and row.whole and row.owner and row.owner[0] in OF_MODULES))
    return found


class _Evidence:
    """The traces, by what they belong to and by what they mention."""

    def __init__(self, traces: list[Trace], owners: Owners, heirs: dict[int, frozenset[Key]]) -> None:
        self.traces = traces
        self.owners = [
            frozenset(
                [
                    *([owners.known(t.owner), t.owner] if t.owner else []),
                    *([("place", t.locus)] if t.dialplan and t.origin == "own" else []),
                    *heirs.get(index, ()),
                ]
            )
            for index, t in enumerate(traces)
        ]
        self.by_owner: dict[Key, list[int]] = {}
        self.by_word: dict[str, list[int]] = {}
        for index, trace in enumerate(traces):
            for key in self.owners[index]:
                self.by_owner.setdefault(key, []).append(index)
            for word in {*trace.words, *_endings(trace.locus)}:
                self.by_word.setdefault(word, []).append(index)

    def near(self, thing: Thing) -> list[int]:
        """The traces that are the thing's or name it."""
        found = {index for key in (thing.key, *thing.aliases) for index in self.by_owner.get(key, ())}
        found |= {index for name in thing.names for index in self.by_word.get(name, ())}
        return sorted(found)

    def backs(self, one: Difference) -> bool:
        """Whether something that is written says it; what is only written by hand beside a product's files is told by its file."""
        explanation = Explanation([one])
        near = self.near(one.thing)
        one.traces = [self.traces[index] for index in near if explanation.holds(self.traces[index], self.owners[index])]
        if one.traces:
            return any(trace.origin != "custom" for trace in one.traces)
        return any(self.traces[index].origin != "custom" for index in near)

    def unexplained(self, backed: list[Difference]) -> list[Trace]:
        """What is left when every told difference has accounted for its traces."""
        groups: dict[Key, list[Difference]] = {}
        for one in backed:
            groups.setdefault(one.key, []).append(one)
        explained: set[int] = set()
        for group in groups.values():
            explanation = Explanation(group)
            near = [index for index in self.near(explanation.differences[0].thing) if index not in explained]
            explained |= {index for index in near if explanation.holds(self.traces[index], self.owners[index])}
            if explanation.in_database:  # the product wrote its own lines anew for what changed on its pages
                explained |= {i for i in near if self.traces[i].is_generated_line and explanation.keys & self.owners[i]}
        kept = [
            index
            for index in range(len(self.traces))
            if index not in explained or self.traces[index].origin in ("custom", "program")
        ]
        return [self.traces[index] for index in kept if not self.traces[index].is_blank]


def _endings(locus: str) -> Iterator[str]:
    """What a number in a code may end in: 1150 in *961150."""
    digits = "".join(letter if letter.isdigit() else " " for letter in locus)
    for run in digits.split():
        yield from (run[start:] for start in range(max(0, len(run) - 12), len(run) - 2))


def _status(one: Difference, a: PhoneSystem, b: PhoneSystem, unexplained: set[str]) -> str:
    """Whether only the pages or only the files say it, where both should."""
    if (
        a.product == "asterisk"
        or not (a.tables and b.tables and comparable(a, b))
        or one.what in STATES
        or one.field in STATE_FIELDS
    ):
        return ""
    files = one.in_files or any(trace.source == "files" for trace in one.traces)
    database = one.in_database or any(trace.source == "database" for trace in one.traces)
    if database and not files and one.other_knows and "files" not in unexplained:
        return "not_applied"
    generated = any(trace.origin == "generated" for trace in one.traces)
    if files and not database and generated and "database" not in unexplained:
        return "by_hand"
    return ""


def _agreement(one: Difference, layers: _Layers) -> str:
    """Whether only one of pages and files moved, to where the other one stood before."""
    if one.in_files == one.in_database or one.what in STATES or one.field in STATE_FIELDS:
        return ""
    there = layers.shown_new if one.in_files else layers.new
    before = layers.shown_old if one.in_files else layers.old
    if not (_has(there, one) and _has(before, one)):
        return ""
    return "applied" if one.in_files else "agreed"


def _has(things: Things, one: Difference) -> bool:
    """Whether a layer already holds what a difference leads to."""
    thing = things.get(one.key)
    if one.field is None:
        known = any(key[0] == one.what for key in things)
        return known and (thing is None) == (one.change == "removed")
    value = thing.values.get(one.field) if thing else None
    if thing is None:
        return False
    if one.field in ELEMENTS and one.change != "changed":
        if value is None or value.many is None:
            return False
        element = (one.after or one.before or value).words
        return (element in value.many) == (one.after is not None)
    if one.after is None:
        return value is None and one.field.startswith("key ")
    return value is not None and value.words == one.after.words and not value.is_secret


# -- telling --------------------------------------------------------------------------------------------------


def _grouped(told: list[Difference]) -> list[list[Difference]]:
    """Differences that are one: the same of many objects, from one line of a template or one time group."""
    groups: dict[object, list[Difference]] = {}
    for number, one in enumerate(told):
        line = _shared_line(one)
        value = (
            one.change,
            one.what,
            one.field,
            one.before and one.before.written,
            one.after and one.after.written,
            line,
        )
        groups.setdefault(value if line is not None else number, []).append(one)
    return list(groups.values())


def _shared_line(one: Difference) -> object:
    """What tells the one line of a template, or the one row of a time group, behind a difference; None: its own."""
    if one.field is None and one.what != "dialplan":
        return None
    if one.traces and all(trace.dialplan and trace.origin == "own" for trace in one.traces):
        return str(one.traces[0].place)
    first = next((trace for trace in one.traces if trace.owner not in (None, one.key) or trace.owner is None), None)
    return id(first) if first is not None and not first.dialplan else None


def _change(group: list[Difference], speaker: telling.Speaker) -> Change:
    one = group[0]
    before, after = speaker.words(one)
    return Change(
        one.change, one.what, ", ".join(d.id for d in group), one.field, before, after, telling.audience(one.what, one.field), speaker.says(group)
    )  # fmt: skip


def _order(change: Change) -> tuple[int, str, int, str]:
    number = int(change.id) if change.id.isascii() and change.id.isdigit() and len(change.id) < 16 else 0
    return telling.AUDIENCES.index(change.audience), change.what, number, f"{change.id} {change.field}"
