"""What is wrong with a phone system before any call is placed: references that lead nowhere, parts that lack a part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ringkeep.asterisk.conf import Place, Section
from ringkeep.asterisk.dialplan import parse_goto
from ringkeep.phonesystem import references
from ringkeep.phonesystem.callflow import walk
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers.pjsip import Objects, names
from ringkeep.phonesystem.references import Reference

# How bad a reading problem is. What is not here is a note: real systems are full of those.
PROBLEMS = {
    "include-missing": "bad", "include-loop": "bad", "section-not-closed": "bad", "template-missing": "bad",
    "entry-before-section": "bad", "not-text": "bad", "too-big": "bad", "no-equals": "degraded",
    "comment-not-closed": "degraded", "exec": "degraded", "not-closed": "degraded", "bad-line": "degraded",
    "too-long-line": "degraded", "unknown-directive": "degraded", "not-read": "degraded",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect."""

    code: str
    severity: str  # bad | degraded | note
    place: Place
    what: str


def check(system: PhoneSystem) -> tuple[Finding, ...]:
    """Every finding, most basic first."""
    contexts = references.reachable(system)
    found: list[Finding] = []
    for problem in dict.fromkeys(system.problems):
        severity = PROBLEMS.get(problem.code, "note")
        if problem.fatal:
            severity = "bad"
        if severity != "note":
            found.append(Finding(problem.code, severity, problem.place, problem.what))
    found += _files(system)
    found += _modules(system)
    found += _endpoints(system)
    found += _trunks(system)
    found += _queues(system)
    for reference in references.find(system, contexts):
        found += _reference(system, reference)
    found += _includes(system, {c.name for c in contexts})
    found += _hours(system)
    return tuple(dict.fromkeys(found))


def _files(system: PhoneSystem) -> Iterator[Finding]:
    """Files without which nothing rings."""
    if not system.dialplan.contexts:
        yield Finding(
            "dialplan-missing",
            "bad",
            Place("/etc/asterisk/extensions.conf", 0),
            "extensions.conf is missing, empty or refused: no number leads anywhere",
        )
    boxes = [
        r
        for r in references.find(system, list(system.dialplan.contexts.values()))
        if r.kind in ("mailbox", "own mailbox")
    ]
    if boxes and "voicemail.conf" not in system.configurations:
        yield Finding(
            "file-missing",
            "degraded",
            Place("/etc/asterisk/voicemail.conf", 0),
            f"voicemail.conf is missing, but the dialplan uses mailbox {boxes[0].name}",
        )
    if system.dialplan.contexts and not system.extensions and not system.trunks:
        yield Finding(
            "no-phones",
            "bad",
            Place("/etc/asterisk/pjsip.conf", 0),
            "no phone and no trunk is configured, in neither pjsip.conf nor sip.conf",
        )


# -- phones and carriers --------------------------------------------------------------------------------------


def _endpoints(system: PhoneSystem) -> Iterator[Finding]:
    configuration = system.configurations.get("pjsip.conf")
    objects = Objects(configuration) if configuration else None
    boxes = {f"{m.number}@{m.context}" for m in system.mailboxes}
    contexts_of_boxes = {m.context for m in system.mailboxes}
    for extension in system.extensions:
        who = f"extension {extension.number}"
        if extension.context and extension.context not in system.dialplan.contexts and system.dialplan.contexts:
            yield Finding(
                "context-missing",
                "bad",
                extension.place,
                f"{who} dials into context {extension.context}, which is not in the dialplan",
            )
        box = extension.mailbox or ""
        if box and "@" in box and box.partition("@")[2] in contexts_of_boxes and box not in boxes:
            yield Finding(
                "mailbox-missing",
                "degraded",
                extension.place,
                f"{who} has mailbox {box}, which is not in voicemail.conf",
            )
        if extension.technology == "pjsip" and objects is not None and configuration is not None:
            endpoint = objects.get("endpoint", extension.endpoint)
            if endpoint:
                yield from _parts(who, endpoint, objects)
        elif extension.technology == "sip" and not extension.secret:
            yield Finding("secret-missing", "degraded", extension.place, f"{who} has no secret")
    for number, count in Counter((e.technology, e.endpoint) for e in system.extensions).items():
        if count > 1:
            yield Finding(
                "name-twice", "degraded", Place(f"{number[0]}.conf", 0), f"{number[1]} is configured {count} times"
            )


def _parts(who: str, endpoint: Section, objects: Objects) -> Iterator[Finding]:
    """The AOR and auth sections an endpoint needs to be registered to."""
    aors = names(endpoint.get("aors"))
    if not aors:
        yield Finding("aor-missing", "bad", endpoint.place, f"{who} names no AOR: its phone cannot register")
    for name in aors:
        aor = objects.get("aor", name)
        if aor is None:
            yield Finding(
                "aor-missing",
                "bad",
                endpoint.place_of("aors"),
                f"{who} names AOR {name}, which does not exist: its phone cannot register",
            )
        elif (aor.get("max_contacts") or "0") == "0" and not aor.get("contact"):
            # res_pjsip_registrar refuses every registration for such an AOR; the option's default is 0.
            what = f"{who} has AOR {name} without max_contacts: no phone can register to it"
            yield Finding("aor-closed", "bad", aor.place, what)
    transport = endpoint.get("transport")
    if transport and objects.get("transport", transport) is None:
        what = f"{who} names transport {transport}, which does not exist: it cannot be called"
        yield Finding("transport-missing", "bad", endpoint.place_of("transport"), what)
    for name in names(endpoint.get("auth")):
        auth = objects.get("auth", name)
        if auth is None:
            yield Finding(
                "auth-missing",
                "bad",
                endpoint.place_of("auth"),
                f"{who} names auth {name}, which does not exist: its phone cannot register",
            )
        elif not (auth.get("password") or auth.get("md5_cred") or auth.get("password_digest")):
            yield Finding("secret-missing", "bad", auth.place, f"{who} has no password in auth {name}")


def _trunks(system: PhoneSystem) -> Iterator[Finding]:
    configuration = system.configurations.get("pjsip.conf")
    objects = Objects(configuration) if configuration else None
    for trunk in system.trunks:
        who = f"trunk {trunk.name}"
        if trunk.context and trunk.context not in system.dialplan.contexts and system.dialplan.contexts:
            yield Finding(
                "context-missing",
                "bad",
                trunk.place,
                f"calls from {who} enter context {trunk.context}, which is not in the dialplan",
            )
        if not trunk.context and trunk.technology == "pjsip" and "default" not in system.dialplan.contexts:
            yield Finding(
                "context-missing", "bad", trunk.place, f"{who} names no context and the dialplan has no [default]"
            )
        if trunk.technology == "pjsip" and objects is not None:
            endpoint = objects.get("endpoint", trunk.endpoint)
            if endpoint:
                yield from _pjsip_trunk(who, endpoint, objects, bool(trunk.match))
    if objects is not None:
        for registration in objects.all("registration"):
            yield from _account(f"registration {registration.name}", registration, objects)


def _pjsip_trunk(who: str, endpoint: Section, objects: Objects, matched: bool) -> Iterator[Finding]:
    identifies = [s for s in objects.all("identify") if s.get("endpoint") == endpoint.name]
    by_line = any(
        s.get("endpoint") == endpoint.name and (s.get("line") or "no").lower() in ("yes", "true", "1")
        for s in objects.all("registration")
    )
    if not matched and not by_line and not endpoint.get("auth"):
        place = identifies[0].place if identifies else endpoint.place
        why = "its identify section has no match" if identifies else "no identify section names it"
        yield Finding(
            "carrier-not-recognised", "bad", place, f"calls from the carrier of {who} are not recognised: {why}"
        )
    for name in names(endpoint.get("aors")):
        if objects.get("aor", name) is None:
            yield Finding(
                "aor-missing", "bad", endpoint.place_of("aors"), f"{who} names AOR {name}, which does not exist"
            )
    if endpoint.get("outbound_auth"):
        yield from _account(who, endpoint, objects)


def _account(who: str, section: Section, objects: Objects) -> Iterator[Finding]:
    """Whether `outbound_auth` leads to a username and a password."""
    name = section.get("outbound_auth")
    kind = section.get("type")
    if name is None:
        if kind == "registration" and not section.get("client_uri"):
            yield Finding("account-missing", "degraded", section.place, f"{who} has no client_uri: it cannot register")
        return
    auth = objects.get("auth", name)
    if auth is None:
        yield Finding(
            "auth-missing", "bad", section.place_of("outbound_auth"), f"{who} names auth {name}, which does not exist"
        )
        return
    lacking = [word for word in ("username", "password") if not auth.get(word) and not auth.get("md5_cred")]
    if lacking:
        yield Finding(
            "account-missing",
            "degraded",
            auth.place,
            f"{who} has no account: auth {name} has no {' and no '.join(lacking)}",
        )
    if kind == "registration" and not section.get("client_uri"):
        yield Finding("account-missing", "degraded", section.place, f"{who} has no client_uri: it cannot register")


def _queues(system: PhoneSystem) -> Iterator[Finding]:
    joins = any(
        s.application.lower() in ("addqueuemember", "agentlogin")
        for c in system.dialplan.contexts.values()
        for e in c.extensions
        for s in e.steps
    )
    devices = {f"{e.technology}/{e.endpoint}".lower() for e in system.extensions}
    for queue in system.queues:
        if not queue.members and not joins and system.product == "asterisk":
            yield Finding(
                "queue-empty", "degraded", queue.place, f"queue {queue.name} has no member: nobody will answer it"
            )
        for member in queue.members:
            technology, _, name = member.partition("/")
            if technology.lower() in ("pjsip", "sip") and f"{technology}/{name}".lower() not in devices:
                yield Finding(
                    "device-missing",
                    "degraded",
                    queue.place,
                    f"member {member} of queue {queue.name} is no configured phone",
                )


# -- modules --------------------------------------------------------------------------------------------------


def _modules(system: PhoneSystem) -> Iterator[Finding]:
    configuration = system.configurations.get("modules.conf")
    section = configuration.section("modules") if configuration else None
    if section is None:
        yield Finding(
            "modules-missing",
            "bad",
            Place("/etc/asterisk/modules.conf", 0),
            "modules.conf is missing or empty: Asterisk loads no module",
        )
        return
    automatic = (section.get("autoload") or "no").lower() in ("yes", "true", "1", "on")
    refused = {_so(e.value): e.place for e in section.entries if e.name.lower() == "noload"}
    loaded = {
        _so(e.value) for e in section.entries if e.name.lower() in ("load", "require", "preload", "preload-require")
    }
    for module, why in _needed(system):
        if module in refused:  # also where another line loads it: noload wins (loader.c)
            yield Finding(
                "module-not-loaded",
                "bad" if module in VITAL else "degraded",
                refused[module],
                f"{module} is not loaded, but {why}",
            )
        elif not automatic and module not in loaded and module not in refused:
            yield Finding(
                "module-not-loaded",
                "bad" if module in VITAL else "degraded",
                section.place,
                f"{module} is not loaded (autoload is off), but {why}",
            )


VITAL = {
    "pbx_config.so",
    "chan_pjsip.so",
    "res_pjsip.so",
    "chan_sip.so",
    "app_dial.so",
    "app_queue.so",
    "res_pjsip_session.so",
}
FOR_APPLICATIONS = {
    "dial": "app_dial.so", "playback": "app_playback.so", "queue": "app_queue.so", "voicemail": "app_voicemail.so",
    "confbridge": "app_confbridge.so", "read": "app_read.so", "echo": "app_echo.so", "gosub": "app_stack.so",
}  # fmt: skip


def _so(value: str) -> str:
    return value if value.endswith(".so") else f"{value}.so"


def _needed(system: PhoneSystem) -> Iterator[tuple[str, str]]:
    if system.dialplan.contexts:
        yield "pbx_config.so", "there is a dialplan in extensions.conf"
    technologies = {e.technology for e in system.extensions} | {t.technology for t in system.trunks}
    if "pjsip" in technologies:
        for module in (
            "res_pjsip.so",
            "chan_pjsip.so",
            "res_pjsip_session.so",
            "res_pjsip_registrar.so",
            "res_rtp_asterisk.so",
        ):
            yield module, "phones or trunks use PJSIP"
    if "sip" in technologies:
        yield "chan_sip.so", "phones or trunks use chan_sip"
    used = {s.application.lower() for c in references.reachable(system) for e in c.extensions for s in e.steps}
    for application, module in FOR_APPLICATIONS.items():
        if application in used:
            yield module, f"the dialplan uses {application.capitalize()}"
    if used & {"playback", "background", "queue", "voicemail"}:
        yield "format_wav.so", "prompts and messages are WAV files"
        yield "codec_ulaw.so", "calls are carried in mu-law"


# -- references -----------------------------------------------------------------------------------------------


def _reference(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    handler = {"goto": _jump, "gosub": _jump, "macro": _macro, "queue": _queue, "mailbox": _mailbox, "device": _device,
               "bridge": _profile, "user": _profile, "menu": _profile}.get(ref.kind)  # fmt: skip
    if handler is not None:
        yield from handler(system, ref)


def _where(ref: Reference) -> str:
    return f"{ref.extension} in {ref.context}"


# Where a product's pages let its owner send a call; jumps elsewhere in generated code are the product's own affair.
DESTINATIONS = re.compile(
    r"(ext-|ivr-|app-announcement-|timeconditions|from-did-direct|app-daynight|vmblast|disa|callback)"
)


def _jump(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    for finding in _jumps(system, ref):
        target = parse_goto(ref.name, ref.context, ref.extension)[0]
        own = system.product == "asterisk" or (target != ref.context and DESTINATIONS.match(target))
        yield finding if own else replace(finding, severity="note")


def _jumps(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    number = ref.extension if not ref.extension.startswith("_") else ""
    context, extension, priority = parse_goto(ref.name, ref.context, number)
    if context not in system.dialplan.contexts:
        if not context.endswith("-custom") and context not in _made_by_modules(system):
            yield Finding(
                "goto-nowhere", "degraded", ref.place, f"{_where(ref)} goes to context {context}, which does not exist"
            )
        return
    if not extension or extension.startswith("_"):
        return
    if ref.owner and (context, extension) == (ref.context, ref.extension) and ref.owner.step(priority) is not None:
        return  # its own label, also where another extension of that number is for all callers
    dialplan = system.dialplan
    if dialplan.find(context, extension, priority=priority):
        return
    if context.startswith("macro-") or ref.context.startswith(("macro-", "sub-")):
        return  # the extension a macro runs in is its caller's
    what = f"extension {extension}"
    if isinstance(priority, str) or (priority != 1 and dialplan.find(context, extension)):
        what = f"{'label' if isinstance(priority, str) else 'priority'} {priority} of {extension}"
    yield Finding(
        "goto-nowhere", "degraded", ref.place, f"{_where(ref)} goes to {what} in {context}, which does not exist"
    )


def _made_by_modules(system: PhoneSystem) -> set[str]:
    """Contexts that Asterisk modules fill: parking."""
    parking = system.configurations.get("res_parking.conf")
    return {"parkedcalls", *(s.get("context") or "" for s in (parking.sections if parking else []))}


def _macro(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    if f"macro-{ref.name}" not in system.dialplan.contexts and not ref.name.endswith("-custom"):
        severity = "degraded" if system.product == "asterisk" else "note"
        yield Finding("goto-nowhere", severity, ref.place, f"{_where(ref)} runs macro {ref.name}, which does not exist")


def _queue(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    if ref.name not in {q.name for q in system.queues}:
        yield Finding(
            "queue-missing",
            "bad",
            ref.place,
            f"{_where(ref)} puts callers into queue {ref.name}, which is not in queues.conf",
        )


def _mailbox(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    known = {f"{m.number}@{m.context}" for m in system.mailboxes}
    if ref.name not in known and "voicemail.conf" in system.configurations:
        yield Finding(
            "mailbox-missing",
            "degraded",
            ref.place,
            f"{_where(ref)} leads to mailbox {ref.name}, which is not in voicemail.conf",
        )


def _device(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    match = re.fullmatch(r"(PJSIP|SIP)/(?:[^@/]*@)?([\w.-]+)", ref.name)
    if not match:
        return
    technology = match[1].lower()
    known = {e.endpoint for e in system.extensions if e.technology == technology}
    known |= {t.endpoint for t in system.trunks if t.technology == technology}
    if match[2] not in known and known:
        yield Finding(
            "device-missing",
            "degraded",
            ref.place,
            f"{_where(ref)} rings {ref.name}, which is no configured phone or trunk",
        )


def _profile(system: PhoneSystem, ref: Reference) -> Iterator[Finding]:
    configuration = system.configurations.get("confbridge.conf")
    if configuration is None or configuration.section(ref.name) or ref.name.startswith("default_"):
        return
    yield Finding(
        "profile-missing",
        "degraded",
        ref.place,
        f"{_where(ref)} uses conference {ref.kind} profile {ref.name}, which is not in confbridge.conf",
    )


def _includes(system: PhoneSystem, reached: set[str]) -> Iterator[Finding]:
    made = _made_by_modules(system)
    for name in sorted(reached):
        for include in system.dialplan.contexts[name].includes:
            if (
                include.context not in system.dialplan.contexts
                and not include.context.endswith("-custom")
                and include.context not in made
            ):
                severity = "degraded" if system.product == "asterisk" else "note"
                yield Finding(
                    "include-nowhere",
                    severity,
                    include.place,
                    f"context {name} includes {include.context}, which does not exist",
                )


# -- opening hours --------------------------------------------------------------------------------------------

STAFFED = {"menu", "queue", "extension", "ring_group"}


def _hours(system: PhoneSystem) -> Iterator[Finding]:
    """A number that is answered by people at three in the morning, but by none on most days' forenoon."""
    monday = datetime(2026, 1, 5, 3, 0)
    timed = {
        s.place
        for c in system.dialplan.contexts.values()
        for e in c.extensions
        for s in e.steps
        if s.application.lower() == "gotoiftime"
    }
    for number in system.inbound_numbers:
        night = walk(system, number.number, number.context, at=monday)
        checked = next((place for place in night.path if place in timed), None)
        if checked is None or not any(stop.kind in STAFFED for stop in night.stops):
            continue
        forenoons = [monday.replace(hour=10, minute=30) + timedelta(days=day) for day in range(7)]
        days = [walk(system, number.number, number.context, at=at) for at in forenoons]
        if any(day.ended in ("dead_end", "loop") for day in days):
            continue  # what is broken tells nothing about hours
        if sum(any(stop.kind in STAFFED for stop in day.stops) for day in days) <= 2:
            yield Finding(
                "hours-inverted",
                "bad",
                checked,
                f"{number.number} is answered at night but closed in the forenoon of most days: its opening hours look inverted",
            )
