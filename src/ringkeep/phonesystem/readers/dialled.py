"""What colleagues dial to ring a phone or to reach a queue, where the dialplan and not the endpoint's name says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, split_arguments, whole_number
from ringkeep.phonesystem.model import Extension as Phone
from ringkeep.phonesystem.model import Queue
from ringkeep.phonesystem.readers.devices import devices
from ringkeep.phonesystem.readers.following import Follower, Known, Met, Road
from ringkeep.phonesystem.readers.product_dialplan import Generated

NUMBER = re.compile(r"[0-9]{1,20}")
DIGITS = re.compile(r"[0-9]{2,8}")


def numbered(
    phones: tuple[Phone, ...], dialplan: Dialplan, inside: list[Context], written: list[Context]
) -> tuple[Phone, ...]:
    """The phones by the number that rings them. A phone whose own name is dialled keeps it."""
    mine = {context.name for context in written}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for number, device in _ringing(dialplan, [c for c in inside if c.name in mine], phones):
        found.setdefault(device, {}).setdefault(number)
    return tuple(_numbered(phone, found.get((phone.technology, phone.endpoint), {})) for phone in phones)


def _numbered(phone: Phone, numbers: dict[str, None]) -> Phone:
    if not numbers or phone.number in numbers:
        return phone
    return replace(phone, number=next(iter(numbers)))


def _ringing(
    dialplan: Dialplan, inside: list[Context], phones: tuple[Phone, ...]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """(number, (technology, endpoint)): hints first, then what a number alone dials."""
    known = {(phone.technology, phone.endpoint) for phone in phones}
    for context in inside:
        for extension in context.extensions:
            if extension.hint and NUMBER.fullmatch(extension.pattern):
                text = re.sub(r"\$\{EXTEN\}", extension.pattern, extension.hint).partition(",")[0]
                named = [(d.technology, d.endpoint) for d in devices(text)]
                yield from ((extension.pattern, one) for one in named if one in known)
    follower = Follower(dialplan, Known({device: device[1] for device in known}, {}))
    for context in inside:
        for extension in context.extensions:
            if not NUMBER.fullmatch(extension.pattern) or not extension.steps:
                continue
            if (device := _rung(follower, context.name, extension.pattern, known)) is not None:
                yield extension.pattern, device
    patterned = [c.name for c in inside if any(e.pattern.startswith("_") and e.steps for e in c.extensions)]
    for phone in phones:
        for digits in list(dict.fromkeys(DIGITS.findall(phone.endpoint)))[:3]:
            for name in patterned[:20]:
                if (device := _rung(follower, name, digits, known)) == (phone.technology, phone.endpoint):
                    yield digits, device


def _rung(follower: Follower, context: str, number: str, known: set[tuple[str, str]]) -> tuple[str, str] | None:
    """The one phone that a number rings first."""
    road = Road(follower.dialplan, number)
    for met in road.steps(context, number):
        if met.application == "dial":
            called = [(d.technology, d.endpoint) for d in devices(split_arguments(met.arguments)[0]) if not d.number]
            return called[0] if len(called) == 1 and called[0] in known else None
        if met.application in ("queue", "voicemail", "confbridge", "background", "waitexten", "gotoiftime"):
            return None
    return None


# -- queues ---------------------------------------------------------------------------------------------------


def queues_numbered(
    queues: tuple[Queue, ...], dialplan: Dialplan, inside: list[Context], generated: Generated
) -> tuple[Queue, ...]:
    """The queues by what is dialled for them."""
    numbers: dict[str, str] = {}
    wanted = {queue.name for queue in queues if queue.number is None}
    for context in inside if wanted else ():
        for extension in context.extensions:
            if NUMBER.fullmatch(extension.pattern):
                for name in _joins(dialplan, context.name, extension.pattern):
                    numbers.setdefault(name, extension.pattern)
    return tuple(queue if queue.number else replace(queue, number=numbers.get(queue.name)) for queue in queues)


def _joins(dialplan: Dialplan, context: str, number: str) -> Iterator[str]:
    for met in Road(dialplan, number).steps(context, number):
        if met.application == "queue":
            yield split_arguments(met.arguments)[0].strip()
            return
        if met.application in ("dial", "voicemail", "background", "gotoiftime"):
            return


def queues_ended(
    queues: tuple[Queue, ...], dialplan: Dialplan, follower: Follower, generated: Generated
) -> tuple[Queue, ...]:
    """The queues with how long a caller waits and where the call goes then."""
    ends = generated.queue_ends()
    places = {} if ends else _queue_steps(dialplan)
    found = []
    for queue in queues:
        if (end := ends.get(queue.name)) is not None:
            found.append(replace(queue, timeout_s=end[1], destination=end[2]))
        elif (place := places.get(queue.name)) is not None:
            context, extension, met = place
            words = split_arguments(met.arguments)
            seconds = whole_number(words[4].strip()) if len(words) > 4 else None
            after = next((s for s in extension.steps if s.priority > met.step.priority), None)
            goes = follower.from_number(context, extension.pattern, after.priority) if after else None
            found.append(replace(queue, timeout_s=seconds or None, destination=goes))
        else:
            found.append(queue)
    return tuple(found)


def _queue_steps(dialplan: Dialplan) -> dict[str, tuple[str, Extension, Met]]:
    """Queue -> the first step that puts a call into it."""
    found: dict[str, tuple[str, Extension, Met]] = {}
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() == "queue":
                    arguments = Road(dialplan, extension.pattern).filled(step.arguments, extension.pattern)
                    met = Met(step, "queue", arguments, context.name, extension.pattern)
                    found.setdefault(split_arguments(arguments)[0].strip(), (context.name, extension, met))
    return found


def leading(inside: list[Context]) -> dict[tuple[str, str], str]:
    """(context, extension) -> the number inside whose first step jumps there."""
    found: dict[tuple[str, str], str] = {}
    for context in inside:
        for extension in context.extensions:
            if NUMBER.fullmatch(extension.pattern) and extension.steps:
                first = extension.steps[0]
                words = [word.strip() for word in first.arguments.split(",")]
                if first.application.lower() == "goto" and len(words) == 3:
                    found.setdefault((words[0], words[1]), extension.pattern)
    return found
