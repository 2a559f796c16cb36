"""Whether a call took the road that its walk showed: its executed steps held against the walk's, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringkeep.asterisk.conf import Place
from ringkeep.drills.report import Defect
from ringkeep.lab.calls import Step
from ringkeep.phonesystem.callflow import Walk

AS_WALKED, OTHER = "as walked", "other"


@dataclass(frozen=True, slots=True)
class Road:
    """The places a call is to pass, as far as they can be known before."""

    places: tuple[Place, ...] = ()
    fork: str = ""  # what decides how it goes on after them; empty: they are all
    menus: tuple[tuple[int, int], ...] = ()  # first and last step of each time a key may be pressed: it cuts them short

    @staticmethod
    def of(way: Walk) -> Road:
        """The road of a walk, up to the first thing that only the running system decides."""
        menus: list[tuple[int, int]] = []
        for stop, position in zip(way.stops, way.positions, strict=True):
            if stop.kind == "unknown":
                return Road(way.path[: position + 1], stop.name, tuple(menus))
            if stop.kind == "menu":
                starts = [i for i in range(position, -1, -1) if way.path[i] == stop.place]
                menus.append((starts[0] if starts else position, position))
        return Road(way.path, "", tuple(menus))

    def after_key(self, index: int) -> int | None:
        """Where the road goes on when a key is pressed before the step `index`; None: no key counts there."""
        return next((last + 1 for first, last in self.menus if first < index <= last), None)


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a call left its road."""

    walked: Place | None  # the step that was to come; None: the walk ends here
    taken: Place  # the step that came
    after: Place | None  # the last step on the road

    def defect(self, call: str) -> Defect:
        """The note in the report."""
        after = f" after {self.after}" if self.after else ""
        what = f"{call} arrives, but{after} it takes another road: {self.taken} where {self.walked} was to come"
        return Defect("other-road", "note", str(self.taken), what)


def compare(road: Road, steps: Sequence[Step], place_of: Callable[[Step], Place | None]) -> Parting | None:
    """Where the caller's own steps leave the road; None while they are on it. Steps in no file are passed over."""
    after: Place | None = None
    own = [step for step in steps if step.channel == steps[0].channel]
    taken = [place for step in own if (place := place_of(step)) is not None]
    index = 0
    for place in taken:
        if index < len(road.places) and road.places[index] != place:
            index = road.after_key(index) or index
        if index >= len(road.places):
            return None
        if road.places[index] != place:
            return Parting(road.places[index], place, after)
        after, index = place, index + 1
    return None
