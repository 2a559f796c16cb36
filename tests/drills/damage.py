"""Damaging a copy of a phone system, proving it, and seeing whether the report names the damage."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drills.mutations import Mutation

RINGKEEP = Path(__file__).resolve().parents[2] / ".venv/bin/ringkeep"


@dataclass(frozen=True)
class Outcome:
    """What the drill made of one damage."""

    mutation: Mutation
    verdict: str
    found: bool
    blamed: tuple[str, ...]  # other things it newly blames


def prove(path: Path, calls: str) -> dict[str, Any]:
    """The report of a drill."""
    done = subprocess.run(
        [RINGKEEP, "prove", path, "--calls", calls, "--json"], capture_output=True, text=True, check=False
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def complaints(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything the report names: (severity, words)."""
    named = [(d["severity"], f"{d['code']} {d['where']} {d['what']}") for d in report.get("defects", ())]
    named += [("missing", f"{m['kind']} {m['name']} {m['where']}") for m in report.get("missing", ())]
    return named


def outcome(system: Path, mutation: Mutation, clean: frozenset[str]) -> Outcome:
    """Damage a copy and prove it."""
    with tempfile.TemporaryDirectory(prefix="ringkeep-damage-") as folder:
        root = Path(folder) / "system"
        shutil.copytree(system, root, symlinks=True)
        for path in [root, *root.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o600)
        mutation.break_it(root)
        report = prove(root, mutation.calls)
    named = complaints(report)
    found = report.get("verdict") != "good" and any(all(w in text for w in mutation.named) for _, text in named)
    blamed = tuple(
        text
        for severity, text in named
        if severity in ("bad", "degraded") and text not in clean and not any(w in text for w in mutation.named)
    )
    said = report["verdict"] if "verdict" in report else report["error"]["message"]
    return Outcome(mutation, said, found, blamed)
