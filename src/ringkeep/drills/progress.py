"""What a drill tells whoever watches it; `console.Progress` shows it in a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Steps and how far each is."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """A timed step."""

    def update(self, note: str, done: int = 0, total: int = 0) -> None:
        """How far the current step is."""
