"""What a call will meet: the dialplan walked as Asterisk would run it, without running it.

A fresh channel's unset variables really are empty, globals and astdb are known, the time is given; so the
walk is the road the call takes. What only the running system knows (a script, a database, chance) is an
`unknown` stop with its reason, and the walk goes on as if the answer were empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Extension, Step, parse_goto, split_arguments
from ringkeep.asterisk.expressions import Unknowable, expand, is_true
from ringkeep.phonesystem import freepbx
from ringkeep.phonesystem.functions import Functions, time_holds
from ringkeep.phonesystem.model import PhoneSystem

STEP_LIMIT = 20_000
STEPS_IN_ALL = 100_000  # those of its Local channels counted too: channels that dial channels multiply
STOP_LIMIT = 60
LOOP_LIMIT = 80  # the same step so often is no list being worked through
FRAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Stop:
    """Something a person would name on the way of a call."""

    kind: str  # menu queue ring_group extension voicemail voicemail_main conference announcement outbound directory
    #            parking echo record pickup hangup busy congestion dead_end unknown
    name: str
    place: Place
    application: str
    arguments: str
    context: str
    extension: str
    targets: tuple[str, ...] = ()  # Dial: "PJSIP/201"; queue: its members' interfaces
    number: str | None = None  # outbound: what the carrier sees
    prompts: tuple[str, ...] = ()  # sound names played at this stop
    languages: tuple[str, ...] = ()  # of the prompts, one each
    timeout_s: float | None = None
    answered: bool = False  # whether the caller has an answer signal here


@dataclass(frozen=True, slots=True)
class Walk:
    """A call's way from start to end."""

    stops: tuple[Stop, ...]
    ended: str  # hangup | waiting | answered | dead_end | loop | limit
    language: str
    steps: int
    path: tuple[Place, ...]


WORDS = {
    "ring_group": "ring group", "voicemail_main": "voicemail menu", "dead_end": "dead end", "unknown": "decided by",
    "music": "music on hold", "listening": "listening in",
}  # fmt: skip


def describe(stop: Stop) -> str:
    """The stop in a few words: "menu ivr-1", "extension 1001", "dead end: context sales is missing"."""
    kind = WORDS.get(stop.kind, stop.kind)
    if stop.kind == "dead_end":
        return f"{kind}: {stop.name}"
    if stop.kind == "outbound":
        return f"outbound {stop.number} over {stop.name}"
    return f"{kind} {stop.name}".strip()


def walk(
    system: PhoneSystem,
    number: str,
    context: str,
    *,
    at: datetime,
    keys: Sequence[str] = (),
    caller: str = "",
    caller_name: str = "",
    channel: str = "PJSIP/trunk-00000001",
    language: str = "",
    outcome: Callable[[Stop], str] | None = None,
    applications: Collection[str] | None = None,
) -> Walk:
    """Follow a call to `number` in `context`.

    `keys` are pressed at the menus in turn ("t": wait, "i": a key that leads nowhere); the walk ends waiting at
    the first menu without a key. `outcome` says how a stop that rings ends ("answer", "noanswer", "busy",
    "unavailable"); answered ends the walk. `applications` are those the target Asterisk has.
    """
    walker = _Walker(system, at, list(keys), outcome or (lambda stop: "answer"), applications)
    walker.functions = Functions(system, at, caller, caller_name, channel)
    walker.functions.language = language
    walker.functions.variable = walker.variable
    walker.functions.set_variable = walker.set_variable
    walker.functions.set_local = walker.set_local
    return walker.run(context, number)


@dataclass(slots=True)
class _Frame:
    """Where a Gosub or Macro came from."""

    kind: str
    context: str
    extension: str
    priority: int
    saved: dict[str, str | None]  # what its arguments hide; None: unset
    passed: int  # arguments given to it


class _End(Exception):
    def __init__(self, why: str) -> None:
        self.why = why


@dataclass
class _Walker:
    system: PhoneSystem
    at: datetime
    keys: list[str]
    outcome: Callable[[Stop], str]
    applications: Collection[str] | None
    functions: Functions = field(init=False)
    variables: dict[str, str] = field(default_factory=dict)
    globals: dict[str, str] = field(init=False)
    unknown: set[str] = field(default_factory=set)
    stops: list[Stop] = field(default_factory=list)
    path: list[Place] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    prompts: list[tuple[Step, str, str]] = field(default_factory=list)  # Background played, no key yet
    context: str = ""
    extension: str = ""
    priority: int = 1
    depth: int = 0
    taken: list[int] = field(default_factory=lambda: [0])  # steps, one count for a call and all its Local channels

    def __post_init__(self) -> None:
        self.globals = dict(self.system.dialplan.globals)
        self.known_applications = (
            {name.lower() for name in self.applications} if self.applications is not None else None
        )

    # -- running ------------------------------------------------------------------------------------------

    def run(self, context: str, number: str) -> Walk:
        self.context, self.extension, self.priority = context, number, 1
        steps, ended = 0, "hangup"
        seen: dict[tuple[object, ...], int] = {}
        try:
            if not self._exists(context, number, 1):
                self._dead_end(
                    f"{number} is not in {context}"
                    if context in self.system.dialplan.contexts
                    else f"context {context or '(none)'} is missing",
                    None,
                )
            while True:
                step = self._current()
                if step is None:
                    self._fell_off()
                    continue
                steps += 1
                self.taken[0] += 1
                key = (self.context, self.extension, self.priority, len(self.frames))
                seen[key] = seen.get(key, 0) + 1
                if steps > STEP_LIMIT or seen[key] > LOOP_LIMIT or self.taken[0] > STEPS_IN_ALL:
                    raise _End("loop")
                if len(self.stops) > STOP_LIMIT:
                    raise _End("limit")
                self.path.append(step.place)
                self._execute(step)
        except _End as end:
            ended = end.why
        if ended == "loop":
            last = self.path[-1] if self.path else Place("", 0)
            self.stops.append(
                Stop("dead_end", "it goes round in circles for ever", last, "", "", self.context, self.extension)
            )
        return Walk(tuple(self.stops), ended, self.functions.language, steps, tuple(self.path))

    def _find(self, context: str, number: str, priority: int | str) -> Extension | None:
        found = self.system.dialplan.find(context, number, priority=priority, callerid=self.functions.caller["num"])
        return found[1] if found else None

    def _exists(self, context: str, number: str, priority: int | str) -> bool:
        return self._find(context, number, priority) is not None

    def _current(self) -> Step | None:
        extension = self._find(self.context, self.extension, self.priority)
        return extension.step(self.priority) if extension else None

    def _fell_off(self) -> None:
        """No next priority: a macro returns, a call under autofallthrough ends."""
        if self.frames and self.frames[-1].kind == "macro":
            self._return()
            return
        status = self.variables.get("DIALSTATUS", "")
        kind = {"BUSY": "busy", "CONGESTION": "congestion", "CHANUNAVAIL": "congestion"}.get(status, "hangup")
        place = self.path[-1] if self.path else Place("", 0)
        self.stops.append(Stop(kind, "", place, "", "", self.context, self.extension, answered=self.functions.answered))
        raise _End("hangup")

    def _execute(self, step: Step) -> None:
        application = step.application.lower()
        if self.known_applications is not None and application not in self.known_applications:
            self._dead_end(f"this Asterisk has no application {step.application}", step)
        try:
            arguments = step.arguments if application in RAW else expand(step.arguments, self)
        except Unknowable as why:
            self.stops.append(self._stop("unknown", str(why), step, step.arguments))
            arguments = ""
            if application in ("set", "mset"):
                self.unknown.add(step.arguments.partition("=")[0].strip().lstrip("_"))
        self.priority += 1
        handler = HANDLERS.get(application)
        if handler is not None:
            handler(self, step, arguments)

    def _stop(self, kind: str, name: str, step: Step, arguments: str, **more: object) -> Stop:
        return Stop(
            kind, name, step.place, step.application, arguments, self.context, self.extension,
            answered=self.functions.answered, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def _dead_end(self, why: str, step: Step | None) -> None:
        place = step.place if step else self.path[-1] if self.path else Place("", 0)
        application, arguments = (step.application, step.arguments) if step else ("", "")
        self.stops.append(
            Stop(
                "dead_end",
                why,
                place,
                application,
                arguments,
                self.context,
                self.extension,
                answered=self.functions.answered,
            )
        )
        raise _End("dead_end")

    # -- values -------------------------------------------------------------------------------------------

    def variable(self, name: str) -> str:
        if name.startswith("EVAL "):
            return expand(name[5:], self)
        if name.startswith("GLOBAL("):
            return self.globals.get(name[7:-1], "")
        if name in self.unknown:
            raise Unknowable(f"what {name} holds")
        if name in self.variables:
            return self.variables[name]
        return self._builtin(name)

    def _builtin(self, name: str) -> str:
        known: Mapping[str, str] = {
            "MACRO_DEPTH": str(sum(frame.kind == "macro" for frame in self.frames) or ""),
            "EXTEN": self.extension, "CONTEXT": self.context, "PRIORITY": str(self.priority), "CHANNEL": self.functions.channel,
            "EPOCH": str(int(self.at.timestamp())), "UNIQUEID": f"{int(self.at.timestamp())}.1", "SYSTEMNAME": "",
            "ASTVARLIBDIR": "/var/lib/asterisk", "ASTSPOOLDIR": "/var/spool/asterisk", "ASTETCDIR": "/etc/asterisk",
            "ASTAGIDIR": "/var/lib/asterisk/agi-bin", "CALLERID": self.functions.caller["num"],
        }  # fmt: skip
        if name in self.globals:
            return self.globals[name]
        return known.get(name, "")

    def function(self, name: str, arguments: str) -> str:
        return self.functions.read(name, arguments)

    def set_variable(self, name: str, value: str) -> None:
        if name.startswith("GLOBAL("):
            self.globals[name[7:-1]] = value
            return
        self.unknown.discard(name)
        self.variables[name.lstrip("_")] = value

    def set_local(self, name: str, value: str) -> None:
        """LOCAL(name): gone when the innermost Gosub returns."""
        if self.frames:
            self.hide({name: value})
        else:
            self.set_variable(name, value)

    # -- jumps --------------------------------------------------------------------------------------------

    def goto(self, text: str, step: Step) -> None:
        context, extension, priority = parse_goto(text, self.context, self.extension)
        found = self._find(context, extension, priority)
        if found is None:
            if context not in self.system.dialplan.contexts:
                self._dead_end(f"context {context} is missing", step)
            fallback = "i" if context in self.system.dialplan.contexts and self._exists(context, "i", 1) else None
            if fallback is None or not isinstance(priority, int):
                what = (
                    f"label {priority}"
                    if isinstance(priority, str)
                    else f"priority {priority}"
                    if self._exists(context, extension, 1)
                    else ""
                )
                self._dead_end(
                    f"{extension} in {context} has no {what}" if what else f"{extension} is not in {context}", step
                )
            self.set_variable("INVALID_EXTEN", extension)
            extension, priority, found = "i", 1, self._find(context, "i", 1)
        assert found is not None
        target = found.step(priority)
        assert target is not None
        self.context, self.extension, self.priority = context, extension, target.priority

    def push(self, kind: str, passed: int = 0) -> None:
        if len(self.frames) >= FRAME_LIMIT:
            raise _End("loop")
        self.frames.append(_Frame(kind, self.context, self.extension, self.priority, {}, passed))

    def hide(self, variables: Mapping[str, str]) -> None:
        """Set variables that get their old values back when the innermost Gosub or Macro returns."""
        for name, value in variables.items():
            self.frames[-1].saved.setdefault(name, self.variables.get(name))
            self.variables[name] = value

    def _return(self) -> None:
        frame = self.frames.pop()
        for name, value in frame.saved.items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value
        self.context, self.extension, self.priority = frame.context, frame.extension, frame.priority

    def press(self, step: Step, timeout: str) -> None:
        """A menu: the next key decides; without one the walk ends here, waiting."""
        played = [(name, language) for _, names, language in self.prompts for name in names.split("&") if name]
        first = self.prompts[0][0] if self.prompts else step
        seconds = float(timeout) if re.fullmatch(r"\d+(\.\d+)?", timeout) else None
        self.stops.append(
            Stop("menu", self.context, first.place, first.application, first.arguments, self.context, self.extension,
                 prompts=tuple(name for name, _ in played), languages=tuple(language for _, language in played),
                 timeout_s=seconds, answered=self.functions.answered)
        )  # fmt: skip
        self.prompts = []
        if not self.keys:
            raise _End("waiting")
        key = self.keys.pop(0)
        if key == "t" and self._current() is not None:
            return  # without a key the call goes on with the next priority, where there is one (pbx_builtins.c)
        if key == "t":
            self._special("t", step)
        elif key == "i" or not self._exists(self.context, key, 1):
            self.set_variable("INVALID_EXTEN", key)
            self._special("i", step)
        else:
            self.extension, self.priority = key, 1

    def _special(self, name: str, step: Step) -> None:
        if not self._exists(self.context, name, 1):
            self.stops.append(self._stop("hangup", f"no {name} in {self.context}", step, ""))
            raise _End("hangup")
        self.extension, self.priority = name, 1

    def settle(self, stop: Stop, variable: str) -> None:
        """A stop that rings: ends the walk when answered, else goes on with its status."""
        self.stops.append(stop)
        result = self.outcome(stop)
        if result == "answer":
            raise _End("answered")
        words = {"noanswer": "NOANSWER", "busy": "BUSY", "unavailable": "CHANUNAVAIL", "congestion": "CONGESTION"}
        status = words.get(result, "NOANSWER")
        self.set_variable(
            variable, status if variable == "DIALSTATUS" else "TIMEOUT" if result == "noanswer" else "JOINEMPTY"
        )

    def children(self, context: str, number: str) -> list[Stop]:
        """Where a Local channel ends up."""
        if self.depth >= 3:
            return []
        inner = _Walker(self.system, self.at, [], lambda stop: "answer", self.applications)
        inner.functions = Functions(
            self.system,
            self.at,
            self.functions.caller["num"],
            self.functions.caller["name"],
            f"Local/{number}@{context}-00000001;2",
        )
        inner.functions.database = dict(self.functions.database)
        inner.functions.variable, inner.functions.set_variable = inner.variable, inner.set_variable
        inner.functions.set_local = inner.set_local
        inner.depth, inner.taken = self.depth + 1, self.taken
        # Inherited variables (`_X`, `__X`) are kept under their plain names: all that matters here.
        inner.variables = {k: v for k, v in self.variables.items() if not re.fullmatch(r"ARG\d+|ARGC|MACRO_\w+", k)}
        return list(inner.run(context, number).stops)


# -- applications ---------------------------------------------------------------------------------------------

RAW = {"while", "execif", "noop", "verbose", "log"}
Handler = Callable[[_Walker, Step, str], None]


def _set(w: _Walker, step: Step, arguments: str) -> None:
    name, equals, value = arguments.partition("=")
    if not equals:
        return
    w.functions.assign(name.strip(), value)


def _mset(w: _Walker, step: Step, arguments: str) -> None:
    for one in split_arguments(arguments):
        _set(w, step, one)


def _goto(w: _Walker, step: Step, arguments: str) -> None:
    w.goto(arguments, step)


def _branch(arguments: str) -> tuple[str, str, str]:
    condition, _, rest = arguments.partition("?")
    depth = 0
    for index, letter in enumerate(rest):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == ":" and depth <= 0:
            return condition, rest[:index], rest[index + 1 :]
    return condition, rest, ""


def _gotoif(w: _Walker, step: Step, arguments: str) -> None:
    condition, yes, no = _branch(arguments)
    target = yes if is_true(condition) else no
    if target.strip():
        w.goto(target, step)


def _gotoiftime(w: _Walker, step: Step, arguments: str) -> None:
    spec, yes, no = arguments.partition("?")[0], *_branch("?" + arguments.partition("?")[2])[1:]
    target = yes if time_holds(spec, w.at) else no
    if target.strip():
        w.goto(target, step)


def _gosub(w: _Walker, step: Step, arguments: str) -> None:
    place, _, rest = arguments.partition("(")
    inside = rest.rpartition(")")[0] if ")" in rest else rest
    values = split_arguments(inside) if inside else []
    # What the last Gosub passed is hidden, also where this one passes less; a Macro's arguments stay visible.
    hidden = next((frame.passed for frame in reversed(w.frames) if frame.kind == "gosub"), 0)
    w.push("gosub", len(values))
    _arguments(w, [*values, *[""] * (hidden - len(values))])
    w.hide({"ARGC": str(len(values))})
    w.goto(place, step)


def _gosubif(w: _Walker, step: Step, arguments: str) -> None:
    condition, yes, no = _branch(arguments)
    target = yes if is_true(condition) else no
    if target.strip():
        _gosub(w, step, target)


def _arguments(w: _Walker, values: list[str]) -> None:
    w.hide({f"ARG{index}": value for index, value in enumerate(values, 1)})


def _macro(w: _Walker, step: Step, arguments: str) -> None:
    words = split_arguments(arguments)
    context = f"macro-{words[0].strip()}"
    if not w._exists(context, "s", 1):
        w._dead_end(f"macro {words[0]} is missing", step)
    extension = w.extension
    w.push("macro")
    _arguments(w, words[1:])
    outermost = {"MACRO_EXTEN": extension, "MACRO_CONTEXT": w.frames[-1].context}
    w.hide({name: w.variables.get(name) or value for name, value in outermost.items()})
    w.context, w.extension, w.priority = context, "s", 1


def _macroif(w: _Walker, step: Step, arguments: str) -> None:
    condition, yes, no = _branch(arguments)
    if target := (yes if is_true(condition) else no).strip():
        _macro(w, step, target)


def _return(w: _Walker, step: Step, arguments: str) -> None:
    if not w.frames:
        w.stops.append(w._stop("hangup", "Return without Gosub", step, arguments))
        raise _End("hangup")
    w.variables["GOSUB_RETVAL"] = arguments
    w._return()
    w.variables["GOSUB_RETVAL"] = arguments


def _stackpop(w: _Walker, step: Step, arguments: str) -> None:
    if w.frames:
        w.frames.pop()


def _execif(w: _Walker, step: Step, arguments: str) -> None:
    condition, yes, no = _branch(arguments)
    try:
        chosen = yes if is_true(expand(condition, w)) else no
        name, _, rest = chosen.strip().partition("(")
        inner = expand(rest[: rest.rfind(")")] if ")" in rest else rest, w)
    except Unknowable as why:
        w.stops.append(w._stop("unknown", str(why), step, arguments))
        return
    handler = HANDLERS.get(name.strip().lower())
    if handler is not None and name.strip():
        handler(w, Step(step.priority, step.label, name.strip(), inner, step.place), inner)


def _exec(w: _Walker, step: Step, arguments: str) -> None:
    name, _, rest = arguments.partition("(")
    handler = HANDLERS.get(name.strip().lower())
    if handler is not None:
        handler(w, step, rest[: rest.rfind(")")] if ")" in rest else rest)


def _while(w: _Walker, step: Step, arguments: str) -> None:
    try:
        holds = is_true(expand(arguments, w))
    except Unknowable:
        holds = False
    if not holds:
        _skip_to_end(w)


def _skip_to_end(w: _Walker) -> None:
    extension = w._find(w.context, w.extension, 1)
    depth = 0
    for step in extension.steps if extension else ():
        if step.priority < w.priority:
            continue
        if step.application.lower() == "while":
            depth += 1
        elif step.application.lower() == "endwhile":
            if not depth:
                w.priority = step.priority + 1
                return
            depth -= 1


def _endwhile(w: _Walker, step: Step, arguments: str) -> None:
    extension = w._find(w.context, w.extension, 1)
    depth = 0
    for earlier in reversed(extension.steps if extension else []):
        if earlier.priority >= step.priority:
            continue
        if earlier.application.lower() == "endwhile":
            depth += 1
        elif earlier.application.lower() == "while":
            if not depth:
                w.priority = earlier.priority
                return
            depth -= 1


def _answer(w: _Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True


def _names(arguments: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in split_arguments(arguments)[0].split("&") if name.strip())


def _playback(w: _Walker, step: Step, arguments: str) -> None:
    options = [*split_arguments(arguments), "", ""][1].lower()
    if "noanswer" not in options and "skip" not in options:
        w.functions.answered = True
    names = _names(arguments)
    if names:
        w.stops.append(
            w._stop(
                "announcement",
                ", ".join(names),
                step,
                arguments,
                prompts=names,
                languages=(w.functions.language,) * len(names),
            )
        )


def _background(w: _Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True
    w.prompts.append((step, "&".join(_names(arguments)), w.functions.language))
    # A key pressed while it plays has the same effect as one pressed after it.
    waits = _waits_later(w)
    if not waits:
        w.press(step, "")


def _waits_later(w: _Walker) -> bool:
    extension = w._find(w.context, w.extension, 1)
    later = [s for s in extension.steps if s.priority >= w.priority] if extension else []
    return any(
        s.application.lower() in ("waitexten", "background", "execif", "gotoif", "goto", "set", "gosubif")
        for s in later[:8]
    ) and any(s.application.lower() == "waitexten" for s in later)


def _waitexten(w: _Walker, step: Step, arguments: str) -> None:
    w.press(step, split_arguments(arguments)[0])


def _read(w: _Walker, step: Step, arguments: str) -> None:
    words = [*split_arguments(arguments), "", "", ""]
    w.functions.answered = True
    names = tuple(n for n in words[1].split("&") if n)
    stop = w._stop("menu", w.context, step, arguments, prompts=names, languages=(w.functions.language,) * len(names))
    w.stops.append(stop)
    if not w.keys:
        raise _End("waiting")
    key = w.keys.pop(0)
    w.set_variable(words[0], "" if key in ("t", "i") else key)
    w.set_variable("READSTATUS", "TIMEOUT" if key == "t" else "OK")


DEVICE = re.compile(r"^(?P<technology>PJSIP|SIP|IAX2|DAHDI|Local|Motif|Console)/(?P<rest>.+)$", re.I)


def _dial(w: _Walker, step: Step, arguments: str) -> None:
    words = [*split_arguments(arguments), "", ""]
    targets: list[str] = []
    numbers: list[str] = []
    trunk, carried = "", None
    for one in words[0].split("&"):
        found = _target(w, one.strip())
        targets += found[0]
        numbers += found[1]
        if found[2]:
            trunk, carried = found[2], found[3]
    seconds = float(words[1]) if re.fullmatch(r"\d+(\.\d+)?", words[1].strip()) else None
    if trunk and not numbers:
        kind, name = "outbound", trunk
    elif len(set(numbers)) > 1:
        kind, name = "ring_group", w.extension if w.extension.isdigit() else ", ".join(dict.fromkeys(numbers))
    elif numbers:
        kind, name = "extension", numbers[0]
    else:
        w.stops.append(w._stop("dead_end", f"Dial({arguments[:60]}) rings nobody", step, arguments))
        w.set_variable("DIALSTATUS", "CHANUNAVAIL")
        return
    w.settle(
        w._stop(kind, name, step, arguments, targets=tuple(targets), number=carried, timeout_s=seconds), "DIALSTATUS"
    )


def _target(w: _Walker, text: str) -> tuple[list[str], list[str], str, str | None]:
    """One dialled device: (targets, extension numbers, trunk, number the carrier sees)."""
    match = DEVICE.match(text)
    if not match:
        return [], [], "", None
    technology, rest = match["technology"].lower(), match["rest"]
    if technology == "local":
        number, _, context = rest.partition("/")[0].partition("@")
        return _through_local(w, number, context.split("/")[0])
    number, at, endpoint = rest.partition("@")
    if technology in ("pjsip", "sip") and (not at or "/sip:" in rest):
        endpoint, _, uri = rest.partition("/")
        number = re.sub(r"^sip:|@.*$", "", uri)
    for trunk in w.system.trunks:
        if trunk.technology == technology and trunk.endpoint == endpoint:
            return [f"{match['technology']}/{endpoint}"], [], trunk.name, number
    for phone in w.system.extensions:
        if phone.technology == technology and phone.endpoint == endpoint:
            return [f"{match['technology']}/{endpoint}"], [phone.number], "", None
    if technology in ("iax2", "dahdi"):
        return [text], [], rest.partition("/")[0], number or rest.partition("/")[2]
    return [], [], "", None


def _through_local(w: _Walker, number: str, context: str) -> tuple[list[str], list[str], str, str | None]:
    targets: list[str] = []
    numbers: list[str] = []
    for stop in w.children(context, number):
        if stop.kind in ("extension", "ring_group"):
            targets += stop.targets
            numbers += [t.partition("/")[2].partition("/")[0] for t in stop.targets]
        elif stop.kind == "outbound":
            return list(stop.targets), [], stop.name, stop.number
    return targets, numbers, "", None


def _queue(w: _Walker, step: Step, arguments: str) -> None:
    words = [*split_arguments(arguments), "", "", "", ""]
    queue = next((q for q in w.system.queues if q.name == words[0]), None)
    if queue is None:
        w.stops.append(w._stop("dead_end", f"queue {words[0]} is missing", step, arguments))
        w.set_variable("QUEUESTATUS", "UNKNOWN")
        return
    w.functions.answered = w.functions.answered
    targets: list[str] = []
    for member in queue.members:
        targets += _target(w, member.partition(",")[0])[0]
    seconds = float(words[4]) if re.fullmatch(r"\d+", words[4].strip()) else None
    w.settle(w._stop("queue", queue.name, step, arguments, targets=tuple(targets), timeout_s=seconds), "QUEUESTATUS")


def _voicemail(w: _Walker, step: Step, arguments: str) -> None:
    mailboxes = split_arguments(arguments)[0].split("&")
    known = {f"{m.number}@{m.context}" for m in w.system.mailboxes}
    wanted = [name if "@" in name else f"{name}@default" for name in mailboxes]
    if not any(name in known for name in wanted):
        w.stops.append(w._stop("dead_end", f"mailbox {wanted[0]} is missing", step, arguments))
        w.set_variable("VMSTATUS", "FAILED")
        return
    w.functions.answered = True
    w.stops.append(w._stop("voicemail", wanted[0], step, arguments))
    raise _End("answered")


def _final(kind: str, *, answers: bool = True) -> Handler:
    def handler(w: _Walker, step: Step, arguments: str) -> None:
        if answers:
            w.functions.answered = True
        w.stops.append(w._stop(kind, split_arguments(arguments)[0], step, arguments))
        raise _End("answered" if answers else "hangup")

    return handler


def _agi(w: _Walker, step: Step, arguments: str) -> None:
    words = split_arguments(arguments)
    name = words[0].rpartition("/")[2]
    if name == freepbx.RING_SCRIPT:
        _ring_script(w)
        return
    w.stops.append(w._stop("unknown", f"the script {name}", step, arguments))


def _ring_script(w: _Walker) -> None:
    arguments = {name: w.variables.get(name, "") for name in ("ARG1", "ARG2", "ARG3")}
    forwarding = not w.variables.get("CFIGNORE")
    devices, left = freepbx.phones_to_ring(arguments["ARG3"], w.functions.database, forwarding=forwarding)
    if devices:
        w.set_variable("ds", f"{devices},{arguments['ARG1']},{arguments['ARG2']}")
        w.set_variable("FILTERED_DIAL", left)
        w.set_variable("MACRODIALGOTO_PRI", freepbx.RING_LABEL)


def _read_time(w: _Walker, step: Step, arguments: str) -> None:
    w.functions.answered = True


HANDLERS: dict[str, Handler] = {
    "set": _set, "mset": _mset, "goto": _goto,
    "gotoif": _gotoif, "gotoiftime": _gotoiftime, "gosub": _gosub, "gosubif": _gosubif, "macro": _macro, "macroif": _macroif,
    "macroexit": lambda w, s, a: w._return() if w.frames else None, "return": _return, "stackpop": _stackpop,
    "execif": _execif, "exec": _exec, "tryexec": _exec, "while": _while, "endwhile": _endwhile,
    "exitwhile": lambda w, s, a: _skip_to_end(w), "clearhash": lambda w, s, a: w.functions.clear_hash(a.strip()), "answer": _answer, "playback": _playback, "controlplayback": _playback,
    "background": _background, "waitexten": _waitexten, "read": _read, "dial": _dial, "queue": _queue,
    "voicemail": _voicemail, "voicemailmain": _final("voicemail_main"), "confbridge": _final("conference"),
    "meetme": _final("conference"), "page": _final("ring_group"), "park": _final("parking"), "directory": _final("directory"),
    "echo": _final("echo"), "record": _final("record"), "pickup": _final("pickup"), "pickupchan": _final("pickup"),
    "musiconhold": _final("music"), "chanspy": _final("listening"), "milliwatt": _final("tone"),
    "disa": _final("DISA"), "hangup": _final("hangup", answers=False), "busy": _final("busy", answers=False),
    "congestion": _final("congestion", answers=False), "agi": _agi, "deadagi": _agi, "eagi": _agi, "saydigits": _read_time,
    "saynumber": _read_time, "sayunixtime": _read_time, "sayalpha": _read_time, "authenticate": _read_time,
}  # fmt: skip
