"""What a phone system has, looked up once for all checks: names of queues, mailboxes, phones, contexts reached."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context
from ringkeep.phonesystem import references
from ringkeep.phonesystem.callflow import Walk
from ringkeep.phonesystem.checks.walks import alike, called, way_of, without_a_key, working_day
from ringkeep.phonesystem.model import InboundNumber, PhoneSystem
from ringkeep.phonesystem.readers.pjsip import Objects

SOME_DAY = datetime(2026, 1, 6)  # a drill's findings are the same on every day


class Known:
    """Tables over one phone system, each made when first asked for."""

    def __init__(self, system: PhoneSystem, at: datetime = SOME_DAY) -> None:
        self.system = system
        self.at = at
        self.noon = working_day(at, 12)
        self._ways: dict[tuple[str, str, str, datetime], Walk] = {}

    @cached_property
    def reached(self) -> list[Context]:
        """The contexts a call can get into."""
        return references.reachable(self.system)

    @cached_property
    def references(self) -> list[references.Reference]:
        """What the reached contexts name."""
        return list(references.find(self.system, self.reached))

    @property
    def settings_only(self) -> bool:
        """Whether there are a product's tables and no dialplan, as in a backup that FreePBX 15+ made."""
        return not self.system.dialplan.contexts and self.system.product != "asterisk" and bool(self.system.extensions)

    @cached_property
    def timed(self) -> frozenset[Place]:
        """The steps that look at the clock."""
        contexts = self.system.dialplan.contexts.values()
        return frozenset(
            s.place for c in contexts for e in c.extensions for s in e.steps
            if s.application.lower() in ("gotoiftime", "execiftime") or "IFTIME(" in s.arguments
        )  # fmt: skip

    @cached_property
    def timed_includes(self) -> bool:
        """Whether some context is open only at times: then every road may depend on the hour."""
        return any(include.times for context in self.reached for include in context.includes)

    @cached_property
    def inbound(self) -> list[list[InboundNumber]]:
        """The numbers from outside, those together that go the same way."""
        return alike(self.system)

    def way(self, number: InboundNumber, at: datetime) -> Walk:
        """What a caller of the number meets at an instant."""
        key = (number.number, number.context, number.callerid or "", at)
        if key not in self._ways:
            self._ways[key] = way_of(self.system, called(number), number.context, at)
        return self._ways[key]

    def way_without_a_key(self, number: InboundNumber, at: datetime) -> Walk:
        """The same, past messages that wait for a key that nobody presses."""
        return without_a_key(self.system, called(number), number.context, self.way(number, at), at)

    def depends_on_hour(self, way: Walk) -> bool:
        """Whether the road may be another at another hour."""
        return self.timed_includes or not self.timed.isdisjoint(way.path)

    @cached_property
    def objects(self) -> Objects | None:
        """The objects of pjsip.conf."""
        configuration = self.system.configurations.get("pjsip.conf")
        return Objects(configuration) if configuration else None

    @cached_property
    def queues(self) -> frozenset[str]:
        """Names of queues, as the application Queue takes them."""
        return frozenset(queue.name for queue in self.system.queues)

    @cached_property
    def mailboxes(self) -> frozenset[str]:
        """`number@context` of every mailbox."""
        return frozenset(f"{m.number}@{m.context}" for m in self.system.mailboxes)

    @cached_property
    def mailbox_contexts(self) -> frozenset[str]:
        """The contexts of voicemail.conf."""
        return frozenset(m.context for m in self.system.mailboxes)

    @cached_property
    def devices(self) -> frozenset[str]:
        """`technology/endpoint` of every phone, in lower case."""
        return frozenset(f"{e.technology}/{e.endpoint}".lower() for e in self.system.extensions)

    @cached_property
    def endpoints(self) -> dict[str, set[str]]:
        """technology -> endpoints of phones and trunks."""
        table: dict[str, set[str]] = {}
        for phone in self.system.extensions:
            table.setdefault(phone.technology, set()).add(phone.endpoint)
        for trunk in self.system.trunks:
            table.setdefault(trunk.technology, set()).add(trunk.endpoint)
        return table

    @cached_property
    def phone_contexts(self) -> frozenset[str]:
        """The contexts that phones dial in."""
        return frozenset(e.context for e in self.system.extensions if e.context)

    @cached_property
    def dialled_inside(self) -> frozenset[str]:
        """The same with everything they include."""
        dialplan = self.system.dialplan
        return frozenset(c.name for context in self.phone_contexts for c in dialplan.includes_of(context))

    @cached_property
    def ways_out(self) -> frozenset[tuple[str, str]]:
        """(context, pattern) of every outbound route."""
        routes = self.system.outbound_routes
        return frozenset((r.context, p) for r in routes for p in (r.pattern, *(one.pattern for one in r.patterns)))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every internal number."""
        return frozenset(e.number for e in self.system.extensions)

    @cached_property
    def made_by_modules(self) -> frozenset[str]:
        """Contexts that Asterisk modules fill: parking."""
        parking = self.system.configurations.get("res_parking.conf")
        return frozenset(("parkedcalls", *(s.get("context") or "" for s in (parking.sections if parking else []))))
