"""Where a call to a number enters the dialplan: through a trunk, or from an extension."""

from __future__ import annotations

from dataclasses import dataclass

from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.index import index_of
from ringkeep.phonesystem.model import Extension, InboundNumber, PhoneSystem, Trunk
from ringkeep.phonesystem.sentences import Sentence

TECHNOLOGY = {"pjsip": "PJSIP", "sip": "SIP", "iax2": "IAX2", "dahdi": "DAHDI"}
NAMED = 12  # of what there is, in an error


class UnknownCall(ValueError):
    """There is no such number, trunk or extension; `says` is a sentence that names what there is."""

    def __init__(self, says: Sentence) -> None:
        super().__init__(str(says))
        self.says = says


@dataclass(frozen=True, slots=True)
class Entry:
    """The beginning of a call."""

    number: str
    via: str | None  # a trunk's name or an extension's number
    context: str
    channel: str
    caller: str
    language: str
    is_inside: bool


def entry(system: PhoneSystem, number: str, via: str | None) -> Entry:
    """Where a call to `number` begins. Raises `UnknownCall`."""
    if via is None:
        return _guessed(system, number)
    trunk = index_of(system).trunks_named.get(via)
    if trunk is not None:
        return _through(system, number, trunk)
    phone = index_of(system).phones_named.get(via)
    if phone is not None:
        return _from(system, number, phone)
    if via in system.dialplan.contexts:
        return Entry(number, None, via, "PJSIP/trunk-00000001", "", _language(system), False)
    raise UnknownCall(
        Sentence(
            "There is no trunk and no extension {via}. Trunks: {trunks}. Extensions: {extensions}.",
            {
                "via": via,
                "trunks": _listed([t.name for t in system.trunks]),
                "extensions": _listed([e.number for e in system.extensions]),
            },
        )
    )


def _guessed(system: PhoneSystem, number: str) -> Entry:
    """Through the first trunk that carries it, else from the first extension that can dial it."""
    trunks = {trunk.name: trunk for trunk in system.trunks}
    for inbound in index_of(system).inbound.get(number, ()):
        carrying = next((trunks[name] for name in inbound.trunks if name in trunks), None)
        return _through(system, number, carrying) if carrying else _at(system, number, inbound)
    for phone in index_of(system).first_phones.values():
        if phone.context and _leads(system.dialplan, phone.context, number):
            return _from(system, number, phone)
    for trunk in system.trunks:
        if trunk.context and _leads(system.dialplan, trunk.context, number):
            return _through(system, number, trunk)
    if not system.trunks and not system.extensions:
        for context in system.dialplan.contexts:
            if _leads(system.dialplan, context, number):
                return Entry(number, None, context, "PJSIP/trunk-00000001", "", _language(system), False)
    raise UnknownCall(
        Sentence(
            "Nobody can call {number} here. Numbers from outside: {numbers}. Extensions: {extensions}.",
            {
                "number": number,
                "numbers": _listed([n.number or "*" for n in system.inbound_numbers]),
                "extensions": _listed([e.number for e in system.extensions]),
            },
        )
    )


def _leads(dialplan: Dialplan, context: str, number: str) -> bool:
    return dialplan.find(context, number) is not None


def _through(system: PhoneSystem, number: str, trunk: Trunk) -> Entry:
    channel = f"{TECHNOLOGY.get(trunk.technology, 'PJSIP')}/{trunk.endpoint}-00000001"
    caller = only_for(system, number) or ""
    return Entry(number, trunk.name, trunk.context or "", channel, caller, trunk.language or _language(system), False)


def _at(system: PhoneSystem, number: str, inbound: InboundNumber) -> Entry:
    caller = only_for(system, number) or ""
    return Entry(number, None, inbound.context, "PJSIP/trunk-00000001", caller, _language(system), False)


def _from(system: PhoneSystem, number: str, phone: Extension) -> Entry:
    channel = f"{TECHNOLOGY.get(phone.technology, 'PJSIP')}/{phone.endpoint}-00000001"
    language = phone.language or _language(system)
    return Entry(number, phone.number, phone.context or "", channel, phone.number, language, True)


def only_for(system: PhoneSystem, number: str) -> str | None:
    """The caller's number, where only one caller gets through to the number."""
    same = [n.callerid for n in index_of(system).inbound.get(number, ())]
    return next((c for c in same if c and c.isdigit()), None) if same and None not in same else None


def _language(system: PhoneSystem) -> str:
    """asterisk.conf: the language of channels that have none of their own."""
    configuration = system.configurations.get("asterisk.conf")
    options = configuration.section("options") if configuration else None
    return (options.get("defaultlanguage") if options else None) or ""


def _listed(names: list[str]) -> str | Sentence:
    shown = list(dict.fromkeys(names))
    if not shown:
        return Sentence("none")
    text = ", ".join(shown[:NAMED])
    if len(shown) > NAMED:
        return Sentence("{names} and {count} more", {"names": text, "count": str(len(shown) - NAMED)})
    return text
