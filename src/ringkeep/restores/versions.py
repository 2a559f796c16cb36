"""What another version of Asterisk means for a phone system, before anything is touched. Pure.

Source: https://docs.asterisk.org/Development/Asterisk-Module-Deprecations/ ; those of 22 are what the documentation inside
Debian's 16.28 has and inside its 22.10 has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

NO_CHAN_SIP = 21  # the first version without it
MACRO, MONITOR = ("macro", "macroif", "macroexclusive"), ("monitor", "stopmonitor", "changemonitor", "pausemonitor", "unpausemonitor")  # fmt: skip
# First version without it -> applications of the dialplan, in small letters.
GONE_APPLICATIONS = {
    19: ("ices", "sendimage", "nbscat", "sendurl", "dahdiras", "mysql"),
    21: (*MACRO, *MONITOR, "sipaddheader", "sipremoveheader", "sipdtmfmode", "osplookup", "ospnext", "ospfinish", "ospauth"),
    22: ("importvar", "jabberstatus", "mailboxexists", "nocdr", "setamaflags"),
}  # fmt: skip
GONE_MODULES = {
    19: ("app_ices.so", "app_image.so", "app_nbscat.so", "app_url.so", "app_dahdiras.so", "chan_oss.so", "chan_misdn.so", "chan_phone.so", "cdr_syslog.so", "cdr_mysql.so", "app_mysql.so"),
    21: ("chan_sip.so", "chan_skinny.so", "chan_mgcp.so", "chan_alsa.so", "app_macro.so", "res_monitor.so", "app_osplookup.so"),
}  # fmt: skip
INSTEAD = {
    **dict.fromkeys(MACRO, "Gosub"), **dict.fromkeys(MONITOR, "MixMonitor"), "sipaddheader": "PJSIP_HEADER",
    "sipremoveheader": "PJSIP_HEADER", "sipdtmfmode": "PJSIP_DTMF_MODE",
}  # fmt: skip
MOST_NAMED = 10


def said(system: PhoneSystem, then: int | None, now: int | None) -> list[Sentence]:
    """What will not work there although the restore can be made, and what to do; empty when the version is the same."""
    if then is None or now is None or then == now:
        return []
    found = [Sentence("The backup is of Asterisk {then}, the target runs {now}.", {"then": then, "now": now})]
    if now < then:
        found.append(Sentence("The target is older than the backup: options that it does not know are ignored there."))
    found += _by_chan_sip(system, now)
    found += _gone_applications(system, now)
    if len(found) > 1:
        found.append(
            Sentence(
                "See it before: ringkeep export brings the backup into a folder, and ringkeep prove boots that folder with --asterisk {now}.",
                {"now": now},
            )
        )
    return found


def refusal(system: PhoneSystem, then: int | None, now: int | None) -> Sentence | None:
    """Why nothing at all would ring there; None: something does."""
    if then is None or now is None or now <= then:
        return None
    for module in _gone(GONE_MODULES, now):
        if module in _required(system):
            return Sentence(
                "modules.conf requires {module}, which Asterisk {now} does not have: it would not start. Take that line out before, or restore to a server with Asterisk {then}.",
                {"module": module, "now": now, "then": then},
            )
    phones = {one.technology for one in system.extensions}
    if now >= NO_CHAN_SIP and phones == {"sip"}:
        return Sentence(
            "All {count} phones use chan_sip, which Asterisk {now} no longer has: none would ring. Restore to a server with Asterisk 20 or older, or move the phones to PJSIP first (Asterisk's sip_to_pjsip.py begins that); --only voicemail,recordings,sounds brings the rest.",
            {"count": len(system.extensions), "now": now},
        )
    return None


def _by_chan_sip(system: PhoneSystem, now: int) -> Iterator[Sentence]:
    if now < NO_CHAN_SIP:
        return
    for what, things in (
        ("phones", [one.number for one in system.extensions if one.technology == "sip"]),
        ("trunks", [one.name for one in system.trunks if one.technology == "sip"]),
    ):
        if not things:
            continue
        values = {"names": _first(things), "now": now}
        if what == "phones":
            yield Sentence(
                "Phones by chan_sip, which Asterisk {now} no longer has, will not ring there; move them to PJSIP: {names}",
                values,
            )
        else:
            yield Sentence(
                "Trunks by chan_sip, which Asterisk {now} no longer has, will carry no calls there; move them to PJSIP: {names}",
                values,
            )


def _gone_applications(system: PhoneSystem, now: int) -> Iterator[Sentence]:
    gone = set(_gone(GONE_APPLICATIONS, now))
    seen: dict[str, tuple[str, str]] = {}
    for context in system.dialplan.contexts.values():
        for extension in context.extensions:
            for step in extension.steps:
                if step.application.lower() in gone:
                    seen.setdefault(step.application.lower(), (step.application, str(step.place)))
    for name, (written, place) in sorted(seen.items()):
        values = {"application": written, "now": now, "place": place, "instead": INSTEAD.get(name)}
        if name in INSTEAD:
            yield Sentence(
                "The dialplan uses {application} ({place}), which Asterisk {now} no longer has: calls end there. Write {instead} instead.",
                values,
            )
        else:
            yield Sentence(
                "The dialplan uses {application} ({place}), which Asterisk {now} no longer has: calls end there.",
                values,
            )


def _gone(table: dict[int, tuple[str, ...]], now: int) -> Iterator[str]:
    return (name for since, names in table.items() if now >= since for name in names)


def _required(system: PhoneSystem) -> set[str]:
    configuration = system.configurations.get("modules.conf")
    section = configuration.section("modules") if configuration else None
    words = ("require", "preload-require")
    found = (one.value for one in (section.entries if section else ()) if one.name.lower() in words)
    return {one if one.endswith(".so") else f"{one}.so" for one in found}


def _first(things: Iterable[str]) -> list[object]:
    named = list(things)
    more = [Sentence("and {count} more", {"count": len(named) - MOST_NAMED})] if len(named) > MOST_NAMED else []
    return [*named[:MOST_NAMED], *more]
