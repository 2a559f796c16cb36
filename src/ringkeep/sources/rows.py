"""Rows of a table, kept by column: a dump of ten thousand phones has half a million of them, seldom looked at singly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

from ringkeep.phonesystem.model import Row


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with the same columns."""

    names: tuple[str, ...]
    columns: list[list[str | None]]  # as many as names; each of `count` values
    count: int

    def rows(self) -> Iterator[Row]:
        """Each row."""
        if not self.names:
            return iter([{}] * self.count)
        return (dict(zip(self.names, row, strict=False)) for row in zip(*self.columns, strict=True))


class Rows(Sequence[Row]):
    """A sequence of rows, made when they are looked at."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._count = sum(part.count for part in parts)

    def column(self, name: str) -> list[str | None]:
        """One value of every row; None where a row has no such column."""
        return list(
            chain.from_iterable(
                part.columns[part.names.index(name)] if name in part.names else [None] * part.count
                for part in self.parts
            )
        )

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return list(self)[number]
        left = number + self._count if number < 0 else number
        for part in self.parts if left >= 0 else ():
            if left < part.count:
                return dict(zip(part.names, (column[left] for column in part.columns), strict=False))
            left -= part.count
        raise IndexError(number)

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(part.rows() for part in self.parts)

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows) and [p.names for p in self.parts] == [p.names for p in other.parts]:
            if [p.columns for p in self.parts] == [p.columns for p in other.parts] and self._count == other._count:
                return True
            if len(self.parts) == 1:
                return False
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._count)

    def __repr__(self) -> str:
        return f"<{self._count} rows>"  # they may hold secrets
