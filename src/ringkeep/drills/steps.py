"""The steps of a drill by their names, and how a drill that runs by itself tells of each: a line of JSON."""

from __future__ import annotations

import json
import re

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import shown

_ = str  # marks a text for translation; the catalogue's test looks for it

AS_LINES = "RINGKEEP_STEPS"  # set in the environment of a drill whose steps a program reads
STEPS = {
    "unpack": _("unpack"), "read": _("read the configuration"), "completeness": _("look for what is missing"),
    "stock boot": _("boot a stock system to compare with (once per image)"), "boot": _("boot in the lab"),
    "compare": _("compare what was loaded with what was read"), "register": _("register every phone"), "call": _("call"),
    "carriers": _("look whether the carriers let it register"),
}  # fmt: skip


def line(name: str, seconds: float, note: str) -> str:
    """A step that has ended, for `told`."""
    return json.dumps({"step": name, "seconds": round(seconds, 2), "note": note})


def told(text: str) -> Sentence | None:
    """What a line of `line` says; None for anything else that a drill prints."""
    try:
        step = json.loads(text)
    except ValueError:
        return None
    if not isinstance(step, dict) or step.get("step") not in STEPS or not isinstance(step.get("seconds"), int | float):
        return None
    whole, tenth = divmod(round(max(0.0, min(step["seconds"], 1e6)) * 10), 10)
    values = {
        "step": Sentence(STEPS[step["step"]]),
        "time": Sentence("{seconds} s", {"seconds": Sentence("{whole}.{tenth}", {"whole": whole, "tenth": tenth})}),
    }
    note: object = shown(str(step.get("note") or ""), 80)
    if share := re.fullmatch(r"(\d{1,9})/(\d{1,9})", str(note)):
        note = Sentence("{done} of {total}", {"done": int(share[1]), "total": int(share[2])})
    return Sentence("{step} ({note}): {time}", {**values, "note": note}) if note else Sentence("{step}: {time}", values)


def verdict(found: str, good: int | None, made: int | None) -> Sentence:
    """How a drill ended."""
    values = {"good": good or 0, "made": made or 0}
    match found:
        case "good":
            return Sentence("It rings again: {good} of {made} calls good.", values)
        case "degraded":
            return Sentence("It rings, with faults: {good} of {made} calls good.", values)
        case _:
            return Sentence("It would not ring: {good} of {made} calls good.", values)
