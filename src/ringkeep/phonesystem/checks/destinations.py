"""What a product's pages lead to, where no dialplan was handed over: a FreePBX backup holds settings alone."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.model import Destination, PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

Led = tuple[Sentence, Destination | None, Place]


def advise_destinations(known: Known) -> Iterator[Finding]:
    """Destinations of numbers, menus, queues, groups and opening hours that are not there."""
    system = known.system
    if not known.settings_only:
        return
    says = Sentence("only the product's settings were handed over, no dialplan: where calls go is not looked at")
    yield Finding("settings-only", "note", Place("extensions.conf", 0), says)
    there = _there(system)
    for who, destination, place in _led(system):
        if destination is None or destination.kind not in there or destination.id in there[destination.kind]:
            continue
        says = Sentence("{who} leads to {what}, which does not exist", {"who": who, "what": words_of(destination)})
        yield Finding("goto-nowhere", "degraded", place, says, destination.id)


def _there(system: PhoneSystem) -> dict[str, set[str]]:
    """kind -> ids; a kind of which nothing is known is left out."""
    table = {
        "extension": {e.number for e in system.extensions}, "mailbox": {m.number for m in system.mailboxes},
        "queue": {q.number or q.name for q in system.queues}, "ring_group": {g.number or g.name for g in system.ring_groups},
        "menu": {m.name for m in system.menus}, "announcement": {a.id for a in system.announcements},
        "time_condition": {t.id for t in system.time_conditions}, "conference": {c.number for c in system.conferences},
    }  # fmt: skip
    return {kind: ids for kind, ids in table.items() if ids}


def _led(system: PhoneSystem) -> Iterator[Led]:
    for number in system.inbound_numbers:
        yield Sentence("number {number}", {"number": number.number or "*"}), number.destination, number.place
    for menu in system.menus:
        for key in menu.keys:
            who = Sentence("key {key} of menu {menu}", {"key": key.key, "menu": menu.title or menu.name})
            yield who, key.destination, key.place
    for queue in system.queues:
        yield Sentence("queue {name}", {"name": queue.title or queue.name}), queue.destination, queue.place
    for group in system.ring_groups:
        yield Sentence("ring group {name}", {"name": group.title or group.name}), group.destination, group.place
    for said in system.announcements:
        yield Sentence("announcement {name}", {"name": said.title or said.id}), said.destination, said.place
    for hours in system.time_conditions:
        who = Sentence("time condition {name}", {"name": hours.title or hours.id})
        yield who, hours.inside, hours.place
        yield who, hours.outside, hours.place
