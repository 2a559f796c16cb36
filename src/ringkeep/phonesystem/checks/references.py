"""Steps of the dialplan that name what is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ringkeep.asterisk.dialplan import parse_goto
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.references import Reference
from ringkeep.phonesystem.sentences import Sentence

# Where a product's pages let its owner send a call; jumps elsewhere in generated code are the product's own affair.
DESTINATIONS = re.compile(
    r"(ext-|ivr-|app-announcement-|timeconditions|from-did-direct|app-daynight|vmblast|disa|callback)"
)


def check_references(known: Known) -> Iterator[Finding]:
    """Every literal reference that calls can come to."""
    for reference in known.references:
        if handler := HANDLERS.get(reference.kind):
            yield from handler(known, reference)


def check_includes(known: Known) -> Iterator[Finding]:
    """Includes of contexts that do not exist."""
    contexts = known.system.dialplan.contexts
    severity = "degraded" if known.system.product == "asterisk" else "note"
    for context in sorted(known.reached, key=lambda one: one.name):
        for include in context.includes:
            name = include.context
            if name not in contexts and not name.endswith("-custom") and name not in known.made_by_modules:
                says = Sentence(
                    "context {context} includes {name}, which does not exist", {"context": context.name, "name": name}
                )
                yield Finding("include-nowhere", severity, include.place, says)


def _where(ref: Reference) -> Sentence:
    return Sentence("{number} in {context}", {"number": ref.extension, "context": ref.context})


def _jump(known: Known, ref: Reference) -> Iterator[Finding]:
    for finding in _jumps(known, ref):
        target = parse_goto(ref.name, ref.context, ref.extension)[0]
        own = known.system.product == "asterisk" or (target != ref.context and DESTINATIONS.match(target))
        yield finding if own else replace(finding, severity="note")


def _jumps(known: Known, ref: Reference) -> Iterator[Finding]:
    dialplan = known.system.dialplan
    number = ref.extension if not ref.extension.startswith("_") else ""
    context, extension, priority = parse_goto(ref.name, ref.context, number)
    if context not in dialplan.contexts:
        if not context.endswith("-custom") and context not in known.made_by_modules:
            says = Sentence(
                "{where} goes to context {context}, which does not exist", {"where": _where(ref), "context": context}
            )
            yield Finding("goto-nowhere", "degraded", ref.place, says, ref.extension)
        return
    if not extension or extension.startswith("_"):
        return
    if ref.owner and (context, extension) == (ref.context, ref.extension) and ref.owner.step(priority) is not None:
        return  # its own label, also where another extension of that number is for all callers
    if dialplan.find(context, extension, priority=priority):
        return
    if context.startswith("macro-") or ref.context.startswith(("macro-", "sub-")):
        return  # the extension a macro runs in is its caller's
    what = Sentence("extension {number}", {"number": extension})
    if isinstance(priority, str):
        what = Sentence("label {label} of {number}", {"label": priority, "number": extension})
    elif priority != 1 and dialplan.find(context, extension):
        what = Sentence("priority {priority} of {number}", {"priority": priority, "number": extension})
    says = Sentence(
        "{where} goes to {what} in {context}, which does not exist",
        {"where": _where(ref), "what": what, "context": context},
    )
    yield Finding("goto-nowhere", "degraded", ref.place, says, ref.extension)


def _macro(known: Known, ref: Reference) -> Iterator[Finding]:
    if f"macro-{ref.name}" not in known.system.dialplan.contexts and not ref.name.endswith("-custom"):
        severity = "degraded" if known.system.product == "asterisk" else "note"
        says = Sentence("{where} runs macro {name}, which does not exist", {"where": _where(ref), "name": ref.name})
        yield Finding("goto-nowhere", severity, ref.place, says, ref.extension)


def _queue(known: Known, ref: Reference) -> Iterator[Finding]:
    if ref.name not in known.queues:
        says = Sentence(
            "{where} puts callers into queue {name}, which is not in queues.conf",
            {"where": _where(ref), "name": ref.name},
        )
        yield Finding("queue-missing", "bad", ref.place, says, ref.extension)


def _mailbox(known: Known, ref: Reference) -> Iterator[Finding]:
    if ref.name not in known.mailboxes and "voicemail.conf" in known.system.configurations:
        says = Sentence(
            "{where} leads to mailbox {name}, which is not in voicemail.conf", {"where": _where(ref), "name": ref.name}
        )
        yield Finding("mailbox-missing", "degraded", ref.place, says, ref.extension)


def _device(known: Known, ref: Reference) -> Iterator[Finding]:
    match = re.fullmatch(r"(PJSIP|SIP)/(?:[^@/]*@)?([\w.-]+)", ref.name)
    there = known.endpoints.get(match[1].lower()) if match else None
    if match and there and match[2] not in there:
        says = Sentence(
            "{where} rings {name}, which is no configured phone or trunk", {"where": _where(ref), "name": ref.name}
        )
        yield Finding("device-missing", "degraded", ref.place, says, ref.extension)


def _profile(known: Known, ref: Reference) -> Iterator[Finding]:
    configuration = known.system.configurations.get("confbridge.conf")
    if configuration is None or configuration.section(ref.name) or ref.name.startswith("default_"):
        return
    says = Sentence(
        "{where} uses conference {kind} profile {name}, which is not in confbridge.conf",
        {"where": _where(ref), "kind": ref.kind, "name": ref.name},
    )
    yield Finding("profile-missing", "degraded", ref.place, says, ref.extension)


HANDLERS: dict[str, Callable[[Known, Reference], Iterator[Finding]]] = {
    "goto": _jump, "gosub": _jump, "macro": _macro, "queue": _queue, "mailbox": _mailbox, "device": _device,
    "bridge": _profile, "user": _profile, "menu": _profile,
}  # fmt: skip
