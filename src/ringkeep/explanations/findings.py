"""`ringkeep check`: what is wrong with a phone system, from its files alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Work:
    """What `ringkeep check` was asked."""

    path: Path
    rates: Path | None
    at: datetime
    as_json: bool
    lang: str


def tell(work: Work) -> int:
    """Print the findings; the exit code."""
    raise NotImplementedError
