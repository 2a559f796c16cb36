"""pjsip.conf and pjsip_wizard.conf -> extensions, trunks, listeners.

Several sections may share a name when their `type` differs; an endpoint refers to its parts by name.
Source: https://docs.asterisk.org/Configuration/Channel-Drivers/SIP/Configuring-res_pjsip/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ringkeep.asterisk.conf import Configuration, Problem, Section
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.model import Extension, Listener, Registration, Trunk
from ringkeep.phonesystem.readers.elsewhere import types_elsewhere
from ringkeep.phonesystem.readers.pjsip_objects import Objects, names
from ringkeep.phonesystem.readers.settings import caller_of, settings_of

__all__ = ["Found", "Objects", "names", "read"]

URI = re.compile(r"^sips?:(?:(?P<user>[^@;>]*)@)?(?P<host>\[[^\]]+\]|[^:;>]+)(?::(?P<port>[0-9]{1,9}))?", re.I)
DIALLED = re.compile(r"PJSIP/([\w.-]+)")
# Options that have a field of the model.
IN_FIELDS = frozenset((
    "type", "context", "auth", "aors", "callerid", "mailboxes", "transport", "permit", "allow", "username", "media_encryption",
    "language", "endpoint", "match", "contact", "outbound_auth",
))  # fmt: skip
FROM_OUTSIDE = re.compile(
    r"from-(trunk|pstn|carrier|provider|sip-external|did)|inbound|incoming|outside|external", re.I
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel driver's configuration holds."""

    extensions: tuple[Extension, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    listeners: tuple[Listener, ...] = ()
    problems: tuple[Problem, ...] = ()


def read(
    configuration: Configuration | None,
    dialplan: Dialplan,
    wizards: Configuration | None = None,
    sorcery: Configuration | None = None,
) -> Found:
    """Read pjsip.conf and pjsip_wizard.conf, except for what sorcery.conf keeps elsewhere.

    An absent or refused file holds nothing.
    """
    if configuration is None and wizards is None:
        return Found()
    objects = Objects(configuration, wizards, types_elsewhere(sorcery))
    parts = _Parts(objects)
    extensions, trunks = [], []
    used = set(_dialled_endpoints(dialplan))
    nobody = {name for section in objects.all("global") for name in section.all("default_outbound_endpoint")}
    for endpoint in objects.all("endpoint"):
        if _is_trunk(endpoint, parts):
            trunks.append(_trunk(endpoint, parts))
        elif endpoint.name not in nobody:
            phone = _extension(endpoint, objects)
            registers = bool(endpoint.get("auth") or endpoint.get("aors")) or endpoint.name in used
            extensions.append(phone if registers else replace(phone, registers=False))
    return Found(tuple(extensions), tuple(trunks), tuple(_listeners(objects)), tuple(objects.problems))


def _dialled_endpoints(dialplan: Dialplan) -> Iterator[str]:
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            if extension.hint:
                yield from DIALLED.findall(extension.hint)


class _Parts:
    """The objects, and which identifies and registrations can belong to an endpoint, looked up once for all."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.identifies: dict[str, list[Section]] = {}
        for section in objects.all("identify"):
            self.identifies.setdefault(section.get("endpoint") or "", []).append(section)
        self.registrations: dict[tuple[str, str], tuple[int, Section]] = {}
        for number, section in enumerate(objects.all("registration")):
            server = URI.match(section.get("server_uri") or "")
            named = {
                ("name", section.get("endpoint") or ""),
                ("name", section.name),
                ("auth", section.get("outbound_auth") or ""),
            }
            for key in {*named, ("host", server["host"] if server else "")}:
                self.registrations.setdefault(key, (number, section))


def _aors(endpoint: Section, objects: Objects) -> list[Section | None]:
    return [objects.get("aor", name) for name in names(endpoint.get("aors"))]


def _contacts(endpoint: Section, objects: Objects) -> list[re.Match[str]]:
    found = []
    for name in names(endpoint.get("aors")):
        aor = objects.get("aor", name)
        for value in aor.all("contact") if aor else ():
            found += [match for one in names(value) if (match := URI.match(one))]
    return found


def _identified(endpoint: Section, parts: _Parts) -> list[Section]:
    return parts.identifies.get(endpoint.name, [])


def _registration(endpoint: Section, parts: _Parts) -> Section | None:
    """The first registration that belongs to an endpoint: named so, or by name, account or server."""
    hosts = {match["host"] for match in _contacts(endpoint, parts.objects)}
    keys = [("name", endpoint.name), ("auth", endpoint.get("outbound_auth") or ""), *(("host", host) for host in hosts)]
    found = [parts.registrations[key] for key in keys if key[1] and key in parts.registrations]
    return min(found, key=lambda one: one[0])[1] if found else None


def _is_trunk(endpoint: Section, parts: _Parts) -> bool:
    if endpoint.get("outbound_auth") or _contacts(endpoint, parts.objects) or any(_identified(endpoint, parts)):
        return True
    if _registration(endpoint, parts) is not None:
        return True
    return not endpoint.get("auth") and bool(FROM_OUTSIDE.search(endpoint.get("context") or ""))


def _trunk(endpoint: Section, parts: _Parts) -> Trunk:
    objects = parts.objects
    contacts = _contacts(endpoint, objects)
    login = objects.get("auth", next(iter(names(endpoint.get("auth"))), None))
    match = [one for section in _identified(endpoint, parts) for value in section.all("match") for one in names(value)]
    return Trunk(
        name=endpoint.name, technology="pjsip", endpoint=endpoint.name, hosts=tuple(m["host"] for m in contacts),
        port=int(contacts[0]["port"] or 5060) if contacts else 5060, match=tuple(match),
        username=login.get("username") if login else None, auth_username=None,
        secret=login.get("password") if login else None,
        registration=_read_registration(_registration(endpoint, parts), objects),
        context=endpoint.get("context"), transport=endpoint.get("transport"), place=endpoint.place,
        language=endpoint.get("language"), codecs=tuple(one for v in endpoint.all("allow") for one in names(v)),
    )  # fmt: skip


def _read_registration(section: Section | None, objects: Objects) -> Registration | None:
    if section is None:
        return None
    server, client = URI.match(section.get("server_uri") or ""), URI.match(section.get("client_uri") or "")
    auth = objects.get("auth", section.get("outbound_auth"))
    return Registration(
        username=client["user"] if client else None, auth_username=auth.get("username") if auth else None,
        secret=auth.get("password") if auth else None, host=server["host"] if server else "",
        port=int(server["port"] or 5060) if server else 5060, place=section.place, contact_user=section.get("contact_user"),
    )  # fmt: skip


def _extension(endpoint: Section, objects: Objects) -> Extension:
    aors = names(endpoint.get("aors"))
    auth = objects.get("auth", next(iter(names(endpoint.get("auth"))), None))
    mailbox = next(iter(names(endpoint.get("mailboxes"))), None)
    number = endpoint.name
    return Extension(
        number=number, name=caller_of(endpoint.get("callerid"))[0], technology="pjsip", endpoint=endpoint.name,
        aor=next((a for a in aors if a == endpoint.name), aors[0] if aors else None),
        username=(auth.get("username") or auth.name) if auth else None, secret=auth.get("password") if auth else None,
        context=endpoint.get("context"), mailbox=mailbox, transport=endpoint.get("transport"),
        permit=tuple(one for value in endpoint.all("permit") for one in names(value)),
        codecs=tuple(one for value in endpoint.all("allow") for one in names(value)), place=endpoint.place,
        media_encryption=endpoint.get("media_encryption"), language=endpoint.get("language"),
        settings=settings_of((endpoint, *_aors(endpoint, objects), auth), IN_FIELDS),
    )  # fmt: skip


def _listeners(objects: Objects) -> Iterator[Listener]:
    for section in objects.all("transport"):
        bind = re.match(r"^(\[[^\]]+\]|[^:]*)(?::([0-9]{1,9}))?$", section.get("bind") or "0.0.0.0")
        outside = (section.get("external_media_address"), section.get("external_signaling_address"))
        protocol = (section.get("protocol") or "udp").lower()
        yield Listener(
            "pjsip", section.name, protocol, bind[1].strip("[]") if bind else "0.0.0.0",
            int(bind[2]) if bind and bind[2] else (5061 if protocol == "tls" else 5060),
            tuple(address for address in outside if address), section.place,
        )  # fmt: skip
