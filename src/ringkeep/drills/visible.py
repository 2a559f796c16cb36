"""Makes text from a hostile phone system safe to show: in a terminal, in JSON, in a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

Value = TypeVar("Value")
# Control characters steer a terminal, directional overrides turn a line around, surrogates are bytes of no encoding.
# The joiners of Persian (U+200C, U+200D) and the marks of direction (U+200E, U+200F) stay.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def text(value: str) -> str:
    """The text with what is unsafe written as an escape; bytes of no encoding as U+FFFD."""
    return UNSAFE.sub(_escape, value)


def visible(value: Value) -> Value:
    """The same value, made of dataclasses, tuples, lists and mappings, with every string in it safe to show."""
    return cast(Value, _visible(value))


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {_visible(key): _visible(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_visible(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _visible(getattr(value, f.name)) for f in fields(value) if f.init})
    return value


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
