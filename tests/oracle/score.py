"""A count of how often we agree with real Asterisk, and where we do not."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Score:
    """Agreements of one kind; `differing` says for each disagreement what and where."""

    name: str  # "configuration files as Asterisk parses them"
    agreeing: int = 0
    total: int = 0
    differing: list[str] = field(default_factory=list)

    def count(self, case: str, difference: str | None) -> None:
        """Add one case; `difference` is None when we agree."""
        self.total += 1
        if difference is None:
            self.agreeing += 1
        else:
            self.differing.append(f"{case}: {difference}")

    def __str__(self) -> str:
        share = 100 * self.agreeing / self.total if self.total else 0.0
        return f"{self.name}: {self.agreeing} of {self.total} ({share:.1f} %)"
