"""POSIX extended regular expressions as the C library matches them for Asterisk, in bounded time.

Pure. Dialplans are hostile input: Python's own `re` takes for ever on `(a+)+$`. Here all ways are followed at once
(Thompson's construction), so a search costs at most text x pattern, and more than `MOST_STEPS` is given up.
Of the groups only the first is kept: Asterisk asks for no other.
Source: regex(7); glibc's GNU operators (\\w \\s \\b \\< and so on).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

MOST_STEPS = 40_000
MOST_INSTRUCTIONS = 4_000
MOST_REPEATS = 255  # RE_DUP_MAX is larger, but no dialplan counts so far
DEPTH = 50
WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
SPACE = frozenset(" \t\n\r\v\f")
DIGITS = "0123456789"
LOWER, UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
CLASSES = {
    "digit": DIGITS, "lower": LOWER, "upper": UPPER, "alpha": LOWER + UPPER, "alnum": LOWER + UPPER + DIGITS,
    "space": " \t\n\r\v\f", "blank": " \t", "punct": PUNCTUATION, "xdigit": DIGITS + "abcdefABCDEF",
    "graph": LOWER + UPPER + DIGITS + PUNCTUATION, "print": LOWER + UPPER + DIGITS + PUNCTUATION + " ",
    "cntrl": "".join(map(chr, [*range(32), 127])),
}  # fmt: skip


class BadPattern(ValueError):
    """The C library would not take it as a pattern."""


class TooCostly(ValueError):
    """It would take too long to follow: no dialplan needs it."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found."""

    start: int
    end: int
    group: str | None  # the first group; None when there is none or it took no part


@dataclass(frozen=True, slots=True)
class _Letters:
    """One letter out of a set, or (`negated`) out of all others."""

    letters: frozenset[str]
    negated: bool = False


# (operation, its operand, its second operand): "letters" set, "split" first second, "jump" to, "save" 0|1, "assert" kind
Instruction = tuple[str, object, object]


@lru_cache(maxsize=4096)
def search(pattern: str, text: str) -> Match | None:
    """The leftmost, then longest match, in bytes. Raises `BadPattern`, `TooCostly`."""
    found = _run(_program(_bytes(pattern))[0], _bytes(text))
    if found is None or found.group is None or found.group.isascii():
        return found
    return Match(found.start, found.end, found.group.encode("latin-1").decode("utf-8", "replace"))


def groups(pattern: str) -> int:
    """How many groups a pattern has. Raises `BadPattern`, `TooCostly`."""
    return _program(_bytes(pattern))[1]


def _bytes(text: str) -> str:
    """A letter for each byte: Asterisk matches in the C locale."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


@lru_cache(maxsize=1024)
def _program(pattern: str) -> tuple[list[Instruction], int]:
    parser = _Parser(pattern)
    code = parser.alternatives(0)
    assert parser.position == len(pattern)
    return [*code, ("match", None, None)], parser.groups


@dataclass(slots=True)
class _Parser:
    """Compiles to instructions with relative jumps, so that pieces can be repeated."""

    pattern: str
    position: int = 0
    groups: int = 0
    size: int = 0

    def _next(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _grow(self, code: list[Instruction]) -> list[Instruction]:
        self.size += len(code)
        if self.size > MOST_INSTRUCTIONS:
            raise TooCostly
        return code

    def alternatives(self, depth: int) -> list[Instruction]:
        if depth > DEPTH:
            raise TooCostly
        code = self._sequence(depth)
        while self._next() == "|":
            self.position += 1
            other = self._sequence(depth)
            code = [("split", 1, len(code) + 2), *code, ("jump", len(other) + 1, None), *other]
            self._grow(code)
        return code

    def _sequence(self, depth: int) -> list[Instruction]:
        code: list[Instruction] = []
        while (letter := self._next()) and letter != "|" and not (letter == ")" and depth):
            piece = self._atom(depth)
            while self._next() and self._next() in "*+?{":
                piece = self._grow(self._repeated(piece))
            code += piece
        return self._grow(code)

    def _atom(self, depth: int) -> list[Instruction]:
        letter = self._next()
        self.position += 1
        if letter == "(":
            self.groups += 1
            first = self.groups == 1
            inner = self.alternatives(depth + 1)
            if self._next() != ")":
                raise BadPattern
            self.position += 1
            return [("save", 0, None), *inner, ("save", 1, None)] if first else inner
        if letter == "[":
            return [("letters", self._bracket(), None)]
        if letter == ".":
            return [("letters", _Letters(frozenset(), negated=True), None)]
        if letter in "^$":
            return [("assert", letter, None)]
        if letter in "*+?{":
            raise BadPattern
        return self._escaped() if letter == "\\" else [("letters", _Letters(frozenset(letter)), None)]

    def _escaped(self) -> list[Instruction]:
        letter = self._next()
        self.position += 1
        if not letter:
            raise BadPattern
        if letter in "wWsS":
            return [("letters", _Letters(WORD if letter in "wW" else SPACE, negated=letter.isupper()), None)]
        if letter in "bB<>`'":
            return [("assert", {"`": "^", "'": "$"}.get(letter, letter), None)]
        if letter in "123456789":
            raise TooCostly  # what a group matched before, once more: cannot be followed in bounded time
        return [("letters", _Letters(frozenset(letter)), None)]

    def _bracket(self) -> _Letters:
        negated = self._next() == "^"
        self.position += negated
        letters: set[str] = set()
        first = True
        while first or self._next() != "]":
            first = False
            letters |= self._member()
        self.position += 1
        return _Letters(frozenset(letters), negated)

    def _member(self) -> set[str]:
        """One letter, range or [:class:] of a bracket."""
        rest = self.pattern[self.position :]
        if not rest:
            raise BadPattern
        if rest.startswith("[:"):
            name, closed, _ = rest[2:].partition(":]")
            if not closed or name not in CLASSES:
                raise BadPattern
            self.position += len(name) + 4
            return set(CLASSES[name])
        if rest[:2] in ("[.", "[="):
            raise TooCostly
        if rest[1:2] == "-" and rest[2:3] not in ("]", ""):
            self.position += 3
            if rest[0] > rest[2]:
                raise BadPattern
            return {chr(code) for code in range(ord(rest[0]), min(ord(rest[2]), ord(rest[0]) + 0x300) + 1)}
        self.position += 1
        return {rest[0]}

    def _repeated(self, piece: list[Instruction]) -> list[Instruction]:
        letter = self._next()
        self.position += 1
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(letter) or self._bounds()
        if len(piece) * max(low, high or 0) > MOST_INSTRUCTIONS:
            raise TooCostly
        code = piece * low
        if high is None:
            return [*code, ("split", 1, len(piece) + 2), *piece, ("jump", -len(piece) - 1, None)]
        optional: list[Instruction] = []
        for _ in range(high - low):
            optional = [("split", 1, len(piece) + len(optional) + 1), *piece, *optional]
        return code + optional

    def _bounds(self) -> tuple[int, int | None]:
        inside, closed, _ = self.pattern[self.position :].partition("}")
        low, comma, high = inside.partition(",")
        numbers = [low or "0", (high or None) if comma else low]
        if not closed or not any((low, high)) or not all(n is None or _is_number(n) for n in numbers):
            raise BadPattern
        self.position += len(inside) + 1
        least, most = int(numbers[0] or 0), None if numbers[1] is None else int(numbers[1])
        if least > MOST_REPEATS or (most or 0) > MOST_REPEATS:
            raise TooCostly
        if most is not None and most < least:
            raise BadPattern
        return least, most


def _is_number(text: str) -> bool:
    return len(text) < 6 and text.isascii() and text.isdigit()


@dataclass(slots=True)
class _Threads:
    """The ways followed at one place of the text, the preferred first; each is (where in the program, start, group)."""

    code: list[Instruction]
    text: str
    steps: int = 0
    ways: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, way: tuple[int, int, int, int], at: int, seen: set[int]) -> None:
        """Follow a way through everything that takes no letter."""
        waiting = [way]
        while waiting:
            place, start, opened, closed = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise TooCostly
            operation, first, second = self.code[place]
            if operation == "split":
                assert isinstance(first, int) and isinstance(second, int)
                waiting += [(place + second, start, opened, closed), (place + first, start, opened, closed)]
            elif operation == "jump":
                assert isinstance(first, int)
                waiting.append((place + first, start, opened, closed))
            elif operation == "save":
                waiting.append((place + 1, start, opened, at) if first else (place + 1, start, at, -1))
            elif operation == "assert":
                if _holds(str(first), self.text, at):
                    waiting.append((place + 1, start, opened, closed))
            else:
                self.ways.append((place, start, opened, closed))


def _holds(kind: str, text: str, at: int) -> bool:
    if kind in "^$":
        return at == (0 if kind == "^" else len(text))
    before, after = text[at - 1 : at] in WORD if at else False, text[at : at + 1] in WORD
    return {"b": before != after, "B": before == after, "<": after and not before, ">": before and not after}[kind]


def _run(code: list[Instruction], text: str) -> Match | None:
    threads = _Threads(code, text)
    found: Match | None = None
    for at in range(len(text) + 1):
        ways, threads.ways = threads.ways, []
        seen: set[int] = set()
        if at:
            letter = text[at - 1]
            for place, start, opened, closed in ways:
                letters = code[place][1]
                if isinstance(letters, _Letters) and (letter in letters.letters) != letters.negated:
                    threads.add((place + 1, start, opened, closed), at, seen)
        if found is None:
            threads.add((0, at, -1, -1), at, seen)
        for place, start, opened, closed in threads.ways:
            if code[place][0] == "match" and (found is None or start <= found.start):
                group = text[opened:closed] if 0 <= opened <= closed else None
                found = Match(start, at, group)
                break
        if found is not None:
            earliest = found.start
            threads.ways = [way for way in threads.ways if way[1] <= earliest]
            if not threads.ways:
                return found
    return found
