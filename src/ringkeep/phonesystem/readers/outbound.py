"""What phones dial to get out: FreePBX's outrt-N contexts, and patterns that come to a trunk in any other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from ringkeep.asterisk.dialplan import Context, Extension
from ringkeep.phonesystem.model import DialPattern, OutboundRoute
from ringkeep.phonesystem.readers.devices import trunk_of_out
from ringkeep.phonesystem.readers.following import STAND_IN, Follower, Road, trunk_dialled
from ringkeep.phonesystem.readers.titles import Titles

NUMBER = re.compile(r"\+?[0-9]{2,}")
EMERGENCY = re.compile(r"110|112|113|114|115|116|117|118|119|120|122|123|125|911|999|000|9911|9110|9112|933")
SENT = re.compile(r"([0-9*#+wW]{0,40})\$\{EXTEN(?::([0-9]{1,3}))?\}")


def outbound_routes(
    inside: list[Context], written: Set[str], follower: Follower, titles: Titles
) -> Iterator[OutboundRoute]:
    """Every route out that a phone can dial; `written`: the contexts that no product generates."""
    for context in inside:
        if match := re.fullmatch(r"outrt-(\w+)", context.name):
            if (route := _of_product(context, match[1], follower, titles)) is not None:
                yield route
            continue
        for extension in context.extensions if context.name in written else ():
            if extension.pattern.startswith("_") or NUMBER.fullmatch(extension.pattern):
                yield from _of_extension(context, extension, follower)


def _of_product(context: Context, identity: str, follower: Follower, titles: Titles) -> OutboundRoute | None:
    """One route with all its patterns; who has no trunk in any is none."""
    patterns: list[DialPattern] = []
    ways: list[str] = []
    emergency, title, first = None, titles.of(context.place), None
    for extension in context.extensions:
        found = [way for step in extension.steps if (way := _dialled_by_macro(extension, step.arguments, follower))]
        if not found:
            continue
        first = first or extension
        ways += [trunk for trunk, _ in found]
        strip, prepend = _sent(found[0][1])
        patterns.append(DialPattern(extension.pattern, strip or 0, prepend, extension.callerid))
        text = "\n".join(step.arguments for step in extension.steps if step.application.lower() == "set")
        emergency = bool(re.search(r"EMERGENCYROUTE=YES", text)) if emergency is None else emergency
        named = re.search(r"^_{0,2}ROUTENAME=(.{1,200})$", text, re.M)
        title = title or (named[1].strip() if named else None)
    if first is None:
        return None
    return OutboundRoute(
        name=title or context.name, pattern=first.pattern, context=context.name, trunks=tuple(dict.fromkeys(ways)), strip=patterns[0].strip,
        prepend=patterns[0].prepend, place=first.place, id=identity, title=title, patterns=tuple(patterns), emergency=emergency,
    )  # fmt: skip


def _dialled_by_macro(extension: Extension, arguments: str, follower: Follower) -> tuple[str, str] | None:
    """(trunk, number as written) of `dialout-trunk,2,1${EXTEN:1},,off` or its Gosub."""
    match = re.match(r"(?:macro-)?dialout-(?:trunk|dundi|enum)[\w-]*,(?:s,1\()?([0-9]{1,9}),([^,]{0,200})", arguments)
    if match is None:
        return None
    return trunk_of_out(match[1], follower.dialplan.globals) or match[1], match[2]


def _sent(text: str) -> tuple[int | None, str]:
    match = SENT.match(text)
    if match is None:
        return None, ""
    return int(match[2] or 0), match[1]


def _of_extension(context: Context, extension: Extension, follower: Follower) -> Iterator[OutboundRoute]:
    road = Road(follower.dialplan, extension.pattern, everything=True)
    found = [way for met in road.steps(context.name, road.symbols) if (way := trunk_dialled(met, follower)) is not None]
    if not found:
        return
    strip, prepend = _composed(found[0][1], road)
    emergency = True if EMERGENCY.fullmatch(extension.pattern) else None
    yield OutboundRoute(
        name=context.name, pattern=extension.pattern, context=context.name, trunks=tuple(dict.fromkeys(t for t, _ in found)),
        strip=strip, prepend=prepend, place=extension.place, id=f"{context.name},{extension.pattern}",
        patterns=(DialPattern(extension.pattern, strip or 0, prepend, extension.callerid),), emergency=emergency,
    )  # fmt: skip


def _composed(number: str, road: Road) -> tuple[int | None, str]:
    """How the number sent is made of the one dialled: its stand-ins say which digits are left."""
    if not road.number.startswith("_"):
        return (len(road.number) - len(number), "") if road.number.endswith(number) and number else (0, "")
    at = next((index for index, letter in enumerate(number) if ord(letter) >= STAND_IN), None)
    if at is None:
        return None, ""
    return ord(number[at]) - STAND_IN, number[:at]
