"""Two differences that people call one: a code that moved, a pattern that was rewritten, routes that changed places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringkeep.phonesystem.differences.layers import Difference
from ringkeep.phonesystem.differences.things import Key, Thing, Value
from ringkeep.phonesystem.model import PhoneSystem

REWRITTEN = {("outbound_route", "patterns"), ("follow_me", "members")}  # lists that people edit as one text

SAID_BY = {"disallow": "codecs", "asks": "password"}  # a field that only ever follows another


def paired(told: Iterable[Difference], a: PhoneSystem, b: PhoneSystem) -> list[Difference]:
    """The differences, those that belong together as one."""
    kept = [one for one in told if (one.what, one.field) != ("outbound_route", "order")]
    kept += _order_of_routes(a, b)
    fields = {(one.key, one.field) for one in kept}
    kept = [one for one in kept if one.field not in SAID_BY or (one.key, SAID_BY[one.field]) not in fields]
    groups: dict[object, list[Difference]] = {}
    for number, one in enumerate(kept):
        groups.setdefault(_group(one, number), []).append(one)
    found: list[Difference] = []
    for group in groups.values():
        found += _joined(group)
    return found


def _group(one: Difference, number: int) -> object:
    if one.what == "feature_code" and one.field is None and one.thing.title:
        return one.what, one.thing.title
    if (one.what, one.field) in REWRITTEN and one.change != "changed":
        return one.key, one.field
    return number


def _joined(group: list[Difference]) -> list[Difference]:
    gone = [one for one in group if one.change == "removed"]
    come = [one for one in group if one.change == "added"]
    if len(gone) != 1 or len(come) != 1:
        return group
    old, new = gone[0], come[0]
    field = old.field or "code"
    before, after = (old.before, new.after) if old.field else (Value(old.id, (old.id,)), Value(new.id, (new.id,)))
    one = Difference("changed", old.what, old.id, field, before, after, new.thing if old.field else old.thing)
    one.in_files, one.in_database = old.in_files or new.in_files, old.in_database or new.in_database
    one.traces = [*old.traces, *new.traces]
    return [one]


def _order_of_routes(a: PhoneSystem, b: PhoneSystem) -> list[Difference]:
    """The order in which outbound routes are tried, of those that both have: one row of it moves many."""
    old, new = (_sequence(system) for system in (a, b))
    both = set(old) & set(new)
    before, after = ([identity for identity in order if identity in both] for order in (old, new))
    if before == after:
        return []
    named: Mapping[str, str] = {**old, **new}
    values = [Value(", ".join(named[i] for i in order), tuple(named[i] for i in order)) for order in (before, after)]
    key: Key = ("outbound_route", "")
    one = Difference("changed", *key, "order", values[0], values[1], Thing(*key, None))
    one.in_files = one.in_database = True
    return [one]


def _sequence(system: PhoneSystem) -> dict[str, str]:
    """Route -> its title, in the order in which they are tried; what the product's pages say."""
    rows: Sequence[Mapping[str, str | None]] = system.tables.get("outbound_route_sequence", ())
    titles = {row.get("route_id"): row.get("name") for row in system.tables.get("outbound_routes", ())}
    order = sorted(rows, key=lambda row: (len(row.get("seq") or ""), row.get("seq") or ""))
    return {row.get("route_id") or "": titles.get(row.get("route_id")) or row.get("route_id") or "" for row in order}
