"""Placing calls from the far end and seeing, on both sides, what becomes of them.

The far end says who rang, who answered and what was heard; the phone system's own manager events say which
steps of its dialplan ran. Both are told apart by call: the far end's channel id, and on the phone system's
side the caller's number or the phone that calls.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.asterisk.ami import Message
from ringkeep.lab import sound
from ringkeep.lab.farend import FarEnd, Line, Phone
from ringkeep.lab.manager import ManagerGone
from ringkeep.lab.server import Server

TECHNOLOGY = {"pjsip": "PJSIP", "sip": "SIP"}
WRITTEN_S = 1.0  # within which a recording is complete once its call has ended
# Colleagues who are rung together never pick up in the same instant.
FIRST_ANSWER_S, NEXT_ANSWER_S = 0.1, 0.25
STEP_LIMIT = 5000  # a call that loops must not fill our memory


@dataclass(frozen=True, slots=True)
class Step:
    """One dialplan step the phone system executed."""

    channel: str
    context: str
    extension: str
    priority: int
    application: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Order:
    """One call to place."""

    caller: Line | Phone
    number: str
    caller_number: str = ""  # shown by callers from outside
    presses: tuple[tuple[Callable[[Observation], bool], str], ...] = ()  # (when, digits)
    reached: Callable[[Observation], bool] = lambda seen: seen.answered  # the call may end when this holds
    lost: Callable[[Observation], bool] = lambda seen: False  # it will not arrive any more
    listen_s: float = 0.0  # stay on the line so long after that
    heard: Callable[[Observation], bool] | None = None  # or until this holds
    timeout_s: float = 20.0
    phones: Mapping[str, str] = field(default_factory=dict)  # number -> "answer" | "ring" | "busy"
    carriers: Mapping[str, str] = field(default_factory=dict)  # carrier address -> "answer" | "refuse"
    carrier_number: str = ""  # what those carriers are to see


@dataclass(slots=True)
class Observation:
    """What became of one call."""

    order: Order
    id: str
    started_at: float = 0.0
    answer_ms: int | None = None
    cause: int | None = None  # Q.850, when the call ended by itself
    cause_text: str = ""
    ended: bool = False
    entered: bool = False  # the phone system took the call in
    steps: list[Step] = field(default_factory=list)
    stepped_at: float = 0.0  # when the last step began (monotonic)
    dialled: list[str] = field(default_factory=list)  # channels the phone system rang: "PJSIP/201"
    answered_by: list[str] = field(default_factory=list)  # of those, who answered
    rang: list[str] = field(default_factory=list)  # numbers of phones that rang
    picked_up: list[str] = field(default_factory=list)  # numbers of phones that answered
    carrier: list[tuple[str, str]] = field(default_factory=list)  # (carrier address, number it saw)
    packets: int = 0  # RTP packets the caller received while it stayed on the line
    bridged: bool = False  # the phone system has joined the caller to somebody
    joined: list[str] = field(default_factory=list)  # queues and conferences it entered: "queue sales"
    recordings: dict[str, Path] = field(default_factory=dict)  # "caller" | "phone" | "carrier" -> file
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answered(self) -> bool:
        """Whether the caller got an answer signal."""
        return self.answer_ms is not None


class Switchboard:
    """Places orders; several at a time, never two that would use the same phone or line."""

    def __init__(self, pbx: Server, far: Server, end: FarEnd) -> None:
        self._pbx, self._far, self._end = pbx, far, end
        self._ids = itertools.count(1)
        self._open: dict[str, Observation] = {}  # far-end channel id -> call
        self._linked: dict[str, Observation] = {}  # Linkedid at the phone system -> call
        self._phones: dict[str, Observation] = {}  # phone number -> whose call rings it or is made with it
        self._callers: set[tuple[str, str, str]] = set()  # (line, number, caller) of callers from outside
        self._carriers: dict[tuple[str, str], Observation] = {}  # carrier's address and the number it is to see
        self._freed = asyncio.Condition()
        pbx.manager.listeners.append(self._from_pbx)
        far.manager.listeners.append(self._from_far)
        self._recordings = far.tree.outside(far.tree.directories["astspooldir"]) / "monitor"

    def close(self) -> None:
        """Stop listening."""
        self._pbx.manager.listeners.remove(self._from_pbx)
        self._far.manager.listeners.remove(self._from_far)

    async def place(self, order: Order) -> Observation:
        """Place one call and return what became of it. Raises `ManagerGone` when an Asterisk ended."""
        phones = set(order.phones)
        if isinstance(order.caller, Phone):
            phones.add(order.caller.extension.number)
        carriers = {(address, order.carrier_number) for address in order.carriers}
        # All of one length: Asterisk takes an id for used when it is the beginning of one in use.
        seen = Observation(order, f"call-{next(self._ids):06d}")
        async with self._freed:
            await self._freed.wait_for(lambda: self._may_start(order, phones, carriers))
            self._callers.add(_caller(order))
            self._phones |= dict.fromkeys(phones, seen)
            self._carriers |= dict.fromkeys(carriers, seen)
        try:
            await self._run(seen)
        finally:
            self._open.pop(seen.id, None)
            async with self._freed:
                self._callers.discard(_caller(order))
                for name in phones:
                    self._phones.pop(name, None)
                for line in carriers:
                    self._carriers.pop(line, None)
                self._freed.notify_all()
        return seen

    def _may_start(self, order: Order, phones: set[str], carriers: set[tuple[str, str]]) -> bool:
        """Whether nobody calls the same way, uses its phones or its numbers at its carriers, or wants them otherwise."""
        # Two calls that look the same could not be told apart at the phone system's side.
        if _caller(order) in self._callers or phones & self._phones.keys() or carriers & self._carriers.keys():
            return False
        return all(
            other.order.carriers.get(address, order.carriers[address]) == order.carriers[address]
            for address in order.carriers
            for other in self._carriers.values()
        )

    async def _run(self, seen: Observation) -> None:
        order = seen.order
        for family, table in (("phone", order.phones), ("carrier", order.carriers)):
            for key, value in table.items():
                await self._far.manager.action("DBPut", Family=family, Key=key, Val=value)
        for turn, number in enumerate(order.phones):
            delay = FIRST_ANSWER_S + NEXT_ANSWER_S * min(turn, 8)
            await self._far.manager.action("DBPut", Family="delay", Key=number, Val=f"{delay:.2f}")
        self._open[seen.id] = seen
        seen.started_at = time.monotonic()
        where = order.caller
        await self._far.manager.action(
            "Originate", Channel=f"PJSIP/{where.endpoint}/sip:{order.number}@{where.destination}", ChannelId=seen.id,
            Context="caller", Exten="go", Priority="1", Async="true", Timeout=str(int(order.timeout_s * 1000)),
            CallerID=f'"" <{order.caller_number}>' if order.caller_number else "",
            Variable=f"HOLD_S={order.timeout_s + 30:.0f}",
        )  # fmt: skip
        try:
            async with asyncio.timeout(order.timeout_s):
                for when, digits in order.presses:
                    await self._until(seen, lambda seen, when=when: when(seen) or order.lost(seen))  # type: ignore[misc]
                    await self._press(seen, digits)
                await self._until(seen, lambda seen: order.reached(seen) or order.lost(seen))
                if order.listen_s and not seen.ended and order.reached(seen):
                    before = await self._packets(seen)
                    await self._listen(seen)
                    seen.packets = await self._packets(seen) - before
        except TimeoutError:
            pass
        seen.recordings.setdefault("caller", self._recordings / f"caller-{seen.id}.wav")
        if not seen.ended:
            await self._far.manager.action("Hangup", Channel=seen.id)
            await self._gone(seen)
        await self._written(seen)

    async def _packets(self, seen: Observation) -> int:
        """RTP packets that the caller has received so far."""
        answer = await self._far.manager.action("Getvar", Channel=seen.id, Variable="CHANNEL(rtcp,rxcount)")
        return _number(answer.get("Value")) or 0

    async def _listen(self, seen: Observation) -> None:
        seen.recordings.setdefault("caller", self._recordings / f"caller-{seen.id}.wav")
        until = time.monotonic() + seen.order.listen_s
        while not seen.ended and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(left if seen.order.heard is None else min(0.5, left))
            if seen.order.heard is not None and seen.order.heard(seen):
                return

    async def _written(self, seen: Observation) -> None:
        """Wait until the recordings are complete: Asterisk keeps the last two seconds of each until it closes it."""
        until = time.monotonic() + WRITTEN_S
        while not all(sound.is_complete(path) for path in seen.recordings.values()) and time.monotonic() < until:
            await asyncio.sleep(0.02)

    async def _until(self, seen: Observation, holds: Callable[[Observation], bool]) -> None:
        """Wait until something holds; returns as well when the call has ended."""
        while not holds(seen) and not seen.ended:
            if self._pbx.manager.gone:
                raise ManagerGone("the phone system ended during a call")
            seen.changed.clear()
            try:
                await asyncio.wait_for(seen.changed.wait(), 1.0)
            except TimeoutError:
                continue

    async def _gone(self, seen: Observation) -> None:
        for _ in range(20):
            if seen.ended:
                return
            seen.changed.clear()
            try:
                await asyncio.wait_for(seen.changed.wait(), 0.1)
            except TimeoutError:
                continue

    async def _press(self, seen: Observation, digits: str) -> None:
        await asyncio.sleep(0.25)  # the menu's reader is set up just after its step begins
        for digit in digits:
            if seen.ended:
                return
            await self._far.manager.action("PlayDTMF", Channel=seen.id, Digit=digit, Duration="80")
            await asyncio.sleep(0.16)

    # -- events -------------------------------------------------------------------------------------------

    def _from_far(self, message: Message) -> None:
        event = message.event
        seen = self._open.get(message.get("Uniqueid"))
        if event == "Newstate" and seen and message.get("ChannelState") == "6" and seen.answer_ms is None:
            seen.answer_ms = round((time.monotonic() - seen.started_at) * 1000)
        elif event == "Hangup" and seen:
            seen.ended = True
            seen.cause, seen.cause_text = _number(message.get("Cause")), message.get("Cause-txt")
        elif event == "OriginateResponse" and message.get("Response") == "Failure":
            seen = self._open.get(message.get("Uniqueid")) or self._by_channel(message)
            if seen:
                seen.ended = True
        elif event == "UserEvent":
            seen = self._user_event(message)
        if seen:
            seen.changed.set()

    def _by_channel(self, message: Message) -> Observation | None:
        return next((s for s in self._open.values() if s.id == message.get("Channel")), None)

    def _user_event(self, message: Message) -> Observation | None:
        kind, number = message.get("UserEvent"), message.get("Number")
        held = (
            self._at_carrier(message.get("Address"), number) if kind.startswith("Carrier") else self._phones.get(number)
        )
        recording = message.get("Recording")
        if held is None:
            return None
        if kind == "PhoneRings":
            held.rang.append(number)
        elif kind == "PhoneAnswers":
            held.picked_up.append(number)
            held.recordings["phone"] = self._recordings / recording
        elif kind == "CarrierCall":
            held.carrier.append((message.get("Address"), number))
        elif kind == "CarrierAnswers":
            held.picked_up.append(number)
            held.recordings["carrier"] = self._recordings / recording
        return held

    def _at_carrier(self, address: str, number: str) -> Observation | None:
        """Whose call a carrier sees: by its number, else the one that still waits for that carrier."""
        if exact := self._carriers.get((address, number)):
            return exact
        waiting = [seen for (where, _), seen in self._carriers.items() if where == address and not seen.carrier]
        return waiting[0] if waiting else None

    def _from_pbx(self, message: Message) -> None:
        event = message.event
        linked = message.get("Linkedid") or message.get("DestLinkedid")
        if event == "Newchannel" and message.get("Uniqueid") == linked:
            self._adopt(message, linked)
        seen = self._linked.get(linked)
        if seen is None:
            return
        if event == "Newexten":
            # AppDial and AppQueue stand for the called side: no step of the dialplan.
            if len(seen.steps) < STEP_LIMIT and not message.get("Application").startswith("App"):
                seen.steps.append(_step(message))
                seen.stepped_at = time.monotonic()
        elif event == "DialBegin":
            seen.dialled.append(_device(message.get("DestChannel")))
        elif event == "DialEnd" and message.get("DialStatus") == "ANSWER":
            seen.answered_by.append(_device(message.get("DestChannel")))
        elif event == "BridgeEnter" and message.get("Uniqueid") == linked:
            seen.bridged = True
        elif event == "QueueCallerJoin":
            seen.joined.append(f"queue {message.get('Queue')}")
        elif event == "ConfbridgeJoin":
            seen.joined.append(f"conference {message.get('Conference')}")
        seen.changed.set()

    def _adopt(self, message: Message, linked: str) -> None:
        """Find whose call a new incoming channel is: by endpoint and number, then by the caller's number."""
        device, exten, shown = _device(message.get("Channel")), message.get("Exten"), message.get("CallerIDNum")
        candidates = [
            s for s in self._open.values() if not s.entered and _is_from(s.order, device) and s.order.number == exten
        ]
        exact = [s for s in candidates if s.order.caller_number and s.order.caller_number == shown]
        for seen in (exact or candidates)[:1]:
            seen.entered = True
            self._linked[linked] = seen


def _caller(order: Order) -> tuple[str, str, str]:
    return order.caller.endpoint, order.number, order.caller_number


def _is_from(order: Order, device: str) -> bool:
    technology, _, endpoint = device.partition("/")
    what = order.caller.trunk if isinstance(order.caller, Line) else order.caller.extension
    if TECHNOLOGY.get(what.technology) != technology:
        return False
    # chan_sip names a channel after the peer or, for a caller it only knows by address, after the address.
    return endpoint == what.endpoint or technology == "SIP"


def _device(channel: str) -> str:
    """PJSIP/201-0000001a -> PJSIP/201; Local/1001@from-queue-00000003;2 -> Local/1001@from-queue."""
    return re.sub(r"-[0-9a-f]{8}(;\d)?$", "", channel)


def _step(message: Message) -> Step:
    return Step(
        message.get("Channel"), message.get("Context"), message.get("Extension"), _number(message.get("Priority")) or 0,
        message.get("Application"), message.get("AppData"),
    )  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
