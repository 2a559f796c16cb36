"""Whom a Dial or Queue rings: phones, carriers, and what stands behind Local channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ringkeep.asterisk.dialplan import split_arguments
from ringkeep.phonesystem.callflow.stops import Stop
from ringkeep.phonesystem.callflow.walker import LOCAL_DEPTH, Choice, End, Walker
from ringkeep.phonesystem.functions import Functions

DEVICE = re.compile(r"^(?P<technology>PJSIP|SIP|IAX2|DAHDI|Local|Motif|Console)/(?P<rest>.+)$", re.I | re.S)
HIDDEN_FROM_LOCAL = re.compile(r"ARG[0-9]+|ARGC|MACRO_\w+")


@dataclass(slots=True)
class Rung:
    """What dialled devices come down to."""

    targets: list[str] = field(default_factory=list)  # "PJSIP/201"
    numbers: list[str] = field(default_factory=list)  # extensions
    trunk: str = ""
    carried: str | None = None  # number the carrier sees
    behind: Stop | None = None  # a Local channel that comes to something else: a queue, an announcement

    def add(self, other: Rung) -> None:
        """The same with what another device comes down to."""
        self.targets += other.targets
        self.numbers += other.numbers
        if other.trunk:
            self.trunk, self.carried = other.trunk, other.carried
        self.behind = self.behind or other.behind


def rung_by(w: Walker, devices: Sequence[str]) -> Rung:
    """All devices of a Dial together."""
    all_of_them = Rung()
    for one in devices:
        all_of_them.add(_device(w, one.strip()))
    return all_of_them


def _device(w: Walker, text: str) -> Rung:
    match = DEVICE.match(text)
    if not match:
        return Rung()
    technology, rest = match["technology"].lower(), match["rest"]
    if technology == "local":
        number, _, context = rest.partition("/")[0].partition("@")
        return _behind_local(w, number, context.split("/")[0] or "default")
    number, at, endpoint = rest.partition("@")
    if technology in ("pjsip", "sip") and (not at or "/sip:" in rest):
        endpoint, _, uri = rest.partition("/")
        number = uri.removeprefix("sip:").partition("@")[0]
    name = f"{match['technology']}/{endpoint}"
    if (trunk := w.index.trunks.get((technology, endpoint))) is not None:
        return Rung([name], trunk=trunk.name, carried=number)
    if (phone := w.index.phones.get((technology, endpoint))) is not None:
        return Rung([name], [phone.number])
    if technology in ("iax2", "dahdi"):
        return Rung([text], trunk=rest.partition("/")[0], carried=number or rest.partition("/")[2])
    return Rung()


def _behind_local(w: Walker, number: str, context: str) -> Rung:
    rung = Rung()
    for stop in _stops_of_local(w, context, number):
        if stop.kind in ("extension", "ring_group"):
            rung.targets += stop.targets
            rung.numbers += [target.partition("/")[2].partition("/")[0] for target in stop.targets]
        elif stop.kind == "outbound":
            return Rung(list(stop.targets), trunk=stop.name, carried=stop.number)
        elif stop.kind not in ("dead_end", "hangup", "busy", "congestion", "unknown", "announcement"):
            rung.behind = rung.behind or stop
    return rung


class _Answering:
    """Goes one way: whoever is rung answers, nobody presses a key."""

    honest = False

    def __init__(self) -> None:
        self.stops: list[Stop] = []

    def meet(self, walker: Walker, stop: Stop) -> None:
        self.stops.append(stop)

    def press(self, walker: Walker, stop: Stop) -> None:
        self.stops.append(stop)
        raise End("waiting")

    def choose(self, walker: Walker, stop: Stop, choices: Sequence[Choice]) -> None:
        if stop.kind == "unknown":
            self.stops.append(stop)
            choices[-1].go(walker)
            return
        self.stops.append(stop)
        raise End("answered")


def _stops_of_local(w: Walker, context: str, number: str) -> list[Stop]:
    """What a Local channel comes to."""
    if w.depth >= LOCAL_DEPTH:
        return []
    driver = _Answering()
    channel = f"Local/{number}@{context}-00000001;2"
    functions = Functions(w.system, w.at, w.functions.caller["num"], w.functions.caller["name"], channel)
    functions.database = w.functions.database.copy()
    inner = Walker(w.setting, driver, functions)
    inner.depth = w.depth + 1
    # Inherited variables (`_X`, `__X`) are kept under their plain names: all that matters here.
    inner.variables = {k: v for k, v in w.variables.items() if not HIDDEN_FROM_LOCAL.fullmatch(k)}
    try:
        inner.start(context, number)
        inner.run()
    except End:
        pass
    return driver.stops


def device_names(text: str) -> list[str]:
    """Dial's first argument: "PJSIP/201&PJSIP/202" -> both."""
    return split_arguments(text)[0].split("&")
