"""Sets of numbers: what a pattern stands for, what is left of it when digits are cut, whether two can meet."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ringkeep.asterisk.dialplan import whole_number

ANY = frozenset(string.digits + "*#+" + string.ascii_letters)
DIGITS = frozenset(string.digits)
CLASSES = {"X": DIGITS, "Z": DIGITS - {"0"}, "N": DIGITS - {"0", "1"}}
LENGTH = 40  # positions looked at; a longer number is none


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers with one of some letters at each position; `open`: anything may follow."""

    places: tuple[frozenset[str], ...]
    open: bool = False

    @property
    def wide(self) -> bool:
        """Whether somebody could dial the world with it: as good as free, and long enough for a number outside."""
        return self.open or sum(len(place) > 1 for place in self.places) >= 6

    def cut(self, first: int, length: int | None) -> Shape:
        """What `${EXTEN:first:length}` leaves."""
        if first < 0:
            return Shape((DIGITS,) * min(-first, LENGTH)) if self.open else Shape(self.places[first:])
        rest = self.places[first:]
        if length is None:
            return Shape(rest, self.open)
        if length < 0:
            return Shape(rest, open=True) if self.open else Shape(rest[:length])
        if self.open and length > len(rest):
            rest += (DIGITS,) * min(length - len(rest), LENGTH)
        return Shape(rest[:length])

    def after(self, text: str) -> Shape:
        """With digits put in front."""
        return Shape((*(frozenset(letter) for letter in text[:LENGTH]), *self.places), self.open)


EVERYTHING = Shape((), open=True)


@lru_cache(maxsize=65536)
def shape_of(pattern: str) -> Shape:
    """Of an extension or pattern as the dialplan has it: `_9NXX.`, `201`."""
    if not pattern.startswith("_"):
        return Shape(tuple(frozenset(letter) for letter in pattern[:LENGTH]))
    places: list[frozenset[str]] = []
    position = 1
    while position < len(pattern) and len(places) < LENGTH:
        letter = pattern[position]
        if letter in ".!":
            return Shape((*places, *((ANY,) if letter == "." else ())), open=True)
        if letter == "[":
            end = pattern.find("]", position)
            end = len(pattern) if end < 0 else end
            places.append(_members(pattern[position + 1 : end]))
            position = end
        elif letter not in "- ":
            places.append(CLASSES.get(letter.upper(), frozenset(letter)))
        position += 1
    return Shape(tuple(places))


def _members(inside: str) -> frozenset[str]:
    found: set[str] = set()
    position = 0
    while position < len(inside):
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            found |= {chr(code) for code in range(ord(inside[position]), min(ord(inside[position + 2]), 126) + 1)}
            position += 3
        else:
            found.add(inside[position])
            position += 1
    return frozenset(found)


def meet(a: Shape, b: Shape) -> bool:
    """Whether some number is in both."""
    shorter = min(len(a.places), len(b.places))
    if any(not a.places[n] & b.places[n] for n in range(shorter)):
        return False
    if len(a.places) == len(b.places):
        return True
    return a.open if len(a.places) < len(b.places) else b.open


def holds(outer: Shape, inner: Shape) -> bool:
    """Whether every number of `inner` is in `outer`."""
    if inner.open and not outer.open:
        return False
    if len(outer.places) > len(inner.places) or (len(outer.places) < len(inner.places) and not outer.open):
        return False
    return all(inner.places[n] <= outer.places[n] for n in range(len(outer.places)))


def example(shape: Shape, digits: Iterable[str] = "52134678", length: int = 8) -> str:
    """A number of that shape, as ordinary as can be."""
    liked = "".join(digits)
    text = "".join(next((d for d in liked if d in place), min(place, default="5")) for place in shape.places)
    return text + liked[0] * max(0, length - len(text)) if shape.open else text


def slice_numbers(cut: str) -> tuple[int, int | None] | None:
    """`1:2` -> (1, 2); None when it is not written in plain numbers."""
    words = cut.split(":")
    numbers = [-(whole_number(w[1:]) or 0) if w.startswith("-") else whole_number(w) for w in words]
    if numbers[0] is None:
        return None
    return numbers[0], numbers[1] if len(numbers) > 1 else None
