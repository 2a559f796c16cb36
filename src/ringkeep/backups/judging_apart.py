"""`python -m ringkeep.backups.judging_apart`: looks through a mirror in a process of its own.

What a phone system's files say is hostile: whatever reading them costs, it costs this process, which has limits, and not
the one that looks after everybody. Reads one JSON document from standard input and prints one.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ringkeep.backups.judgement import Judgement
from ringkeep.phonesystem.sentences import Sentence

MEMORY_BYTES = 3 << 30
TIMEOUT_S = 600.0
ANSWER_BYTES = 64 << 20


def judge_apart(
    mirror: Path, previous: Path | None, parts: list[dict[str, Any]], facts: dict[str, Any], workplace: Path,
    keep_as: Path | None, *, timeout_s: float = TIMEOUT_S,
) -> Judgement:  # fmt: skip
    """`judge_files` in a process of its own; where that ends early, the judgement says that nothing could be told."""
    asked = json.dumps({
        "mirror": str(mirror), "previous": previous and str(previous), "parts": parts, "facts": facts,
        "workplace": str(workplace), "keep_as": keep_as and str(keep_as),
    })  # fmt: skip
    command = [sys.executable, "-m", "ringkeep.backups.judging_apart"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )  # fmt: skip
    try:
        answer, _ = process.communicate(asked, timeout=timeout_s)
        if process.returncode == 0 and len(answer) < ANSWER_BYTES:
            return Judgement(**json.loads(answer))
        why = Sentence("reading it takes more than any usual phone system would")
    except subprocess.TimeoutExpired:
        why = Sentence("reading it takes too long")
    except ValueError:
        why = Sentence("reading it failed")
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Judgement([Sentence("It could not be looked through: {why}", {"why": why}).document()])


def _main() -> None:
    from ringkeep.backups.judging_content import judge_files  # here alone: it reads whole phone systems

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    asked = json.load(sys.stdin)
    found = judge_files(
        Path(asked["mirror"]), Path(asked["previous"]) if asked["previous"] else None, asked["parts"], asked["facts"],
        Path(asked["workplace"]), Path(asked["keep_as"]) if asked["keep_as"] else None,
    )  # fmt: skip
    sys.stdout.write(json.dumps(asdict(found)))


if __name__ == "__main__":
    _main()
