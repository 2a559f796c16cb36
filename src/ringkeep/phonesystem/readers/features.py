"""Codes, conferences, paging groups: what is dialled for the system itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Step, split_arguments
from ringkeep.phonesystem.model import Conference, FeatureCode, PagingGroup
from ringkeep.phonesystem.readers.devices import devices
from ringkeep.phonesystem.readers.titles import Titles

CODE = re.compile(r"\*{1,2}[0-9]{1,4}|#{1,2}[0-9]{1,4}")
BRIDGES = ("confbridge", "meetme", "konference")

NAMES = {  # context or application -> what the code does
    "app-cf-on": "Call forward on", "app-cf-off": "Call forward off", "app-cf-off-any": "Call forward off for any extension",
    "app-cf-prompting-on": "Call forward on, asking", "app-cf-toggle": "Call forward on or off", "app-cf-busy-on": "Call forward on busy, on",
    "app-cf-busy-off": "Call forward on busy, off", "app-cf-busy-off-any": "Call forward on busy, off for any extension",
    "app-cf-busy-prompting-on": "Call forward on busy, asking", "app-cf-unavailable-on": "Call forward when unanswered, on",
    "app-cf-unavailable-off": "Call forward when unanswered, off", "app-cf-unavailable-prompt-on": "Call forward when unanswered, asking",
    "app-dnd-on": "Do not disturb on", "app-dnd-off": "Do not disturb off", "app-dnd-toggle": "Do not disturb on or off",
    "app-callwaiting-cwon": "Call waiting on", "app-callwaiting-cwoff": "Call waiting off", "app-fmf-toggle": "Follow-me on or off",
    "app-speakingclock": "Speaking clock", "app-speakextennum": "Speak own extension number", "app-echo-test": "Echo test",
    "app-calltrace": "Call trace", "app-vmmain": "My voicemail", "app-dialvm": "Any voicemail", "app-blacklist": "Blacklist",
    "app-pickup": "Call pickup", "app-chanspy": "Listen to a call", "app-userlogonoff": "Log on or off", "app-parking": "Park a call",
    "app-daynight": "Night switch", "timeconditions-toggles": "Opening hours on or off", "app-daynight-toggle": "Night switch",
    "app-queue-toggle": "Join or leave a queue", "app-queue-caller-count": "Callers in a queue", "app-recordings": "Record a prompt",
    "app-speeddial": "Speed dial", "app-contactmanager-sd": "Speed dial", "app-paging": "Paging", "ext-intercom": "Intercom",
    "ext-intercom-users": "Intercom", "app-hotelwakeup": "Wake-up calls", "app-directory": "Directory", "app-zapbarge": "Join a call",
    "voicemailmain": "My voicemail", "echo": "Echo test", "sayunixtime": "Speaking clock", "pickup": "Call pickup",
    "pickupchan": "Call pickup", "chanspy": "Listen to a call", "directory": "Directory", "park": "Park a call", "disa": "Dial-in access",
    "addqueuemember": "Join a queue", "removequeuemember": "Leave a queue", "pausequeuemember": "Pause in a queue",
    "unpausequeuemember": "End the pause in a queue", "page": "Paging", "record": "Record a prompt", "milliwatt": "Test tone",
}  # fmt: skip


def feature_codes(inside: Iterable[Context], numbers: Iterable[str]) -> Iterator[FeatureCode]:
    """Codes of their own; `*201` where 201 is an extension is that extension's mailbox, not a code."""
    seen: set[str] = set()
    known = set(numbers)
    for context in inside:
        for extension in context.extensions:
            pattern = extension.pattern
            if not extension.steps or pattern in seen or not CODE.fullmatch(pattern):
                continue
            if _belongs_to_a_number(pattern, known) or (context.name == "app-pickup" and len(pattern) > 3):
                continue
            seen.add(pattern)
            yield FeatureCode(pattern, _name(context, extension), context.name, extension.place)


def _belongs_to_a_number(pattern: str, known: set[str]) -> bool:
    return pattern.lstrip("*#") in known or any(pattern[n:] in known for n in range(2, len(pattern) - 2))


def _name(context: Context, extension: Extension) -> str | None:
    if context.name in NAMES:
        return NAMES[context.name]
    return next((NAMES[s.application.lower()] for s in extension.steps if s.application.lower() in NAMES), None)


def conferences(dialplan: Dialplan, titles: Titles) -> Iterator[tuple[Conference, str]]:
    """Numbers that lead into a conference, with the name of the room."""
    for context in dialplan.contexts.values():
        if re.match(r"app-page|ext-paging|macro-", context.name):
            continue
        for extension in context.extensions:
            if not re.fullmatch(r"[0-9]{1,20}", extension.pattern):
                continue
            step = next((s for s in extension.steps if s.application.lower() in BRIDGES), None)
            if step is None and context.name == "ext-meetme" and _leads_to(extension.steps, "STARTMEETME"):
                yield Conference(extension.pattern, None, extension.place), extension.pattern
            elif step is not None:
                room = split_arguments(step.arguments)[0].strip()
                plain = room and "${" not in room and room != extension.pattern
                yield Conference(extension.pattern, room if plain else None, extension.place), room


def _leads_to(steps: list[Step], name: str) -> bool:
    return any(s.application.lower() in ("goto", "gotoif") and name in s.arguments for s in steps)


def paging_groups(
    dialplan: Dialplan, contexts: Iterable[Context]
) -> Iterator[tuple[PagingGroup, tuple[str, Place] | None]]:
    """Numbers that make several phones speak, with the context and place of the step that does, when it is one."""
    product = dialplan.contexts.get("app-pagegroups")
    for extension in product.extensions if product else ():
        members = next((s.arguments[13:] for s in extension.steps if s.arguments.startswith("PAGE_MEMBERS=")), "")
        if re.fullmatch(r"[0-9]{1,20}", extension.pattern):
            yield _group(extension, [m for m in members.split("-") if m]), None
    old = dialplan.contexts.get("ext-paging")
    for extension in old.extensions if old and not product else ():
        named = [m[1] for s in extension.steps if (m := re.match(r"Local/PAGE([0-9]{1,20})@", s.arguments))]
        if re.fullmatch(r"[0-9]{1,20}", extension.pattern):
            yield _group(extension, named), None
    for context in contexts:
        for extension in context.extensions:
            step = next((s for s in extension.steps if s.application.lower() == "page"), None)
            if step is not None:
                text = re.sub(r"\$\{(\w{1,60})\}", lambda m: dialplan.globals.get(m[1], m[0]), step.arguments)
                named = [d.endpoint for d in devices(split_arguments(text)[0])]
                yield _group(extension, named), (context.name, step.place)


def _group(extension: Extension, members: list[str]) -> PagingGroup:
    return PagingGroup(extension.pattern, None, tuple(members), extension.place)
