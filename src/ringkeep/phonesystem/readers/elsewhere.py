"""What Asterisk is told to keep in a database instead of its files: named, because files cannot say it.

extconfig.conf gives whole files (`queues.conf => odbc,...`) and families (`sippeers => odbc,...`) to realtime drivers;
sorcery.conf gives types of objects of res_pjsip to other keepers than pjsip.conf.
Source: https://docs.asterisk.org/Fundamentals/Asterisk-Configuration/Database-Support-Configuration/ and
https://docs.asterisk.org/Fundamentals/Asterisk-Configuration/Sorcery/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ringkeep.asterisk.conf import Configuration, Entry, Problem

MODULES = (
    "res_pjsip",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_outbound_registration",
    "res_pjsip_outbound_publish",
)
FILE = "pjsip.conf"


def types_elsewhere(sorcery: Configuration | None) -> dict[str, Entry]:
    """Types of PJSIP objects that are not read from pjsip.conf, with the line that says so."""
    found: dict[str, Entry] = {}
    in_files: set[str] = set()
    for section in sorcery.objects() if sorcery and not sorcery.refused else ():
        for entry in section.entries if section.name in MODULES else ():
            kind, _, role = entry.name.partition("/")
            keeper = [word.strip() for word in entry.value.split(",")]
            if role != "cache" and keeper[0] == "config" and keeper[1:2] == [FILE]:
                in_files.add(kind)
            elif role != "cache":
                found.setdefault(kind, entry)
    return {kind: entry for kind, entry in found.items() if kind not in in_files}


def kept_elsewhere(configurations: Mapping[str, Configuration]) -> Iterator[Problem]:
    """Everything that is kept in a database or another keeper, and so is not read."""
    extconfig = configurations.get("extconfig.conf")
    settings = extconfig.section("settings") if extconfig and not extconfig.refused else None
    for entry in settings.entries if settings else ():
        driver = entry.value.partition(",")[0].strip()
        if entry.name.endswith(".conf"):
            what = f"{entry.name} is read from a database by {driver}, not from the file: it is not read here"
        else:
            what = f"{entry.name} are kept in a database by {driver}: they are not read here"
        yield Problem("kept-elsewhere", what, entry.place)
    for kind, entry in types_elsewhere(configurations.get("sorcery.conf")).items():
        keeper = entry.value.partition(",")[0].strip()
        what = f"objects of type {kind} are kept by {keeper}, not in {FILE}: they are not read here"
        yield Problem("kept-elsewhere", what, entry.place)
