"""Queues and ring groups that nobody will answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.model import RingGroup
from ringkeep.phonesystem.sentences import Sentence

JOINS = ("addqueuemember", "agentlogin")


def check_queues(known: Known) -> Iterator[Finding]:
    """Queues of a hand-written system without member, members that are no phone."""
    system = known.system
    joins = any(
        s.application.lower() in JOINS for c in system.dialplan.contexts.values() for e in c.extensions for s in e.steps
    )
    for queue in system.queues:
        if not queue.members and not joins and system.product == "asterisk":
            says = Sentence("queue {name} has no member: nobody will answer it", {"name": queue.name})
            yield Finding("queue-empty", "degraded", queue.place, says, queue.name)
        for member in queue.members:
            if member.lower().startswith(("pjsip/", "sip/")) and member.lower() not in known.devices:
                says = Sentence(
                    "member {member} of queue {queue} is no configured phone", {"member": member, "queue": queue.name}
                )
                yield Finding("device-missing", "degraded", queue.place, says, member)


def advise_queues(known: Known) -> Iterator[Finding]:
    """Queues and groups that are dialled, and whose members can all not be reached."""
    system = known.system
    dynamic = {m[1] for key in system.database if (m := re.match(r"/QPENALTY/([^/]+)/agents/.", key))}
    used = {r.name for r in known.references if r.kind == "queue"}
    for queue in system.queues:
        agents = queue.name in dynamic or f"/Queue/PersistentMembers/{queue.name}" in system.database
        if not queue.members and not agents and system.product != "asterisk" and queue.name in used:
            says = Sentence(
                "queue {name} has no fixed member, and nobody may log in to it: nobody will answer it",
                {"name": queue.title or queue.name},
            )
            yield Finding("queue-empty", "degraded", queue.place, says, queue.name)
        gone = [n for n in queue.member_numbers if not _rings(known, n)]
        if queue.members and len(gone) == len(queue.members) and not agents:
            says = Sentence(
                "none of the members of queue {name} can be reached: {members}",
                {"name": queue.title or queue.name, "members": listed(gone)},
            )
            yield Finding("queue-unreachable", "bad", queue.place, says, queue.name)
    for group in system.ring_groups:
        yield from _group(known, group)


def _group(known: Known, group: RingGroup) -> Iterator[Finding]:
    name = group.title or group.number or group.name
    if not group.members:
        return  # what the reader did not understand is no finding
    gone = [member for member in group.members if not _rings(known, member)]
    if len(gone) == len(group.members):
        says = Sentence(
            "none of the members of ring group {name} can be reached: {members}",
            {"name": name, "members": listed(gone)},
        )
        yield Finding("group-unreachable", "bad", group.place, says, group.number or group.name)
    elif missing := [m for m in gone if m not in known.numbers and not _dialled(known, m)]:
        says = Sentence(
            "ring group {name} rings what does not exist: {members}", {"name": name, "members": listed(missing)}
        )
        yield Finding("member-missing", "degraded", group.place, says, group.number or group.name)


def _rings(known: Known, member: str) -> bool:
    """Whether something rings for a member: a phone that may be disturbed, a forward, a number outside."""
    if member.endswith("#") or not known.numbers:
        return True
    database = known.system.database
    if member in known.numbers:
        return database.get(f"/DND/{member}", "") in ("", "NO") or bool(database.get(f"/CF/{member}"))
    return bool(database.get(f"/AMPUSER/{member}/device")) or _dialled(known, member)


def _dialled(known: Known, member: str) -> bool:
    """Whether phones can dial it: a group, a queue, a virtual extension, a number outside."""
    found = [known.system.dialplan.find(context, member) for context in known.phone_contexts]
    if known.system.product == "asterisk":
        return any(found)
    # A product's last pattern takes every number, to say that it is wrong.
    return any(one and ((one[0].name, one[1].pattern) in known.ways_out or one[1].pattern[:1] != "_") for one in found)
