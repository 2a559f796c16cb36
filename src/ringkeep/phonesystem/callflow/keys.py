"""What a caller may key at a menu: every key that leads somewhere, numbers, no key and a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ringkeep.asterisk.dialplan import Context
from ringkeep.asterisk.patterns import pattern_matches, sample_number
from ringkeep.phonesystem.callflow.stops import Stop
from ringkeep.phonesystem.callflow.walker import Choice, End, Walker
from ringkeep.phonesystem.sentences import Sentence

SINGLE_KEYS = "1234567890*#"
NUMBERS_SHOWN = 12  # longer numbers of one menu that get an edge each
PATTERNS_SHOWN = 6  # patterns of one menu, such as one that leads outside, that get an edge each
NUMBER = re.compile(r"[0-9*#]{2,}")


def key_choices(w: Walker, stop: Stop) -> list[Choice]:
    """The ways on from a menu; keys that do the same are one."""
    ways: dict[object, list[str]] = {}
    for key in SINGLE_KEYS:
        found = w.find(w.context, key, 1)
        if found is not None:
            one_for_all = found.pattern.startswith("_") and not any("EXTEN" in step.arguments for step in found.steps)
            ways.setdefault(id(found) if one_for_all else key, []).append(key)
    choices = [_keys(keys) for keys in ways.values()]
    choices += _longer(w, stop)
    choices.append(Choice("t", Sentence("no key"), lambda w: w.take_key("t")))
    if sum(map(len, ways.values())) < len(SINGLE_KEYS):
        choices.append(Choice("i", Sentence("wrong key"), lambda w: w.take_key("i")))
    return choices


def _keys(keys: list[str]) -> Choice:
    return Choice(",".join(keys), said_keys(keys), lambda w: w.take_key(keys[0]))


def said_keys(keys: Sequence[str]) -> Sentence:
    """The keys for people: "key 1", "keys 1, 2", "any key"."""
    if len(keys) == len(SINGLE_KEYS):
        return Sentence("any key")
    if len(keys) == 1:
        return Sentence("key {key}", {"key": keys[0]})
    return Sentence("keys {keys}", {"keys": ", ".join(keys)})


def _longer(w: Walker, stop: Stop) -> Iterator[Choice]:
    """Numbers of several digits: extensions as one way, others one by one while they are few."""
    directly: list[frozenset[str]] = []
    others: list[str] = []
    for context in w.system.dialplan.includes_of(w.context):
        directly.append(_taken_by(w, context))
        if context.name == w.context:
            others += [
                e.pattern
                for e in context.extensions
                if e.steps and NUMBER.fullmatch(e.pattern) and e.pattern not in w.index.numbers
            ]
    others = [number for number in dict.fromkeys(others) if w.exists(w.context, number, 1)]
    if count := _all_of(directly):
        yield Choice("extension", Sentence("an extension's number"), lambda w: _directly(w, stop, count))
    for number in others[:NUMBERS_SHOWN]:
        yield Choice(number, Sentence("number {number}", {"number": number}), lambda w, n=number: w.take_key(n))  # type: ignore[misc]
    for pattern, number in list(_of_patterns(w))[:PATTERNS_SHOWN]:
        said = Sentence("number {pattern}, such as {number}", {"pattern": pattern, "number": number})
        yield Choice(number, said, lambda w, n=number: w.take_key(n))  # type: ignore[misc]


def _of_patterns(w: Walker) -> Iterator[tuple[str, str]]:
    """Patterns of several digits that callers may key and that no extension's number is, each with a number of it."""
    for context in w.system.dialplan.includes_of(w.context):
        for extension in context.patterns:
            number = sample_number(extension.pattern) if extension.steps else None
            if number is None or len(number) < 2 or w.find(w.context, number, 1) is not extension:
                continue
            if not any(pattern_matches(extension.pattern, taken) for taken in _taken_by(w, context)):
                yield extension.pattern.lstrip("_"), number


def _taken_by(w: Walker, context: Context) -> frozenset[str]:
    """The extensions' numbers that a context's own entries take; every menu that includes it asks the same."""
    known = w.index.directly
    if context.name not in known:
        numbers = w.index.numbers
        patterns = {e.pattern for e in context.extensions if e.steps}
        taken = set(patterns & numbers)
        for pattern in patterns:
            if pattern.startswith("_") and len(pattern) > 2:
                taken |= {n for n in numbers if n not in taken and len(n) > 1 and pattern_matches(pattern, n)}
        known[context.name] = frozenset(taken)
    return known[context.name]


def _all_of(sets: Sequence[frozenset[str]]) -> int:
    """How many numbers the sets hold together, without going through the largest."""
    largest, *others = sorted(sets, key=len, reverse=True) or [frozenset()]
    return len(largest) + len({number for one in others for number in one if number not in largest})


def _directly(w: Walker, stop: Stop, count: int) -> None:
    w.driver.meet(w, replace(stop, kind="direct_dial", name=str(count), arguments="", prompts=(), languages=()))
    raise End("answered")
