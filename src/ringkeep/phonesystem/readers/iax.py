"""iax.conf (chan_iax2) -> extensions, trunks, listeners.

A dynamic peer or friend is a phone; any other is a trunk: with a host it can be called, as a user or friend it calls in.
Source: https://docs.asterisk.org/Configuration/Channel-Drivers/Inter-Asterisk-eXchange-protocol-version-2-IAX2/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Configuration, Section
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Extension, Listener, Registration, Trunk
from ringkeep.phonesystem.readers.pjsip import Found, names
from ringkeep.phonesystem.readers.settings import caller_of, settings_of

PORT = 4569
# register => user[:secret]@host[:port]
REGISTER = re.compile(r"^(?P<user>[^:@]+)(?::(?P<secret>[^@]*))?@(?P<host>[^:@/?]+)(?::(?P<port>[0-9]+))?")
IN_FIELDS = frozenset((
    "type", "context", "callerid", "mailbox", "permit", "allow", "username", "host", "port", "language", "maxcallnumbers",
))  # fmt: skip
NOT_PEERS = {"general", "callnumberlimits"}
GUEST = "guest"  # whoever names nobody else: no line to a carrier


def read(configuration: Configuration | None) -> Found:
    """Read iax.conf; an absent or refused file holds nothing."""
    if configuration is None or configuration.refused:
        return Found()
    general = configuration.section("general")
    registrations = dict(_registrations(general))
    extensions: list[Extension] = []
    trunks: list[Trunk] = []
    for section in configuration.objects():
        kind, host = (section.get("type") or "").lower(), (section.get("host") or "").lower()
        if section.name.lower() in NOT_PEERS or kind not in ("peer", "user", "friend") or section.name.lower() == GUEST:
            continue
        if kind != "user" and host == "dynamic":
            extensions.append(_extension(section, general))
        else:
            trunks.append(_trunk(section, registrations.get(host), general))
    return Found(tuple(extensions), tuple(trunks), tuple(_listeners(general)) if extensions or trunks else ())


def _registrations(general: Section | None) -> Iterator[tuple[str, Registration]]:
    for entry in general.entries if general else ():
        if entry.name.lower() == "register" and (match := REGISTER.match(entry.value)):
            port = whole_number(match["port"] or "") or PORT
            yield (
                match["host"].lower(),
                Registration(match["user"], match["user"], match["secret"], match["host"], port, entry.place),
            )


def _inherited(section: Section, general: Section | None, option: str) -> str | None:
    return section.get(option) or (general.get(option) if general else None)


def _codecs(section: Section, general: Section | None) -> tuple[str, ...]:
    written = section.all("allow") or (general.all("allow") if general else [])
    return tuple(one for value in written for one in names(value))


def _extension(section: Section, general: Section | None) -> Extension:
    return Extension(
        number=section.name, name=caller_of(section.get("callerid"))[0], technology="iax2", endpoint=section.name,
        aor=None, username=section.get("username") or section.name, secret=section.get("secret"),
        context=_inherited(section, general, "context"), mailbox=next(iter(names(section.get("mailbox"))), None),
        transport=None, permit=tuple(section.all("permit")), codecs=_codecs(section, general), place=section.place,
        language=_inherited(section, general, "language"), settings=settings_of((section,), IN_FIELDS),
    )  # fmt: skip


def _trunk(section: Section, registration: Registration | None, general: Section | None) -> Trunk:
    is_user = (section.get("type") or "").lower() == "user"
    host = section.get("host") or ""
    hosts = (host,) if host and not is_user and host.lower() != "dynamic" else ()
    return Trunk(
        name=section.name, technology="iax2", endpoint=section.name, hosts=hosts,
        port=whole_number(section.get("port") or "") or PORT, match=hosts,
        username=section.get("username") or (section.name if is_user else None), auth_username=None, secret=section.get("secret"),
        registration=None if is_user else registration, context=_inherited(section, general, "context"), transport=None,
        place=section.place, language=_inherited(section, general, "language"), codecs=_codecs(section, general),
        settings=settings_of((section,), IN_FIELDS),
    )  # fmt: skip


def _listeners(general: Section | None) -> Iterator[Listener]:
    if general is None:
        return
    address, _, port = (general.get("bindaddr") or "0.0.0.0").partition(":")
    number = whole_number(port or general.get("bindport") or "") or PORT
    yield Listener("iax2", "bindaddr", "udp", address, number, (), general.place)
