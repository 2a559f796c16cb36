"""`ringkeep diff`: what changed between two states of a phone system, in telephone language."""

from __future__ import annotations

from pathlib import Path


def tell(before: Path, after: Path, *, as_json: bool, lang: str) -> int:
    """Print the changes; the exit code: 0 none, 4 some."""
    raise NotImplementedError
