"""Extension names and `_patterns`: which numbers they match, and which of them Asterisk prefers.

Pure. Source: Asterisk's main/pbx.c (ext_cmp_pattern_pos, extension_match_core);
https://docs.asterisk.org/Configuration/Dialplan/Pattern-Matching/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
WILDCARDS = {".": 0x18000, "!": 0x28000}  # how late Asterisk tries them
NOT_CLOSED, END = 0x40000, 0x30000
FORGOTTEN_AFTER = 65_536  # patterns whose compiled form is kept

Key = tuple[tuple[int, int], ...]


def plain(number: str) -> str:
    """The number as Asterisk compares it: hyphens mean nothing, so that `s-` is `s` (pbx.c, ext_cmp_exten)."""
    return number.replace("-", "")


def extension_name(written: str) -> str:
    """The name Asterisk keeps for what was written: without spaces, those of a pattern's [sets] apart."""
    if " " not in written:
        return written
    if not written.startswith("_"):
        return written.replace(" ", "")
    return "".join(part if part.startswith("[") else part.replace(" ", "") for part in re.split(r"(\[[^\]]*)", written))


def caller_name(written: str) -> str:
    """The caller's number of `exten => 1/CALLER` as Asterisk keeps it (ast_shrink_phone_number, ext_strncpy)."""
    kept, inside = [], 0
    for position, letter in enumerate(written):
        inside += (letter == "[") - (letter == "]")
        if letter in "( )" or (letter == "-" and not inside) or (letter == "." and position + 1 < len(written)):
            continue
        kept.append(letter)
    name = extension_name("".join(kept))
    return name if name.startswith("_") else plain(name)


def pattern_matches(pattern: str, number: str) -> bool:
    """Whether a number matches an extension or `_pattern`, whole."""
    if not pattern.startswith("_"):
        return plain(pattern) == plain(number)
    if number.startswith("_") and pattern_key(pattern) == pattern_key(number):
        return True  # Asterisk finds a pattern also by its own name
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(plain(_bytes(number))) is not None


def first_letters(pattern: str) -> str | None:
    """The letters a number may begin with to match a `_pattern`; None: any, or none at all."""
    for kind, members in _positions(_bytes(pattern)):
        return members if kind == "set" else None
    return None


@lru_cache(maxsize=FORGOTTEN_AFTER)
def pattern_key(pattern: str) -> Key:
    """Sorts patterns as Asterisk tries them, and is equal for those it takes for the same one (`_X` and `_[0-9]`).

    At each position the fewer characters allowed, the earlier; then the lower the first; then the more low ones.
    """
    key = []
    for kind, members in _positions(_bytes(pattern)):
        if kind == "set":
            codes = [ord(letter) for letter in members]
            key.append(((len(codes) << 8) | min(codes), -sum(1 << (255 - code) for code in codes)))
        else:
            key.append((WILDCARDS.get(kind, NOT_CLOSED), 0))
    return (*key, (END, 0))


def name_key(name: str) -> tuple[int, ...]:
    """Sorts extensions without pattern as Asterisk does: by their bytes, which C takes for signed."""
    if name.isascii():
        return tuple(map(ord, plain(name)))
    return tuple(code - 256 if code > 127 else code for code in map(ord, plain(_bytes(name))))


def identity(name: str) -> str | Key:
    """Equal for two names exactly when Asterisk takes them for the same extension."""
    return pattern_key(name) if name.startswith("_") else plain(name)


def _bytes(text: str) -> str:
    """A letter for each byte: Asterisk knows nothing of characters."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


@lru_cache(maxsize=FORGOTTEN_AFTER)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern as a regular expression; None when it can match nothing."""
    parts: list[str] = []
    for kind, members in _positions(_bytes(pattern), empty_sets=True):
        if kind == "set":
            if not members:
                return None  # `[9-1]`
            parts.append(re.escape(members) if len(members) == 1 else f"[{re.escape(members)}]")
        elif kind in WILDCARDS:
            parts.append(".+" if kind == "." else ".*")
            break  # what stands behind is never looked at
        elif kind == "[]":
            parts.append("(?=.)")
        else:
            return None
    return re.compile("".join(parts), re.S)


def _positions(pattern: str, *, empty_sets: bool = False) -> Iterator[tuple[str, str]]:
    """The positions of a `_pattern`: ("set", its letters), (".", ""), ("!", ""), ("[", "") for one never closed.

    Sets without a letter sort as if they were not there. Asked for, they come as an empty "set" for `[9-1]`, which
    nothing matches, and as ("[]", "") for `[]`, which is passed over as long as there is something left to match.
    """
    position = 1
    while position < len(pattern):
        letter = pattern[position]
        if letter.upper() in CLASSES:
            yield "set", CLASSES[letter.upper()]
        elif letter in WILDCARDS:
            yield letter, ""
        elif letter == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                yield "[", ""
            else:
                members = _members(pattern[position + 1 : end])
                if members or (empty_sets and end > position + 1):
                    yield "set", members
                elif empty_sets:
                    yield "[]", ""
                position = end
        elif letter != "-":
            yield "set", letter
        position += 1


def _members(inside: str) -> str:
    """The letters of a set, each once: `0-35` is 0, 1, 2, 3 and 5; a hyphen at either end is a letter itself."""
    found: list[str] = []
    position = 0
    while position < len(inside):
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            found += map(chr, range(ord(inside[position]), ord(inside[position + 2]) + 1))
            position += 3
        else:
            found.append(inside[position])
            position += 1
    return "".join(dict.fromkeys(found))


# -- numbers of a pattern -------------------------------------------------------------------------------------


def sample_number(pattern: str, salt: int = 0) -> str | None:
    """A number that matches a dialplan pattern: `_9NXX.` -> "9255100"; None for s, i, t and the like.

    `salt` varies the free digits, so that two routes are not tried with the same number.
    """
    if not pattern.startswith("_"):
        return pattern if re.fullmatch(r"[+*#0-9]+", pattern) else None
    digits, position, free = [], 1, _free_digits(salt)
    while position < len(pattern):
        letter = pattern[position]
        if letter == "[":
            end = pattern.find("]", position)
            if end < 0:
                return None
            digits.append(next((c for c in pattern[position + 1 : end] if c in "123456789+*#0"), "1"))
            position = end
        elif letter in ".!":
            digits += [next(free) for _ in range(max(2, 7 - len(digits)))]
            break
        elif letter.upper() in "XZN":
            digits.append(max(next(free), {"X": "0", "Z": "1", "N": "2"}[letter.upper()]))
        elif letter in "0123456789+*#":
            digits.append(letter)
        elif letter not in "- ":
            return None
        position += 1
    number = "".join(digits)
    return number if number and pattern_matches(pattern, number) else None


def _free_digits(salt: int) -> Iterator[str]:
    """An endless run of digits that begins with the salt's: 5 5 5 0 <salt> ..."""
    yield from "5550"
    yield from str(salt % 10)
    while True:
        yield "1"
