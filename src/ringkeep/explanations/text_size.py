"""How much room a text takes in a drawing, without a font at hand: wide enough for the usual ones, Persian too."""

from __future__ import annotations

import unicodedata

NARROW, WIDE = set("iljtfrI.,:;'|!()[] ،؛"), set("mwMWQ@%&…—")
OPENS, CLOSES = "\u2068", "\u2069"  # around a name that is written the other way


def width_of(text: str, size: float) -> float:
    """Width in the units of `size`, the font's height."""
    return sum(map(_em, text)) * size


def _em(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    if letter in NARROW:
        return 0.38
    if letter in WIDE:
        return 0.95
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if letter.isupper():
        return 0.73
    if "\u0600" <= letter <= "\u06ff":
        return 0.6
    return 0.61


def lines_of(text: str, size: float, width: float, most: int) -> list[str]:
    """The text in at most so many lines of that width; what does not fit is cut with "…"."""
    lines = [""]
    for word in text.split():
        while word:
            joined = f"{lines[-1]} {word}".strip()
            if width_of(joined, size) <= width:
                lines[-1], word = joined, ""
            elif lines[-1] and width_of(word, size) <= width:
                lines.append("")
            else:
                room = _fitting(word, size, width - width_of(f"{lines[-1]} " if lines[-1] else "", size))
                if room < 4 and lines[-1]:
                    lines.append("")
                    continue
                lines[-1], word = f"{lines[-1]} {word[: max(room, 1)]}".strip(), word[max(room, 1) :]
                if word:
                    lines.append("")
    if len(lines) > most:
        lines = lines[:most]
        while lines[-1] and width_of(f"{lines[-1]}…", size) > width:
            lines[-1] = lines[-1][:-1]
        lines[-1] += "…"
    return _closed(lines)


def _closed(lines: list[str]) -> list[str]:
    """Each line by itself: a name that goes on in the next line is closed here and opened there."""
    closed, is_open = [], False
    for line in lines:
        line = OPENS + line if is_open else line
        is_open = line.count(OPENS) > line.count(CLOSES)
        closed.append(line + CLOSES if is_open else line)
    return closed


def _fitting(word: str, size: float, width: float) -> int:
    """How many letters of a word fit, best cut behind a separator."""
    taken = 0.0
    room = next((i for i, letter in enumerate(word) if (taken := taken + _em(letter) * size) > width), len(word))
    if room == len(word):
        return room
    for index in range(room, max(room - 8, 1), -1):
        if word[index - 1] in "/-_.,&":
            return index
    return room
