"""Calls that end nowhere: dead ends, circles, keys without a way, numbers that nobody answers by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.callflow import Walk
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.fraud import own_code
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.walks import PEOPLE, dead_end, destination, way_of, without_a_key
from ringkeep.phonesystem.model import InboundNumber, Menu
from ringkeep.phonesystem.sentences import Sentence

PATIENCE = 20  # times that a caller lets a menu run out before it counts as endless
ORDINARY_WEEKS = (0, 2, 5)  # from now: one of them is no holiday
OTHER_WAYS = PEOPLE | {
    "menu",
    "directory",
    "voicemail_main",
    "echo",
    "record",
    "unknown",
    "disa",
    "DISA",
    "input",
    "application",
}


def advise_numbers(known: Known) -> Iterator[Finding]:
    """Every number from outside by day, at night and on the weekend."""
    noon = known.noon
    hours = (noon.replace(hour=3), noon + timedelta(days=3, hours=3))
    silent: list[InboundNumber] = []
    lunch: list[InboundNumber] = []
    waiting: list[InboundNumber] = []  # whose callers go round in a circle when they press nothing
    ends: dict[tuple[str, Place, str], list[str]] = {}
    for same in known.inbound:
        by_day = known.way(same[0], noon)
        times = (noon, *(hours if known.depends_on_hour(by_day) else ()))
        ways = [known.way(same[0], at) for at in times]
        any_of_many = same[0].number.startswith("_")  # an example of a pattern may be a number that nobody has
        end = None if any_of_many else next((end for way in ways if (end := _end(known, way))), None)
        if not end and not any_of_many and any(known.way_without_a_key(same[0], at).ended == "loop" for at in times):
            waiting.extend(same)
        if end:
            ends.setdefault(end, []).extend(number.number or "s" for number in same)
        if all(_only_voicemail(known.way(same[0], noon + timedelta(weeks=weeks))) for weeks in ORDINARY_WEEKS):
            morning = known.way(same[0], noon.replace(hour=10, minute=30))
            (silent if _only_voicemail(morning) else lunch).extend(same)
    for (code, place, why), numbers in ends.items():
        values = {"numbers": listed(numbers), "why": why}
        if code == "dead-end":
            says = Sentence("calls to {numbers} run into a dead end: {why}", values)
        else:
            says = Sentence("calls to {numbers} go round in a circle and never end", values)
        yield Finding(code, "bad", place, says, numbers[0])
    if waiting:
        names = listed(n.number or "s" for n in waiting)
        says = Sentence(
            "callers of {numbers} who press nothing go round in a circle that never ends", {"numbers": names}
        )
        first, *others = waiting
        yield Finding("loop-endless", "bad", first.place, says, first.number, tuple(n.place for n in others))
    if silent:
        says = Sentence(
            "callers of {numbers} reach only voicemail on a working day at noon",
            {"numbers": listed(n.number for n in silent)},
        )
        yield Finding(
            "only-voicemail", "degraded", silent[0].place, says, silent[0].number, tuple(n.place for n in silent[1:])
        )
    if lunch:
        says = Sentence(
            "callers of {numbers} reach only voicemail at noon, but people before",
            {"numbers": listed(n.number for n in lunch)},
        )
        yield Finding(
            "only-voicemail", "note", lunch[0].place, says, lunch[0].number, tuple(n.place for n in lunch[1:])
        )


def _end(known: Known, way: Walk) -> tuple[str, Place, str] | None:
    """(code, place, why) when the call ends badly."""
    if way.ended == "loop":
        last = way.path[-1] if way.path else Place("", 0)
        return "loop-endless", last, ""
    stop = dead_end(way) if way.ended == "dead_end" else None
    if stop and not any(f"context {name} is" in stop.name for name in known.made_by_modules):
        return "dead-end", stop.place, stop.name
    return None


def _only_voicemail(way: Walk) -> bool:
    kinds = {stop.kind for stop in way.stops}
    return "voicemail" in kinds and not kinds & OTHER_WAYS


def advise_menus(known: Known) -> Iterator[Finding]:
    """Every key of every menu that calls can come to."""
    noon = known.noon
    reached = {context.name for context in known.reached}
    ends: dict[str, tuple[str, Place, str] | None] = {}
    for menu in known.system.menus:
        if menu.context not in reached or not (menu.context.startswith("ivr-") or own_code(known.system, menu.place)):
            continue  # a menu of the product's own, such as call trace
        title = menu.title or menu.name
        for key in menu.keys:
            found = known.system.dialplan.find(menu.context, key.key)
            if found is None:
                continue
            target = destination(found[1]) or f"{menu.context},{key.key}"
            if target not in ends:
                way = way_of(known.system, key.key, menu.context, noon)
                ends[target] = _end(known, without_a_key(known.system, key.key, menu.context, way, noon))
            if end := ends[target]:
                yield _key(title, key.key, end)
        yield from _endless(known, menu, title)


def _key(menu: str, key: str, end: tuple[str, Place, str]) -> Finding:
    code, place, why = end
    values = {"key": key, "menu": menu, "why": why}
    if code == "loop-endless":
        says = Sentence("key {key} of menu {menu} leads into a circle that never ends", values)
        return Finding(code, "bad", place, says, menu)
    if key in ("t", "i"):
        says = Sentence("who presses nothing or a wrong key in menu {menu} runs into a dead end: {why}", values)
    else:
        says = Sentence("key {key} of menu {menu} leads nowhere: {why}", values)
    return Finding("key-nowhere", "bad", place, says, menu)


def _endless(known: Known, menu: Menu, title: str) -> Iterator[Finding]:
    """A menu that starts again for ever when nothing is pressed: the line stays taken."""
    find = known.system.dialplan.find
    if find(menu.context, "t") is None:
        return
    start = "s" if find(menu.context, "s") else "t"  # where the rounds are set to none
    way = way_of(known.system, start, menu.context, known.noon, keys=["t"] * PATIENCE)
    same = sum(stop.kind == "menu" and stop.context == menu.context for stop in way.stops)
    circle = way.ended == "loop" and way.stops[-1].context == menu.context
    if same and (circle or (way.ended in ("waiting", "limit") and same >= PATIENCE)):
        says = Sentence("menu {menu} starts again for ever when the caller presses nothing", {"menu": title})
        yield Finding("menu-endless", "note", menu.place, says, title)


def advise_unreachable(known: Known) -> Iterator[Finding]:
    """Contexts of a hand-written dialplan that no call comes to."""
    system = known.system
    if system.product != "asterisk" or not (system.extensions or system.trunks):
        return
    reached = {context.name for context in known.reached}
    named = _named_elsewhere(known)
    lost = [
        context
        for name, context in system.dialplan.contexts.items()
        if name not in reached and name not in named and name not in known.made_by_modules and context.extensions
        and name.lower() not in ("default", "globals", "general") and not all(e.hint and not e.steps for e in context.extensions)
    ]  # fmt: skip
    if lost:
        says = Sentence("no call comes to the contexts {names}", {"names": listed(c.name for c in lost)})
        yield Finding(
            "context-unreachable", "note", lost[0].place, says, lost[0].name, tuple(c.place for c in lost[1:])
        )


def _named_elsewhere(known: Known) -> set[str]:
    """Every word of the other configuration files: voicemail's callback, a queue's context, call files."""
    return {
        word.strip()
        for configuration in known.system.configurations.values()
        for section in configuration.sections
        for entry in section.entries
        for word in entry.value.replace("@", ",").replace("|", ",").replace("=", ",").split(",")
    }
