"""Trunks held: a restored server that must not log in at the carrier, take its calls or knock at its door yet.

Every line that would make it do so gets a mark in front, which makes it a comment; taking the marks away gives the true
bytes back, also when somebody edited other lines meanwhile. Pure: files in, files out.

Held: PJSIP registrations, identification of carriers by address, qualifying of fixed contacts, registering wizards;
`register` lines, `callbackextension` and qualifying of fixed peers in sip.conf and iax.conf.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ringkeep.asterisk.conf import Configuration, Entry, Files, Place, Section, read_configuration
from ringkeep.phonesystem.holding import MARK, released
from ringkeep.phonesystem.sentences import Sentence, Told

__all__ = ["HoldRefused", "held", "released"]
AWKWARD = re.compile(rb";--|--;|^[\x01-\x20]*#")
TRUE = ("yes", "true", "y", "t", "1", "on")
ETC = "/etc/asterisk"


class HoldRefused(Told):
    """The trunks cannot be held by marking lines; the message says where and why."""


def held(files: Files) -> dict[str, bytes]:
    """The files that change when the trunks are held: path -> new content. Raises `HoldRefused`."""
    changed: dict[str, bytes] = {}
    for name, lines_of in (
        ("pjsip.conf", _pjsip),
        ("pjsip_wizard.conf", _wizard),
        ("sip.conf", _peers),
        ("iax.conf", _peers),
    ):
        configuration = read_configuration(files, f"{ETC}/{name}")
        if configuration is None:
            continue
        for place in sorted(set(lines_of(configuration)), key=lambda one: (one.file, one.line)):
            changed[place.file] = _marked(changed.get(place.file, files[place.file]), place)
    after = {**files, **changed}
    for name, active in (("pjsip.conf", _pjsip), ("pjsip_wizard.conf", _wizard), ("sip.conf", _peers), ("iax.conf", _peers)):  # fmt: skip
        again = read_configuration(after, f"{ETC}/{name}")
        left = next(iter(active(again)), None) if again else None
        if left:
            raise HoldRefused(
                Sentence(
                    "{place} still reaches the carrier: hold its trunk by hand, or restore without holding",
                    {"place": left},
                )
            )
    return changed


def _marked(content: bytes, place: Place) -> bytes:
    lines = re.findall(rb"[^\n]*\n|[^\n]+", content)
    line = lines[place.line - 1]
    if AWKWARD.search(line):
        raise HoldRefused(
            Sentence("{place}: the line holds more than a setting: hold its trunk by hand", {"place": place})
        )
    if not line.startswith(MARK):
        lines[place.line - 1] = MARK + line
    return b"".join(lines)


def _pjsip(configuration: Configuration) -> Iterator[Place]:
    for section in configuration.sections:
        kind = section.get("type")
        if kind in ("registration", "identify"):
            yield from _whole(section, configuration)
        elif kind == "aor" and section.entry("contact"):
            yield from _only(section, ("qualify_frequency",), lambda value: value.strip() not in ("", "0"))


def _wizard(configuration: Configuration) -> Iterator[Place]:
    for section in configuration.sections:
        if section.get("remote_hosts"):
            yield from _only(
                section, ("sends_registrations", "accepts_registrations"), lambda value: value.lower() in TRUE
            )
            yield from _only(section, ("aor/qualify_frequency",), lambda value: value.strip() not in ("", "0"))
            yield from _only(section, ("identify/match",), lambda _: True)


def _peers(configuration: Configuration) -> Iterator[Place]:
    for section in configuration.sections:
        if section.name.lower() == "general":
            yield from _only(section, ("register",), lambda _: True)
        elif (section.get("host") or "dynamic").lower() != "dynamic":
            yield from _only(section, ("callbackextension",), lambda value: bool(value))
            yield from _only(section, ("qualify",), lambda value: value.lower() not in ("no", "false", "0", ""))


def _whole(section: Section, configuration: Configuration) -> Iterator[Place]:
    """All lines of a section; what others inherit from it, they are held with."""
    heirs = [one for one in configuration.sections if section.name in one.parents]
    if section.is_template and any(one.get("type") != section.get("type") for one in heirs):
        raise HoldRefused(
            Sentence(
                "{place}: other objects inherit from [{name}]: hold its trunk by hand",
                {"place": section.place, "name": section.name},
            )
        )
    if section.place.file not in configuration.files:
        raise HoldRefused(
            Sentence("{place}: [{name}] stands in no file", {"place": section.place, "name": section.name})
        )
    yield section.place
    yield from _places(section.own_entries)


def _only(section: Section, names: Iterable[str], counts: object) -> Iterator[Place]:
    for entry in section.entries:
        if entry.name.lower() in names and callable(counts) and counts(entry.value):
            yield entry.place


def _places(entries: Iterable[Entry]) -> Iterator[Place]:
    return (entry.place for entry in entries)
