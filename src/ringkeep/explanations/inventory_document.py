"""A phone system as the JSON document of `ringkeep read`: plain lists, destinations in words, no secret anywhere.

The schema is documented in docs/read.md; other programs lean on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.model import (
    Extension,
    InboundNumber,
    Menu,
    OutboundRoute,
    PhoneSystem,
    Queue,
    Settings,
    Trunk,
)
from ringkeep.sources.source import Source

# Options whose value lets somebody in, by any name a product or an owner gives them.
SECRET = re.compile(
    r"secret|passw|pwd|(^|_)pin|pin$|pins|token|md5|auth|private|cert|key(file)?$|credential|hash", re.I
)
Document = dict[str, Any]


def document(source: Source, system: PhoneSystem) -> Document:
    """Everything that is read, each list in the order of the phone system."""
    trunk_names = {trunk.id: trunk.name for trunk in system.trunks if trunk.id}
    return {
        "source": {"path": str(source.path), "kind": source.kind},
        "product": system.product,
        "product_version": source.product_version,
        "asterisk": source.asterisk_version,
        "extensions": [_extension(one) for one in system.extensions],
        "mailboxes": [
            {"number": m.number, "context": m.context, "name": m.name, "email": m.email, "settings": open_settings(m.settings), "where": str(m.place)}
            for m in system.mailboxes
        ],
        "queues": [_queue(one) for one in system.queues],
        "ring_groups": [
            {
                "number": g.number, "name": g.title or g.name, "strategy": g.strategy, "members": list(g.members), "ring_s": g.ring_s,
                "destination": _words(g.destination), "settings": open_settings(g.settings), "where": str(g.place),
            }
            for g in system.ring_groups
        ],
        "menus": [_menu(one) for one in system.menus],
        "announcements": [
            {"id": a.id, "name": a.title, "prompts": list(a.prompts), "destination": _words(a.destination), "where": str(a.place)}
            for a in system.announcements
        ],
        "time_conditions": [
            {
                "id": t.id, "name": t.title, "times": list(t.times), "zone": t.zone, "inside": _words(t.inside), "outside": _words(t.outside),
                "override": t.override, "where": str(t.place),
            }
            for t in system.time_conditions
        ],
        "night_switches": [
            {"id": n.id, "name": n.title, "day": _words(n.day), "night": _words(n.night), "is_night": n.is_night, "where": str(n.place)}
            for n in system.night_switches
        ],
        "inbound_routes": [_inbound(one) for one in system.inbound_numbers],
        "outbound_routes": [_outbound(one, trunk_names) for one in system.outbound_routes],
        "trunks": [_trunk(one) for one in system.trunks],
        **_further(system),
        "disagreements": [
            {
                "what": d.what, "id": d.id, "field": d.field, "database": d.database, "files": d.files, "where": str(d.place),
                "text": str(d.says),
            }
            for d in system.disagreements
        ],
        "problems": [{"code": p.code, "what": p.what, "where": str(p.place)} for p in system.problems],
    }  # fmt: skip


def _further(system: PhoneSystem) -> Document:
    return {
        "conferences": [
            {"number": c.number, "name": c.name, "has_pin": bool(c.pin) if c.pin is not None else None, "settings": open_settings(c.settings),
             "where": str(c.place)}
            for c in system.conferences
        ],
        "paging_groups": [
            {"number": p.number, "name": p.title, "members": list(p.members), "where": str(p.place)} for p in system.paging_groups
        ],
        "parking_lots": [
            {"name": p.name, "number": p.number, "positions": p.positions, "where": str(p.place)} for p in system.parking_lots
        ],
        "feature_codes": [
            {"code": f.code, "name": f.name, "context": f.context, "enabled": f.enabled, "where": str(f.place)} for f in system.feature_codes
        ],
        "follow_me": [
            {
                "extension": f.extension, "enabled": f.enabled, "members": list(f.members), "strategy": f.strategy, "ring_s": f.ring_s,
                "destination": _words(f.destination), "where": str(f.place),
            }
            for f in system.follow_mes
        ],
        "call_states": [
            {
                "extension": c.extension, "forward_always": c.forward_always, "forward_busy": c.forward_busy,
                "forward_unanswered": c.forward_unanswered, "do_not_disturb": c.do_not_disturb, "call_waiting": c.call_waiting,
            }
            for c in system.call_states
        ],
        "music_classes": [
            {"name": m.name, "mode": m.mode, "directory": m.directory, "where": str(m.place)} for m in system.music_classes
        ],
        "outside_numbers": [
            {"id": o.id, "name": o.title, "number": o.number, "where": str(o.place)} for o in system.outside_numbers
        ],
        "direct_access": [
            {"id": d.id, "name": d.title, "has_pin": d.has_pin, "context": d.context, "where": str(d.place)} for d in system.direct_accesses
        ],
        "blacklist": list(system.blacklist),
    }  # fmt: skip


def open_settings(settings: Settings) -> dict[str, str]:
    """The options that may be seen."""
    return {name: value for name, value in settings.items() if not SECRET.search(name)}


def _words(destination: Any) -> str | None:
    return None if destination is None else words_of(destination)


def _extension(one: Extension) -> Document:
    return {
        "number": one.number, "name": one.name, "technology": one.technology, "endpoint": one.endpoint, "username": one.username,
        "mailbox": one.mailbox, "context": one.context, "codecs": list(one.codecs), "transport": one.transport, "permit": list(one.permit),
        "media_encryption": one.media_encryption, "language": one.language, "outbound_caller": one.outbound_caller, "ring_s": one.ring_s,
        "registers": one.registers, "settings": open_settings(one.settings), "where": str(one.place),
    }  # fmt: skip


def _queue(one: Queue) -> Document:
    return {
        "number": one.number, "name": one.title or one.name, "strategy": one.strategy, "members": list(one.member_numbers),
        "interfaces": list(one.members), "timeout_s": one.timeout_s, "destination": _words(one.destination),
        "settings": open_settings(one.settings), "where": str(one.place),
    }  # fmt: skip


def _menu(one: Menu) -> Document:
    return {
        "name": one.title or one.name, "id": one.name, "context": one.context, "prompts": list(one.prompts),
        "keys": {key.key: words_of(key.destination) for key in one.keys}, "timeout_s": one.timeout_s, "direct_dial": one.direct_dial,
        "settings": open_settings(one.settings), "where": str(one.place),
    }  # fmt: skip


def _inbound(one: InboundNumber) -> Document:
    return {
        "number": one.number, "via": list(one.trunks), "destination": _words(one.destination), "callerid": one.callerid, "name": one.title,
        "context": one.context, "settings": open_settings(one.settings), "where": str(one.place),
    }  # fmt: skip


def _outbound(one: OutboundRoute, trunk_names: Mapping[str, str]) -> Document:
    return {
        "name": one.title or one.name, "id": one.id, "context": one.context,
        "patterns": [{"pattern": p.pattern, "strip": p.strip, "prepend": p.prepend, "callerid": p.caller} for p in one.patterns]
        or [{"pattern": one.pattern, "strip": one.strip, "prepend": one.prepend, "callerid": None}],
        "trunks": [trunk_names.get(name, name) for name in one.trunks], "emergency": one.emergency, "settings": open_settings(one.settings),
        "where": str(one.place),
    }  # fmt: skip


def _trunk(one: Trunk) -> Document:
    return {
        "name": one.name, "id": one.id, "technology": one.technology, "endpoint": one.endpoint, "hosts": list(one.hosts), "port": one.port,
        "match": list(one.match), "registers": one.registration is not None,
        "registrar": one.registration.host if one.registration else None, "enabled": one.enabled is not False, "context": one.context,
        "max_channels": one.max_channels, "outbound_caller": one.outbound_caller, "codecs": list(one.codecs),
        "settings": open_settings(one.settings), "where": str(one.place),
    }  # fmt: skip
