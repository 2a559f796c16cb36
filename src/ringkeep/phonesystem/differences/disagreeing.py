"""Where a product's database and the files that Asterisk runs say different things, at one time."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.phonesystem.differences.names import FIELDS, NAMES
from ringkeep.phonesystem.differences.things import Thing, Value, flatten
from ringkeep.phonesystem.model import NOWHERE, Disagreement, PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

# What both sides say in one way, so that a difference is one. Options that either writes in words of its own are left out.
COMPARED = {
    "extension": ("name", "context", "technology", "secret"),
    "queue": ("strategy", "members", "wait_s", "destination"),
    "ring_group": ("strategy", "members", "ring_s", "destination"),
    "menu": ("keys", "timeout_s"),
    "announcement": ("destination",),
    "time_condition": ("times", "inside", "outside"),
    "inbound_route": ("destination",),
    "outbound_route": ("patterns", "trunks"),
    "trunk": ("server", "enabled"),
}
WHOLE = ("extension", "queue", "ring_group", "menu", "announcement", "time_condition", "inbound_route")


def disagreements(shown: PhoneSystem, files: PhoneSystem) -> tuple[Disagreement, ...]:
    """What the product's pages show (`shown`) and its files do not run, or the other way round; a change that was never
    applied, or a generated file that was edited. Values are words; None for a secret and for nothing.
    """
    pages, run = flatten(shown), flatten(files)
    kinds = {what for what, *_ in pages} & {what for what, *_ in run}
    found: list[Disagreement] = []
    for key in dict.fromkeys([*pages, *run]):
        what = key[0]
        mine, theirs = pages.get(key), run.get(key)
        if mine is not None and theirs is not None:
            found += _fields(mine, theirs)
        elif what in WHOLE and what in kinds:
            thing = mine or theirs
            assert thing is not None
            found.append(_whole(thing, is_shown=mine is not None))
    return tuple(found)


def _whole(thing: Thing, *, is_shown: bool) -> Disagreement:
    name = _name(thing)
    if is_shown:
        says = Sentence("{thing} is on the product's pages, but not in the files that run", {"thing": name})
        return Disagreement(thing.what, thing.id, None, thing.title or thing.id, None, NOWHERE, says)
    says = Sentence("{thing} is in the files that run, but not on the product's pages", {"thing": name})
    return Disagreement(thing.what, thing.id, None, None, thing.title or thing.id, NOWHERE, says)


def _fields(shown: Thing, run: Thing) -> Iterator[Disagreement]:
    names = COMPARED.get(shown.what, ())
    if "keys" in names:
        names += tuple(
            dict.fromkeys(name for thing in (shown, run) for name in thing.values if name.startswith("key "))
        )
    for name in names:
        mine, theirs = shown.values.get(name), run.values.get(name)
        if mine is None or theirs is None:
            if name.startswith("key "):
                yield _field(shown, name, mine, theirs)
        elif not _same(mine, theirs):
            yield _field(shown, name, mine, theirs)


def _same(mine: Value, theirs: Value) -> bool:
    if mine.many is not None and theirs.many is not None:
        return sorted(mine.many) == sorted(theirs.many)
    if mine.destination and theirs.destination:
        return mine.words == theirs.words
    return mine.written == theirs.written


def _field(thing: Thing, name: str, mine: Value | None, theirs: Value | None) -> Disagreement:
    there = mine or theirs
    values: dict[str, str | int | Sentence] = {
        "thing": _name(thing),
        "field": FIELDS.get(name) or Sentence("setting {name}", {"name": name}),
    }
    if there is not None and there.is_secret:
        says = Sentence("{field} of {thing} is another one in the files that run than in the database", values)
        return Disagreement(thing.what, thing.id, name, None, None, NOWHERE, says)
    database, files = (value.words if value else None for value in (mine, theirs))
    values |= {"database": database or "-", "files": files or "-"}
    says = Sentence(
        "{field} of {thing} is {database} on the product's pages, but {files} in the files that run", values
    )
    return Disagreement(thing.what, thing.id, name, database, files, NOWHERE, says)


def _name(thing: Thing) -> Sentence:
    known = NAMES.get(thing.what)
    return Sentence(known.template if known else "{id}", {"id": thing.id})
