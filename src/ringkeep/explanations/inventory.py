"""`ringkeep read`: what a phone system holds."""

from __future__ import annotations

from pathlib import Path


def tell(path: Path, *, as_json: bool, lang: str) -> int:
    """Print the phone system at `path`; the exit code."""
    raise NotImplementedError
