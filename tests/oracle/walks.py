"""How many calls of real drills took, step by step, the road that the walk had shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.oracle.score import Score

PROJECT = Path(__file__).parents[2]
RINGKEEP = PROJECT / ".venv/bin/ringkeep"
TIMEOUT_S = 900


def systems(collection: Path) -> list[Path]:
    """The sample, and the real systems of a collection that can be booted."""
    real = [collection / "freepbx16", *sorted(collection.glob("issabelpbx212/*.tgz"))]
    return [PROJECT / "samples/saba", *(path for path in real if path.exists())]


def score(collection: Path) -> list[Score]:
    """One score for each system, of a full drill: a call counts when it arrived and every step was on its walk."""
    return [_proved(path) for path in systems(collection)]


def _proved(path: Path) -> Score:
    """The score of one phone system."""
    command = [str(RINGKEEP), "prove", str(path), "--calls", "full", "--json", "--timeout", str(TIMEOUT_S)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    name = path.name if path.is_dir() else path.parent.name
    counted = Score(f"walks confirmed by real calls, {name}")
    if "calls" not in report:
        counted.count(name, f"not proved: {report['error']['message']}")
        return counted
    for call in report["calls"]:
        case = f"{call['from']} calls {call['to']}{' and presses ' + call['keys'] if call['keys'] else ''}"
        confirmed = call["ok"] and call["road"] == "as walked"
        counted.count(
            case, None if confirmed else f"road {call['road']}, expected {call['expected']}, got {call['got']}"
        )
    return counted
