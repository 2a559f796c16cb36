"""Opening hours and night switches of a hand-written dialplan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Step, whole_number
from ringkeep.phonesystem.model import Destination, NightSwitch, TimeCondition
from ringkeep.phonesystem.readers.following import Follower

SWITCH = re.compile(r"\$\{(?:DB\(([^(){}$]{1,100})\)|GLOBAL\((\w{1,60})\)|(\w{1,60}))\}")
VALUE = re.compile(r'={1,2}\s{0,9}"?([\w-]{1,30})"?')
CLOSED = re.compile(r"night|clos|holiday|shab|tatil|nacht|nuit|noche|after|out", re.I)
OPEN = re.compile(r"day|open|work|office|rooz|tag", re.I)


def split_time(spec: str) -> tuple[str, str | None]:
    """`08:00-16:30,mon-fri,*,*[,zone]` -> the times with commas, the zone."""
    words = [word.strip() for word in spec.replace("|", ",").split(",")]
    return ",".join(words[:4]), (words[4] or None) if len(words) > 4 else None


def time_conditions(contexts: list[Context], follower: Follower) -> Iterator[TimeCondition]:
    """Every extension that looks at the clock, and every include that holds only at times."""
    for context in contexts:
        for extension in context.extensions:
            if any(step.application.lower() == "gotoiftime" for step in extension.steps):
                yield from _of_extension(context, extension, follower)
        for include in context.includes:
            if include.times:
                times, zone = split_time(include.times)
                inside = Destination("dialplan", include.context, include.context)
                name = f"{context.name},{include.context}"
                yield TimeCondition(name, None, (times,), zone, inside, None, None, include.place)


def _of_extension(context: Context, extension: Extension, follower: Follower) -> Iterator[TimeCondition]:
    """Each run of GotoIfTime; what a call meets that passes them all is outside of the times."""
    tests = [s for s in extension.steps if s.application.lower() == "gotoiftime"]
    after = next((s for s in extension.steps if s.priority > tests[-1].priority), None)
    outside = follower.from_number(context.name, extension.pattern, after.priority) if after else None
    groups: dict[Destination, list[Step]] = {}
    for step in tests:
        targets = step.arguments.partition("?")[2]
        groups.setdefault(_branch(targets.partition(":")[0], context, extension, follower), []).append(step)
    met = {inside: steps for inside, steps in groups.items() if outside is None or _same(inside) != _same(outside)}
    for number, (inside, steps) in enumerate((met or groups).items()):
        name = f"{context.name},{extension.pattern}" + (f",{steps[0].priority}" if number else "")
        specs = [split_time(step.arguments.partition("?")[0]) for step in steps]
        yield TimeCondition(
            name, None, tuple(times for times, _ in specs), specs[0][1], inside, outside, None, steps[0].place
        )


def _same(destination: Destination) -> tuple[str, str]:
    return destination.kind, destination.id


def _branch(target: str, context: Context, extension: Extension, follower: Follower) -> Destination:
    words = [word.strip() for word in target.split(",")]
    where = [context.name, extension.pattern][: max(0, 3 - len(words))] + words[-3:]
    number = whole_number(where[2])
    found = follower.dialplan.contexts.get(where[0])
    if found is None:
        return Destination("dialplan", ",".join(where[:2]), target)
    return follower.from_number(where[0], where[1], where[2] if number is None else number)


def switch_ids(dialplan: Dialplan, contexts: list[Context]) -> dict[str, tuple[Context, Extension, Step, str]]:
    """Extensions that branch on a value that staff set: id -> where, and the name of the value."""
    kept = _kept_values(dialplan)
    found = {}
    for context in contexts:
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() != "gotoif":
                    continue
                match = SWITCH.search(step.arguments.partition("?")[0])
                name = (match[1] or match[2] or match[3]) if match else ""
                if name and (name in kept or (name.partition("/")[0] in kept and match and match[1])):
                    found[f"{context.name},{extension.pattern}"] = (context, extension, step, name)
                    break
    return found


def _kept_values(dialplan: Dialplan) -> set[str]:
    """Names that some extension sets for good: DB(night/mode) with a literal key, or a global variable."""
    kept: set[str] = set()
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() == "set":
                    match = re.match(r"\s*(?:DB\(([^(){}$]{1,100})\)|GLOBAL\((\w{1,60})\))\s*=", step.arguments)
                    if match:
                        kept.add(match[1] or match[2])
    return kept


def night_switches(
    found: Mapping[str, tuple[Context, Extension, Step, str]], follower: Follower, database: Mapping[str, str]
) -> Iterator[NightSwitch]:
    """The switches with both ways: the one named or compared like the night is the night's."""
    for name, (context, extension, step, value) in found.items():
        condition, _, targets = step.arguments.partition("?")
        first, _, second = targets.partition(":")
        after = next((s for s in extension.steps if s.priority > step.priority), None)
        holds = (
            _branch(first, context, extension, follower)
            if first.strip()
            else _next(after, context, extension, follower)
        )
        fails = (
            _branch(second, context, extension, follower)
            if second.strip()
            else _next(after, context, extension, follower)
        )
        match = VALUE.search(condition)
        wanted = match[1] if match else "1"
        night_holds = not (OPEN.search(wanted) or OPEN.search(value.rpartition("/")[2])) or bool(CLOSED.search(wanted))
        stored = database.get(f"/{value}", follower.dialplan.globals.get(value))
        is_night = None if stored is None else (stored == wanted) == night_holds
        day, night = (fails, holds) if night_holds else (holds, fails)
        yield NightSwitch(name, None, day, night, is_night, step.place)


def _next(step: Step | None, context: Context, extension: Extension, follower: Follower) -> Destination | None:
    return follower.from_number(context.name, extension.pattern, step.priority) if step else None
