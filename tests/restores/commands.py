"""The commands that people type, as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ringkeep.standing.places import Standing

RINGKEEP = str(Path(sys.executable).with_name("ringkeep"))


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RINGKEEP_HOME": str(home)}
    return subprocess.run([RINGKEEP, *words], env=environment, capture_output=True, text=True, timeout=120, check=False)


def ringkeep(home: Path, *words: str) -> dict[str, object]:
    """Run a verb with --json."""
    done = run(home, *words, "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def enrol(home: Path, name: str, there: Standing) -> None:
    """Put it under care."""
    ringkeep(
        home, "enrol", f"ssh://{there.user}@{there.host}:{there.port}", "--name", name, "--key", str(there.key),
        "--sudo", "--drill", "none",
    )  # fmt: skip


def backed_up(home: Path, name: str) -> str:
    """A new backup's id."""
    backup = ringkeep(home, "backup", name)
    return str((backup.get("result") or backup)["backup"])  # type: ignore[index]
