"""What configuration files match by pattern: files of an `#include`, sections of a `[name](+filter)`."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

PATH_BYTES = 255  # Asterisk cuts longer paths off
ALTERNATIVES = 64  # of all braces of one include together
FILTER_BYTES = 255
MAGIC = re.compile(r"[*?\[]")
# What a filter may be made of: one repetition at most, so that no text can make the search long.
SIMPLE_FILTER = re.compile(r"[^*+?{}()|\\\[\]]*(?:\[\^?\]?[^\]\[\\]*\][^*+?{}()|\\\[\]]*)*[*+?]?[^*+?{}()|\\\[\]]*")


def same_name(name: str) -> str:
    """The form in which Asterisk compares names of sections: without the case of A-Z."""
    return name.lower() if name.isascii() else re.sub("[A-Z]+", lambda match: match[0].lower(), name)


def included_files(names: Iterable[str], argument: str, etc_dir: str) -> list[str]:
    """The files of `names` that `#include argument` reads, in Asterisk's order: glob(3) with braces."""
    pattern = posixpath.join(etc_dir, argument)
    if len(pattern.encode("utf-8", "replace")) > PATH_BYTES or pattern.endswith("/"):
        return []
    found: list[str] = []
    for one in _without_braces(pattern):
        path = posixpath.normpath(one)
        if not MAGIC.search(path):
            found += [path] if path in names else []
        else:
            found += sorted(name for name in names if _globbed(name, path))
    return found


def _globbed(name: str, pattern: str) -> bool:
    if name.count("/") != pattern.count("/") or not fnmatch.fnmatchcase(name, pattern.replace("[^", "[!")):
        return False
    parts = zip(name.split("/"), pattern.split("/"), strict=True)
    return not any(part.startswith(".") and not wanted.startswith(".") for part, wanted in parts)


def _without_braces(pattern: str) -> list[str]:
    """`{a,b}.conf` as `a.conf` and `b.conf`; braces that do not pair stand for themselves."""
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) <= ALTERNATIVES:
        one = waiting.pop(0)
        match = re.search(r"\{([^{}]*)\}", one)  # the innermost
        if match is None or match[0] == "{}":
            done.append(one)
            continue
        waiting[:0] = [one[: match.start()] + word + one[match.end() :] for word in match[1].split(",")]
    return done


class UnknownFilter(ValueError):
    """A filter that is not understood here."""


def passes_filter(lines: Sequence[tuple[str, str]], is_template: bool, filters: str) -> bool:
    """Whether a section with these (name, value) lines passes `name=value&name=value`, both sides POSIX expressions.

    `TEMPLATES=include` lets templates pass too, `TEMPLATES=restrict` nothing else. Raises `UnknownFilter`.
    """
    template_may = False
    for one in filters.split("&"):
        name, equals, value = (word.strip() for word in one.partition("="))
        value = value.partition("=")[0].strip()
        if not equals:
            return False
        if name == "TEMPLATES":
            if value.lower() == "include":
                template_may = template_may or is_template
            elif value.lower() == "restrict" and is_template:
                template_may = True
            else:
                return False
            continue
        wanted_name, wanted_value = _expression(name), _expression(value)
        if not any(wanted_name.search(n) and wanted_value.search(v) for n, v in lines):
            return False
    return template_may or not is_template


@lru_cache(maxsize=256)
def _expression(text: str) -> re.Pattern[str]:
    if len(text) > FILTER_BYTES or not SIMPLE_FILTER.fullmatch(text):
        raise UnknownFilter(text)
    try:
        return re.compile(text)
    except re.error as error:
        raise UnknownFilter(text) from error
