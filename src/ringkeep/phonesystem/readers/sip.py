"""sip.conf (chan_sip, gone from Asterisk 21 on) -> extensions, trunks, listeners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Configuration, Entry, Section
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Extension, Listener, Registration, Trunk
from ringkeep.phonesystem.readers.pjsip import Found, names
from ringkeep.phonesystem.readers.settings import caller_of, settings_of

# register => [transport://]user[@domain][:secret[:authuser]]@host[:port][/extension]
REGISTER = re.compile(
    r"^(?:\w+://)?(?P<user>[^:@]+)(?:@[^:@]+)?(?::(?P<secret>[^:@]*))?(?::(?P<auth>[^@]*))?@(?P<host>[^:/~?]+)(?::(?P<port>\d+))?"
)
# Options that have a field of the model.
IN_FIELDS = frozenset((
    "type", "context", "callerid", "mailbox", "permit", "allow", "username", "defaultuser", "host", "port", "language", "encryption",
    "call-limit",
))  # fmt: skip
NOT_PEERS = {"general", "authentication"}


def read(configuration: Configuration | None) -> Found:
    """Read sip.conf; an absent or refused file holds nothing."""
    if configuration is None or configuration.refused:
        return Found()
    general = configuration.section("general")
    default_context = general.get("context") if general else None
    language = general.get("language") if general else None
    registrations: dict[str, tuple[Entry, re.Match[str]]] = {}
    for entry, match in _registrations(general):
        registrations.setdefault(match["host"], (entry, match))
    peers = [s for s in configuration.objects() if s.name.lower() not in NOT_PEERS and s.get("type")]
    extensions, trunks = [], []
    for section in peers:
        host = (section.get("host") or "").lower()
        if (section.get("type") or "").lower() == "user":
            continue
        if host == "dynamic":
            extensions.append(_extension(section, default_context, language))
        elif host:
            trunks.append(_trunk(section, registrations, default_context, language))
    return Found(tuple(extensions), tuple(trunks), tuple(_listeners(general)) if extensions or trunks else ())


def _registrations(general: Section | None) -> Iterator[tuple[Entry, re.Match[str]]]:
    for entry in general.entries if general else ():
        if entry.name.lower() == "register" and (match := REGISTER.match(entry.value)):
            yield entry, match


def _extension(section: Section, default_context: str | None, language: str | None) -> Extension:
    encryption = (section.get("encryption") or "no").lower()
    return Extension(
        number=section.name, name=caller_of(section.get("callerid"))[0], technology="sip", endpoint=section.name,
        aor=section.name, username=section.get("defaultuser") or section.get("username") or section.name,
        secret=section.get("secret") or section.get("remotesecret"), context=section.get("context") or default_context,
        mailbox=next(iter(names(section.get("mailbox"))), None), transport=None,
        permit=tuple(section.all("permit")), codecs=tuple(one for v in section.all("allow") for one in names(v)),
        place=section.place, media_encryption="sdes" if encryption in ("yes", "true", "on", "1") else None,
        language=section.get("language") or language, settings=settings_of((section,), IN_FIELDS - {"call-limit"}),
    )  # fmt: skip


def _trunk(
    section: Section,
    registrations: dict[str, tuple[Entry, re.Match[str]]],
    default_context: str | None,
    language: str | None,
) -> Trunk:
    host = section.get("host") or ""
    mine = registrations.get(host)
    registration = None
    if mine:
        entry, match = mine
        registration = Registration(
            match["user"],
            match["auth"] or match["user"],
            match["secret"],
            match["host"],
            whole_number(match["port"] or "") or 5060,
            entry.place,
        )
    return Trunk(
        name=section.name, technology="sip", endpoint=section.name, hosts=(host,), port=whole_number(section.get("port") or "") or 5060,
        match=(host,), username=section.get("username") or section.get("defaultuser"), auth_username=section.name,
        secret=section.get("secret"), registration=registration,
        context=section.get("context") or default_context, transport=None, place=section.place,
        language=section.get("language") or language, codecs=tuple(one for v in section.all("allow") for one in names(v)),
        max_channels=whole_number(section.get("call-limit") or "") or None, settings=settings_of((section,), IN_FIELDS),
    )  # fmt: skip


def _listeners(general: Section | None) -> Iterator[Listener]:
    bind = (general.get("udpbindaddr") or general.get("bindaddr") if general else None) or "0.0.0.0"
    address, _, port = bind.partition(":")
    port = port or (general.get("bindport") if general else None) or "5060"
    outside = [general.get(name) for name in ("externip", "externaddr", "externhost")] if general else []
    if (number := whole_number(port)) is not None:
        place = general.place if general else None
        assert place is not None or general is None
        if general is not None:
            yield Listener("sip", "udpbindaddr", "udp", address, number, tuple(o for o in outside if o), general.place)
