"""What every command says to a terminal or a pipe: one JSON document, errors apart, and a reader that has gone away."""

from __future__ import annotations

import io
import json
import os
import sys

from rich.console import Console

GOOD, NOT_GOOD, USAGE, COULD_NOT_TRY, DIFFERENT = 0, 1, 2, 3, 4  # exit codes
errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def print_json(document: object) -> None:
    """One document on one line, UTF-8 whatever the terminal's encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def hush() -> None:
    """Nobody takes what we print: let what is still to be printed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
