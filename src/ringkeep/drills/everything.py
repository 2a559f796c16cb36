"""What a full drill calls besides the quick one: every key, queue, ring group, code and failover, and voicemail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from ringkeep.asterisk.patterns import sample_number
from ringkeep.drills.plan import PlannedCall, Planner, Press
from ringkeep.lab.farend import Line, Phone
from ringkeep.phonesystem.callflow import Stop
from ringkeep.phonesystem.model import Extension, Mailbox

MENU_DEPTH = 4
KEYS = "1234567890*#"
CODES_PER_CONTEXT = 12  # more are one code with every extension's number behind it
UNDECIDED = ("dead_end", "unknown")


class Everything:
    """Plans the calls; `planner` plans each."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._shown = count(1)
        self._phones = planner.phones
        self._turn = count()

    # -- menus --------------------------------------------------------------------------------------------

    def menu_keys(self, at: datetime) -> Iterator[PlannedCall]:
        """Every key of every menu that a caller from outside can come to, its timeout and an invalid key."""
        seen: set[str] = set()
        # Through a number that everybody may call, where there is one.
        for start in sorted(self._planner.inbound(at), key=lambda call: bool(self._planner.only_for(call.number))):
            yield from self._keys(start, seen)

    def _keys(self, start: PlannedCall, seen: set[str]) -> Iterator[PlannedCall]:
        menu, line = start.expected, start.caller
        if (
            not isinstance(line, Line)
            or menu is None
            or menu.kind != "menu"
            or menu.application.lower() == "read"
            or menu.context in seen
        ):
            return
        seen.add(menu.context)
        further = []
        for key in self._choices(menu):
            shown = self._planner.only_for(start.number) or f"9022{next(self._shown):06d}"
            planned = self._planner.from_outside(line, start.number, start.at, (*start.keys, key), shown, kind="menu")
            yield planned
            if len(planned.keys) < MENU_DEPTH:
                further.append(planned)
        for planned in further:
            yield from self._keys(planned, seen)

    def _choices(self, menu: Stop) -> Iterator[str]:
        dialplan = self._planner.system.dialplan
        # Keys that one pattern takes are one way: the first of them stands for all.
        ways = {key: found[1] for key in KEYS if (found := dialplan.find(menu.context, key))}
        known = [
            key
            for key in ways
            if not any(ways[key] is ways[earlier] for earlier in KEYS[: KEYS.index(key)] if earlier in ways)
        ]
        yield from known
        if dialplan.find(menu.context, "t"):
            yield "t"
        unknown = next((key for key in KEYS if key not in ways), None)
        if unknown and dialplan.find(menu.context, "i"):
            yield unknown

    # -- inside numbers -----------------------------------------------------------------------------------

    def groups(self) -> Iterator[PlannedCall]:
        """Every queue, ring group and conference that has a number staff can dial."""
        for number in self._dialled("queue", {queue.name for queue in self._planner.system.queues}):
            yield from self._inside(number, "queue", ("queue",))
        for group in self._planner.system.ring_groups:
            if group.number:
                yield from self._inside(group.number, "ring_group", ("ring_group", "extension"))
        for conference in self._planner.system.conferences:
            yield from self._inside(conference.number, "feature", ("conference",))

    def codes(self) -> Iterator[PlannedCall]:
        """Every feature code that leads somewhere. They change the system's state: not before anything else."""
        used: dict[str, int] = {}
        for code in self._planner.system.feature_codes:
            used[code.context] = used.get(code.context, 0) + 1
            if used[code.context] <= CODES_PER_CONTEXT:
                yield from self._inside(code.code, "feature", None)

    def _dialled(self, application: str, names: set[str]) -> Iterator[str]:
        """Literal numbers that phones can dial and that run the application with one of the names, one for each."""
        dialplan = self._planner.system.dialplan
        for entry in sorted({phone.extension.context or "" for phone in self._phones}):
            for context in dialplan.includes_of(entry):
                for extension in context.extensions:
                    if not extension.pattern.isdigit():
                        continue
                    for step in extension.steps:
                        name = step.arguments.split(",")[0]
                        if step.application.lower() == application and name in names:
                            names = names - {name}
                            yield extension.pattern

    def _inside(self, number: str, kind: str, goals: tuple[str, ...] | None) -> Iterator[PlannedCall]:
        """A colleague dials it; nothing when the dialplan takes it elsewhere."""
        for _ in range(3):
            phone = self._next_phone()
            if phone is None:
                return
            planned = self._planner.from_inside(phone, number, kind)
            if planned.expected is None or planned.expected.kind in UNDECIDED:
                continue
            if self._planner.held and planned.expected.kind == "outbound":
                return
            if (goals is None or planned.expected.kind in goals) and phone.extension.number not in planned.phones:
                yield planned
                return

    def _next_phone(self) -> Phone | None:
        return self._phones[next(self._turn) % len(self._phones)] if self._phones else None

    # -- failover -----------------------------------------------------------------------------------------

    def failover(self) -> Iterator[PlannedCall]:
        """Every outbound route once more, with its first carrier refusing: the second must get the call."""
        if self._planner.held:
            return
        for index, route in enumerate(self._planner.system.outbound_routes):
            number = sample_number(route.pattern, index + 5)
            phone = self._planner.phone_for(route, index + 1)
            if number is None or phone is None or len(route.trunks) < 2:
                continue
            first = self._planner.from_inside(phone, number, "outbound").expected
            if first is None or first.kind != "outbound":
                continue
            planned = self._planner.from_inside(phone, number, "outbound", refused=first.name)
            if planned.expected is None or planned.expected.kind == "outbound":
                yield planned

    # -- voicemail ----------------------------------------------------------------------------------------

    def voicemail(self) -> tuple[PlannedCall, PlannedCall] | None:
        """A message left for a colleague whose phone is busy, and the colleague listening to it."""
        boxes = {f"{box.number}@{box.context}": box for box in self._planner.system.mailboxes}
        for phone in self._phones:
            box = boxes.get(self._mailbox(phone.extension))
            caller = next((other for other in self._phones if other is not phone), None)
            if box is None or not box.pin or caller is None:
                continue
            left = self._planner.from_inside(caller, phone.extension.number, "voicemail", busy=True)
            if left.expected is None or left.expected.kind != "voicemail":
                continue
            listened = self._listening(phone, box)
            if listened is not None:
                skip = Press(left.expected, "#", wait_s=1.5)  # past the greeting, to the tone
                return left.with_presses((skip,)), listened
        return None

    @staticmethod
    def _mailbox(extension: Extension) -> str:
        name = extension.mailbox or extension.number
        return name if "@" in name else f"{name}@default"

    def _listening(self, phone: Phone, box: Mailbox) -> PlannedCall | None:
        for code in self._planner.system.feature_codes:
            planned = self._planner.from_inside(phone, code.code, "voicemail")
            goal = planned.expected
            if goal is None or goal.kind != "voicemail_main":
                continue
            asked = goal.name.partition("@")[0]
            if asked not in ("", box.number):
                continue
            number = [] if asked else [Press(goal, f"{box.number}#", wait_s=1.5)]
            wait = 3.0 if number else 1.5
            return planned.with_presses(
                (*number, Press(goal, f"{box.pin}#", wait_s=wait), Press(goal, "1", wait_s=wait + 3.0))
            )
        return None
