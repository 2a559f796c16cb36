"""The Asterisk Manager Interface as a protocol without IO: bytes in, messages out.

A message is a block of `Name: value` lines ended by an empty line (CRLF). Nothing is lost: repeated names
(`ChanVariable`, `Output`) stay lists, values keep their bytes as UTF-8 with surrogates for what is not.
Format: Asterisk documentation, "AMI v2 Specification".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BANNER = re.compile(rb"Asterisk Call Manager/(\d+)\.(\d+)\.(\d+)")
# A message longer than this is not one: a hostile peer must not fill our memory.
MESSAGE_LIMIT = 16 * 1024 * 1024


class AmiError(ValueError):
    """The peer did not speak AMI."""


@dataclass(slots=True)
class Message:
    """One event or response. Headers are split when first asked for."""

    raw: bytes
    _fields: list[tuple[str, str]] | None = field(default=None, repr=False)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """All `(name, value)` pairs in the order received."""
        if self._fields is None:
            fields = []
            for line in self.raw.split(b"\r\n"):
                name, separator, value = line.partition(b":")
                if separator:
                    text = value.decode("utf-8", "surrogateescape")
                    fields.append((name.decode("utf-8", "surrogateescape"), text.removeprefix(" ")))
            self._fields = fields
        return self._fields

    def get(self, name: str, default: str = "") -> str:
        """The first value of `name`, case-insensitive as AMI is."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """Every value of `name`."""
        wanted = name.lower()
        return [value for key, value in self.fields if key.lower() == wanted]

    @property
    def event(self) -> str | None:
        """The event's name; `None` for a response."""
        if not self.raw.startswith(b"Event:"):
            return None
        return self.raw[6 : self.raw.find(b"\r\n") if b"\r\n" in self.raw else None].strip().decode("ascii", "replace")

    @property
    def output(self) -> str:
        """What a `Command` action printed, lines joined."""
        return "\n".join(self.all("Output"))


class Decoder:
    """Splits a byte stream into messages; feed it whatever arrives, however it is cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.version: tuple[int, int, int] | None = None

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes and return the messages they complete.

        Raises `AmiError` when the first line is not AMI's banner or a message exceeds `MESSAGE_LIMIT`.
        """
        start = max(0, len(self._buffer) - 3)
        self._buffer += data
        if self.version is None:
            if b"\n" not in self._buffer:
                if len(self._buffer) > 1024:
                    raise AmiError("no AMI banner in the first 1,024 bytes")
                return []
            line, _, rest = bytes(self._buffer).partition(b"\n")
            banner = BANNER.search(line)
            if banner is None:
                raise AmiError(f"not an AMI banner: {line[:60]!r}")
            self.version = (int(banner[1]), int(banner[2]), int(banner[3]))
            self._buffer = bytearray(rest)
            start = 0
        if b"\r\n\r\n" not in memoryview(self._buffer)[start:].tobytes():
            if len(self._buffer) > MESSAGE_LIMIT:
                raise AmiError("an AMI message without an end")
            return []
        *complete, rest = bytes(self._buffer).split(b"\r\n\r\n")
        self._buffer = bytearray(rest)
        return [Message(raw.lstrip(b"\r\n")) for raw in complete if raw.strip(b"\r\n")]


def encode(action: str, fields: Mapping[str, str | Iterable[str]]) -> bytes:
    """One action as bytes. Raises `ValueError` for a CR or LF in a name or value: it would forge a header."""
    lines = [f"Action: {action}"]
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            lines.append(f"{name}: {one}")
    for line in lines:
        if "\r" in line or "\n" in line or "\0" in line:
            raise ValueError(f"line break inside an AMI field: {line!r}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
