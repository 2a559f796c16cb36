"""What a call meets, as values: the stops of one road, and the road itself."""

from __future__ import annotations

from dataclasses import dataclass

from ringkeep.asterisk.conf import Place


@dataclass(frozen=True, slots=True)
class Stop:
    """Something a person would name on the way of a call."""

    kind: str  # menu queue ring_group extension voicemail voicemail_main conference announcement outbound directory
    #            parking echo record pickup paging music listening tone DISA input hours night_switch hangup busy
    #            congestion dead_end unknown
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
    """One call's way from start to end."""

    stops: tuple[Stop, ...]
    ended: str  # hangup | waiting | answered | dead_end | loop | limit
    language: str
    steps: int
    path: tuple[Place, ...]
    positions: tuple[int, ...] = ()  # of each stop: how many steps of the path lie before the step that met it


WORDS = {
    "ring_group": "ring group", "voicemail_main": "voicemail menu", "dead_end": "dead end", "unknown": "decided by",
    "music": "music on hold", "listening": "listening in", "night_switch": "night switch", "hours": "opening hours",
    "input": "digits",
}  # fmt: skip


def describe(stop: Stop) -> str:
    """The stop in a few words: "menu ivr-1", "extension 1001", "dead end: context sales is missing"."""
    kind = WORDS.get(stop.kind, stop.kind)
    if stop.kind == "dead_end":
        return f"{kind}: {stop.name}"
    if stop.kind == "outbound":
        return f"outbound {stop.number} over {stop.name}"
    return f"{kind} {stop.name}".strip()
