"""What a call carries along: copied where a call may go several ways, and equal where it will go on alike."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from ringkeep.phonesystem.functions import Functions
from ringkeep.phonesystem.overlay import Overlay


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
