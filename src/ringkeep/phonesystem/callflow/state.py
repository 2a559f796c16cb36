"""What a call carries along: copied where a call may go several ways, and equal where it will go on alike."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace

from ringkeep.phonesystem.functions import Functions


class Overlay(MutableMapping[str, str]):
    """Changes over a mapping that stays as it is: astdb has thousands of entries, a call writes a few."""

    __slots__ = ("_base", "_changes")

    def __init__(self, base: Mapping[str, str], changes: Mapping[str, str | None] | None = None) -> None:
        self._base = base
        self._changes: dict[str, str | None] = dict(changes or {})

    def __getitem__(self, key: str) -> str:
        if key in self._changes:
            value = self._changes[key]
            if value is None:
                raise KeyError(key)
            return value
        return self._base[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._changes[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._changes[key] = None

    def __contains__(self, key: object) -> bool:
        return self._changes[key] is not None if key in self._changes else key in self._base

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._base if key not in self._changes)
        yield from (key for key, value in self._changes.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> Overlay:
        """The same, to be changed apart."""
        return Overlay(self._base, self._changes)

    def changed(self) -> frozenset[tuple[str, str | None]]:
        """What differs from the mapping below."""
        return frozenset(self._changes.items())


def copied(functions: Functions) -> Functions:
    """Functions with the same values, to be written apart; its callbacks still are those of the old walker."""
    made = copy.copy(functions)
    for name, value in vars(functions).items():
        if isinstance(value, dict | Overlay):
            setattr(made, name, value.copy())
    return made


def situation(functions: Functions) -> tuple[object, ...]:
    """All that the functions remember of a call, to be compared."""
    told: list[object] = []
    for value in vars(functions).values():
        if isinstance(value, Overlay):
            told.append(value.changed())
        elif isinstance(value, dict):
            told.append(frozenset(value.items()))
        elif isinstance(value, str | bool | int):
            told.append(value)
    return tuple(told)


@dataclass(slots=True)
class Frame:
    """Where a Gosub or Macro came from."""

    kind: str
    context: str
    extension: str
    priority: int
    saved: dict[str, str | None]  # what its arguments hide; None: unset
    passed: int  # arguments given to it

    def copy(self) -> Frame:
        """The same, to be changed apart."""
        return replace(self, saved=dict(self.saved))

    @property
    def position(self) -> tuple[str, str, int]:
        """Where the call goes on when it returns."""
        return self.context, self.extension, self.priority
