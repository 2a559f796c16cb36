"""What opening one source has cost so far, held against its limits, and what was left out on the way."""

from __future__ import annotations

from collections.abc import Callable

from ringkeep.phonesystem.sentences import Sentence, amount
from ringkeep.sources.errors import Limits, SkippedMember, SourceError, size_text

MAX_NAMED = 2000  # skipped members listed by name; the rest is counted


class Budget:
    """Counts members and written bytes; raises SourceError when a limit is passed."""

    def __init__(self, name: str, limits: Limits, progress: Callable[[str, int], None] | None) -> None:
        self.name, self.limits = name, limits
        self.archive = False  # words and code of the error differ
        self.written = 0
        self.members = 0
        self._progress = progress
        self._skipped: dict[str, str] = {}
        self._classes: dict[tuple[str, str], tuple[int, int]] = {}
        self._more = 0

    def take_member(self) -> None:
        """One more file, folder or link."""
        self.members += 1
        if self.members > self.limits.members:
            raise self._over(Sentence("more than {count} files and folders", {"count": self.limits.members}))

    def take_bytes(self, count: int) -> None:
        """`count` bytes are about to be written."""
        self.written += count
        if self.written > self.limits.total_bytes:
            raise self._over(Sentence("more than {size}", {"size": amount(self.limits.total_bytes)}))

    def _over(self, what: Sentence) -> SourceError:
        if self.archive:
            return SourceError("bomb", Sentence("{name} would unpack to {what}: nothing was kept. If you trust it, unpack it yourself, "
"remove what telephony does not need, and hand over the folder.", {"name": self.name, "what": what}))  # fmt: skip
        return SourceError("too-large", Sentence("{name} holds {what} of what a drill needs: hand over a copy without old voicemail "
"messages and recordings.", {"name": self.name, "what": what}))  # fmt: skip

    def tell(self, what: str) -> None:
        """Show progress: what is being done, bytes written so far."""
        if self._progress:
            self._progress(what, self.written)

    def skip(self, name: str, why: str) -> None:
        """Note one member that is not in the copy."""
        if len(self._skipped) >= MAX_NAMED:
            self._more += 1
            return
        self._skipped[printable(name)] = why

    def skip_class(self, name: str, why: str, size: int) -> None:
        """Note one of many members that are left out on purpose and named once."""
        files, size_sum = self._classes.get((name, why), (0, 0))
        self._classes[name, why] = files + 1, size_sum + size

    @property
    def skipped(self) -> tuple[SkippedMember, ...]:
        """Everything left out so far, classes first."""
        many = [
            SkippedMember(name, f"{why}: {files:,} {'file' if files == 1 else 'files'}, {size_text(size)}")
            for (name, why), (files, size) in self._classes.items()
        ]
        rest = [SkippedMember("...", f"{self._more:,} more")] if self._more else []
        return (*many, *(SkippedMember(name, why) for name, why in self._skipped.items()), *rest)


def printable(name: str) -> str:
    """A member's name, safe to show: anything unprintable becomes an escape, and it is cut to 300 characters."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
    return shown if len(shown) <= 300 else shown[:297] + "..."
