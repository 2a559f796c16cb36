"""Numbers that callers from outside can dial, as the dialplan behind the trunks has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension
from ringkeep.phonesystem.model import InboundNumber, Trunk

NUMBER = re.compile(r"\+?[0-9]{2,}|_\+?[0-9]{4,}[0-9XZN\[\]-]{1,40}")
NOT_NUMBERS = re.compile(r"ext-local|from-did-direct|ext-findmefollow|from-internal|ivr-|app-|ext-(?!did)")
ROUTED = ("dest-ext", "did-cid-hook")  # labels of a product's route: where it leads, and the step before
PASSED_ON = re.compile(r"([\w.-]+),\$\{EXTEN(?::[0-9]+)?\},1")


def inbound_numbers(dialplan: Dialplan, trunks: Iterable[Trunk]) -> list[tuple[InboundNumber, Context, Extension]]:
    """Each number with where it stands; the destination is added by who can follow it.

    Extensions that a carrier could reach because the dialplan lets a DID be an extension (FreePBX's
    from-did-direct) are not numbers the carrier sends: a context that a phone dials too is left out.
    """
    behind: dict[str, list[str]] = {}
    for trunk in trunks:
        behind.setdefault(trunk.context or "", []).append(trunk.name)
    found: dict[tuple[str, str | None], tuple[str, list[str], Context, Extension]] = {}
    for entered, names in behind.items():
        for context in _entered(dialplan, entered):
            if NOT_NUMBERS.match(context.name):
                continue
            for extension in context.extensions:
                number = _number(context, extension)
                if number is not None:
                    key = (number, extension.callerid)
                    found.setdefault(key, (entered, [], context, extension))[1].extend(names)
    return [
        (InboundNumber(number, entered, tuple(dict.fromkeys(names)), extension.place, callerid), context, extension)
        for (number, callerid), (entered, names, context, extension) in found.items()
        # A number that everybody can dial needs no second look for some callers, but where a product routes them apart.
        if callerid is None or context.name.startswith("ext-did") or (number, None) not in found
    ]


def _number(context: Context, extension: Extension) -> str | None:
    if not extension.steps or extension.steps[0].application.lower() == "hangup":
        return None
    if context.name.startswith("ext-did"):  # a product's routes end in a labelled jump; its other lines do not
        if all(extension.step(label) is None for label in ROUTED) and not _routes(extension):
            return None
        return "" if extension.pattern in ("s", "_.", "_X.") else extension.pattern
    return extension.pattern if NUMBER.fullmatch(extension.pattern) else None


def _routes(extension: Extension) -> bool:
    return bool(NUMBER.fullmatch(extension.pattern)) and any(s.application.lower() == "goto" for s in extension.steps)


def _entered(dialplan: Dialplan, name: str) -> Iterator[Context]:
    """The contexts a carrier's call looks its number up in: includes, and where a pattern sends every number on."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for context in dialplan.includes_of(waiting.pop(0)):
            if context.name in seen:
                continue
            seen.add(context.name)
            yield context
            for extension in context.extensions:
                for step in extension.steps if extension.pattern.startswith("_") else ():
                    match = PASSED_ON.fullmatch(step.arguments) if step.application.lower() == "goto" else None
                    if match:
                        waiting.append(match[1])
