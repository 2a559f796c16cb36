"""Menus of a hand-written dialplan: a context that plays and waits for a key, or an extension that reads digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Step, split_arguments, whole_number
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import Menu, MenuKey
from ringkeep.phonesystem.readers.following import Follower

KEY = re.compile(r"[0-9*#]{1,2}|_\[[^\]]{1,20}\]|_[XZN]")
INVALID = ("t", "i")
INNER = re.compile(r"Background\(([^)]{0,500})\)")
PRESSED = re.compile(r'"?\$\{(\w{1,60})\}"?\s{0,9}={1,2}\s{0,9}"?([0-9*#]{1,10})"?')


def find_menus(dialplan: Dialplan, contexts: list[Context]) -> list[Menu]:
    """The menus without where their keys lead: `with_keys` adds that when all menus are known."""
    found: list[Menu] = []
    for context in contexts:
        keyed = any(KEY.fullmatch(e.pattern) for e in context.extensions)
        playing = [e for e in context.extensions if any(_waits(s) for s in e.steps)] if keyed else []
        if playing and any(_background(s) for e in playing for s in e.steps):
            found.append(_menu_of(context, playing, dialplan))
        for extension in context.extensions:
            if (menu := _reading(context, extension, dialplan)) is not None:
                found.append(menu)
    return found


def playing_places(menu: Menu, dialplan: Dialplan) -> Iterator[tuple[str, Place]]:
    """(context, place) of the steps at which the menu waits: two heirs of a template share the places."""
    for extension in dialplan.contexts[menu.context].extensions:
        reads = menu.settings.get("reads")
        for step in extension.steps:
            if _waits(step) if reads is None else (step.application.lower() == "read" and extension.pattern == reads):
                yield menu.context, step.place


def keys_of(menu: Menu, dialplan: Dialplan, follower: Follower) -> Iterator[MenuKey]:
    """Each key and what a caller who presses it meets."""
    context = dialplan.contexts[menu.context]
    if (reads := menu.settings.get("reads")) is not None:
        for extension in context.extensions:
            if extension.pattern == reads:
                yield from _read_keys(context, extension, follower)
        return
    for extension in context.extensions:
        if KEY.fullmatch(extension.pattern) or extension.pattern in INVALID:
            destination = follower.from_number(context.name, extension.pattern)
            for key in _pressed(extension.pattern):
                yield MenuKey(key, destination, extension.place)


def direct_dial(menu: Menu, dialplan: Dialplan, phones: frozenset[str]) -> bool:
    """Whether a caller may key an extension's number instead."""
    if menu.settings.get("reads") is not None or not phones:
        return False
    sample = next((number for number in sorted(phones) if len(number) > 1), None)
    found = dialplan.find(menu.context, sample) if sample else None
    return found is not None and found[1].pattern not in INVALID


def _pressed(pattern: str) -> list[str]:
    if not pattern.startswith("_"):
        return [pattern]
    inside = pattern[2:-1] if pattern[1] == "[" else {"X": "0-9", "Z": "1-9", "N": "2-9"}[pattern[1]]
    span = re.fullmatch(r"([0-9])-([0-9])", inside)
    if span:
        return [str(n) for n in range(int(span[1]), int(span[2]) + 1)]
    return [letter for letter in dict.fromkeys(inside) if letter in "0123456789*#"]


def _waits(step: Step) -> bool:
    return step.application.lower() in ("background", "waitexten") or _background(step)


def _background(step: Step) -> bool:
    return step.application.lower() == "background" or "Background(" in step.arguments


def _menu_of(context: Context, playing: list[Extension], dialplan: Dialplan) -> Menu:
    steps = [s for e in playing for s in e.steps if not KEY.fullmatch(e.pattern)] or playing[0].steps
    names = tuple(dict.fromkeys(name for s in steps if _background(s) for name in sounds(s.arguments)))
    waits = next((s.arguments for s in steps if s.application.lower() == "waitexten"), "")
    seconds = whole_number(_with_globals(waits, dialplan).partition(",")[0].strip())
    return Menu(context.name, context.name, names, (), context.place, timeout_s=seconds)


def _with_globals(text: str, dialplan: Dialplan) -> str:
    return re.sub(r"\$\{(\w{1,60})\}", lambda m: dialplan.globals.get(m[1], m[0]), text)


def sounds(arguments: str) -> Iterator[str]:
    """The literal sound names that a Background or Playback plays."""
    inner = INNER.search(arguments)
    first = split_arguments(inner[1] if inner else arguments)[0]
    for name in first.split("&"):
        if name and "${" not in name and re.search(r"[a-zA-Z]", name):
            yield name.strip()


def _reading(context: Context, extension: Extension, dialplan: Dialplan) -> Menu | None:
    """An extension that reads a digit and compares it."""
    read = next((s for s in extension.steps if s.application.lower() == "read"), None)
    if read is None:
        return None
    words = [*split_arguments(read.arguments), "", ""]
    if not any(key for s in extension.steps for key in _compared(s, words[0].strip())):
        return None
    only = sum(any(s.application.lower() == "read" for s in e.steps) for e in context.extensions) == 1
    name = context.name if only else f"{context.name},{extension.pattern}"
    prompts = tuple(p for p in words[1].split("&") if re.search(r"[a-zA-Z]", p) and "${" not in p)
    seconds = whole_number(_with_globals(words[5], dialplan).strip()) if len(words) > 7 else None
    return Menu(
        name, context.name, prompts, (), extension.place, timeout_s=seconds, settings={"reads": extension.pattern}
    )


def _compared(step: Step, variable: str) -> Iterator[tuple[str, str]]:
    """(key, target) of a GotoIf that compares the digits read."""
    if step.application.lower() != "gotoif":
        return
    condition, _, targets = step.arguments.partition("?")
    match = PRESSED.search(condition)
    if match and match[1] == variable:
        yield match[2], targets.partition(":")[0].strip()


def _read_keys(context: Context, extension: Extension, follower: Follower) -> Iterator[MenuKey]:
    read = next(s for s in extension.steps if s.application.lower() == "read")
    variable = split_arguments(read.arguments)[0].strip()
    for step in extension.steps:
        for key, target in _compared(step, variable):
            words = [word.strip() for word in target.split(",")]
            where = [context.name, extension.pattern][: max(0, 3 - len(words))] + words
            known = parse_destination(target) if len(words) == 3 else None
            if known is None or known.kind == "dialplan":
                number = whole_number(where[2])
                known = follower.from_number(where[0], where[1], where[2] if number is None else number)
            yield MenuKey(key, known, step.place)
