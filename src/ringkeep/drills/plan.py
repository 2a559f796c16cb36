"""Which calls a drill places, and what each must reach.

The expectation of every call is a walk of the dialplan as read (`phonesystem.callflow`); the call is then
placed on the booted system and what really happened is held against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from ringkeep.asterisk.patterns import pattern_matches, sample_number
from ringkeep.drills.roads import Road
from ringkeep.lab.calls import TECHNOLOGY
from ringkeep.lab.farend import FarEnd, Line, Phone
from ringkeep.phonesystem.callflow import Stop, Walk, describe, follow
from ringkeep.phonesystem.functions import time_holds
from ringkeep.phonesystem.model import Extension, OutboundRoute, PhoneSystem, Trunk

# What a caller passes on the way; the first stop that is none of these is where the call is going.
ON_THE_WAY = {"announcement", "busy", "congestion"}
TARGET = re.compile(r"^(?:PJSIP|SIP|Local)/([^@/&,]+)", re.I)


Outcome = Callable[[Stop], str]


def _answers(stop: Stop) -> str:
    return "answer"


@dataclass(frozen=True, slots=True)
class Press:
    """Digits to press: when the caller has come to a stop for the nth time, and some time after."""

    stop: Stop
    digits: str
    visit: int = 1
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call with what it must reach."""

    kind: str  # as in the report: inbound, menu, queue, ...
    caller: Line | Phone
    number: str
    caller_number: str
    at: datetime
    expected: Stop | None  # None: the walk itself found no end; `dead_end` says why
    dead_end: str = ""
    keys: tuple[str, ...] = ()
    presses: tuple[Press, ...] = ()  # the keys, each at its menu
    visits: int = 1  # how often the call passes the goal's place until it is there
    phones: dict[str, str] = field(default_factory=dict)  # behaviour of the phones it will ring
    carriers: dict[str, str] = field(default_factory=dict)  # behaviour of the carriers it will use
    forwarded: bool = False  # some who are rung forward their calls outside: that may be answered first
    loops: bool = False  # it is to go round in circles for ever
    listen: bool = True  # compare what is heard; once for each place is enough
    prompts: tuple[Stop, ...] = ()  # stops on the way that play something
    road: Road = field(default_factory=Road)  # the steps it is to pass
    enough_to_join: bool = False  # a queue whose members may not all be disturbed: being in it is enough

    def with_presses(self, presses: tuple[Press, ...]) -> PlannedCall:
        """The same call with these digits pressed; PINs are not shown as keys."""
        return replace(self, presses=presses)

    @property
    def caller_words(self) -> str:
        """The caller in words: "trunk CarrierA" or the extension's number."""
        if isinstance(self.caller, Line):
            return f"trunk {self.caller.trunk.name}"
        return self.caller.extension.number

    @property
    def expected_words(self) -> str:
        """What it must reach, in words."""
        return describe(self.expected) if self.expected else self.dead_end or "somewhere"


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the calls of one phone system at one instant inside opening hours and one outside."""

    system: PhoneSystem
    far: FarEnd
    applications: frozenset[str] | None  # what the lab's Asterisk can run; None: not known
    open_at: datetime
    closed_at: datetime | None  # None: the system has no opening hours
    plays: Callable[[str, str], bool] | None = (
        None  # whether there is such a sound, in such a language; None: not known
    )
    refused: set[str] = field(default_factory=set)  # extensions whose phones could not register
    held: bool = False  # its trunks are held on purpose: no call through a carrier is tried

    @property
    def phones(self) -> list[Phone]:
        """The phones that calls may be made from."""
        return [phone for phone in self.far.phones if phone.extension.number not in self.refused]

    # -- numbers from outside -----------------------------------------------------------------------------

    def inbound(self, at: datetime) -> Iterator[PlannedCall]:
        """Every number, through the first trunk that carries it; none while trunks are held."""
        if self.held:
            return
        for index, number in enumerate(self.system.inbound_numbers):
            line = next((x for name in number.trunks if (x := self.far.line(name))), None)
            dialled = self.one_of(number.number)
            if line is not None and dialled is not None:
                yield self.from_outside(line, dialled, at, (), self.only_for(dialled) or f"9021{index:06d}")

    def one_of(self, pattern: str) -> str | None:
        """A number that the carrier may send: of a pattern one that ends in an extension's, where one does."""
        sample = sample_number(pattern)
        if sample is None or not pattern.startswith("_"):
            return sample
        fitting = (sample[: -len(e.number)] + e.number for e in self.system.extensions if e.number.isdigit())
        return next((n for n in fitting if len(n) == len(sample) and pattern_matches(pattern, n)), sample)

    def only_for(self, number: str) -> str | None:
        """The caller's number, for an inbound number that only that caller gets through to."""
        wanted = next((n.callerid for n in self.system.inbound_numbers if n.number == number), None)
        return sample_number(wanted) if wanted else None

    def from_outside(
        self, line: Line, number: str, at: datetime, keys: Sequence[str], shown: str, *, kind: str = "inbound"
    ) -> PlannedCall:
        """A call from a carrier; `keys` are pressed at the menus on its way, "t" waits for the menu's timeout."""
        trunk = line.trunk
        channel = f"{TECHNOLOGY[trunk.technology]}/{trunk.endpoint}-00000001"
        way = self._walk(number, trunk, at, keys, shown, channel, _answers)
        return self._planned(kind, line, number, shown, at, keys, way, _answers)

    # -- numbers from inside ------------------------------------------------------------------------------

    def phone_to_phone(self) -> Iterator[PlannedCall]:
        """One colleague calls another: the first pair for which the dialplan has a way."""
        phones = self.phones
        for caller, called in pairwise(phones):
            planned = self.from_inside(caller, called.extension.number, "extension")
            if planned.expected is not None and planned.expected.kind == "extension":
                yield planned
                return

    def outbound(self) -> Iterator[PlannedCall]:
        """Every outbound route once, from a phone that may use it; none while trunks are held."""
        if self.held:
            return
        for index, route in enumerate(self.system.outbound_routes):
            number = sample_number(route.pattern, index)
            phone = self.phone_for(route, index)
            if number is not None and phone is not None:
                yield self.from_inside(phone, number, "outbound")

    def from_inside(
        self, phone: Phone, number: str, kind: str, *, refused: str = "", busy: bool = False
    ) -> PlannedCall:
        """A call from an extension's phone. `refused`: the trunk whose carrier refuses; `busy`: who is called is busy."""
        extension = phone.extension
        channel = f"{TECHNOLOGY[extension.technology]}/{extension.endpoint}-00000001"

        def outcome(stop: Stop) -> str:
            if busy and stop.kind in ("extension", "ring_group"):
                return "busy"
            return "congestion" if refused and stop.kind == "outbound" and stop.name == refused else "answer"

        way = self._walk(number, extension, self.open_at, (), extension.number, channel, outcome)
        return self._planned(kind, phone, number, "", self.open_at, (), way, outcome)

    def phone_for(self, route: OutboundRoute, turn: int) -> Phone | None:
        """A phone that may dial the route; another one each turn, so that calls can run side by side."""
        number = sample_number(route.pattern) or ""
        allowed = {
            context
            for context in {phone.extension.context for phone in self.phones}
            if context and (found := self.system.dialplan.find(context, number)) and found[0].name == route.context
        }
        phones = [phone for phone in self.phones if phone.extension.context in allowed] or self.phones
        return phones[turn % len(phones)] if phones else None

    # -- shared -------------------------------------------------------------------------------------------

    def _walk(
        self,
        number: str,
        end: Trunk | Extension,
        at: datetime,
        keys: Sequence[str],
        shown: str,
        channel: str,
        outcome: Outcome,
    ) -> Walk:
        return follow(
            self.system, number, end.context or "", language=end.language or self._system_language(), at=at, keys=keys, caller=shown, channel=channel, outcome=outcome,
            applications=self.applications, plays=self.plays,
        )  # fmt: skip

    def _system_language(self) -> str:
        """asterisk.conf: the language of channels that have none of their own."""
        configuration = self.system.configurations.get("asterisk.conf")
        options = configuration.section("options") if configuration else None
        return (options.get("defaultlanguage") if options else None) or ""

    def _planned(
        self, kind: str, caller: Line | Phone, number: str, shown: str, at: datetime, keys: Sequence[str], way: Walk,
        outcome: Outcome,
    ) -> PlannedCall:  # fmt: skip
        presses = _presses(way, keys)
        passed = {id(press.stop) for press in presses}
        after = [stop for stop in way.stops if id(stop) not in passed and outcome(stop) == "answer"]
        goal = next((stop for stop in after if stop.kind not in ON_THE_WAY), after[-1] if after else None)
        dead_end = ""
        if goal is None or goal.kind == "dead_end":
            dead_end = describe(goal) if goal else f"nothing: the call ends ({way.ended})"
            goal = None
        refused = {
            name: "refuse" if stop.kind == "outbound" else "busy"
            for stop in way.stops
            if outcome(stop) != "answer"
            for name in (self._carriers(stop) if stop.kind == "outbound" else self._phones(stop))
        }
        phones = {name: how for name, how in refused.items() if how == "busy"}
        carriers = {name: how for name, how in refused.items() if how == "refuse"}
        outside = goal is not None and goal.kind == "outbound"
        return PlannedCall(
            kind, caller, number, shown, at, goal, dead_end, tuple(keys), presses,
            visits=1 + sum(goal is not None and press.stop.place == goal.place for press in presses),
            phones=phones | dict.fromkeys(self._phones(goal), "answer"),
            carriers=carriers | dict.fromkeys(self._carriers(goal) if outside else (), "answer"),
            forwarded=not outside and any(self._carriers(goal)),
            loops=way.ended == "loop", prompts=_prompts(way, presses), road=Road.of(way), enough_to_join=self._some_members_away(goal),
        )  # fmt: skip

    def _some_members_away(self, stop: Stop | None) -> bool:
        """Whether the queue has members that will not ring: forwarded, or not to be disturbed."""
        if stop is None or stop.kind != "queue":
            return False
        queue = next((queue for queue in self.system.queues if queue.name == stop.name), None)
        return queue is not None and len(list(self._phones(stop))) < len(queue.members)

    def _phones(self, stop: Stop | None) -> Iterator[str]:
        """Numbers of the phones that stop will ring."""
        for target in stop.targets if stop else ():
            match = TARGET.match(target)
            if match and self.far.phone(match[1]):
                yield match[1]
            elif match:
                yield from (p.extension.number for p in self.far.phones if p.extension.endpoint == match[1])

    def _carriers(self, stop: Stop | None) -> Iterator[str]:
        """Addresses of the carriers that stop will call."""
        for target in stop.targets if stop else ():
            for line in self.far.lines:
                if re.search(rf"[/@]{re.escape(line.trunk.endpoint)}(?![\w.-])", target):
                    yield line.address


def _presses(way: Walk, keys: Sequence[str]) -> tuple[Press, ...]:
    """Each key at the menu it is for; a menu that comes round again counts its visits."""
    menus = [stop for stop in way.stops if stop.kind == "menu"][: len(keys)]
    return tuple(
        Press(menu, "" if key == "t" else key, 1 + sum(earlier.place == menu.place for earlier in menus[:index]))
        for index, (menu, key) in enumerate(zip(menus, keys, strict=False))
    )


def _prompts(way: Walk, presses: tuple[Press, ...]) -> tuple[Stop, ...]:
    """The stops that play something once the last key is pressed: what was playing before may have been cut short."""
    after = list(way.stops)
    if presses:
        last = next(index for index, stop in enumerate(after) if stop is presses[-1].stop)
        after = after[last + 1 :]
    return tuple(stop for stop in after if stop.prompts)


def opening_hours(system: PhoneSystem, today: datetime) -> tuple[datetime, datetime | None]:
    """An instant in the coming week at which most time checks of the dialplan hold, and one at which fewest do.

    Without any time check the second is None.
    """
    specs = [
        step.arguments.partition("?")[0]
        for context in system.dialplan.contexts.values()
        for extension in context.extensions
        for step in extension.steps
        if step.application.lower() == "gotoiftime" and "?" in step.arguments
    ]
    start = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    instants = [start + timedelta(days=day, minutes=minutes) for minutes in (630, 210, 1290) for day in range(7)]
    if not specs:
        return instants[0], None
    held = {instant: sum(time_holds(spec, instant) for spec in specs) for instant in instants}
    most, fewest = max(instants, key=lambda i: held[i]), min(instants, key=lambda i: held[i])
    return most, fewest if held[fewest] < held[most] else None
