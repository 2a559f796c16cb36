"""Numbers that must always work: the emergency services."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.phonesystem.callflow import Stop, describe
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.outbound import disabled_trunks, phone_contexts
from ringkeep.phonesystem.checks.roads import ASKS
from ringkeep.phonesystem.checks.walks import way_of
from ringkeep.phonesystem.sentences import Sentence

EMERGENCY = {
    "ir": ("110", "115", "125"), "us": ("911",), "ca": ("911",), "mx": ("911",), "uk": ("999",), "gb": ("999",), "ie": ("112",),
    "au": ("000",), "nz": ("111",), "za": ("112",), "in": ("112",), "ae": ("999",), "sg": ("999",), "hk": ("999",), "tr": ("112",),
    **dict.fromkeys(
        ["at", "be", "bg", "ch", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "it", "lt", "lu", "lv", "nl", "no", "pl", "pt", "ro", "se", "si", "sk"], ("112",)
    ),
}  # fmt: skip
NORTH_AMERICA = re.compile(r"_(?:\d|\[[^\]]*\])?1?NXXNXXXXXX")
IRAN = re.compile(r"(\+|00)?98[1-9]\d{9}|0(21|9\d)\d{8}")


def country_of(known: Known) -> str | None:
    """The country whose numbers the system speaks: its own numbers and patterns say it before a default setting does."""
    system = known.system
    if any(IRAN.fullmatch(n.number) for n in system.inbound_numbers):
        return "ir"
    voicemail = system.configurations.get("voicemail.conf")
    zones = voicemail.section("zonemessages") if voicemail else None
    if zones and zones.entries and all("Asia/Tehran" in entry.value for entry in zones.entries):
        return "ir"
    patterns = [p for r in system.outbound_routes for p in (r.pattern, *(one.pattern for one in r.patterns))]
    if any(NORTH_AMERICA.match(pattern) for pattern in patterns):
        return "us"
    zone = system.dialplan.globals.get("TONEZONE", "").lower()
    indications = system.configurations.get("indications.conf")
    general = indications.section("general") if indications else None
    named = zone or ((general.get("country") or "") if general else "").lower()
    # "us" is what every sample says: it is believed only with North American patterns.
    return named if named in EMERGENCY and named != "us" else None


def advise_emergency(known: Known) -> Iterator[Finding]:
    """Every emergency number from every context phones dial in."""
    country = country_of(known)
    if country is None or not known.system.trunks or not known.system.outbound_routes:
        return
    for context, phones in phone_contexts(known).items():
        if context not in known.system.dialplan.contexts:
            continue
        blocked = [n for n in EMERGENCY[country] if known.system.dialplan.find(context, n) is None]
        if blocked:
            place = next(e.place for e in known.system.extensions if e.context == context)
            says = Sentence(
                "phones that dial in {context} ({phones}) cannot reach the emergency number {numbers}",
                {"context": context, "phones": listed(phones), "numbers": listed(blocked)},
            )
            yield Finding("emergency-blocked", "bad", place, says, blocked[0])
        for number in EMERGENCY[country]:
            if number not in blocked:
                yield from _call(known, number, context)


def _call(known: Known, number: str, context: str) -> Iterator[Finding]:
    values = {"number": number, "context": context}
    found = known.system.dialplan.find(context, number)
    assert found is not None
    asked = next(
        (s for s in found[1].steps if s.application.lower() in ASKS or _asks_pin(s.application, s.arguments)), None
    )
    if asked:
        says = Sentence("the emergency number {number}, dialled in {context}, asks for a PIN first", values)
        yield Finding("emergency-asks-pin", "bad", asked.place, says, number)
        return
    way = way_of(known.system, number, context, known.noon)
    first = next((stop for stop in way.stops if stop.kind == "outbound"), None)
    if first is None:
        if any(stop.kind == "unknown" for stop in way.stops) or way.ended in ("limit", "loop"):
            return  # decided by what only the running system knows
        last = way.stops[-1] if way.stops else None
        values["end"] = describe(last) if last else ""
        says = Sentence("the emergency number {number}, dialled in {context}, does not go out, but to: {end}", values)
        yield Finding(
            "emergency-misrouted", "bad", found[1].steps[0].place if last is None else last.place, says, number
        )
        return
    seen = re.sub(r"[^0-9+]", "", first.number or "")
    if first.number is not None and seen != number:
        values = {**values, "seen": seen or "?"}
        says = Sentence("the emergency number {number}, dialled in {context}, reaches the carrier as {seen}", values)
        yield Finding("emergency-misrouted", "bad", first.place, says, number)
    elif _is_off(known, first):
        says = Sentence(
            "the emergency number {number} tries trunk {trunk} first, which is switched off",
            {**values, "trunk": first.name},
        )
        yield Finding("emergency-trunk-off", "degraded", first.place, says, number)


def _is_off(known: Known, stop: Stop) -> bool:
    return stop.name in disabled_trunks(known)


def _asks_pin(application: str, arguments: str) -> bool:
    """FreePBX's and Issabel's routes with a PIN: the third argument of dialout-trunk, or a PIN set."""
    if application.lower() != "macro":
        return False
    words = [word.strip() for word in arguments.split(",")]
    return (words[0].startswith("dialout-") and len(words) > 3 and bool(words[3])) or words[0] == "pinsets"
