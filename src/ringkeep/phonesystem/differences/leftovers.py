"""Raw differences that no change of the model explains, told by themselves so that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from ringkeep.phonesystem.destinations import parse_destination, words_of
from ringkeep.phonesystem.differences.layers import Difference, norm
from ringkeep.phonesystem.differences.owners import TABLES
from ringkeep.phonesystem.differences.things import Key, Thing, Value, rung
from ringkeep.phonesystem.differences.traces import Trace

LONGEST = 400  # characters of a line that is told
INSIDE = ("from-did-direct", "ext-local")  # destinations that are an extension, and not just any context


class Known(Protocol):
    """The things of both systems."""

    def all(self) -> Mapping[Key, Thing]:
        """Of either."""

    def stays(self, key: Key) -> bool:
        """Whether both have it."""


def leftovers(traces: Iterable[Trace], known: Known, told: Iterable[Difference]) -> Iterator[Difference]:
    """A difference for each object, setting or file that traces are left of."""
    things = known.all()
    in_database = {one.key for one in told if one.in_database or any(t.source == "database" for t in one.traces)}
    owned: dict[Key, list[Trace]] = {}
    free: list[Trace] = []
    for trace in traces:
        if (
            trace.origin in ("custom", "program")
            or trace.owner is None
            or trace.owner[0] == "setting"
            or not trace.owner[1]
        ):
            free.append(trace)
        else:
            owned.setdefault(trace.owner, []).append(trace)
    found: list[Difference] = []
    for key, group in owned.items():
        thing = things.get(key) or Thing(*key, None)
        if known.stays(key):
            found += (_section(trace, thing) for trace in group if _is_section(trace))
            group = [trace for trace in group if not _is_section(trace)]
        if group:
            found += _of_object(thing, group, key in in_database)
    yield from found
    names = {name for one in found if one.in_database for name in {*one.thing.names, one.id} if len(name) > 2}
    yield from _of_nobody([t for t in free if not (t.dialplan and t.origin == "generated" and names & t.words)])


def value_of(text: str | None, *, is_secret: bool = False) -> Value | None:
    """A raw value as people say it: a product's destination by its words."""
    if text is None or text == "":
        return None
    destination = parse_destination(text) if text.count(",") == 2 else None
    if destination is not None and (destination.kind not in ("dialplan", "extension") or text.startswith(INSIDE)):
        return Value(words_of(destination), (text,), is_secret, destination)
    return Value(text[:LONGEST], (text,), is_secret)


def difference_of(trace: Trace, thing: Thing, field: str | None = None) -> Difference:
    """One trace as a difference of that thing."""
    name = field if field is not None else trace.option
    before, after = (_value(name, text, trace) for text in (trace.before, trace.after))
    change = "changed"
    if name == "members" or name.startswith("key ") or not name or name == "patterns":
        change = "added" if trace.before is None else "removed" if trace.after is None else "changed"
    one = Difference(change, thing.what, thing.id, name or None, before, after, thing)
    one.in_files, one.in_database = trace.source == "files", trace.source == "database"
    one.traces = [trace]
    return one


def _value(field: str, text: str | None, trace: Trace) -> Value | None:
    if field == "enabled" and text:
        is_on = text in ("on", "1", "yes")
        means_on = trace.where == "featurecodes"  # trunks have a column that says they are off
        return Value("yes" if is_on == means_on else "no", (text,))
    if field == "members" and text and "/" in text:
        return Value(rung(text.partition(",")[0]), (text,))
    if field == "name" and text and (caller := re.fullmatch(CALLER, text)):
        other = re.fullmatch(CALLER, (trace.after if text == trace.before else trace.before) or "")
        if other is None or other[1] != caller[1]:
            return Value(caller[1], (text,), trace.is_secret)
    return value_of(text, is_secret=trace.is_secret)


CALLER = re.compile(r'"?([^"<]*[^"<\s])"?\s*<[^<>]*>')  # of a caller's name and number, the name
OF_MEMBER = ("penalty", "member_name", "member_state")  # interface,penalty,name,what says that it is busy


def _told_of(trace: Trace, thing: Thing) -> list[Difference]:
    """The differences that one trace tells: a queue's member that stays may be written otherwise in several ways."""
    if trace.option != "members" or thing.what != "queue" or not trace.before or not trace.after:
        return [difference_of(trace, thing)]
    old, new = ([piece.strip() for piece in text.split(",")] for text in (trace.before, trace.after))
    member = rung(new[0])
    old, new = ([*pieces[1:3], ",".join(pieces[3:])] for pieces in ([*p, "", ""] for p in (old, new)))
    told = []
    for field, before, after in zip(OF_MEMBER, old, new, strict=True):
        if field == "penalty":
            before, after = before or "0", after or "0"
        before, after = before.rstrip(","), after.rstrip(",")
        if before != after:
            one = difference_of(trace, thing, field)
            one.before, one.after = (Value(f"{member} ({text})", (text,)) for text in (before, after))
            told.append(one)
    return told


# -- of objects -----------------------------------------------------------------------------------------------


def _of_object(thing: Thing, traces: list[Trace], told: bool) -> Iterator[Difference]:
    whole = next((t for t in traces if t.whole and t.source == "database"), None) or next(
        (t for t in traces if t.whole and t.source == "files" and not t.dialplan), None
    )
    if whole is not None:
        one = Difference("added" if whole.before is None else "removed", thing.what, thing.id, None, None, None, thing)
        one.in_database, one.in_files, one.traces = (
            whole.source == "database",
            any(t.source == "files" for t in traces),
            traces,
        )
        yield one
        return
    database = [t for t in traces if t.source == "database"]
    others = [t for t in traces if t.source != "database"]
    lines = [t for t in others if t.dialplan]
    found: list[Difference] = []
    for one in (one for trace in database for one in _told_of(trace, thing)):
        same = next((other for other in found if other.slot == one.slot and other.change == one.change), None)
        if same is not None:
            same.traces += one.traces
        else:
            found.append(one)
    for trace in (t for t in others if not t.dialplan):
        same = _same(found, trace)
        if same is not None:
            same.in_files |= trace.source == "files"
            same.traces.append(trace)
        elif not (database or told) or trace.origin != "generated":
            found += _told_of(trace, thing)
    for trace in lines:
        if found or (told and trace.origin == "generated"):
            for one in found:
                one.in_files = True
                one.traces.append(trace)
        elif trace.origin == "generated":
            found.append(difference_of(trace, thing, "dialplan" if not trace.option.startswith("key ") else None))
        else:
            found.append(_line(trace))
    yield from found


def _is_section(trace: Trace) -> bool:
    return trace.whole and trace.source == "files" and not trace.dialplan


def _section(trace: Trace, thing: Thing) -> Difference:
    """One of several sections of a file that make an object up: it came or went, and the object is still there."""
    change = "added" if trace.before is None else "removed"
    kind = re.search(r"^type=(.*)$", trace.before or trace.after or "", re.MULTILINE)
    name = trace.locus + (f" type={kind[1]}" if kind else "")
    one = Difference(change, thing.what, thing.id, "section", None, None, thing, in_files=True)
    value = Value(f"{trace.where} {name}", (name,))
    one.before, one.after = (None, value) if change == "added" else (value, None)
    one.traces = [trace]
    return one


def _same(found: list[Difference], trace: Trace) -> Difference | None:
    for one in found:
        if norm(one.field or "") == norm(trace.option):
            return one
    return next(
        (
            o
            for o in found
            if o.traces[0].source == "database"
            and (o.traces[0].before, o.traces[0].after) == (trace.before, trace.after)
        ),
        None,
    )


def _line(trace: Trace) -> Difference:
    thing = Thing("dialplan", trace.locus, None)
    one = difference_of(trace, thing, "" if trace.whole else "lines")
    one.change = (
        "added"
        if trace.whole and trace.before is None
        else "removed"
        if trace.whole and trace.after is None
        else "changed"
    )
    return one


# -- of nobody ------------------------------------------------------------------------------------------------


def _of_nobody(traces: list[Trace]) -> Iterator[Difference]:
    settings = [_setting(t) for t in traces if t.source == "database"]
    rows = tuple(settings)
    by_hand: dict[str, list[Trace]] = {}
    generated: dict[str, list[Trace]] = {}
    for trace in (t for t in traces if t.source != "database"):
        same = _same_setting(rows, trace)
        if same is not None:
            same.in_files = True
            same.traces.append(trace)
        elif trace.whole and not trace.locus and not trace.option:
            settings.append(_file(trace))
        elif trace.origin in ("custom", "program"):
            by_hand.setdefault(trace.where, []).append(trace)
        elif trace.is_generated_line and trace.locus != "[globals]":
            generated.setdefault(trace.locus.partition(",")[0], []).append(trace)
        elif trace.dialplan and trace.locus != "[globals]":
            settings.append(_line(trace) if trace.option not in ("include", "switch") else _reach(trace))
        else:
            settings.append(_setting(trace))
    yield from settings
    for name, group in by_hand.items():
        yield _edited(name, group)
    if any(s.in_database for s in settings):
        return
    for context, group in generated.items():
        one = Difference(
            "changed", "dialplan", context, "generated", None, None, Thing("dialplan", context, None), in_files=True
        )
        one.traces = group
        yield one


def _setting(trace: Trace) -> Difference:
    if trace.source != "files":
        identity = trace.owner[1] if trace.owner else f"{trace.where} {trace.locus}"
    else:
        identity = " ".join(
            filter(None, [trace.where if trace.locus != "[globals]" else "", trace.locus, trace.option])
        )
    thing = Thing("setting" if trace.owner or trace.source != "database" else "table", identity.strip(), None)
    field = trace.option if trace.source == "database" or (trace.owner and trace.source == "states") else ""
    one = difference_of(trace, thing, field)
    one.change = "added" if trace.before is None else "removed" if trace.after is None else "changed"
    if trace.whole and field != "numbers" and not (trace.where in TABLES and TABLES[trace.where].value):
        one.before = one.after = None
    return one


def _reach(trace: Trace) -> Difference:
    one = difference_of(trace, Thing("dialplan", trace.locus, None), trace.option)
    one.change = "added" if trace.before is None else "removed"
    return one


def _same_setting(settings: Sequence[Difference], trace: Trace) -> Difference | None:
    """The database's setting that a file's line was written from."""
    for one in settings:
        first = one.traces[0]
        if trace.origin == "generated" and first.whole and _tells_it(first, trace):
            return one
        if (first.before, first.after) != (trace.before, trace.after):
            continue
        if (
            norm(one.id).endswith(norm(trace.option))
            or norm(first.option) == norm(trace.option)
            or trace.origin == "generated"
        ):
            return one
    return None


def _tells_it(row: Trace, line: Trace) -> bool:
    """Whether a generated line says what a row that came or went says; before it there was the product's own choice."""
    told = (line.after if row.before is None else line.before) or ""
    text = (row.after if row.before is None else row.before) or ""
    if text == told and norm(row.locus).endswith(norm(line.option)):
        return True
    return len(told) > 3 and told.partition("/")[0] in re.findall(r"[\w.:-]+", text)


def _file(trace: Trace) -> Difference:
    thing = Thing("file", trace.where, None)
    one = Difference(
        "added" if trace.before is None else "removed", "file", trace.where, None, None, None, thing, in_files=True
    )
    one.traces = [trace]
    return one


def _edited(name: str, traces: list[Trace]) -> Difference:
    """All that was done by hand to one file."""
    gone, come = [], []
    for trace in traces:
        gone += _lines(trace, trace.before)
        come += _lines(trace, trace.after)
    change = "changed" if gone and come else "removed" if gone else "added"
    field = "program" if traces[0].origin == "program" else "lines"
    before, after = (Value("\n".join(lines), (str(len(lines)),)) if lines else None for lines in (gone, come))
    one = Difference(change, "file", name, field, before, after, Thing("file", name, None), in_files=True)
    one.traces = traces
    return one


def _lines(trace: Trace, text: str | None) -> list[str]:
    if text is None:
        return []
    lines = text.split("\n") if text else []
    if trace.dialplan or (trace.whole and not trace.option) or not trace.locus:
        return [line for line in lines if line]
    return [f"{trace.option}={'***' if trace.is_secret else line}" for line in lines]
