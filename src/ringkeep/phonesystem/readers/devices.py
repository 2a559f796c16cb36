"""What `Dial`, `Page` and `Queue` name: `PJSIP/201&SIP/carrier/5551234` -> technology, endpoint, number.

Source: https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Applications/Dial/ and the dial strings of each
channel driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TECHNOLOGIES = {"pjsip": "pjsip", "sip": "sip", "iax2": "iax2", "dahdi": "dahdi", "zap": "dahdi", "local": "local"}


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a dial string."""

    technology: str  # pjsip | sip | iax2 | dahdi | local
    endpoint: str  # the section it names; a Local channel's context
    number: str  # what is sent there; "" when it is the endpoint's own phone


def devices(text: str) -> Iterator[Device]:
    """The devices of a dial string, in order; what is no known technology is left out."""
    for one in text.split("&"):
        word, slash, rest = one.strip().partition("/")
        technology = TECHNOLOGIES.get(word.lower())
        if technology is not None and slash and rest:
            yield _device(technology, rest)


def _device(technology: str, rest: str) -> Device:
    if technology == "local":
        number, _, context = rest.partition("@")
        return Device("local", context.partition("/")[0], number)
    if technology == "pjsip":
        first, slash, uri = rest.partition("/")
        if slash:  # PJSIP/endpoint/sip:number@host
            return Device("pjsip", first, uri.partition(":")[2].partition("@")[0])
        number, at, endpoint = first.rpartition("@")
        return Device("pjsip", endpoint if at else first, number)
    if technology == "dahdi":
        group, _, number = rest.partition("/")
        return Device("dahdi", group, number)
    account, slash, number = rest.partition("/")  # SIP/peer/number, IAX2/user:secret@peer/number
    before, at, peer = account.rpartition("@")
    if technology == "sip" and at and not slash:  # SIP/number@peer
        return Device("sip", peer, before)
    return Device(technology, peer, number.partition("@")[0])


def trunk_of_out(number: str, variables: Mapping[str, str]) -> str | None:
    """The trunk's name behind FreePBX's OUT_n: "SIP/CarrierA", "PJSIP" with the suffix "@CarrierA", "AMP:SIP/x"."""
    value = variables.get(f"OUT_{number}", "").strip()
    suffix = variables.get(f"OUT_{number}_SUFFIX", "").strip()
    if suffix.startswith("@"):
        return suffix[1:].partition("/")[0] or None
    value = value.removeprefix("AMP:")
    name = value.partition("/")[2] if "/" in value else value
    return name.partition("/")[0].partition("$")[0] or None
