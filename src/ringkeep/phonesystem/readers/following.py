"""Follows literal jumps of a hand-written dialplan to what a caller meets.

Not a walk (`phonesystem.callflow` is): no conditions are decided, the road without exceptions is taken, and what is
not literal ends it. Each call looks at a bounded number of steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Dialplan, Extension, Step, split_arguments, whole_number
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import Announcement, Destination
from ringkeep.phonesystem.readers.devices import Device, devices, trunk_of_out

STEPS = 200  # of one road
DEPTH = 6  # of Macro and Gosub
VARIABLE = re.compile(r"\$\{(\w{1,60})(?::(-?[0-9]{1,3}))?(?::(-?[0-9]{1,3}))?\}")
STAND_IN = 0xE000  # a digit that is not known stands as a character of Unicode's private use area
SAMPLE = {"X": "5", "Z": "5", "N": "5"}
ENDS = {"hangup": "hangup", "busy": "busy", "congestion": "congestion"}
QUIET = {
    "noop", "set", "verbose", "answer", "wait", "progress", "ringing", "log", "playback", "macroexit", "gotoif", "proceeding",
    "execif", "gosubif", "setmusiconhold", "monitor", "mixmonitor", "stopmixmonitor", "playtones", "stopplaytones",
    "sipaddheader", "queuelog", "userevent", "saydigits", "saynumber", "sayalpha", "sayunixtime", "setcallerpres", "resetcdr",
    "nocdr", "trysystem", "system", "agi", "macroif", "while", "endwhile", "mset", "setvar", "dumpchan", "startmusiconhold",
    "stopmusiconhold", "waitexten", "background", "addqueuemember", "removequeuemember", "incrementcounter", "", "celgenuserevent",
}  # fmt: skip
NAMED = {
    "directory": "directory", "disa": "disa", "park": "parking_lot", "parkandannounce": "parking_lot", "parkedcall": "parking_lot",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What the devices and places that a road may come to are called."""

    phones: Mapping[tuple[str, str], str]  # (technology, endpoint) -> extension number
    trunks: Mapping[tuple[str, str], str]  # (technology, endpoint) -> trunk name
    queues: Mapping[str, str] = field(default_factory=dict)  # section -> number or name
    menus: Mapping[tuple[str, Place], str] = field(default_factory=dict)  # (context, step that waits) -> menu
    groups: Mapping[tuple[str, Place], str] = field(default_factory=dict)  # (context, its Dial) -> ring group
    conferences: Mapping[str, str] = field(default_factory=dict)  # room -> number
    pages: Mapping[tuple[str, Place], str] = field(default_factory=dict)  # (context, its Page) -> number
    switches: frozenset[str] = frozenset()  # ids of night switches


@dataclass(frozen=True, slots=True)
class Met:
    """A step that a road passes, its variables filled in as far as they are literal."""

    step: Step
    application: str  # lower case
    arguments: str
    context: str
    extension: str  # with stand-ins for digits that are not known


def stand_in(pattern: str) -> tuple[str, str, str]:
    """A number that matches a pattern: (with stand-ins for its free digits, as digits, as letters)."""
    if not pattern.startswith("_"):
        return pattern, pattern, pattern
    symbols, digits, letters, position = "", "", "", 1
    while position < len(pattern) and len(symbols) < 40:
        letter = pattern[position]
        if letter == "[":
            end = pattern.find("]", position)
            end = end if end > 0 else len(pattern)
            inside = pattern[position + 1 : end]
            digits, letters, position = digits + (inside[:1] or "1"), letters + f"[{inside}]"[:60], end
        elif letter in ".!":
            digits, letters = digits + "5550", letters + letter
            symbols += "".join(chr(STAND_IN + len(symbols) + n) for n in range(4))
            break
        elif letter not in "- ":
            digits, letters = digits + SAMPLE.get(letter.upper(), letter), letters + letter
        if letter not in "- ":
            symbols += chr(STAND_IN + len(symbols))
        position += 1
    return symbols, digits, letters


@dataclass(slots=True)
class Follower:
    """Follows roads through one dialplan."""

    dialplan: Dialplan
    known: Known
    announcements: dict[str, Announcement] = field(default_factory=dict)  # those met, by their first prompt
    _done: dict[tuple[str, str, int | str], Destination] = field(default_factory=dict)
    _within: int = 0  # how many Local channels deep

    def from_number(self, context: str, number: str, priority: int | str = 1) -> Destination:
        """What who dials a number (or a pattern, as written) in a context meets."""
        key = (context, number, priority)
        if key not in self._done:
            if len(self._done) > 100_000:
                self._done.clear()
            self._done[key] = self._meet(context, number, priority)
        return self._done[key]

    def _meet(self, context: str, number: str, priority: int | str) -> Destination:
        prompts: list[str] = []
        road = Road(self.dialplan, number)
        first, last, lost = None, None, f"{context},{number}"
        for met in road.steps(context, road.symbols, priority):
            found = self.decided(met, road)
            if found is not None and found.kind == "hangup" and first is not None:
                return self._announced(prompts, first)
            if found is not None:
                return found
            if met.application == "playback":
                new = [p for p in split_arguments(met.arguments)[0].split("&")[:3] if re.search(r"[a-zA-Z]", p)]
                prompts += new if "${" not in met.arguments else []
                first = first or (met.step.place if prompts else None)
            lost = met.arguments.rpartition(",")[0] if met.application == "jump" else lost
            last = met
        if road.ended == "hangup" and last is not None:
            return self._announced(prompts, first) if first is not None else Destination("hangup", "", "")
        return Destination("dialplan", lost, f"{lost},1")

    def _announced(self, prompts: list[str], place: Place) -> Destination:
        after = Destination("hangup", "", "")
        self.announcements.setdefault(prompts[0], Announcement(prompts[0], None, tuple(prompts[:20]), after, place))
        return Destination("announcement", prompts[0], "")

    def decided(self, met: Met, road: Road) -> Destination | None:
        """Where the step takes the call for good; None when the road goes on."""
        target = f"{met.context},{road.shown(met.extension)}"
        if met.application == "jump":
            return _of_product(met.arguments)
        if met.application in ("gotoiftime", "execiftime"):
            return Destination("time_condition", target, target)
        if met.application in ("gotoif", "gosubif", "execif") and target in self.known.switches:
            return Destination("night_switch", target, target)
        if met.application in ("background", "waitexten", "read"):
            name = self.known.menus.get((met.context, met.step.place))
            return Destination("menu", name, target) if name else None
        if met.application in ENDS:
            return Destination(ENDS[met.application], "", target)
        if met.application in QUIET:
            return None
        return self._thing(met, road, target)

    def _thing(self, met: Met, road: Road, target: str) -> Destination | None:
        words = [road.shown(word.strip()) for word in split_arguments(met.arguments)] or [""]
        match met.application:
            case "dial":
                return self._dialled(met, road, target)
            case "queue":
                return Destination("queue", self.known.queues.get(words[0], words[0]), target)
            case "voicemail":
                box = words[0].partition("&")[0].lstrip("bsu")
                return Destination("mailbox", box.partition("@")[0], target)
            case "confbridge" | "meetme" | "konference":
                return Destination("conference", self.known.conferences.get(words[0], words[0]), target)
            case "page":
                return Destination("paging_group", self.known.pages.get((met.context, met.step.place), target), target)
            case name if name in NAMED:
                return Destination(NAMED[name], words[0] if name == "park" else "", target)
            case "macro" | "gosub" | "goto" | "return":
                return None
        return Destination("application", met.step.application, target)

    def _dialled(self, met: Met, road: Road, target: str) -> Destination | None:
        called = list(devices(split_arguments(met.arguments)[0]))
        if (group := self.known.groups.get((met.context, met.step.place))) is not None:
            return Destination("ring_group", group, target)
        for device in called:
            if device.technology == "local":
                return self._locally(device, road) if len(called) == 1 else None
            if (phone := self.phone(device, road)) is not None:
                return Destination("extension", phone, target)
            if (trunk := self.trunk(device)) is not None:
                number = road.shown(device.number)
                return Destination("outbound", f"{trunk} {number}".strip(), target)
        return None

    def _locally(self, device: Device, road: Road) -> Destination | None:
        if self._within >= DEPTH:
            return None
        self._within += 1
        try:
            return self.from_number(device.endpoint, road.dialled(device.number))
        finally:
            self._within -= 1

    def phone(self, device: Device, road: Road) -> str | None:
        """The extension whose phone the device is; a pattern's letters stay."""
        if device.number:
            return None
        name = road.shown(device.endpoint)
        found = self.known.phones.get((device.technology, name))
        if found is None and name != device.endpoint:
            return name  # PJSIP/${EXTEN} under a pattern: whichever is dialled
        return found

    def trunk(self, device: Device) -> str | None:
        """The trunk that the device is."""
        return self.known.trunks.get((device.technology, device.endpoint))


def _of_product(target: str) -> Destination | None:
    words = target.split(",")
    if len(words) < 3 or words[0] == "from-internal":
        return None
    found = parse_destination(target)
    return found if found is not None and found.kind != "dialplan" else None


@dataclass(slots=True)
class Road:
    """One road from a number: its variables, and how unknown digits are shown."""

    dialplan: Dialplan
    number: str  # as written: a pattern with its underscore
    everything: bool = False  # go on behind a jump that is not literal
    ended: str = ""
    left: int = STEPS
    variables: dict[str, str] = field(default_factory=dict)
    symbols: str = ""
    _digits: dict[int, str] = field(default_factory=dict)
    _letters: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.symbols, digits, letters = stand_in(self.number)
        if self.symbols != self.number:
            split = re.findall(r"\[[^\]]*\]?|.", letters)
            self._digits = {STAND_IN + n: digit for n, digit in enumerate(digits)}
            self._letters = {STAND_IN + n: split[n] if n < len(split) else "" for n in range(len(self.symbols))}

    def shown(self, text: str) -> str:
        """With the pattern's letters in place of digits that are not known."""
        return text.translate(self._letters) if self._letters else text

    def dialled(self, text: str) -> str:
        """With sample digits in place of digits that are not known."""
        return text.translate(self._digits) if self._digits else text

    def filled(self, text: str, extension: str) -> str:
        """The text with every variable whose value is literal."""
        for _ in range(4):
            if "${" not in text or len(text) > 4000:
                break
            after = VARIABLE.sub(lambda match: self._value(match, extension), text)
            if after == text:
                break
            text = after
        return text

    def _value(self, match: re.Match[str], extension: str) -> str:
        value = extension if match[1] == "EXTEN" else self.variables.get(match[1])
        value = self.dialplan.globals.get(match[1]) if value is None else value
        if value is None or "${" + match[1] in value:
            return match[0]
        value = value[int(match[2]) :] if match[2] else value
        return value[: int(match[3])] if match[3] else value

    def steps(self, context: str, extension: str, priority: int | str = 1, depth: int = 0) -> Iterator[Met]:
        """Every step met from there; `ended` then says how: hangup (fell off), lost (a jump that is not literal)."""
        waiting: tuple[str, str, int | str] | None = (context, extension, priority)
        while waiting is not None and self.left > 0:
            context, extension, priority = waiting
            waiting = None
            found = self._find(context, extension, priority)
            if found is None:
                self.ended = "lost"
                return
            home, steps = found
            for step in steps:
                self.left -= 1
                application = step.application.lower()
                arguments = self.filled(step.arguments, extension)
                yield Met(step, application, arguments, home, extension)
                if self.left <= 0:
                    return
                self._set(application, arguments)
                if application == "return":
                    return
                inner = _inner(application, arguments) if depth < DEPTH else None
                if inner is not None:
                    yield from self._inside(inner, depth)
                target = _jump(application, arguments, context, extension)
                if target == "lost" and not self.everything:
                    self.ended = "lost"
                    return
                if target and target != "lost":
                    assert isinstance(target, tuple)
                    yield Met(step, "jump", f"{target[0]},{self.dialled(target[1])},{target[2]}", home, extension)
                    waiting = target
                    break
            else:
                self.ended = "hangup"

    def _inside(self, inner: tuple[str, str, int | str, list[str]], depth: int) -> Iterator[Met]:
        before = {name: self.variables.get(name, "") for name in self.variables if name.startswith("ARG")}
        self.variables |= {f"ARG{n}": value for n, value in enumerate(inner[3][:20], 1)}
        yield from self.steps(inner[0], inner[1], inner[2], depth + 1)
        for n in range(1, len(inner[3][:20]) + 1):
            self.variables.pop(f"ARG{n}", None)
        self.variables |= before

    def _find(self, context: str, extension: str, priority: int | str) -> tuple[str, list[Step]] | None:
        number = self.dialled(extension)
        own = self.dialplan.contexts.get(context)
        exact = own.exact.get(self.number.replace("-", "")) if own and extension == self.symbols else None
        if own is not None and self.number.startswith("_") and extension == self.symbols:
            exact = [e for e in own.patterns if e.pattern == self.number]
        chosen: tuple[str, Extension] | None = (context, exact[-1]) if exact else None
        if chosen is None:
            found = (
                self.dialplan.find(context, number, priority=priority) if context in self.dialplan.contexts else None
            )
            chosen = (found[0].name, found[1]) if found else None
        if chosen is None:
            return None
        step = chosen[1].step(priority)
        if step is None:
            return None
        return chosen[0], [s for s in chosen[1].steps if s.priority >= step.priority]

    def _set(self, application: str, arguments: str) -> None:
        if application in ("set", "setvar", "mset"):
            name, equals, value = arguments.partition("=")
            if equals and re.fullmatch(r"_{0,2}\w{1,60}", name.strip()) and len(self.variables) < 200:
                self.variables[name.strip().lstrip("_")] = value.strip()[:1000]


def _inner(application: str, arguments: str) -> tuple[str, str, int | str, list[str]] | None:
    """The subroutine that a step runs: (context, extension, priority, its arguments)."""
    if "${" in arguments.partition("(")[0] or application not in ("macro", "gosub"):
        return None
    if application == "macro":
        words = split_arguments(arguments)
        return f"macro-{words[0].strip()}", "s", 1, words[1:]
    target, _, rest = arguments.partition("(")
    words = [word.strip() for word in target.split(",")]
    if len(words) != 3:
        return None
    return words[0], words[1], _priority(words[2]), split_arguments(rest.rpartition(")")[0] or rest)


def _jump(application: str, arguments: str, context: str, extension: str) -> tuple[str, str, int | str] | str:
    """Where an unconditional jump goes; "lost" when that is not literal, "" when the step is none."""
    if application != "goto":
        return ""
    if "${" in arguments or "$[" in arguments:
        return "lost"
    words = [word.strip() for word in split_arguments(arguments)]
    where = [context, extension][: max(0, 3 - len(words))] + words[-3:]
    if len(where) != 3:
        return "lost"
    return where[0], where[1], _priority(where[2])


def _priority(text: str) -> int | str:
    number = whole_number(text)
    return text if number is None else number


def trunk_dialled(met: Met, follower: Follower) -> tuple[str, str] | None:
    """(trunk, number sent) of a step that calls out: a Dial of a trunk, or FreePBX's dialout-trunk macro."""
    if met.application == "dial":
        for device in devices(split_arguments(met.arguments)[0]):
            if (name := follower.trunk(device)) is not None:
                return name, device.number
    elif met.application in ("macro", "gosub") and "dialout-" in met.arguments:
        words = split_arguments(re.sub(r"^([\w-]+),s,\w+\((.*)\)$", r"\1,\2", met.arguments))
        if len(words) > 2 and (name := trunk_of_out(words[1], follower.dialplan.globals)):
            return name, words[2]
    return None
