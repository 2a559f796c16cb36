"""What configuration files say plainly: mailboxes, queues, parking lots, music on hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.asterisk.conf import Configuration, Section
from ringkeep.phonesystem.model import Mailbox, MusicClass, ParkingLot, Queue

SECRET = re.compile(r"secret|passw|pin|key", re.I)


def mailboxes(configuration: Configuration | None) -> Iterator[Mailbox]:
    """voicemail.conf: `number => pin,name,email,pager,options` under each context."""
    seen: set[tuple[str, str]] = set()
    for section in configuration.objects() if configuration else ():
        if section.name.lower() in ("general", "zonemessages"):
            continue
        for entry in section.entries:
            if not re.fullmatch(r"[\w.*#+-]+", entry.name) or (entry.name, section.name) in seen:
                continue
            seen.add((entry.name, section.name))
            words = [word.strip() for word in entry.value.split(",", 4)] + ["", "", "", ""]
            options = dict(_options(words[4]))
            if words[3]:
                options["pager"] = words[3]
            yield Mailbox(
                entry.name, section.name, words[1] or None, words[0] or None, words[2] or None, entry.place, options
            )


def _options(text: str) -> Iterator[tuple[str, str]]:
    """`attach=yes|saycid=no`."""
    for one in text.split("|"):
        name, equals, value = one.partition("=")
        if equals and not SECRET.search(name):
            yield name.strip(), value.strip()


def queues(configuration: Configuration | None) -> Iterator[Queue]:
    """queues.conf: every section but [general] is a queue."""
    for section in configuration.objects() if configuration else ():
        if section.name.lower() == "general" or (section.name == "default" and not section.entries):
            continue  # the empty [default] that products write is a queue to Asterisk, to nobody else
        members = tuple(value.split(",")[0].strip() for value in section.all("member"))
        known = tuple(
            match[1] for member in members if (match := re.match(r"(?:PJSIP|SIP|Local|IAX2)/([^@/]+)", member, re.I))
        )
        number = section.name if section.name.isascii() and section.name.isdigit() else None
        settings = {e.name.lower(): e.value for e in section.entries if e.name.lower() not in ("member", "strategy")}
        yield Queue(
            section.name,
            number,
            None,
            section.get("strategy", "ringall"),
            members,
            known,
            section.place,
            settings=settings,
        )


def parking_lots(configurations: Mapping[str, Configuration]) -> Iterator[ParkingLot]:
    """res_parking.conf (Asterisk 12 and later), else the parking of features.conf."""
    configuration = configurations.get("res_parking.conf")
    for section in configuration.objects() if configuration else ():
        general = section.name.lower() == "general"
        if (section.get("parkext") or section.get("parkpos")) and (not general or _lonely(configuration)):
            yield _lot("default" if general else section.name, section)
    features = configurations.get("features.conf")
    for section in features.objects() if features and not configuration else ():
        if section.name.lower().startswith("parkinglot_") or (
            section.name.lower() == "general" and section.get("parkext")
        ):
            yield _lot(section.name.removeprefix("parkinglot_") if "_" in section.name else "default", section)


def _lonely(configuration: Configuration | None) -> bool:
    """Issabel writes the default lot's options into [general]."""
    return configuration is not None and not any(
        s.name.lower() == "default" and s.entries for s in configuration.sections
    )


def _lot(name: str, section: Section) -> ParkingLot:
    return ParkingLot(name, section.get("parkext"), section.get("parkpos"), section.place_of("parkext"))


def music_classes(configuration: Configuration | None) -> Iterator[MusicClass]:
    """musiconhold.conf: every section but [general]."""
    for section in configuration.objects() if configuration else ():
        if section.name.lower() != "general" and section.entries:
            yield MusicClass(section.name, section.get("mode"), section.get("directory"), section.place)
