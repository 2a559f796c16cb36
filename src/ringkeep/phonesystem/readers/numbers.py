"""The dialplan -> what is dialled: inbound numbers, menus, ring groups, outbound routes, codes, conferences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, split_arguments
from ringkeep.phonesystem.model import (
    Conference,
    Destination,
    FeatureCode,
    InboundNumber,
    Menu,
    MenuKey,
    OutboundRoute,
    RingGroup,
    Trunk,
)
from ringkeep.phonesystem.model import Extension as Phone

DIGITS = re.compile(r"[0-9*#]")
NUMBER = re.compile(r"\+?[0-9]{2,}")
CODE = re.compile(r"\*\d{1,4}")


@dataclass(slots=True)
class Numbers:
    """Everything that has a number."""

    ring_groups: tuple[RingGroup, ...] = ()
    menus: tuple[Menu, ...] = ()
    inbound_numbers: tuple[InboundNumber, ...] = ()
    outbound_routes: tuple[OutboundRoute, ...] = ()
    feature_codes: tuple[FeatureCode, ...] = ()
    conferences: tuple[Conference, ...] = field(default=())


def find(dialplan: Dialplan, extensions: Iterable[Phone], trunks: Iterable[Trunk]) -> Numbers:
    """Look through the dialplan from where phones and carriers enter it."""
    extensions, trunks = tuple(extensions), tuple(trunks)
    inside = _reachable(dialplan, {e.context for e in extensions if e.context})
    return Numbers(
        ring_groups=tuple(_ring_groups(dialplan)),
        menus=tuple(_menus(dialplan)),
        inbound_numbers=tuple(_inbound(dialplan, trunks)),
        outbound_routes=tuple(_outbound(dialplan, inside, trunks)),
        feature_codes=tuple(_codes(inside, {e.number for e in extensions})),
        conferences=tuple(_conferences(dialplan)),
    )


def _reachable(dialplan: Dialplan, names: Iterable[str]) -> list[Context]:
    """The contexts a phone can dial into, each once."""
    found: dict[str, Context] = {}
    for name in sorted(names):
        for context in dialplan.includes_of(name):
            found.setdefault(context.name, context)
    return list(found.values())


# -- from outside ---------------------------------------------------------------------------------------------


def _inbound(dialplan: Dialplan, trunks: tuple[Trunk, ...]) -> Iterator[InboundNumber]:
    """Literal numbers reachable from each trunk's context, with the trunks that carry them.

    Extensions that a carrier could reach because the dialplan lets a DID be an extension (FreePBX's
    from-did-direct) are not numbers the carrier sends: a context that a phone dials too is left out.
    """
    numbers: dict[tuple[str, str | None], InboundNumber] = {}
    for trunk in trunks:
        for context in _entered(dialplan, trunk.context or ""):
            if re.match(r"(ext-local|from-did-direct|ext-findmefollow|from-internal)", context.name):
                continue
            for extension in context.extensions:
                if not NUMBER.fullmatch(extension.pattern) or _refuses(extension):
                    continue
                key = (extension.pattern, extension.callerid)
                known = numbers.get(key)
                names = (*(known.trunks if known else ()), trunk.name)
                numbers[key] = InboundNumber(
                    extension.pattern, known.context if known else trunk.context or "", tuple(dict.fromkeys(names)),
                    extension.place, extension.callerid,
                )  # fmt: skip
    # A number that everybody can dial needs no second look for some callers.
    yield from (n for n in numbers.values() if n.callerid is None or (n.number, None) not in numbers)


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
                for step in extension.steps:
                    match = re.match(r"([\w.-]+),\$\{EXTEN(?::\d+)?\},1$", step.arguments)
                    if match and step.application.lower() == "goto" and extension.pattern.startswith("_"):
                        waiting.append(match[1])


def _refuses(extension: Extension) -> bool:
    return bool(extension.steps) and extension.steps[0].application.lower() == "hangup"


# -- menus and groups -----------------------------------------------------------------------------------------


def _menus(dialplan: Dialplan) -> Iterator[Menu]:
    for context in dialplan.contexts.values():
        keys = [e for e in context.extensions if DIGITS.fullmatch(e.pattern) or e.pattern in ("t", "i")]
        prompts = [
            s
            for e in context.extensions
            if e.pattern == "s"
            for s in e.steps
            if _plays_and_waits(s.application, s.arguments)
        ]
        if not any(DIGITS.fullmatch(e.pattern) for e in keys) or not prompts:
            continue
        names = tuple(dict.fromkeys(name for s in prompts for name in _sounds(s.arguments)))
        yield Menu(context.name, context.name, names, tuple(_key(e) for e in keys), context.place)


def _plays_and_waits(application: str, arguments: str) -> bool:
    return application.lower() in ("background", "waitexten") or (
        application.lower() == "execif" and "Background(" in arguments
    )


def _sounds(arguments: str) -> Iterator[str]:
    inner = re.search(r"Background\(([^)]*)\)", arguments)
    first = split_arguments(inner[1] if inner else arguments)[0]
    for name in first.split("&"):
        if name and "${" not in name and re.search(r"[a-zA-Z]", name):
            yield name


def _key(extension: Extension) -> MenuKey:
    goto = next(
        (s for s in extension.steps if s.application.lower() in ("goto", "dial", "queue", "playback", "voicemail")),
        None,
    )
    words = f"{goto.application}({goto.arguments})" if goto else ""
    return MenuKey(extension.pattern, Destination("dialplan", words, words), extension.place)


def _ring_groups(dialplan: Dialplan) -> Iterator[RingGroup]:
    product = dialplan.contexts.get("ext-group")
    for extension in product.extensions if product else ():
        if extension.pattern.isdigit():
            members = [
                m
                for s in extension.steps
                for found in re.findall(r"^dial[\w-]*,.*,(\d+#?(?:-\d+#?)*)$", s.arguments)
                for m in found.split("-")
            ]
            yield RingGroup(extension.pattern, extension.pattern, tuple(dict.fromkeys(members)), extension.place)
    if product is not None:
        return
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            for step in extension.steps:
                phones = _phones(step.arguments, dialplan) if step.application.lower() == "dial" else []
                if len(phones) >= 2:
                    yield RingGroup(
                        extension.pattern,
                        extension.pattern if extension.pattern.isdigit() else None,
                        tuple(phones),
                        step.place,
                    )
                    break


def _phones(arguments: str, dialplan: Dialplan) -> list[str]:
    text = re.sub(r"\$\{(\w+)\}", lambda m: dialplan.globals.get(m[1], m[0]), split_arguments(arguments)[0])
    found = [re.match(r"(?:PJSIP|SIP)/([\w.-]+)$", one) for one in text.split("&")]
    return [match[1] for match in found if match]


# -- to the outside -------------------------------------------------------------------------------------------


def _outbound(dialplan: Dialplan, inside: list[Context], trunks: tuple[Trunk, ...]) -> Iterator[OutboundRoute]:
    """Patterns that phones can dial and whose steps, followed through literal Gotos, come to a trunk."""
    endpoints = {t.endpoint for t in trunks}
    for context in inside:
        found = False
        for extension in context.extensions:
            if not (extension.pattern.startswith("_") or NUMBER.fullmatch(extension.pattern)):
                continue
            ways = _ways_out(dialplan, context.name, extension, endpoints, 0)
            if not ways or (found and context.name.startswith("outrt-")):
                continue
            found = True
            yield OutboundRoute(
                name=_route_name(context), pattern=extension.pattern, context=context.name, trunks=tuple(dict.fromkeys(ways)),
                strip=None, prepend="", place=extension.place,
            )  # fmt: skip


def _route_name(context: Context) -> str:
    return context.name


def _ways_out(dialplan: Dialplan, context: str, extension: Extension, endpoints: set[str], depth: int) -> list[str]:
    ways: list[str] = []
    for step in extension.steps:
        text = re.sub(r"\$\{(\w+)\}", lambda m: dialplan.globals.get(m[1], m[0]), step.arguments)
        application = step.application.lower()
        if application == "dial":
            ways += [name for name in re.findall(r"(?:PJSIP|SIP)/(?:[^@/,&()]*@)?([\w.-]+)", text) if name in endpoints]
        elif re.search(r"dialout-trunk", text):
            for number in re.findall(r"dialout-trunk,(?:s,1\()?(\d+)", text):
                suffix = dialplan.globals.get(f"OUT_{number}_SUFFIX", "")
                name = suffix or dialplan.globals.get(f"OUT_{number}", "")
                ways.append(re.sub(r"^\w+/|^@", "", name) or number)
        elif application == "goto" and depth < 3:
            words = split_arguments(text)
            if len(words) >= 2 and words[0] in dialplan.contexts:
                target = next(iter(dialplan.contexts[words[0]].candidates("5550123")), None)
                if target is not None:
                    ways += _ways_out(dialplan, words[0], target, endpoints, depth + 1)
    return ways


def _codes(inside: list[Context], numbers: set[str]) -> Iterator[FeatureCode]:
    """Codes of their own; `*201` where 201 is an extension is that extension's mailbox, not a code."""
    seen: set[str] = set()
    for context in inside:
        for extension in context.extensions:
            new = CODE.fullmatch(extension.pattern) and extension.pattern not in seen
            if new and extension.steps and extension.pattern[1:] not in numbers:
                seen.add(extension.pattern)
                yield FeatureCode(extension.pattern, context.name, context.name, extension.place)


def _conferences(dialplan: Dialplan) -> Iterator[Conference]:
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            if extension.pattern.isdigit() and any(
                s.application.lower() in ("confbridge", "meetme") for s in extension.steps
            ):
                yield Conference(extension.pattern, None, extension.place)
