"""PHP's `serialize()` format, read without PHP and without its danger.

Legacy FreePBX and IssabelPBX write the `manifest` and `astdb` of a backup this way. PHP's own `unserialize()` makes
objects, and so runs code (CVE-2026-26978); this reader knows only plain values and refuses everything else.

Format (php.net, "serialize"; php-src ext/standard/var_unserializer.re)::

    N;   b:1;   i:-7;   d:0.5;   s:3:"abc";   a:2:{KEY VALUE KEY VALUE}      lengths count bytes, keys are i or s
"""

from __future__ import annotations

import re
from typing import TypeAlias

Value: TypeAlias = bool | int | float | str | dict["int | str", "Value"] | None

MAX_DEPTH = 100
_SCALAR = re.compile(rb"(?:(N)|b:([01])|i:([+-]?[0-9]{1,19})|d:([+-]?[0-9][0-9.eE+-]{0,40}|-?INF|NAN));")
_STRING = re.compile(rb's:([0-9]{1,10}):"')
_ARRAY = re.compile(rb"a:([0-9]{1,10}):\{")
_OBJECTS = b"OCEorRS"


class PhpError(ValueError):
    """The bytes are not a plain serialized value; `at` is the byte where reading stopped."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(f"{what} at byte {at}")
        self.at = at


class _Open:
    """An array being read: how many pairs are still to come, and the key that waits for its value."""

    __slots__ = ("items", "key", "left")

    def __init__(self, left: int) -> None:
        self.items: dict[int | str, Value] = {}
        self.left = left
        self.key: int | str | None = None


def loads(data: bytes) -> Value:
    """One serialized value; arrays become dicts in their order, strings UTF-8 or else Latin-1 text.

    Linear in `len(data)`, depth at most MAX_DEPTH. Raises PhpError for anything else, also for trailing bytes.
    """
    at = 0
    stack: list[_Open] = []
    while True:
        opening = _ARRAY.match(data, at)
        if opening:
            at = opening.end()
            _enter(stack, int(opening[1]), opening.start())
            value: Value = None
            done = False
        else:
            value, at = _plain(data, at)
            done = True
        while True:
            if done:
                if not stack:
                    return _only(value, data, at)
                _put(stack[-1], value, at)
            if stack[-1].left or stack[-1].key is not None:
                break
            if data[at : at + 1] != b"}":
                raise PhpError("an array that does not end where it should", at)
            value, at, done = stack.pop().items, at + 1, True


def _enter(stack: list[_Open], count: int, at: int) -> None:
    if stack and stack[-1].key is None:
        raise PhpError("an array as the key of an array", at)
    if len(stack) >= MAX_DEPTH:
        raise PhpError(f"arrays nested deeper than {MAX_DEPTH}", at)
    stack.append(_Open(count))


def _put(array: _Open, value: Value, at: int) -> None:
    """The next key or the next value of the innermost array."""
    if array.key is not None:
        array.items[array.key] = value
        array.key = None
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise PhpError("a key that is neither a number nor a string", at)
    else:
        array.key = value
        array.left -= 1


def _plain(data: bytes, at: int) -> tuple[Value, int]:
    """A value that is no array, and where it ends."""
    string = _STRING.match(data, at)
    if string:
        start, end = string.end(), string.end() + int(string[1])
        if data[end : end + 2] != b'";':
            raise PhpError("a string that does not end where its length says", at)
        return text(data[start:end]), end + 2
    scalar = _SCALAR.match(data, at)
    if scalar is None:
        kind = data[at : at + 1]
        if kind and kind in _OBJECTS:
            raise PhpError("a PHP object or reference, which Ringkeep never reads,", at)
        raise PhpError("not a serialized PHP value", at)
    null, boolean, integer, number = scalar.groups()
    try:
        if null:
            return None, scalar.end()
        if boolean:
            return boolean == b"1", scalar.end()
        return (int(integer) if integer else float(number)), scalar.end()
    except ValueError:
        raise PhpError("a malformed number", at) from None


def _only(value: Value, data: bytes, at: int) -> Value:
    if data[at:].strip():
        raise PhpError("more bytes after the value", at)
    return value


def text(raw: bytes) -> str:
    """UTF-8, or Latin-1 where it is not (old systems wrote their names so)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
