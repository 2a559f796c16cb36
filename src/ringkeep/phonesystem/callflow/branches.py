"""The arguments of what decides: `condition?yes:no`."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=8192)
def split_branch(text: str, *, raw: bool = False) -> tuple[str, str, str]:
    """`condition?yes:no`; in raw text what stands in brackets is passed over."""
    condition, rest = _split(text, "?") if raw else text.partition("?")[::2]
    yes, no = _split(rest, ":")
    return condition, yes, no


def _split(text: str, mark: str) -> tuple[str, str]:
    depth = 0
    for index, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == mark and depth <= 0:
            return text[:index], text[index + 1 :]
    return text, ""
