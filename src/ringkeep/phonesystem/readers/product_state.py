"""What FreePBX and Issabel keep in astdb: names, ring times, forwarding, follow-me, blacklist."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import NOWHERE, CallState, Extension, FollowMe

STATES = {"CF": "forward_always", "CFB": "forward_busy", "CFU": "forward_unanswered"}


def blacklist(database: Mapping[str, str]) -> tuple[str, ...]:
    """Callers who are turned away; `dest` and `blocked` are the module's own settings."""
    prefix = "/blacklist/"
    found = (key[len(prefix) :] for key in database if key.startswith(prefix))
    return tuple(sorted(number for number in found if number not in ("dest", "blocked")))


def call_states(database: Mapping[str, str]) -> Iterator[CallState]:
    """What people dialled into their phones, by extension."""
    found: dict[str, dict[str, str | bool | None]] = defaultdict(dict)
    for key, value in database.items():
        words = key.split("/")
        if len(words) != 3 or not words[2]:
            continue
        if words[1] in STATES and value:
            found[words[2]][STATES[words[1]]] = value
        elif words[1] == "DND":
            found[words[2]]["do_not_disturb"] = bool(value)
        elif words[1] == "CW":
            found[words[2]]["call_waiting"] = value.upper() == "ENABLED"
    for extension in sorted(found):
        yield CallState(extension, **found[extension])  # type: ignore[arg-type]  # the names are those of its fields


def follow_mes(database: Mapping[str, str], places: Mapping[str, Place]) -> Iterator[FollowMe]:
    """Follow-me lists; `places`: where the dialplan has each extension's."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for key, value in database.items():
        match = re.fullmatch(r"/AMPUSER/([^/]{1,40})/followme/(\w{1,40})", key)
        if match:
            found[match[1]][match[2]] = value
    for extension in sorted(found.keys() | places.keys()):
        values = found.get(extension, {})
        members = tuple(m for m in re.split(r"[-&]", values.get("grplist", "")) if m)
        if not members and extension not in places:
            continue
        direct = values.get("ddial")
        yield FollowMe(
            extension, None if direct is None else direct == "DIRECT", members, values.get("strategy") or None,
            whole_number(values.get("grptime", "")), parse_destination(values.get("postdest")), places.get(extension, NOWHERE),
        )  # fmt: skip


def with_users(extensions: Iterable[Extension], database: Mapping[str, str]) -> tuple[Extension, ...]:
    """The extensions with what AMPUSER knows of them, numbered by their user where a device is another's."""
    return tuple(_with_user(extension, database) for extension in extensions)


def _with_user(extension: Extension, database: Mapping[str, str]) -> Extension:
    user = database.get(f"/DEVICE/{extension.endpoint}/user") or extension.number
    if user == "none" or not re.fullmatch(r"[\w*#+.-]{1,80}", user):
        user = extension.number
    prefix = f"/AMPUSER/{user}/"
    if f"{prefix}cidname" not in database and f"{prefix}device" not in database:
        return extension
    return replace(
        extension,
        number=user,
        name=extension.name
        if extension.name and extension.name != "device"
        else database.get(f"{prefix}cidname") or None,
        outbound_caller=extension.outbound_caller or database.get(f"{prefix}outboundcid") or None,
        ring_s=whole_number(database.get(f"{prefix}ringtimer", "")),
    )
