"""The road of one call, for checks that ask what a caller meets at some hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ringkeep.asterisk.dialplan import Extension
from ringkeep.phonesystem import callflow
from ringkeep.phonesystem.callflow import Stop, Walk
from ringkeep.phonesystem.checks.shapes import example, shape_of
from ringkeep.phonesystem.model import InboundNumber, PhoneSystem

# Where a call meets somebody, or may.
PEOPLE = {"queue", "extension", "ring_group", "outbound", "conference", "parking", "paging"}
ROUNDS = 4  # menus that a caller lets run out; one that starts again for ever is looked for elsewhere
STAFFED = {"menu", "queue", "extension", "ring_group"}

PREPARING = {
    "set", "noop", "gosub", "macro", "execif", "verbose", "answer", "ringing", "wait", "mset", "log", "progress",
}  # fmt: skip


def way_of(system: PhoneSystem, number: str, context: str, at: datetime, keys: Sequence[str] = ()) -> Walk:
    """The call's road at an instant; everything that rings is answered."""
    return callflow.follow(system, number, context, at=at, keys=keys)


def without_a_key(system: PhoneSystem, number: str, context: str, way: Walk, at: datetime) -> Walk:
    """The same road for a caller who presses nothing where it waits for a key, when that is a circle; else as it was.

    A message that may be cut short by a key waits as a menu does, and what follows it is the road of most callers.
    """
    if way.ended != "waiting":
        return way
    further = way_of(system, number, context, at, keys=("t",) * ROUNDS)
    return further if further.ended == "loop" else way


def called(number: InboundNumber) -> str:
    """What a caller dials: the number itself, an example of a pattern, `s` where the carrier sends none."""
    if number.number.startswith("_"):
        return example(shape_of(number.number))
    return number.number or "s"


def alike(system: PhoneSystem) -> list[list[InboundNumber]]:
    """The numbers from outside, those together that do the same: set some variables and go to the same place.

    A product writes a page of steps for each number and sends hundreds of them to a few menus and queues.
    """
    groups: dict[tuple[str, ...], list[InboundNumber]] = {}
    for number in system.inbound_numbers:
        found = system.dialplan.find(number.context, called(number), callerid=number.callerid)
        if found is None:
            continue  # no call to it enters here
        target = destination(found[1])
        key = (number.context, target) if target else (number.context, number.number, number.callerid or "", "one")
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def destination(extension: Extension) -> str | None:
    """`context,number,priority` when the extension prepares something and then goes there; None when it does more."""
    if not extension.steps:
        return None
    *before, last = extension.steps
    if last.application.lower() != "goto" or last.arguments.count(",") != 2 or "$" in last.arguments:
        return None
    return last.arguments if all(step.application.lower() in PREPARING for step in before) else None


def dead_end(way: Walk) -> Stop | None:
    """Where the call ends without having got anywhere."""
    return next((stop for stop in reversed(way.stops) if stop.kind == "dead_end"), None)


def working_day(at: datetime, hour: int, minute: int = 0) -> datetime:
    """The first Tuesday from `at` on: a working day both where the week begins on Saturday and on Monday."""
    return (at + timedelta(days=(1 - at.weekday()) % 7)).replace(hour=hour, minute=minute, second=0, microsecond=0)
