"""One phone system's parts by what calls name them by: computed once, so that no walk goes through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from ringkeep.phonesystem.model import Extension, InboundNumber, Mailbox, PhoneSystem, Queue, Trunk

Key = TypeVar("Key")
Part = TypeVar("Part")


class Index:
    """What a system holds under each name; where two have one name, the first counts."""

    def __init__(self, system: PhoneSystem) -> None:
        self._system = system
        self.directly: dict[str, frozenset[str]] = {}  # context -> extensions' numbers that its own entries take

    @cached_property
    def phones(self) -> Mapping[tuple[str, str], Extension]:
        """By technology and endpoint: ("pjsip", "1001")."""
        return _first(((e.technology, e.endpoint), e) for e in self._system.extensions)

    @cached_property
    def phones_named(self) -> Mapping[str, Extension]:
        """By number or endpoint, whichever comes first."""
        return _first((name, e) for e in self._system.extensions for name in (e.number, e.endpoint))

    @cached_property
    def first_phones(self) -> Mapping[str | None, Extension]:
        """By context, in the order of each context's last phone."""
        return {e.context: e for e in reversed(self._system.extensions)}

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Of extensions, those of digits alone."""
        return frozenset(e.number for e in self._system.extensions if e.number.isdigit())

    @cached_property
    def trunks(self) -> Mapping[tuple[str, str], Trunk]:
        """By technology and endpoint."""
        return _first(((t.technology, t.endpoint), t) for t in self._system.trunks)

    @cached_property
    def trunks_named(self) -> Mapping[str, Trunk]:
        """By name or endpoint, whichever comes first."""
        return _first((name, t) for t in self._system.trunks for name in (t.name, t.endpoint))

    @cached_property
    def mailboxes(self) -> Mapping[str, Mailbox]:
        """By number and context: "1001@default"."""
        return _first((f"{m.number}@{m.context}", m) for m in self._system.mailboxes)

    @cached_property
    def voicemail_general(self) -> Mapping[str, str]:
        """What holds for every mailbox that does not say otherwise."""
        configuration = self._system.configurations.get("voicemail.conf")
        section = configuration.section("general") if configuration else None
        names = ("operator", "exitcontext")
        return {name: value for name in names if section and (value := section.get(name)) is not None}

    @cached_property
    def queues(self) -> Mapping[str, Queue]:
        """By name."""
        return _first((q.name, q) for q in self._system.queues)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """What a ring group is called, by its name and its number."""
        return {
            name: group.number or group.name
            for group in self._system.ring_groups
            for name in (group.name, group.number)
            if name
        }

    @cached_property
    def inbound(self) -> Mapping[str, list[InboundNumber]]:
        """By number, "" for any."""
        found: dict[str, list[InboundNumber]] = {}
        for one in self._system.inbound_numbers:
            found.setdefault(one.number, []).append(one)
        return found


def index_of(system: PhoneSystem) -> Index:
    """The system's index, kept with it."""
    known = system.looked_up.get("index")
    if not isinstance(known, Index):
        known = system.looked_up["index"] = Index(system)
    return known


def _first(pairs: Iterable[tuple[Key, Part]]) -> dict[Key, Part]:
    found: dict[Key, Part] = {}
    for key, part in pairs:
        found.setdefault(key, part)
    return found
