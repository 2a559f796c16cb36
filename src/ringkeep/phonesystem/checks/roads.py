"""The roads through a dialplan for somebody who may choose digits: where can a caller from outside get to?

Not one call is walked here, but all at once: what a caller may choose is a set of numbers (`Shape`), and a road is
followed wherever that set can lead. Two things end a road: a password asked for, and what only the running system
knows. So a hole that is told is there in the dialplan as written; silence is no proof of the contrary.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Extension, Step, parse_goto, split_arguments
from ringkeep.phonesystem.checks.shapes import EVERYTHING, Shape, meet, shape_of, slice_numbers
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.references import branches, calls_of

NODES = 60_000  # places of a dialplan looked at in one search
VARIABLE = re.compile(r"\$\{(?:FILTER\([^,${}]*,\$\{)?(\w+)((?::-?\d+)*)\}?(?:\)\})?")
ASKS = {"authenticate", "vmauthenticate"}
TECHNOLOGY = re.compile(r"(PJSIP|SIP|IAX2|DAHDI|Zap)/(.*)", re.I | re.S)

Value = str | Shape | None  # known, chosen by the caller within a shape, or not known
Chosen = Mapping[str, Shape]  # variables whose value a caller chose


@dataclass(frozen=True, slots=True)
class Door:
    """Where a caller got to choose digits."""

    context: str  # whose numbers can be chosen
    place: Place
    how: str  # number | menu | disa | guest
    crossed: Place | None = None  # the include or jump by which the road got to where phones dial
    start: str = ""  # the context where a caller first chose; "": this one


@dataclass(frozen=True, slots=True)
class Exit:
    """A line of the dialplan that dials a trunk with a number the caller chose."""

    door: Door
    context: str
    pattern: str
    trunk: str
    place: Place


@dataclass(frozen=True, slots=True)
class _Node:
    context: str  # where the channel is
    home: str  # the context that has the extension
    extension: Extension
    chosen: tuple[tuple[str, Shape], ...]
    door: Door


@dataclass
class Roads:
    """One search from some doors."""

    system: PhoneSystem
    inside: frozenset[str] = frozenset()  # the contexts that phones dial in, with all they include
    exits: list[Exit] = field(default_factory=list)
    steps: dict[Place, tuple[Step, Chosen, Door]] = field(default_factory=dict)  # every step come to, once
    _waiting: deque[_Node] = field(default_factory=deque)
    _seen: set[tuple[object, ...]] = field(default_factory=set)
    _opened: set[tuple[str, Shape]] = field(default_factory=set)

    def open_door(self, door: Door, shape: Shape) -> None:
        """A caller may choose a number of that shape in the door's context."""
        if (door.context, shape) in self._opened:
            return
        self._opened.add((door.context, shape))
        crossing = self._crossings(door)
        for context in self.system.dialplan.includes_of(door.context):
            for extension in context.extensions:
                if not meet(shape, shape_of(extension.pattern)):
                    continue
                picked = extension.pattern.startswith("_")
                chosen = (("EXTEN", shape_of(extension.pattern)),) if picked else ()
                self._add(_Node(door.context, context.name, extension, chosen, crossing.get(context.name, door)))

    def enter(self, context: str, number: str, chosen: Chosen, door: Door) -> None:
        """The call goes to one number of a context."""
        if found := self.system.dialplan.find(context, number):
            self._add(_Node(context, found[0].name, found[1], tuple(chosen.items()), door))

    def run(self) -> Roads:
        """Follow everything."""
        while self._waiting and len(self._seen) < NODES:
            self._follow(self._waiting.popleft())
        return self

    def _add(self, node: _Node) -> None:
        key = (node.context, node.home, node.extension.place, node.chosen)
        if key not in self._seen:
            self._seen.add(key)
            self._waiting.append(node)

    # -- one extension ------------------------------------------------------------------------------------

    def _follow(self, node: _Node) -> None:
        chosen = dict(node.chosen)
        for step in node.extension.steps:
            for application, arguments in calls_of(step):
                name = application.lower()
                self.steps.setdefault(step.place, (step, dict(chosen), node.door))
                if name in ASKS:
                    return
                if name in ("set", "mset"):
                    self._set(arguments, chosen)
                elif name == "read":
                    chosen[split_arguments(arguments)[0].strip()] = EVERYTHING
                elif handler := HANDLERS.get(name):
                    handler(self, node, step, arguments, chosen)

    def _set(self, arguments: str, chosen: dict[str, Shape]) -> None:
        name, _, value = arguments.partition("=")
        name = name.strip().lstrip("_")
        shape = self.value(value, chosen)
        if isinstance(shape, Shape):
            chosen[name] = shape
        else:
            chosen.pop(name, None)

    def value(self, text: str, chosen: Chosen) -> Value:
        """What a text of the dialplan stands for."""
        found: Value = ""
        position = 0
        while position < len(text):
            at = text.find("$", position)
            if at < 0:
                return _joined(found, text[position:])
            found = _joined(found, text[position:at])
            match = VARIABLE.match(text, at)
            if match is None:
                return self._mixed(text, chosen)
            if match[1] in chosen:
                cut = slice_numbers(match[2][1:]) if match[2] else None
                if match[2] and cut is None:
                    return EVERYTHING
                shape = chosen[match[1]]
                found = _joined(found, shape.cut(*cut) if cut else shape)
            elif match[1] in self.system.dialplan.globals and not match[2]:
                found = _joined(found, self.system.dialplan.globals[match[1]])
            else:
                return self._mixed(text, chosen)
            position = match.end()
        return found

    def _mixed(self, text: str, chosen: Chosen) -> Value:
        """An expression: chosen by the caller as soon as it yields something chosen, else not known."""
        return EVERYTHING if any(re.search(rf"[:?]\s*\$\{{{re.escape(name)}\b", text) for name in chosen) else None

    # -- applications -------------------------------------------------------------------------------------

    def _goto(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        words = [word.strip() for word in split_arguments(arguments)]
        if len(words) == 1:
            return  # inside the same extension
        context = self.value(words[-3], chosen) if len(words) > 2 else node.context
        number = self.value(words[-2], chosen)
        if not isinstance(context, str) or number is None:
            return
        if isinstance(number, Shape):
            start = node.door.start or node.door.context
            door = Door(context, step.place, node.door.how, self._led(node, context, step), start)
            self.open_door(door, number)
        else:
            priority = parse_goto(arguments, node.context, number)[2]
            carried = {name: shape for name, shape in chosen.items() if name != "EXTEN"}
            found = self.system.dialplan.find(context, number, priority=priority)
            if found:
                self._add(_Node(context, found[0].name, found[1], tuple(carried.items()), node.door))

    def _branch(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        for target in branches(arguments):
            if target:
                self._goto(node, step, target, chosen)

    def _gosub(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        target, _, passed = arguments.partition("(")
        words = [word.strip() for word in target.split(",")]
        context = words[-3] if len(words) > 2 else node.context
        number = words[-2] if len(words) > 1 else None
        if number and "$" not in context + number:
            self.enter(context, number, self._passed(split_arguments(passed.rstrip(")")), chosen), node.door)

    def _gosubif(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        rest = arguments.partition("?")[2]
        for target in re.split(r":(?=[\w-]+,)", rest):
            self._gosub(node, step, target, chosen)

    def _macro(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        words = split_arguments(arguments)
        name = words[0].strip()
        if re.match(r"dialout-(trunk|enum|dundi)", name):  # FreePBX: trunk, number, whether a PIN is asked for
            number = self.value(words[2], chosen) if len(words) > 2 else None
            asked = len(words) > 3 and words[3].strip()
            if isinstance(number, Shape) and number.wide and not asked:
                self._exit(node, step, trunk_of_product(self.system, words[1]))
        elif "$" not in name:
            self.enter(f"macro-{name}", "s", self._passed(words[1:], chosen), node.door)

    def _passed(self, words: list[str], chosen: Chosen) -> Chosen:
        """What a Gosub or Macro sees: its arguments, and the variables that are everywhere."""
        found = {name: shape for name, shape in chosen.items() if name != "EXTEN"}
        for number, word in enumerate(words, 1):
            shape = self.value(word.strip(), chosen)
            if isinstance(shape, Shape):
                found[f"ARG{number}"] = shape
        return found

    def _dial(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        for device in split_arguments(arguments)[0].split("&"):
            device = device.strip()
            if device.lower().startswith("local/"):
                number, _, context = device[6:].partition("@")
                self._goto(node, step, f"{context.partition('/')[0]},{number},1", chosen)
                continue
            for trunk, number in outside(self.system, device):
                shape = self.value(number, chosen)
                if isinstance(shape, Shape) and shape.wide:
                    self._exit(node, step, trunk)

    def _exit(self, node: _Node, step: Step, trunk: str) -> None:
        self.exits.append(Exit(node.door, node.home, node.extension.pattern, trunk, step.place))

    def _crossings(self, door: Door) -> dict[str, Door]:
        """Included context -> the door with the include by which the road got inside first."""
        if door.crossed or door.context in self.inside:
            return {}
        contexts = self.system.dialplan.contexts
        found: dict[str, Door] = {door.context: door}
        waiting = [door.context]
        while waiting:
            name = waiting.pop(0)
            for include in contexts[name].includes if name in contexts else ():
                if include.context not in found:
                    mine = found[name]
                    inside = mine.crossed is None and include.context in self.inside
                    found[include.context] = replace(mine, crossed=include.place) if inside else mine
                    waiting.append(include.context)
        return found

    def _led(self, node: _Node, context: str, step: Step) -> Place | None:
        """Where the road got inside, when it goes on to that context."""
        crosses = context in self.inside and node.home not in self.inside
        return node.door.crossed or (step.place if crosses else None)

    def _menu(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        self.open_door(Door(node.context, step.place, "menu"), EVERYTHING)

    def _background(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        words = split_arguments(arguments)
        context = words[3].strip() if len(words) > 3 and words[3].strip() else node.context
        if "$" not in context:
            self.open_door(Door(context, step.place, "menu"), EVERYTHING)

    def _disa(self, node: _Node, step: Step, arguments: str, chosen: Chosen) -> None:
        words = [word.strip() for word in split_arguments(arguments)]
        if words[0].lower() == "no-password":
            context = self.value(words[1], chosen) if len(words) > 1 and words[1] else "disa"
            if isinstance(context, str):
                self.open_door(Door(context, step.place, "disa"), EVERYTHING)


HANDLERS = {
    "goto": Roads._goto, "gotoif": Roads._branch, "gotoiftime": Roads._branch, "gosub": Roads._gosub,
    "gosubif": Roads._gosubif, "macro": Roads._macro, "dial": Roads._dial, "waitexten": Roads._menu,
    "background": Roads._background, "disa": Roads._disa,
}  # fmt: skip


def _joined(a: Value, b: Value) -> Value:
    if a is None or b is None:
        return None
    if isinstance(a, str):
        return a + b if isinstance(b, str) else b.after(a)
    if isinstance(b, str):
        return a if a.open else Shape((*a.places, *(frozenset(letter) for letter in b)))
    return EVERYTHING if a.open else Shape((*a.places, *b.places), b.open)


def outside(system: PhoneSystem, device: str) -> Iterator[tuple[str, str]]:
    """(trunk, number) for a device of Dial that is a trunk: `PJSIP/${EXTEN}@carrier`, `SIP/carrier/1234`, `DAHDI/g0/1`."""
    device = re.sub(r"\$\{(\w+)\}", lambda m: system.dialplan.globals.get(m[1], m[0]), device)
    match = TECHNOLOGY.match(device)
    if match is None:
        return
    technology, rest = match[1].lower(), match[2]
    trunks = {t.endpoint: t.name for t in system.trunks}
    if technology in ("dahdi", "zap"):
        channel, slash, number = rest.partition("/")
        if slash and re.match(r"[gGrRi]?\d+$", channel):
            yield f"DAHDI/{channel}", number
        return
    if "/" in rest and "@" not in rest.partition("/")[0]:
        endpoint, _, number = rest.partition("/")
        number = number.removeprefix("sip:").partition("@")[0]
    else:
        number, _, endpoint = rest.rpartition("@")
    endpoint = endpoint.split("/")[0].split(":")[0]
    if endpoint in trunks and number:
        yield trunks[endpoint], number
    elif technology == "iax2" and number and "@" in rest:
        yield endpoint, number


def trunk_of_product(system: PhoneSystem, number: str) -> str:
    """The name of FreePBX's and Issabel's trunk of that id, from the globals they write."""
    values = system.dialplan.globals
    name = values.get(f"OUT_{number}_SUFFIX", "") or values.get(f"OUT_{number}", "")
    return re.sub(r"^\w+/|^@", "", name) or number
