"""Where the entries of a section stand, kept up to date while `name += value` changes them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringkeep.asterisk.conf_matching import same_name

if TYPE_CHECKING:
    from ringkeep.asterisk.conf import Entry


class Positions:
    """Places of a section's entries by name, and by name and value."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.last: dict[str, int] = {}
        self._alike: dict[tuple[str, str], list[int]] = {}  # name and value without case -> places, ascending
        self._first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            self.add(index, entry)

    def add(self, index: int, entry: Entry) -> None:
        """A new last entry."""
        self.last[entry.name] = index
        self._first.setdefault(same_name(entry.name), index)
        self._alike.setdefault(_alike(entry), []).append(index)

    def first_like(self, entry: Entry) -> int:
        """The first entry of that name and value; an empty value is like any."""
        return self._alike[_alike(entry)][0] if entry.value else self._first[same_name(entry.name)]

    def change(self, index: int, old: Entry, new: Entry) -> None:
        """The entry there has another value."""
        alike = self._alike[_alike(old)]
        alike.pop(bisect_left(alike, index))
        insort(self._alike.setdefault(_alike(new), []), index)
        if old.name != new.name:  # it differed in case
            self.last[new.name] = max(index, self.last.get(new.name, -1))


def _alike(entry: Entry) -> tuple[str, str]:
    return same_name(entry.name), same_name(entry.value)
