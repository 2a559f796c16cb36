"""What the booted Asterisk really has, against what was read from the files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringkeep.asterisk.dialplan import Step
from ringkeep.drills.report import Count, Defect
from ringkeep.lab.manager import Manager
from ringkeep.phonesystem import references
from ringkeep.phonesystem.model import PhoneSystem

CONTEXT = re.compile(r"^\[ Context '(?P<name>.*)' created by '(?P<by>[^']*)' \]$", re.M)
SIP = ("pjsip", "sip")  # what a drill counts and calls
LOADING = ("load", "require", "preload", "preload-require")
MODULE = re.compile(r"^(?P<name>\S+\.so)\s.*\s(?P<state>Running|Not Running)\s", re.M)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Names of what Asterisk loaded, by kind."""

    pjsip: frozenset[str]
    sip: frozenset[str]
    queues: frozenset[str]
    mailboxes: frozenset[str]  # "201@default"
    contexts: frozenset[str]
    hints: int
    modules: frozenset[str]  # running
    applications: frozenset[str]


async def ask(manager: Manager) -> Loaded:
    """Ask a booted Asterisk for everything it has."""
    pjsip = await manager.collect("PJSIPShowEndpoints")
    sip = await manager.collect("SIPpeers")
    queues = await manager.collect("QueueStatus")
    mailboxes = await manager.collect("VoicemailUsersList")
    dialplan = await manager.command("dialplan show")
    modules = MODULE.findall(await manager.command("module show"))
    hints = re.search(r"^- (\d+) hints registered", await manager.command("core show hints"), re.M)
    applications = re.findall(r"^\s*(\w+): ", await manager.command("core show applications"), re.M)
    return Loaded(
        frozenset(m.get("ObjectName") for m in pjsip if m.event == "EndpointList"),
        frozenset(m.get("ObjectName") for m in sip if m.event == "PeerEntry"),
        frozenset(m.get("Queue") for m in queues if m.event == "QueueParams"),
        frozenset(
            f"{m.get('VoiceMailbox')}@{m.get('VMContext')}" for m in mailboxes if m.event == "VoicemailUserEntry"
        ),
        frozenset(match["name"] for match in CONTEXT.finditer(dialplan)),
        int(hints[1]) if hints else 0,
        frozenset(name for name, state in modules if state == "Running"),
        frozenset(applications),
    )


def named_modules(system: PhoneSystem) -> frozenset[str]:
    """The modules that modules.conf asks for by name: "cdr_custom.so"."""
    configuration = system.configurations.get("modules.conf")
    section = configuration.section("modules") if configuration else None
    asked = [e.value for e in section.entries if e.name.lower() in LOADING] if section else []
    return frozenset(name if name.endswith(".so") else f"{name}.so" for name in asked)


def compare(system: PhoneSystem, loaded: Loaded) -> tuple[dict[str, Count], list[Defect]]:
    """Counts by kind, and a defect for everything that was read but did not load."""
    wanted: dict[str, Mapping[str, str]] = {
        "extensions": {e.endpoint: str(e.place) for e in system.extensions if e.technology in SIP},
        "trunks": {t.endpoint: str(t.place) for t in system.trunks if t.technology in SIP and t.enabled is not False},
        "queues": {q.name: str(q.place) for q in system.queues},
        "mailboxes": {f"{m.number}@{m.context}": str(m.place) for m in system.mailboxes},
        "contexts": {c.name: str(c.place) for c in system.dialplan.contexts.values() if _has_content(c)},
    }
    seen = {
        "extensions": loaded.pjsip | loaded.sip,
        "trunks": loaded.pjsip | loaded.sip,
        "queues": loaded.queues,
        "mailboxes": loaded.mailboxes,
        "contexts": loaded.contexts,
    }
    counts: dict[str, Count] = {}
    defects: list[Defect] = []
    technologies = {(e.technology, e.endpoint) for e in system.extensions if e.technology in SIP}
    present = sum(name in (loaded.pjsip if technology == "pjsip" else loaded.sip) for technology, name in technologies)
    for kind, names in wanted.items():
        missing = sorted(names.keys() - seen[kind])
        counts[kind] = Count(len(names), len(names) - len(missing))
        defects += _not_loaded(kind, missing, names)
    counts["extensions"] = Count(len(technologies), present)
    hints = sum(extension.hint is not None for c in system.dialplan.contexts.values() for extension in c.extensions)
    counts["hints"] = Count(hints, loaded.hints)
    return counts, defects


ONE = {"extensions": "extension", "trunks": "trunk", "queues": "queue", "mailboxes": "mailbox", "contexts": "context"}


def missing_applications(system: PhoneSystem, loaded: Loaded, *, upgrade: bool) -> Iterator[Defect]:
    """Each application that a call can come to and this Asterisk has not, at its first use."""
    has = {name.lower() for name in loaded.applications}
    used: dict[str, list[Step]] = {}
    for context in references.reachable(system):
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() not in has:
                    used.setdefault(step.application.lower(), []).append(step)
    own = upgrade or system.product == "asterisk"  # a product's dialplan names applications for modules it may lack
    for steps in used.values():
        what = f"this Asterisk has no application {steps[0].application}; the dialplan uses it {len(steps)} times"
        yield Defect("application-missing", "bad" if own else "note", str(steps[0].place), what)


def _has_content(context: object) -> bool:
    return bool(getattr(context, "extensions", None) or getattr(context, "includes", None))


def _not_loaded(kind: str, missing: list[str], places: Mapping[str, str]) -> Iterator[Defect]:
    severity = "bad" if kind in ("extensions", "trunks", "queues") else "degraded"
    for name in missing[:20]:
        yield Defect(
            "not-loaded", severity, places[name], f"{ONE[kind]} {name} is in the files, but Asterisk did not load it"
        )
    if len(missing) > 20:
        yield Defect("not-loaded", severity, places[missing[20]], f"{len(missing) - 20} more {kind} did not load")
