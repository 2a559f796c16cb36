"""One call followed to its end, its keys and outcomes chosen beforehand: what a drill expects of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ringkeep.phonesystem.callflow.stops import Stop, Walk
from ringkeep.phonesystem.callflow.table import HANDLERS, UNSURE
from ringkeep.phonesystem.callflow.walker import Choice, End, Setting, Walker
from ringkeep.phonesystem.functions import Functions
from ringkeep.phonesystem.model import PhoneSystem

STOP_LIMIT = 60


def follow(
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
    plays: Callable[[str, str], bool] | None = None,
) -> Walk:
    """Follow a call to `number` in `context`.

    `keys` are pressed at the menus in turn ("t": wait, "i": a key that leads nowhere); the walk ends waiting at
    the first menu without a key. `outcome` says how a stop that rings ends ("answer", "noanswer", "busy",
    "unavailable"); answered ends the walk. `applications` are those the target Asterisk has; `plays` says whether it has a sound (name, language). What cannot be known is an
    `unknown` stop with its reason, and the walk goes on as if the answer were empty.
    """
    has = None if applications is None else frozenset(name.lower() for name in applications)
    driver = _Follower(list(keys), outcome or (lambda stop: "answer"))
    functions = Functions(system, at, caller, caller_name, channel)
    functions.language = language
    walker = Walker(Setting(system, at, HANDLERS, UNSURE, has, frozenset, [0], plays=plays), driver, functions)
    try:
        walker.start(context, number)
        walker.run()
        ended = "hangup"
    except End as end:
        ended = end.why
    return Walk(
        tuple(driver.stops), ended, walker.functions.language, walker.steps, tuple(walker.path), tuple(driver.positions)
    )


@dataclass
class _Follower:
    keys: list[str]
    outcome: Callable[[Stop], str]
    stops: list[Stop] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    honest = False

    def meet(self, walker: Walker, stop: Stop) -> None:
        self.stops.append(stop)
        self.positions.append(len(walker.path) - 1)
        if len(self.stops) > STOP_LIMIT:
            raise End("limit")

    def press(self, walker: Walker, stop: Stop) -> None:
        self.meet(walker, stop)
        if not self.keys:
            raise End("waiting")
        key = self.keys.pop(0)
        if stop.application.lower() == "read":
            name = stop.arguments.partition(",")[0]
            walker.set_variable(name, "" if key in ("t", "i") else key)
            walker.set_variable("READSTATUS", "TIMEOUT" if key == "t" else "OK")
        else:
            walker.take_key(key)

    def choose(self, walker: Walker, stop: Stop, choices: Sequence[Choice]) -> None:
        self.meet(walker, stop)
        if stop.kind == "unknown":
            choices[-1].go(walker)  # as if the answer were empty
            return
        wanted = self.outcome(stop)
        by_name = {choice.name: choice for choice in choices}
        chosen = by_name.get(wanted) or by_name.get("unavailable" if stop.kind == "queue" else "noanswer") or choices[0]
        chosen.go(walker)
