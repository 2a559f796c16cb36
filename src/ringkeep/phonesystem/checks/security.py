"""Doors of the server itself: the manager interface, ARI, peers without a password, versions past their end."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import date, datetime

from ringkeep.asterisk.conf import Configuration, Place, Section, read_configuration
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.secrets import is_weak_secret
from ringkeep.phonesystem.sentences import Sentence

YES = ("yes", "true", "1", "on", "y", "t")
POWERS = {"all", "command", "originate", "system", "config"}
STRANGER = ipaddress.ip_address("198.51.100.77")  # some address of the internet
DEFAULT_SECRETS = {"amp111", "mysecret", "elastix456", "issabel", "asterisk", "secret", "password", "admin"}
END_OF_LIFE = {  # asterisk.org's versions page
    1: date(2017, 10, 24), 10: date(2012, 12, 15), 11: date(2017, 10, 25), 12: date(2014, 12, 20), 13: date(2021, 10, 24),
    14: date(2018, 9, 26), 15: date(2019, 10, 3), 16: date(2023, 10, 9), 17: date(2021, 10, 28), 18: date(2025, 10, 20),
    19: date(2023, 11, 2), 20: date(2027, 10, 19), 21: date(2026, 10, 18), 22: date(2029, 10, 16),
}  # fmt: skip


def advise_manager(known: Known) -> Iterator[Finding]:
    """manager.conf: who may come from where, with which password, and do what."""
    configuration = known.system.configurations.get("manager.conf")
    general = configuration.section("general") if configuration and not configuration.refused else None
    if configuration is None or general is None or (general.get("enabled") or "no").lower() not in YES:
        return
    everywhere = _is_public(general.get("bindaddr") or "0.0.0.0")
    for user in configuration.objects():
        if user.name.lower() == "general" or (user.get("enabled") or "yes").lower() not in YES:
            continue
        secret = user.get("secret") or ""
        if secret.lower() in DEFAULT_SECRETS or (secret and is_weak_secret(secret, (user.name,))):
            says = Sentence("manager user {name} has a password that everybody knows or guesses", {"name": user.name})
            severity = "bad" if everywhere and _lets_in(user) else "degraded"
            yield Finding("manager-secret-weak", severity, user.place_of("secret"), says, user.name)
        if everywhere and _lets_in(user) and not user.get("acl"):
            powers = {word.strip().lower() for word in (user.get("write") or "").split(",")} & POWERS
            if powers:
                says = Sentence(
                    "manager user {name} may come from any address of the network, and may {powers}",
                    {"name": user.name, "powers": ", ".join(sorted(powers))},
                )
            else:
                says = Sentence("manager user {name} may come from any address of the network", {"name": user.name})
            yield Finding("manager-open", "bad" if powers else "degraded", user.place, says, user.name)


def _is_public(address: str) -> bool:
    """Whether others than this machine can reach a listener there."""
    try:
        return not ipaddress.ip_address(address.strip("[] ")).is_loopback
    except ValueError:
        return address.strip().lower() != "localhost"


def _lets_in(section: Section) -> bool:
    """Whether permit= and deny= let an address of the internet in: the last that matches counts (acl.c)."""
    allowed = True
    for entry in section.entries:
        if entry.name.lower() in ("permit", "deny"):
            for network in entry.value.split(","):
                if _covers(network.strip().lstrip("!"), STRANGER):
                    allowed = (entry.name.lower() == "permit") != network.strip().startswith("!")
    return allowed


def _covers(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def advise_rest(known: Known) -> Iterator[Finding]:
    """ARI: HTTP that can control calls."""
    files = known.system.files
    ari = read_configuration(files, "ari.conf") if files else None
    http = known.system.configurations.get("http.conf")
    server = http.section("general") if http and not http.refused else None
    if ari is None or server is None or (server.get("enabled") or "no").lower() not in YES:
        return
    general = ari.section("general")
    if not _is_public(server.get("bindaddr") or "0.0.0.0") or (
        general and (general.get("enabled") or "yes").lower() not in YES
    ):
        return
    for user in ari.objects():
        if (user.get("type") or "").lower() != "user" or (user.get("read_only") or "no").lower() in YES:
            continue
        password = user.get("password") or ""
        if (user.get("password_format") or "plain").lower() == "plain" and is_weak_secret(password, (user.name,)):
            says = Sentence(
                "ARI user {name} may control calls from any address of the network, with a password that is easy to guess",
                {"name": user.name},
            )
            yield Finding("ari-open", "bad", user.place, says, user.name)


def advise_peers(known: Known) -> Iterator[Finding]:
    """chan_sip peers that are not asked for their password."""
    for section in _peers(known.system.configurations.get("sip.conf")):
        words = {word.strip().lower() for word in (section.get("insecure") or "").split(",")}
        if (section.get("host") or "").lower() == "dynamic" and words & {"very", "invite"}:
            says = Sentence(
                "{name} is not asked for its password (insecure): anybody can call in its name", {"name": section.name}
            )
            yield Finding("insecure-peer", "bad", section.place_of("insecure"), says, section.name)
        elif "very" in words:
            says = Sentence(
                "{name} has insecure=very: calls from its address are not asked for a password", {"name": section.name}
            )
            yield Finding("insecure-peer", "degraded", section.place_of("insecure"), says, section.name)


def _peers(configuration: Configuration | None) -> Iterator[Section]:
    for section in configuration.objects() if configuration and not configuration.refused else ():
        if section.name.lower() not in ("general", "authentication") and section.get("insecure"):
            yield section


def advise_version(version: str | None, at: datetime) -> Iterator[Finding]:
    """An Asterisk that gets no security fixes any more."""
    match = re.match(r"(?:Asterisk )?(?:certified[/-])?([0-9]{1,3})(?:\.[0-9]|$|[-.])", version or "", re.I)
    ended = END_OF_LIFE.get(int(match[1])) if match else None
    if match and ended and at.date() > ended:
        says = Sentence(
            "Asterisk {version} gets no security fixes since {day}", {"version": match[1], "day": ended.isoformat()}
        )
        yield Finding("version-ended", "note", Place("Asterisk", 0), says, match[1])


def advise_disagreements(known: Known) -> Iterator[Finding]:
    """What the product's pages show and its files do not do."""
    differing = known.system.disagreements
    if not differing:
        return
    first = differing[0]
    says = Sentence("the product's pages and the files differ: {first}", {"first": first.says})
    if len(differing) > 1:
        values: dict[str, str | int | Sentence] = {"count": len(differing), "first": first.says}
        says = Sentence("the product's pages and the files differ in {count} things, the first: {first}", values)
    place = first.place if first.place.file else Place("database", 0)
    yield Finding(
        "not-applied", "degraded", place, says, first.id, tuple(d.place for d in differing[1:] if d.place.file)
    )
