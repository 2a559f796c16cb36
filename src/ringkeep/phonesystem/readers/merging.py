"""A system has files and a database: the files run it, the database knows its names. Both into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ringkeep.phonesystem.differences.disagreeing import disagreements
from ringkeep.phonesystem.model import FeatureCode, PhoneSystem

Thing = TypeVar("Thing")

# list -> (what makes two the same thing, the fields that only the database knows)
TITLED: dict[str, tuple[Callable[[Any], object], tuple[str, ...]]] = {
    "extensions": (lambda one: one.endpoint, ("name",)),
    "mailboxes": (lambda one: (one.number, one.context), ("name",)),
    "queues": (lambda one: one.number or one.name, ("title",)),
    "ring_groups": (lambda one: one.number or one.name, ("title",)),
    "menus": (lambda one: one.name, ("title",)),
    "announcements": (lambda one: one.id, ("title",)),
    "time_conditions": (lambda one: one.id, ("title", "zone")),
    "night_switches": (lambda one: one.id, ("title",)),
    "inbound_numbers": (lambda one: (one.number, one.callerid), ("title",)),
    "outbound_routes": (lambda one: one.id or one.name, ("title",)),
    "trunks": (lambda one: (one.technology, one.endpoint.lower()), ("id", "max_channels", "outbound_caller")),
    "conferences": (lambda one: one.number, ("name", "pin")),
    "paging_groups": (lambda one: one.number, ("title",)),
    "outside_numbers": (lambda one: one.id, ("title",)),
    "direct_accesses": (lambda one: one.id, ("title",)),
    "feature_codes": (lambda one: one.code, ("name",)),
}
DIALLED = (
    "ring_groups",
    "menus",
    "announcements",
    "time_conditions",
    "night_switches",
    "inbound_numbers",
    "outbound_routes",
)
GENERATED = ("_additional.conf", "/extensions.conf")
LISTS = (*TITLED, "follow_mes", "call_states", "parking_lots", "music_classes")


def with_titles(system: PhoneSystem, shown: PhoneSystem) -> PhoneSystem:
    """What the files run, with the names of the database and what no file shows: trunks that are switched off."""
    changed: dict[str, Any] = {
        name: tuple(_titled(getattr(system, name), getattr(shown, name), key, fields))
        for name, (key, fields) in TITLED.items()
    }
    here = {(trunk.technology, trunk.endpoint.lower()) for trunk in system.trunks}
    changed["trunks"] += tuple(
        trunk
        for trunk in shown.trunks
        if trunk.enabled is False and (trunk.technology, trunk.endpoint.lower()) not in here
    )
    if not system.blacklist:
        changed["blacklist"] = shown.blacklist
    return replace(system, **changed)


def _titled(
    mine: Sequence[Thing], theirs: Iterable[Thing], key: Callable[[Any], object], fields: tuple[str, ...]
) -> Iterable[Thing]:
    known: dict[object, Any] = {}
    for one in theirs:
        known.setdefault(key(one), one)
    for one in mine:
        other = known.get(key(one))
        filled = {
            field: value
            for field in fields
            if other is not None and (value := getattr(other, field))
            if getattr(one, field) in (None, "") or isinstance(one, FeatureCode)  # its owner's name before ours
        }
        yield replace(one, **filled) if filled else one  # type: ignore[type-var]  # all of the model are dataclasses


def from_database(system: PhoneSystem, shown: PhoneSystem) -> PhoneSystem:
    """A backup that holds no dialplan: the lists are those of the database, files keep what only they have."""
    taken = {name: getattr(shown, name) or getattr(system, name) for name in LISTS}
    return replace(system, **taken, blacklist=shown.blacklist or system.blacklist)


def both(system: PhoneSystem, shown: PhoneSystem | None) -> PhoneSystem:
    """The system with its database's view beside it, and where the two disagree."""
    if shown is None:
        return system
    if not system.dialplan.contexts:
        return replace(from_database(system, shown), shown=shown)
    merged = replace(with_titles(system, shown), shown=shown)
    return replace(merged, disagreements=disagreements(shown, _without_own(merged)))


def _without_own(system: PhoneSystem) -> PhoneSystem:
    """Without what the owner wrote beside the product's pages: that is on no page, and nothing is wrong with it."""
    kept: dict[str, Any] = {
        name: tuple(one for one in getattr(system, name) if one.place.file.endswith(GENERATED)) for name in DIALLED
    }
    kept |= {
        name: tuple(one for one in getattr(system, name) if "_custom" not in one.place.file)
        for name in ("extensions", "queues")
    }
    return replace(system, **kept)
