"""`${...}` and `$[...]` as Asterisk substitutes and computes them.

Pure. What cannot be known without running raises `Unknowable`, with the reason for people.
Source: https://docs.asterisk.org/Configuration/Dialplan/Variables/ and Asterisk's main/pbx_variables.c;
`ringkeep.asterisk.arithmetic` computes what stands in `$[ ]`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from ringkeep.asterisk.arithmetic import compute
from ringkeep.asterisk.unknowable import Unknowable

__all__ = [
    "DEPTH_LIMIT",
    "DIRECTORIES",
    "LENGTH_LIMIT",
    "Scope",
    "Unknowable",
    "evaluate",
    "expand",
    "is_true",
    "substring",
]

DEPTH_LIMIT = 15  # MAX_VARIABLE_SUB_RECURSE_DEPTH
FORGOTTEN_AFTER = 8192  # texts taken apart, and results, that are kept
LENGTH_LIMIT = 16384  # Asterisk's own buffers are smaller
NESTING, CUT = re.compile("[():]"), re.compile(r"[ \t]*([-+]?[0-9]{1,30})(?::[ \t]*([-+]?[0-9]{1,30}))?")
NUMBER = re.compile(r"[ \t\n\r\v\f]*([-+]?[0-9]{1,30})")
CURLY, SQUARE = re.compile(r"[{}]"), re.compile(r"[\[\]]")
# Variables that every Asterisk sets by itself; where a distribution puts its folders.
DIRECTORIES = {
    "ASTETCDIR": "/etc/asterisk", "ASTVARLIBDIR": "/var/lib/asterisk", "ASTDBDIR": "/var/lib/asterisk",
    "ASTKEYDIR": "/var/lib/asterisk", "ASTDATADIR": "/var/lib/asterisk", "ASTAGIDIR": "/var/lib/asterisk/agi-bin",
    "ASTSPOOLDIR": "/var/spool/asterisk", "ASTRUNDIR": "/var/run/asterisk", "ASTLOGDIR": "/var/log/asterisk",
    "ASTSBINDIR": "/usr/sbin",
}  # fmt: skip


class Scope(Protocol):
    """Where values come from."""

    def variable(self, name: str) -> str:
        """The value of a variable, empty when unset. Raises `Unknowable`."""

    def function(self, name: str, arguments: str) -> str:
        """The value of `NAME(arguments)`. Raises `Unknowable`."""


def expand(text: str, scope: Scope, depth: int = 0) -> str:
    """The text with every `${...}` and `$[...]` replaced. Raises `Unknowable`."""
    if "$" not in text:
        return text
    if depth > DEPTH_LIMIT:
        raise Unknowable("expressions nested too deeply")
    parts = []
    for kind, piece, arguments, cut in _pieces(text):
        if kind == TEXT:
            parts.append(piece)
        elif kind == NAMED:
            value = scope.variable(piece) if arguments is None else scope.function(piece, arguments)
            parts.append(substring(value, cut) if cut else value)
        elif kind == NESTED:
            parts.append(_value(expand(piece, scope, depth + 1), scope))
        else:
            parts.append(_computed(expand(piece, scope, depth + 1), scope))
    return (parts[0] if len(parts) == 1 else "".join(parts))[:LENGTH_LIMIT]


Piece = tuple[int, str, str | None, str]
TEXT, NAMED, NESTED, COMPUTED = range(4)  # as it is; ${NAME(arguments):cut}; ${} with others inside; $[]


@lru_cache(maxsize=FORGOTTEN_AFTER)
def _pieces(text: str) -> tuple[Piece, ...]:
    """The text taken apart, each piece as (kind, text or name, arguments, cut). Walks repeat the same steps."""
    pieces: list[Piece] = []
    position = 0
    while (at := text.find("$", position)) >= 0:
        opening = text[at + 1 : at + 2]
        if opening not in ("{", "["):
            pieces.append((TEXT, text[position : at + 1], None, ""))
            position = at + 1
            continue
        end = _closing(text, at + 1)
        if at > position:
            pieces.append((TEXT, text[position:at], None, ""))
        inside = text[at + 2 : end]
        if opening == "[":
            pieces.append((COMPUTED, inside, None, ""))
        else:
            pieces.append((NESTED, inside, None, "") if "$" in inside else (NAMED, *_named(inside)))
        position = end + 1
    if position < len(text):
        pieces.append((TEXT, text[position:], None, ""))
    return tuple(pieces)


def _computed(text: str, scope: Scope) -> str:
    """What stands in `$[ ]`, already substituted; remembered where it calls no function."""
    return compute(text, scope.function) if "(" in text or len(text) > 200 else _remembered(text)


@lru_cache(maxsize=FORGOTTEN_AFTER)
def _remembered(text: str) -> str:
    return compute(text, None)


def _closing(text: str, opening_at: int) -> int:
    """Index of the bracket that closes the one at `opening_at`; the text's end when none does."""
    opening = text[opening_at]
    closing = "}" if opening == "{" else "]"
    depth = 0
    for match in (CURLY if opening == "{" else SQUARE).finditer(text, opening_at):
        depth += 1 if match[0] == opening else -1
        if match[0] == closing and not depth:
            return match.start()
    return len(text)


def _value(inside: str, scope: Scope) -> str:
    """What stands in `${ }`, already substituted: a variable or function, with its optional :offset:length."""
    name, arguments, cut = _named(inside)
    value = scope.variable(name) if arguments is None else scope.function(name, arguments)
    return substring(value, cut) if cut else value


@lru_cache(maxsize=FORGOTTEN_AFTER)
def _named(inside: str) -> tuple[str, str | None, str]:
    """`NAME(args):1:2` as name, arguments (None for a variable) and cut."""
    name, cut = _split_cut(inside)
    name, opened, arguments = name.partition("(")
    if not opened:
        return name, None, cut
    end = arguments.rfind(")")
    return name, arguments if end < 0 else arguments[:end], cut


def _split_cut(inside: str) -> tuple[str, str]:
    """Split at the first colon outside parentheses."""
    depth = 0
    for match in NESTING.finditer(inside):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
        elif not depth:
            return inside[: match.start()], inside[match.end() :]
    return inside, ""


def substring(value: str, cut: str) -> str:
    """`:offset[:length]`; negative counts from the end. Asterisk cuts bytes, not letters."""
    if not value.isascii():
        raw = value.encode("utf-8", "replace").decode("latin-1")
        return _cut(raw, cut).encode("latin-1").decode("utf-8", "replace")
    return _cut(value, cut)


def _cut(value: str, cut: str) -> str:
    match = CUT.match(cut)
    if match is None:
        return value
    offset, length = int(match[1]), None if match[2] is None else int(match[2])
    rest = value[max(0, len(value) + offset) if offset < 0 else offset :]
    if length is None:
        return rest
    return rest[:length] if length >= 0 else rest[: max(0, len(rest) + length)]


def is_true(text: str) -> bool:
    """Whether a condition holds: not empty, and no number that is zero (pbx_checkcondition)."""
    if text in ("0", "1", ""):  # what nearly every condition comes to
        return text == "1"
    match = NUMBER.match(text)
    if match is None:
        return bool(text)
    # C reads into 64 bits and keeps the lower 32.
    return bool(max(-(2**63), min(2**63 - 1, int(match[1]))) & 0xFFFFFFFF)


def evaluate(text: str) -> str:
    """The value of what stands in `$[ ]`, already substituted. Raises `Unknowable` for a search without end."""
    return compute(text, None)
