"""Whom a line of a template concerns: every phone and trunk that inherits from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringkeep.phonesystem.differences.owners import SUFFIX
from ringkeep.phonesystem.differences.things import Key
from ringkeep.phonesystem.differences.traces import Trace
from ringkeep.phonesystem.model import PhoneSystem

MOST = 100_000  # heirs of all templates together


def heirs_of(a: PhoneSystem, b: PhoneSystem, traces: Iterable[Trace]) -> dict[int, frozenset[Key]]:
    """For each trace (by its index) in a section that nobody owns: the objects whose sections inherit from it."""
    wanted = {
        index: trace.locus[1:-1] for index, trace in enumerate(traces) if trace.source == "files" and not trace.owner and trace.locus.startswith("[")
    }  # fmt: skip
    if not wanted:
        return {}
    keys: dict[str, Key] = {}
    for system in (a, b):
        for extension in system.extensions:
            keys[extension.endpoint] = ("extension", extension.number)
        for trunk in system.trunks:
            keys[trunk.endpoint] = ("trunk", trunk.name)
        for queue in system.queues:
            keys.setdefault(queue.name, ("queue", queue.name))
    names = _names(a, b, set(wanted.values()))
    return {
        index: frozenset(
            key for name in names.get(section, ()) if (key := keys.get(name) or keys.get(SUFFIX.sub("", name)))
        )
        for index, section in wanted.items()
    }


def _names(a: PhoneSystem, b: PhoneSystem, wanted: set[str]) -> Mapping[str, set[str]]:
    """Template -> sections that inherit from it, however far."""
    found: dict[str, set[str]] = {}
    for system in (a, b):
        for name in ("pjsip.conf", "sip.conf", "iax.conf", "queues.conf"):
            configuration = system.configurations.get(name)
            ancestors: dict[str, set[str]] = {}
            for section in configuration.sections if configuration else ():
                mine = {parent for direct in section.parents for parent in {direct, *ancestors.get(direct, ())}}
                if section.name in ancestors:
                    mine |= ancestors[section.name]
                ancestors[section.name] = mine
                for parent in mine & wanted:
                    if len(found.setdefault(parent, set())) < MOST:
                        found[parent].add(section.name)
    return found
