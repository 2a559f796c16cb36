"""What differs between two dialplans as Asterisk compiles them, extension by extension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context, Extension
from ringkeep.phonesystem.differences.owners import Owners
from ringkeep.phonesystem.differences.secret_names import is_secret
from ringkeep.phonesystem.differences.things import Key
from ringkeep.phonesystem.differences.traces import Trace, comparable, origin_of, short
from ringkeep.phonesystem.model import PhoneSystem

ALIGNED = 300  # steps of one extension that are compared in their order; more are compared as a heap


def dialplan_traces(a: PhoneSystem, b: PhoneSystem, owners: Owners) -> Iterator[Trace]:
    """Differences of extensions, hints, includes and globals; none when the dialplan's files are the same."""
    if not comparable(a, b):
        return
    files = {*a.dialplan.files, *b.dialplan.files}
    if all(a.files.get(path) == b.files.get(path) for path in files):
        return
    yield from _globals(a, b, owners)
    yield from _general(a, b)
    reader = _Reader(a, b, owners)
    for name in dict.fromkeys([*a.dialplan.contexts, *b.dialplan.contexts]):
        yield from reader.context(a.dialplan.contexts.get(name), b.dialplan.contexts.get(name))


def _globals(first: PhoneSystem, second: PhoneSystem, owners: Owners) -> Iterator[Trace]:
    a, b = first.dialplan, second.dialplan
    origin = "own" if second.product == "asterisk" else "generated"
    for name in dict.fromkeys([*a.globals, *b.globals]):
        before, after = a.globals.get(name), b.globals.get(name)
        if before == after:
            continue
        word, _, rest = name.partition("_")
        number = rest.partition("_")[0] if word != "PREFIX" else rest.rpartition("_")[2]
        owner = owners.known(("trunk_number", number)) if word in TRUNK_GLOBALS else None
        yield Trace("files", "extensions.conf", "[globals]", TRUNK_GLOBALS.get(word, name) if owner else name, before, after, owner,
                    is_secret(name), origin=origin, dialplan=True)  # fmt: skip


def _general(a: PhoneSystem, b: PhoneSystem) -> Iterator[Trace]:
    """What holds for the whole dialplan: autofallthrough, clearglobalvars."""
    old, new = a.dialplan.general, b.dialplan.general
    origin = "own" if b.product == "asterisk" else "program"
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield Trace("files", "extensions.conf", "[general]", name, old.get(name), new.get(name), origin=origin)


TRUNK_GLOBALS = {
    "OUT": "name", "OUTCID": "outbound_caller", "OUTMAXCHANS": "max_channels", "OUTDISABLE": "enabled", "OUTFAIL": "failscript",
    "OUTPREFIX": "dialoutprefix", "OUTKEEPCID": "keepcid", "FORCEDOUTCID": "forced_caller", "PREFIX": "dialpatterns",
}  # fmt: skip
_Found = Mapping[tuple[str, str | None], Extension]


class _Reader:
    def __init__(self, a: PhoneSystem, b: PhoneSystem, owners: Owners) -> None:
        self.a, self.b, self.owners = a, b, owners
        self.origins: dict[str, str] = {}

    def origin(self, path: str) -> str:
        """Who writes the file that a line stands in."""
        if path not in self.origins:
            system = self.b if path in self.b.files else self.a
            self.origins[path] = origin_of(short(path), system.files, path, system.product)
        return self.origins[path]

    def context(self, before: Context | None, after: Context | None) -> Iterator[Trace]:
        """The differences of one context."""
        there = after or before
        assert there is not None
        old, new = _by_key(before), _by_key(after)
        for key in dict.fromkeys([*old, *new]):
            yield from self._extension(there.name, key, old.get(key), new.get(key))
        for option, ways in (("include", _includes), ("switch", _switches)):
            was, now = Counter(ways(before)), Counter(ways(after))
            for text in [*(was - now), *(now - was)]:
                here = was[text] > now[text]
                yield Trace(
                    "files", short(there.place.file), there.name, option, text if here else None, None if here else text,
                    self._context_owner(there.name), origin=self.origin(there.place.file), dialplan=True,
                )  # fmt: skip

    def _context_owner(self, name: str) -> Key | None:
        return self.owners.of_extension(name, "s")[0]

    def _extension(
        self, context: str, key: tuple[str, str | None], old: Extension | None, new: Extension | None
    ) -> Iterator[Trace]:
        before, after = _lines(old), _lines(new)
        if before == after:
            return
        pattern = f"{key[0]}/{key[1]}" if key[1] else key[0]
        there = new or old
        assert there is not None
        gone, come = _moved(before, after)
        place = _place(new, come) or _place(old, gone) or there.place
        if gone and self.origin(place.file) == "custom" and getattr(_place(old, gone), "file", None) != place.file:
            gone = []  # what now runs in place of a line of the product; that one still stands in its own file
        owner, field = self.owners.of_extension(context, pattern)
        yield Trace(
            "files", short(place.file), f"{context},{pattern}", field, None if old is None else "\n".join(gone), None if new is None else "\n".join(come),
            owner, whole=old is None or new is None, origin=self.origin(place.file), dialplan=True, place=place,
        )  # fmt: skip


def _by_key(context: Context | None) -> _Found:
    return {(e.pattern, e.callerid): e for e in context.extensions} if context else {}


def _lines(extension: Extension | None) -> list[str]:
    if extension is None:
        return []
    lines = [(f"({s.label}) " if s.label else "") + f"{s.application}({s.arguments})" for s in extension.steps]
    if lines and extension.steps[0].priority != 1:  # no call begins there
        lines[0] = f"{extension.steps[0].priority}: {lines[0]}"
    return lines + ([f"hint {extension.hint}"] if extension.hint else [])


def _moved(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    if len(before) > ALIGNED or len(after) > ALIGNED:
        return list((Counter(before) - Counter(after)).elements()), list((Counter(after) - Counter(before)).elements())
    gone: list[str] = []
    come: list[str] = []
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += before[start:end]
            come += after[first:last]
    return gone, come


def _place(extension: Extension | None, lines: list[str]) -> Place | None:
    """Where the first of these lines stands."""
    if extension is None or not lines:
        return None
    steps = (s.place for s in extension.steps if f"{s.application}({s.arguments})" in lines[0])
    return next(steps, extension.place)


def _includes(context: Context | None) -> list[str]:
    return (
        [include.context + (f",{include.times}" if include.times else "") for include in context.includes]
        if context
        else []
    )


def _switches(context: Context | None) -> list[str]:
    return list(context.switches) if context else []
