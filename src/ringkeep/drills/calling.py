"""Placing the planned calls, as many at a time as the machine allows, and having each judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from ringkeep.drills.everything import Everything
from ringkeep.drills.judge import Judge
from ringkeep.drills.plan import PlannedCall, Planner
from ringkeep.drills.progress import Progress
from ringkeep.drills.report import Call, Defect
from ringkeep.lab.calls import Observation, Order, Switchboard
from ringkeep.lab.farend import FarEnd, Phone
from ringkeep.lab.server import Server

CALLS_AT_ONCE = 24
CIRCLES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Round:
    """Calls placed side by side at one instant, which the phone system is told."""

    at: datetime
    calls: list[PlannedCall]
    alone: bool = False  # not before all earlier calls have ended
    changes: bool = False  # leaves the system another than it was read: whose walks would be wrong comes before


def rounds(planner: Planner, calls: str) -> Iterator[Round]:
    """quick: every inbound number once, one phone to phone, one outbound call per route. full: also every menu key,
    queue, ring group, conference and feature code, the failover of every outbound route, a voicemail message left and
    played back, and every number outside opening hours.

    Lazy: what comes after the first two is planned once it is known which phones have registered.
    """
    circles: list[PlannedCall] = []
    changing: list[Round] = []
    for planned in _rounds(planner, calls):
        circles += [plan for plan in planned.calls if plan.loops]
        kept = replace(planned, calls=[plan for plan in planned.calls if not plan.loops])
        if planned.changes:
            changing.append(kept)
        else:
            yield kept
    # A call that goes round in circles eats the machine that others need: late, only so many, and one by one.
    for plan in circles[:CIRCLES_SHOWN]:
        yield Round(plan.at, [plan], alone=True)
    yield from changing


def _rounds(planner: Planner, calls: str) -> Iterator[Round]:
    at = planner.open_at
    inbound = planner.inbound(at)
    yield Round(at, list(islice(inbound, 1)))  # at once, while the others are still being planned
    yield Round(at, list(inbound))
    yield Round(at, [*planner.phone_to_phone(), *planner.outbound()])
    if calls == "quick":
        return
    everything = Everything(planner)
    voicemail = everything.voicemail()
    left, listened = voicemail or (None, None)
    keys = everything.menu_keys(at)
    yield Round(at, [*keys, *everything.groups(), *everything.failover(), *([left] if left else [])])
    if planner.closed_at is not None:
        closed = planner.closed_at
        yield Round(closed, [*planner.inbound(closed), *everything.menu_keys(closed)], alone=True)
    yield Round(at, [*([listened] if listened else []), *everything.codes()], alone=True, changes=True)


class Calling:
    """The calls of one drill. `phones_ready` is set once the phones have registered."""

    def __init__(self, pbx: Server, far: Server, end: FarEnd, judge: Judge, progress: Progress) -> None:
        self._pbx, self._judge, self._progress = pbx, judge, progress
        self._board = Switchboard(pbx, far, end)
        self._gate = asyncio.Semaphore(CALLS_AT_ONCE)
        self._listened: set[tuple[str, str, str]] = set()
        self._done = self._total = 0
        self.phones_ready = asyncio.Event()
        self.calls: list[Call] = []
        self.defects: list[Defect] = []
        self.first_answer_at: float | None = None

    async def place(self, planned: Round) -> None:
        """Tell the phone system the instant and place a round of calls. Raises `ManagerGone`."""
        await self._pbx.manager.command(f"dialplan set global TESTTIME {planned.at.timestamp():.0f}.0")
        plans = [self._listen_once(plan) for plan in planned.calls]
        self._total += len(plans)
        tasks = [asyncio.create_task(self._one(plan, self._judge.order(plan))) for plan in plans]
        try:
            await asyncio.gather(*tasks)
        finally:  # out of time, or Asterisk crashed: what was called by then counts
            for task in tasks:
                task.cancel()
            for plan, task in zip(plans, tasks, strict=True):
                if task.done() and not task.cancelled() and task.exception() is None:
                    call, defects = self._judge.verdict(plan, task.result())
                    self.calls.append(call)
                    self.defects += defects

    async def _one(self, plan: PlannedCall, order: Order) -> Observation:
        if plan.phones or isinstance(plan.caller, Phone):
            await self.phones_ready.wait()
        async with self._gate:
            seen = await self._board.place(order)
            unseen = seen.answered and not seen.entered  # answered, but its events were not recognised as its own
            if unseen or self._judge.unheard(plan, seen):
                seen = await self._board.place(order)  # what is heard once in two calls is no defect of the files
        self._done += 1
        if seen.answer_ms is not None:
            answered_at = seen.started_at + seen.answer_ms / 1000
            self.first_answer_at = min(self.first_answer_at or answered_at, answered_at)
        self._progress.update(f"{seen.order.number}", self._done, self._total)
        return seen

    def _listen_once(self, plan: PlannedCall) -> PlannedCall:
        """What is heard at a place is compared once for each way in: again it would only cost time."""
        if plan.expected is None or plan.kind == "voicemail":
            return plan
        way_in = "inside" if isinstance(plan.caller, Phone) else plan.caller_words
        key = (plan.expected_words, str(plan.expected.place), way_in)
        if key in self._listened:
            return replace(plan, listen=False)
        self._listened.add(key)
        return plan

    def close(self) -> None:
        """Stop listening to both sides."""
        self._board.close()

    def first_answer_s(self) -> float | None:
        """Seconds from the start of the boot to the first answer; None when nothing answered."""
        return None if self.first_answer_at is None else self.first_answer_at - self._pbx.started_at
