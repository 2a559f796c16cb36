"""What the parts of `scripts/bench` show their figures to."""

from __future__ import annotations

from typing import Protocol


class Figures(Protocol):
    """What prints a figure."""

    def show(self, name: str, values: list[float], unit: str, reference: float, what: str, digits: int = 2) -> None: ...
