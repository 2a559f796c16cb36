"""One call followed step by step through the dialplan, as Asterisk would run it, without running it.

A fresh channel's unset variables really are empty, globals and astdb are known, the time is given; so the walker goes
the road the call takes. Where the road forks (a key, an outcome, what only the running system knows) its `driver`
says what happens: `follow` chooses one way, `tree` takes them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Extension, Step, parse_goto, split_arguments
from ringkeep.asterisk.expressions import Unknowable, expand
from ringkeep.phonesystem.callflow.state import Frame, copied, situation
from ringkeep.phonesystem.callflow.stops import Stop
from ringkeep.phonesystem.callflow.values import BUILTIN, Lenient
from ringkeep.phonesystem.functions import Functions
from ringkeep.phonesystem.index import Index, index_of
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.overlay import Overlay
from ringkeep.phonesystem.sentences import Sentence

STEP_LIMIT = 20_000
STEPS_IN_ALL = 100_000  # those of its Local channels counted too: channels that dial channels multiply
COMPARED_AT = {8, 9, 30, 31}  # times at the same step: equal at two in a row, it is a circle
LOOP_LIMIT = 80  # the same step so often is no list being worked through
FRAME_LIMIT = 100
LOCAL_DEPTH = 3


class End(Exception):
    """The walk is over: hangup | waiting | answered | dead_end | loop | limit | known."""

    def __init__(self, why: str) -> None:
        self.why = why


@dataclass(frozen=True, slots=True)
class Choice:
    """One way on from a stop."""

    name: str  # "1", "t", "answer", "busy", "yes": what decides it
    says: Sentence  # for people: "key 1", "nobody answers"
    go: Callable[[Walker], None]  # what it does to the call; may raise End
    likely: bool = True  # False: only when somebody asks for just this


class Driver(Protocol):
    """Says what happens where the road forks."""

    honest: bool  # whether what cannot be known forks the road; else it counts as empty

    def meet(self, walker: Walker, stop: Stop) -> None:
        """The call has come to a stop."""

    def press(self, walker: Walker, stop: Stop) -> None:
        """The call waits for a key at a menu, whose context is the walker's."""

    def choose(self, walker: Walker, stop: Stop, choices: Sequence[Choice]) -> None:
        """The call has come to a stop with several ways on."""


Handler = Callable[["Walker", Step, str], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all walkers of one call share."""

    system: PhoneSystem
    at: datetime
    handlers: Mapping[str, Handler]  # application, lower case -> what it does
    unsure: Mapping[str, Callable[[Walker, Step, str], None]]  # the same when its arguments cannot be known
    applications: frozenset[str] | None  # those the target Asterisk has, lower case; None: all
    assigned: Callable[[], Collection[str]]  # variables that the dialplan itself sets somewhere
    taken: list[int]  # steps so far, in [0]
    steps: dict[tuple[str, str, int, str], Step | None] = field(default_factory=dict)  # looked up before, at this time
    plays: Callable[[str, str], bool] | None = None  # whether there is a sound (name, language); None: all of them


# Applications that expand their own arguments, or whose arguments are nobody's business.
RAW = {"while", "execif", "noop", "verbose", "log"}


class Walker:
    """A call at one moment."""

    at: datetime
    functions: Functions

    def __init__(self, setting: Setting, driver: Driver, functions: Functions) -> None:
        self.setting, self.driver = setting, driver
        self.system, self.at = setting.system, setting.at
        self.variables: dict[str, str] = {}
        self.globals = Overlay(setting.system.dialplan.globals)
        self.unknown: dict[str, str] = {}  # variable -> what decides its value
        self.scripted = ""  # the script that may have set variables of its own
        self.frames: list[Frame] = []
        self.prompts: list[tuple[Step, str, str]] = []  # Background played, no key yet
        self.path: list[Place] = []
        self.context: str = ""
        self.extension: str = ""
        self.priority: int = 1
        self.depth, self.steps = 0, 0
        self.seen: dict[tuple[object, ...], int] = {}
        self.marks: dict[tuple[object, ...], tuple[object, ...]] = {}  # situations there
        self._bind(functions)

    def _bind(self, functions: Functions) -> None:
        self.functions = functions
        functions.variable = self.variable
        functions.set_variable = self.set_variable
        functions.set_local = self.set_local

    def copy(self) -> Walker:
        """The same call, to go another way."""
        made = Walker.__new__(Walker)
        made.__dict__.update(self.__dict__)
        made.variables, made.unknown = dict(self.variables), dict(self.unknown)
        made.globals = self.globals.copy()
        made.frames = [frame.copy() for frame in self.frames]
        made.prompts, made.path, made.seen, made.marks = list(self.prompts), self.path[-1:], {}, {}
        made._bind(copied(self.functions))
        return made

    def situation(self) -> tuple[object, ...]:
        """All that decides how the call goes on, to be compared."""
        frames = tuple((frame.kind, frame.position, frozenset(frame.saved.items())) for frame in self.frames)
        return (
            self.context, self.extension, self.priority, frames, frozenset(self.variables.items()),
            frozenset(self.unknown.items()), self.scripted, self.globals.changed(), situation(self.functions),
        )  # fmt: skip

    @property
    def index(self) -> Index:
        """The system's parts by name."""
        return index_of(self.system)

    # -- running ------------------------------------------------------------------------------------------

    def start(self, context: str, number: str) -> None:
        """Put the call at the beginning. Raises `End` where there is none."""
        self.context, self.extension, self.priority = context, number, 1
        if not self.exists(context, number, 1):
            known = context in self.system.dialplan.contexts
            why = f"{number} is not in {context}" if known else f"context {context or '(none)'} is missing"
            self.dead_end(why, None)

    def run(self) -> None:
        """Go on until the driver or the call ends it with `End`."""
        while True:
            step = self.current()
            if step is None:
                self._fell_off()
                continue
            self._count(step)
            self.perform(step)

    def _count(self, step: Step) -> None:
        self.steps += 1
        taken = self.setting.taken
        taken[0] += 1
        key = (self.context, self.extension, self.priority, len(self.frames))
        self.seen[key] = times = self.seen.get(key, 0) + 1
        self.path.append(step.place)
        if times > LOOP_LIMIT or self.steps > STEP_LIMIT or taken[0] > STEPS_IN_ALL:
            self.goes_round()
        if times in COMPARED_AT:
            if self.marks.get(key) == (now := self.situation()):
                self.goes_round()
            self.marks[key] = now

    def goes_round(self) -> None:
        """A circle: no call ever comes out of it."""
        place = self.path[-1] if self.path else Place("", 0)
        why = "it goes round in circles for ever"
        self.driver.meet(self, Stop("dead_end", why, place, "", "", self.context, self.extension))
        raise End("loop")

    def find(self, context: str, number: str, priority: int | str) -> Extension | None:
        """What Asterisk would run for a number at the walk's time."""
        caller = self.functions.caller["num"]
        found = self.system.dialplan.find(context, number, priority=priority, callerid=caller, at=self.at)
        return found[1] if found else None

    def exists(self, context: str, number: str, priority: int | str) -> bool:
        """Whether there is such a step."""
        return self.find(context, number, priority) is not None

    def current(self) -> Step | None:
        """The step to run next."""
        key = (self.context, self.extension, self.priority, self.functions.caller["num"])
        known = self.setting.steps
        if key not in known:
            extension = self.find(self.context, self.extension, self.priority)
            known[key] = extension.step(self.priority) if extension else None
        return known[key]

    def _fell_off(self) -> None:
        """No next priority: a macro returns, a call under autofallthrough ends."""
        if self.frames and self.frames[-1].kind == "macro":
            self.give_back()
            return
        status = self.variables.get("DIALSTATUS", "")
        kind = {"BUSY": "busy", "CONGESTION": "congestion", "CHANUNAVAIL": "congestion"}.get(status, "hangup")
        place = self.path[-1] if self.path else Place("", 0)
        stop = Stop(kind, "", place, "", "", self.context, self.extension, answered=self.functions.answered)
        self.driver.meet(self, stop)
        raise End("hangup")

    def perform(self, step: Step) -> None:
        """Run one step's application."""
        application = step.application.lower()
        if self.setting.applications is not None and application not in self.setting.applications:
            self.dead_end(f"this Asterisk has no application {step.application}", step)
        handler = self.setting.handlers.get(application)
        self.priority += 1
        if application in RAW:
            if handler is not None:
                handler(self, step, step.arguments)
            return
        try:
            arguments = expand(step.arguments, self)
        except Unknowable as why:
            self._perform_unsure(application, handler, step, str(why))
            return
        if handler is not None:
            handler(self, step, arguments)

    def _perform_unsure(self, application: str, handler: Handler | None, step: Step, why: str) -> None:
        if application in ("set", "mset"):
            self.forget(step, why)
            if not self.driver.honest:
                self.driver.meet(self, self.stop("unknown", why, step, step.arguments))
        elif not self.driver.honest:
            self.driver.meet(self, self.stop("unknown", why, step, step.arguments))
            if handler is not None:
                handler(self, step, self.leniently(step.arguments))
        elif (unsure := self.setting.unsure.get(application)) is not None:
            unsure(self, step, why)
        elif handler is not None:
            handler(self, step, self.leniently(step.arguments))

    def leniently(self, text: str) -> str:
        """The text expanded, what cannot be known taken as empty."""
        try:
            return expand(text, Lenient(self))
        except Unknowable:
            return ""

    def forget(self, step: Step, why: str) -> None:
        """A `Set` whose value cannot be known."""
        parts = split_arguments(step.arguments) if step.application.lower() == "mset" else [step.arguments]
        for part in parts:
            name = part.partition("=")[0].strip().lstrip("_")
            self.unknown[name] = why

    def stop(self, kind: str, name: str, step: Step, arguments: str, **more: object) -> Stop:
        """A stop at a step."""
        return Stop(
            kind, name, step.place, step.application, arguments, self.context, self.extension,
            answered=self.functions.answered, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def dead_end(self, why: str, step: Step | None) -> None:
        """The dialplan leads nowhere from here."""
        place = step.place if step else self.path[-1] if self.path else Place("", 0)
        application, arguments = (step.application, step.arguments) if step else ("", "")
        self.driver.meet(
            self,
            Stop("dead_end", why, place, application, arguments, self.context, self.extension,
                 answered=self.functions.answered),
        )  # fmt: skip
        raise End("dead_end")

    # -- values -------------------------------------------------------------------------------------------

    def variable(self, name: str) -> str:
        """The value of a variable, empty when unset. Raises `Unknowable`."""
        if name in self.unknown:
            raise Unknowable(self.unknown[name])
        value = self.variables.get(name)
        if value is not None:
            return value
        if name.startswith("EVAL "):
            return expand(name[5:], self)
        if name.startswith("GLOBAL("):
            return self.globals.get(name[7:-1], "")
        return self._builtin(name)

    def _builtin(self, name: str) -> str:
        if name == "EXTEN":
            return self.extension
        if name == "CONTEXT":
            return self.context
        if name in self.globals:
            return self.globals[name]
        if name in BUILTIN:
            return BUILTIN[name](self)
        if self.scripted and self.driver.honest and name not in self.setting.assigned():
            raise Unknowable(self.scripted)
        return ""

    def function(self, name: str, arguments: str) -> str:
        """The value of a function. Raises `Unknowable`."""
        if self.unknown and (why := self.unknown.get(f"{name}({arguments})")) is not None:
            raise Unknowable(why)
        return self.functions.read(name, arguments)

    def set_variable(self, name: str, value: str) -> None:
        """Set a variable or `GLOBAL(name)`."""
        if name.startswith("GLOBAL("):
            self.globals[name[7:-1]] = value
            return
        name = name.lstrip("_")
        self.unknown.pop(name, None)
        self.variables[name] = value

    def set_local(self, name: str, value: str) -> None:
        """LOCAL(name): gone when the innermost Gosub returns."""
        if self.frames:
            self.hide({name: value})
        else:
            self.set_variable(name, value)

    # -- jumps --------------------------------------------------------------------------------------------

    def goto(self, text: str, step: Step) -> None:
        """Goto's target, as expanded. Raises `End` where it leads nowhere."""
        context, extension, priority = parse_goto(text, self.context, self.extension)
        found = self.find(context, extension, priority)
        if found is None:
            known = context in self.system.dialplan.contexts
            if not known:
                self.dead_end(f"context {context} is missing", step)
            if not isinstance(priority, int) or not self.exists(context, "i", 1):
                self.dead_end(self._why_nowhere(context, extension, priority), step)
            self.set_variable("INVALID_EXTEN", extension)
            extension, priority, found = "i", 1, self.find(context, "i", 1)
        assert found is not None
        target = found.step(priority)
        assert target is not None
        self.context, self.extension, self.priority = context, extension, target.priority

    def _why_nowhere(self, context: str, extension: str, priority: int | str) -> str:
        if isinstance(priority, str):
            return f"{extension} in {context} has no label {priority}"
        if self.exists(context, extension, 1):
            return f"{extension} in {context} has no priority {priority}"
        return f"{extension} is not in {context}"

    def push(self, kind: str, passed: int = 0) -> None:
        """A Gosub or Macro begins."""
        if len(self.frames) >= FRAME_LIMIT:
            self.goes_round()
        self.frames.append(Frame(kind, self.context, self.extension, self.priority, {}, passed))

    def hide(self, variables: Mapping[str, str]) -> None:
        """Set variables that get their old values back when the innermost Gosub or Macro returns."""
        for name, value in variables.items():
            self.frames[-1].saved.setdefault(name, self.variables.get(name))
            self.variables[name] = value
            self.unknown.pop(name, None)

    def give_back(self) -> None:
        """The innermost Gosub or Macro returns."""
        frame = self.frames.pop()
        for name, value in frame.saved.items():
            self.unknown.pop(name, None)
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value
        self.context, self.extension, self.priority = frame.position

    # -- menus --------------------------------------------------------------------------------------------

    def wait_for_key(self, step: Step, timeout: str) -> None:
        """A menu: the next key decides."""
        played = [(name, language) for _, names, language in self.prompts for name in names.split("&") if name]
        first = self.prompts[0][0] if self.prompts else step
        seconds = float(timeout) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", timeout) else None
        self.prompts = []
        self.driver.press(
            self,
            Stop("menu", self.context, first.place, first.application, first.arguments, self.context, self.extension,
                 prompts=tuple(name for name, _ in played), languages=tuple(language for _, language in played),
                 timeout_s=seconds, answered=self.functions.answered),
        )  # fmt: skip

    def take_key(self, key: str) -> None:
        """A key at a menu: "t" for none, "i" for one that leads nowhere."""
        if key == "t" and self.current() is not None:
            return  # without a key the call goes on with the next priority, where there is one (pbx_builtins.c)
        if key == "t":
            self._special("t")
        elif key == "i" or not self.exists(self.context, key, 1):
            self.set_variable("INVALID_EXTEN", key)
            self._special("i")
        else:
            self.extension, self.priority = key, 1

    def _special(self, name: str) -> None:
        if not self.exists(self.context, name, 1):
            place = self.path[-1] if self.path else Place("", 0)
            stop = Stop("hangup", f"no {name} in {self.context}", place, "", "", self.context, self.extension)
            self.driver.meet(self, stop)
            raise End("hangup")
        self.extension, self.priority = name, 1
