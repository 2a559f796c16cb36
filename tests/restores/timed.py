"""How long a restore takes until a call is answered, for `make bench`: on an enrolled phone system that somebody broke."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def restored(home: Path, system: str, backup: str, *only: str) -> dict[str, float]:
    """Restore for real. Seconds: `first_answer_s` from the swap to the first answered call, `whole_s` of the command."""
    words = [str(Path(sys.executable).with_name("ringkeep")), "restore", system, "--backup", backup, "--yes", "--json"]
    for part in only:
        words += ["--only", part]
    began = time.monotonic()
    done = subprocess.run(
        words, env={**os.environ, "RINGKEEP_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return {"first_answer_s": found["first_answer_s"], "whole_s": round(time.monotonic() - began, 2)}
