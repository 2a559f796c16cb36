"""Toll fraud: roads on which a stranger dials the world at the owner's cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import split_arguments
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.roads import Door, Exit, Roads
from ringkeep.phonesystem.checks.secrets import is_weak_pin
from ringkeep.phonesystem.checks.shapes import EVERYTHING
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.references import calls_of
from ringkeep.phonesystem.sentences import Sentence

NO = ("no", "false", "0", "off", "n", "f")
SHELLS = ("system", "trysystem")
FILTERED = re.compile(r"\$\{FILTER\([^${}]*,\$\{[^{}]*\}\)\}")
ABROAD = re.compile(r"[09]?(?:00|011)[1-9][0-9]{6,}")
GENERATED = re.compile(r"/[\w.-]*_custom[\w-]*\.conf$|/[\w.-]*custom[\w.-]*\.conf$|override")


def own_code(system: PhoneSystem, place: Place) -> bool:
    """Whether a person wrote the line, not the product."""
    return system.product == "asterisk" or bool(GENERATED.search(place.file))


# -- roads from outside ---------------------------------------------------------------------------------------


def advise_roads(known: Known) -> Iterator[Finding]:
    """Everything a caller through a trunk, or a guest, can dial out by."""
    system = known.system
    trunks: dict[str, list[str]] = {}
    for trunk in system.trunks:
        if trunk.context and trunk.enabled is not False:
            trunks.setdefault(trunk.context, []).append(trunk.name)
    inside = {e.context for e in system.extensions}
    told: set[Place] = set()
    for context, names in trunks.items():
        place = next(t.place for t in system.trunks if t.context == context)
        roads = Roads(system, known.dialled_inside)
        roads.open_door(Door(context, place, "number"), EVERYTHING)
        for way in roads.run().exits:
            where = way.door.crossed or (way.door.place if way.door.place != place else way.place)
            if context in inside and way.door.how == "number":
                where = place  # the trunk's own context is the hole
            if where in told:
                continue
            told.add(where)
            yield _hole(way, where, names, shared=context in inside)
        yield from _injections(system, roads)
        yield from _transfers(system, roads, context)
    yield from _guests(known)


def _hole(way: Exit, where: Place, names: list[str], *, shared: bool) -> Finding:
    values = {
        "trunks": listed(names), "pattern": way.pattern, "context": way.context, "trunk": way.trunk,
        "entry": way.door.start or way.door.context,
    }  # fmt: skip
    if way.door.how == "menu":
        says = Sentence(
            "whoever calls through {trunks} can key a number in {entry} and get out: {pattern} in {context} dials {trunk}",
            values,
        )
    elif way.door.how == "disa":
        says = Sentence(
            "whoever calls through {trunks} gets a dial tone without a PIN and can get out: {pattern} in {context} dials {trunk}",
            values,
        )
    elif shared:
        says = Sentence(
            "calls through {trunks} enter {entry}, where phones dial out: {pattern} in {context} dials {trunk}", values
        )
    else:
        says = Sentence(
            "a call that comes through {trunks} to a number of its choice goes out again: {pattern} in {context} dials {trunk}",
            values,
        )
    severity = "bad" if way.door.how in ("menu", "disa") or shared or way.door.crossed else "degraded"
    return Finding("outsiders-dial-out", severity, where, says, names[0])


def _leads_outside(system: PhoneSystem, context: str) -> Exit | None:
    roads = Roads(system)
    roads.open_door(Door(context, Place("", 0), "guest"), EVERYTHING)
    return next(iter(roads.run().exits), None)


def _guests(known: Known) -> Iterator[Finding]:
    """Callers who need no account: chan_sip's allowguest, pjsip's endpoint [anonymous], IAX's guest."""
    system = known.system
    for context, place, who in _open_doors(known):
        way = _leads_outside(system, context)
        if way is None:
            continue
        says = Sentence(
            "{who} may call without a password into {context}, and get out from there: {pattern} in {home} dials {trunk}",
            {"who": who, "context": context, "pattern": way.pattern, "home": way.context, "trunk": way.trunk},
        )
        yield Finding("guests-dial-out", "bad", place, says, context)


def _open_doors(known: Known) -> Iterator[tuple[str, Place, Sentence]]:
    configurations = known.system.configurations
    sip = configurations.get("sip.conf")
    general = sip.section("general") if sip and not sip.refused else None
    if general is not None and _uses_sip(known) and (general.get("allowguest") or "yes").lower() not in NO:
        yield (
            general.get("context") or "default",
            general.place_of("allowguest"),
            Sentence("anybody who reaches chan_sip"),
        )
    endpoint = known.objects.get("endpoint", "anonymous") if known.objects else None
    if endpoint is not None and not endpoint.get("auth"):
        yield endpoint.get("context") or "default", endpoint.place, Sentence("anybody who reaches PJSIP")
    for extension in known.system.extensions:
        section = known.objects.get("endpoint", extension.endpoint) if known.objects else None
        if extension.technology == "pjsip" and section is not None and not section.get("auth") and section.get("aors"):
            contacts = (
                [known.objects.get("aor", name) for name in (section.get("aors") or "").split(",")]
                if known.objects
                else []
            )
            if any(aor and aor.get("contact") for aor in contacts):
                continue  # recognised by its address
            who = Sentence("whoever says to be extension {number}", {"number": extension.number})
            yield extension.context or "default", extension.place, who
    iax = configurations.get("iax.conf")
    for section in iax.objects() if iax else ():
        open_ = not (section.get("secret") or section.get("auth") or section.get("inkeys") or section.get("permit"))
        if (section.get("type") or "").lower() in ("user", "friend") and open_ and section.name.lower() != "general":
            yield section.get("context") or "default", section.place, Sentence("anybody who reaches IAX2")


def _uses_sip(known: Known) -> bool:
    """Whether chan_sip is loaded."""
    modules = known.system.configurations.get("modules.conf")
    section = modules.section("modules") if modules else None
    refused = {v.removesuffix(".so") for v in section.all("noload")} if section else set()
    automatic = (section.get("autoload") or "no").lower() not in NO if section else True
    loaded = {v.removesuffix(".so") for v in section.all("load")} if section else set()
    return "chan_sip" not in refused and (automatic or "chan_sip" in loaded)


# -- what a stranger's text can do ----------------------------------------------------------------------------


def _injections(system: PhoneSystem, roads: Roads) -> Iterator[Finding]:
    """Text that a caller chose in a shell command (AST-2010-002 is the same for Dial)."""
    for step, chosen, _door in roads.steps.values():
        for application, arguments in calls_of(step):
            name = application.lower()
            text = arguments if name in SHELLS else "".join(re.findall(r"SHELL\((.*)", arguments))
            text = FILTERED.sub("", text)
            free = any(shape.open and re.search(rf"\$\{{{re.escape(n)}\b", text) for n, shape in chosen.items())
            if (
                text
                and own_code(system, step.place)
                and (free or re.search(r"\$\{(CALLERID|PJSIP_HEADER|SIP_HEADER)\(", text))
            ):
                says = Sentence(
                    "{application} runs a command of the machine with text that whoever calls here chose",
                    {"application": application if name in SHELLS else "SHELL"},
                )
                yield Finding("caller-runs-commands", "bad", step.place, says)
            if name == "dial" and own_code(system, step.place):
                device = FILTERED.sub("", split_arguments(arguments)[0])
                open_names = [
                    n for n, shape in chosen.items() if shape.open and re.search(rf"\$\{{{re.escape(n)}\b", device)
                ]
                if open_names:
                    says = Sentence(
                        "Dial gets {variable} as the caller from outside sent it: an ampersand in it rings something else too",
                        {"variable": "${" + open_names[0] + "}"},
                    )
                    yield Finding("exten-unfiltered", "degraded", step.place, says)


def advise_commands(known: Known) -> Iterator[Finding]:
    """The same for what phones dial: they are known, but a stolen password is a shell then."""
    system = known.system
    for context in known.reached:
        for extension in context.extensions:
            loose = extension.pattern.startswith("_") and extension.pattern.rstrip()[-1:] in ".!"
            for step in extension.steps:
                if not own_code(system, step.place):
                    continue
                for application, arguments in calls_of(step):
                    name = application.lower()
                    text = arguments if name in SHELLS else "".join(re.findall(r"SHELL\((.*)", arguments))
                    text = FILTERED.sub("", text)
                    if not text:
                        continue
                    if re.search(r"\$\{CALLERID\((name|all)", text) or (loose and "${EXTEN" in text):
                        says = Sentence(
                            "{application} runs a command of the machine with text that whoever calls here chose",
                            {"application": application if name in SHELLS else "SHELL"},
                        )
                        yield Finding("caller-runs-commands", "bad", step.place, says)


def _transfers(system: PhoneSystem, roads: Roads, context: str) -> Iterator[Finding]:
    """Dial options that let the outside party transfer its own call."""
    if system.product != "asterisk":
        return  # the products take the option away from calls that come in
    target = system.dialplan.globals.get("TRANSFER_CONTEXT") or system.dialplan.globals.get("__TRANSFER_CONTEXT")
    places = [
        step.place
        for step, _chosen, _door in roads.steps.values()
        for application, arguments in calls_of(step)
        if application.lower() == "dial" and "T" in re.sub(r"\([^()]*\)", "", [*split_arguments(arguments), "", ""][2])
    ]
    if not places:
        return
    way = _leads_outside(system, target or context)
    if way is not None:
        says = Sentence(
            "the option T lets callers from outside transfer themselves into {context}, and get out from there: {pattern} dials {trunk}",
            {"context": target or context, "pattern": way.pattern, "trunk": way.trunk},
        )
        yield Finding("callers-transfer", "bad", places[0], says, more=tuple(places[1:]))
    else:
        says = Sentence("the option T lets callers from outside transfer their own call")
        yield Finding("callers-transfer", "note", places[0], says, more=tuple(places[1:]))


# -- dial tones and forwards ----------------------------------------------------------------------------------


def advise_direct_access(known: Known) -> Iterator[Finding]:
    """DISA without a PIN, or with one that is guessed at once."""
    for context in known.reached:
        for extension in context.extensions:
            pin: str | None = None
            for step in extension.steps:
                words = [word.strip() for word in split_arguments(step.arguments)]
                name = step.application.lower()
                if name == "authenticate":
                    pin = words[0]
                elif name == "vmauthenticate":
                    pin = "$"
                elif name == "disa":
                    pin = pin if words[0].lower() in ("no-password", "") else words[0]
                    yield from _disa(context.name, extension.pattern, pin, step.place)


def _disa(context: str, number: str, pin: str | None, place: Place) -> Iterator[Finding]:
    values = {"number": number, "context": context}
    if pin is None:
        says = Sentence("{number} in {context} gives a dial tone (DISA) without asking for a PIN", values)
        yield Finding("disa-open", "bad", place, says, number)
    elif re.fullmatch(r"[0-9]*", pin) and is_weak_pin(pin, number):
        says = Sentence("the PIN of the dial tone (DISA) at {number} in {context} is easy to guess", values)
        yield Finding("disa-pin-weak", "bad", place, says, number)


def advise_forwards(known: Known) -> Iterator[Finding]:
    """Extensions whose calls are forwarded abroad."""
    found = []
    for key, value in known.system.database.items():
        match = re.match(r"/(?:CF|CFU|CFB)/([^/]+)$", key)
        number = re.sub(r"[^0-9+]", "", value)
        if match and (ABROAD.fullmatch(number) or (number.startswith("+") and not _own_country(known, number))):
            found.append(match[1])
    if found:
        says = Sentence("calls to {extensions} are forwarded to a number abroad", {"extensions": listed(found)})
        yield Finding("forward-abroad", "degraded", Place("astdb", 0), says, found[0])


def _own_country(known: Known, number: str) -> bool:
    """Whether one of the system's own numbers begins as this one does."""
    own = (n.number.lstrip("+") for n in known.system.inbound_numbers)
    return any(len(one) >= 10 and one[:2] == number[1:3] for one in own)
