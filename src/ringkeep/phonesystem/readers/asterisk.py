"""Asterisk's files -> one `PhoneSystem`, whatever product wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set

from ringkeep.asterisk.conf import Configuration, Files, Problem, read_configuration
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.phonesystem.model import Mailbox, PhoneSystem, Queue, Tables
from ringkeep.phonesystem.readers import dahdi, iax, numbers, pjsip, sip
from ringkeep.phonesystem.readers.elsewhere import kept_elsewhere

CONFIGURATIONS = (
    "asterisk.conf", "modules.conf", "pjsip.conf", "sip.conf", "iax.conf", "voicemail.conf", "queues.conf",
    "confbridge.conf", "meetme.conf", "musiconhold.conf", "features.conf", "res_parking.conf", "manager.conf",
    "http.conf", "rtp.conf", "cdr.conf", "res_odbc.conf", "cdr_mysql.conf", "cdr_adaptive_odbc.conf", "func_odbc.conf",
    "extconfig.conf", "cdr_custom.conf", "indications.conf", "logger.conf", "pjsip_wizard.conf", "chan_dahdi.conf",
    "sorcery.conf",
)  # fmt: skip


def read_phone_system(
    files: Files,
    *,
    product: str = "asterisk",
    database: Mapping[str, str] | None = None,
    paths: Set[str] | None = None,
    tables: Tables | None = None,
    etc_dir: str = "/etc/asterisk",
) -> PhoneSystem:
    """Read a phone system from its files; odd input becomes `problems`, nothing raises."""
    configurations = {
        name: configuration
        for name in CONFIGURATIONS
        if (configuration := read_configuration(files, name, etc_dir=etc_dir)) is not None
    }
    dialplan = read_dialplan(files, path=f"{etc_dir}/extensions.conf")
    problems: list[Problem] = [p for c in configurations.values() for p in c.problems]
    by_pjsip = pjsip.read(
        configurations.get("pjsip.conf"), dialplan, configurations.get("pjsip_wizard.conf"), configurations.get("sorcery.conf")
    )
    by_sip = sip.read(configurations.get("sip.conf"))
    by_others = (iax.read(configurations.get("iax.conf")), dahdi.read(configurations.get("chan_dahdi.conf")))
    extensions = (*by_pjsip.extensions, *by_sip.extensions, *(e for found in by_others for e in found.extensions))
    trunks = (*by_pjsip.trunks, *by_sip.trunks, *(t for found in by_others for t in found.trunks))
    found = numbers.find(dialplan, extensions, trunks)
    return PhoneSystem(
        product=product,
        configurations=configurations,
        dialplan=dialplan,
        listeners=(*by_pjsip.listeners, *by_sip.listeners, *(one for found in by_others for one in found.listeners)),
        extensions=extensions,
        trunks=trunks,
        mailboxes=tuple(_mailboxes(configurations.get("voicemail.conf"))),
        queues=tuple(_queues(configurations.get("queues.conf"))),
        ring_groups=found.ring_groups,
        menus=found.menus,
        inbound_numbers=found.inbound_numbers,
        outbound_routes=found.outbound_routes,
        feature_codes=found.feature_codes,
        conferences=found.conferences,
        paths=None if paths is None else frozenset(paths),
        database=dict(database or {}),
        problems=(*problems, *by_pjsip.problems, *kept_elsewhere(configurations), *dialplan.problems),
        files=files,
        tables=tables or {},
    )


def _mailboxes(configuration: Configuration | None) -> Iterator[Mailbox]:
    """voicemail.conf: `number => pin,name,email,pager,options` under each context."""
    for section in configuration.objects() if configuration else ():
        if section.name.lower() in ("general", "zonemessages"):
            continue
        for entry in section.entries:
            if not re.fullmatch(r"[\w.*#+-]+", entry.name):
                continue
            words = [word.strip() for word in entry.value.split(",")] + ["", "", ""]
            yield Mailbox(entry.name, section.name, words[1] or None, words[0] or None, words[2] or None, entry.place)


def _queues(configuration: Configuration | None) -> Iterator[Queue]:
    """queues.conf: every section but [general] is a queue."""
    for section in configuration.objects() if configuration else ():
        if section.name.lower() == "general" or not section.entries:
            continue  # a product's empty [default] is no queue
        members = tuple(value.split(",")[0].strip() for value in section.all("member"))
        known = tuple(
            match[1] for member in members if (match := re.match(r"(?:PJSIP|SIP|Local)/([^@/]+)", member, re.I))
        )
        number = section.name if section.name.isdigit() else None
        yield Queue(section.name, number, None, section.get("strategy", "ringall"), members, known, section.place)
