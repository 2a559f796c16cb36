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

    @staticmethod
    def of(way: Walk) -> Road:
        """The road of a walk, up to the first thing that only the running system decides."""
        fork = next((stop for stop in way.stops if stop.kind == "unknown"), None)
        if fork is None:
            return Road(way.path)
        known = next((i for i, place in enumerate(way.path) if place == fork.place), len(way.path))
        return Road(way.path[: known + 1], fork.name)


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
    for walked, place in zip(road.places, taken, strict=False):
        if walked != place:
            return Parting(walked, place, after)
        after = place
    return None
