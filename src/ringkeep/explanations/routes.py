"""`ringkeep route`: everything that can happen to a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `ringkeep route` was asked."""

    path: Path
    number: str | None  # None: every number that callers from outside can dial
    via: str | None
    at: datetime
    as_json: bool
    svg: Path | None
    dot: bool
    lang: str


def tell(wanted: Wanted) -> int:
    """Print or draw the call flow; the exit code."""
    raise NotImplementedError
