"""Ring groups of a hand-written dialplan: one Dial of several phones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Step, split_arguments, whole_number
from ringkeep.phonesystem.model import RingGroup
from ringkeep.phonesystem.readers.devices import devices
from ringkeep.phonesystem.readers.following import Follower, Known


def find_groups(dialplan: Dialplan, contexts: list[Context], known: Known) -> Iterator[tuple[RingGroup, Context, Step]]:
    """Each with its Dial; `number` is the extension where it stands when that is digits."""
    for context in contexts:
        for extension in context.extensions:
            for step in extension.steps:
                found = _group(dialplan, context, extension, step, known)
                if found is not None:
                    yield found, context, step
                    break


def _group(dialplan: Dialplan, context: Context, extension: Extension, step: Step, known: Known) -> RingGroup | None:
    if step.application.lower() != "dial" or context.name.startswith("macro-"):
        return None
    text = re.sub(r"\$\{(\w{1,60})\}", lambda m: dialplan.globals.get(m[1], m[0]), step.arguments)
    words = [*split_arguments(text), ""]
    rung = [d for d in devices(words[0]) if "${" not in d.endpoint]
    phones = [
        known.phones.get((d.technology, d.endpoint), d.number or d.endpoint)
        for d in rung
        if _is_phone(d.technology, d.number)
    ]
    if len(phones) < 2:
        return None
    number = extension.pattern if re.fullmatch(r"[0-9*#]{1,20}", extension.pattern) else None
    named = number is None and not extension.pattern.startswith("_") and extension.pattern not in ("s", "t", "i")
    return RingGroup(
        extension.pattern, number, tuple(dict.fromkeys(phones)), step.place, strategy="ringall", title=extension.pattern if named else None,
        ring_s=whole_number(words[1].strip()),
    )  # fmt: skip


def _is_phone(technology: str, number: str) -> bool:
    return technology == "local" or not number


def with_end(group: RingGroup, context: Context, step: Step, follower: Follower) -> RingGroup:
    """The group with where its call goes when nobody answers."""
    for extension in context.extensions:
        if extension.pattern == group.name and step in extension.steps:
            after = next((s for s in extension.steps if s.priority > step.priority), None)
            if after is not None:
                return replace(group, destination=follower.from_number(context.name, extension.pattern, after.priority))
    return group
