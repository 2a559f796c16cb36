"""What lies in the folders of a part: the answer of `find`, and what is remembered of it beside the mirror.

A record of the listing is `KIND MODE UID GID SIZE MTIME NUL path NUL link-target NUL`, `u` before KIND when our account may
not read it. Names may hold anything but NUL. The answer is hostile: sizes, counts and `..` are refused.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, amount

HEAD = re.compile(rb"(u?)([a-zA-Z?]) ([0-7]{1,6}) (\d{1,12}) (\d{1,12}) (\d{1,20}) (-?\d{1,14})(?:\.(\d{1,12}))?\Z")
MAX_PATH = 4096  # Linux' PATH_MAX
MAX_RECORD = 3 * MAX_PATH
PIECE = 1 << 20  # bytes unpacked at a time


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much of one phone system is taken. A part that has more fails; what is beyond is named."""

    entries: int = 1_000_000  # files, folders and links of one part
    one_file_bytes: int = 16 << 30
    total_bytes: int = 4 << 40
    listing_bytes: int = 1 << 30  # of one part, unpacked


@dataclass(frozen=True, slots=True)
class Entry:
    """One file (f), folder (d), link (l) or something else, as it is there."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int  # bytes
    mtime_ns: int
    link: str = ""
    readable: bool = True

    def as_list(self) -> list[Any]:
        """For the record, without what is only of the moment."""
        basic = [self.kind, self.mode, self.uid, self.gid, self.size, self.mtime_ns]
        return [*basic, self.link] if self.link else basic


@dataclass
class Record:
    """`mirror/ringkeep/owners.json`: what a restore needs and files cannot tell, and what makes the next night cheap."""

    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)  # part -> path (no leading slash) -> entry
    listings: dict[str, str] = field(default_factory=dict)  # part -> SHA-256 of its listing
    frozen: dict[str, str] = field(default_factory=dict)  # path in the mirror -> SHA-256 of a dump or frozen copy
    users: dict[str, str] = field(default_factory=dict)  # number -> name there
    groups: dict[str, str] = field(default_factory=dict)

    def as_text(self) -> str:
        """JSON; names that are not UTF-8 as lone surrogates, escaped."""
        return json.dumps(
            {
                "fields": ["kind", "mode", "uid", "gid", "size", "mtime_ns", "link"],
                "parts": {p: {n: e.as_list() for n, e in sorted(x.items())} for p, x in sorted(self.entries.items())},
                "listings": self.listings,
                "frozen": self.frozen,
                "users": self.users,
                "groups": self.groups,
            },
            separators=(",", ":"),
            sort_keys=True,
        )

    @classmethod
    def from_text(cls, text: str) -> Record:
        """Ours, but a damaged one only means that more is fetched."""
        try:
            document = json.loads(text)
            entries = {p: {n: Entry(*e) for n, e in x.items()} for p, x in document["parts"].items()}
            return cls(entries, document["listings"], document["frozen"], document["users"], document["groups"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


async def read_listing(pieces: AsyncIterator[bytes], name: str, limits: FetchLimits) -> dict[str, Entry]:
    """Entries of a gzipped listing. Raises `LinkError("failed")` for anything that `find` does not write."""
    found: dict[str, Entry] = {}
    rest: list[bytes] = []
    buffer, unpacked = b"", 0
    inflate = zlib.decompressobj(31)
    async for piece in pieces:
        data = piece
        while data:
            try:
                plain = inflate.decompress(data, PIECE)
            except zlib.error as error:
                raise _bad(name, Sentence("its answer is damaged")) from error
            data = inflate.unconsumed_tail
            unpacked += len(plain)
            if unpacked > limits.listing_bytes:
                raise _bad(
                    name, Sentence("its list of files is longer than {size}", {"size": amount(limits.listing_bytes)})
                )
            *fields, buffer = (buffer + plain).split(b"\0")
            if len(buffer) > MAX_RECORD:
                raise _bad(name, Sentence("a name in its list of files has no end"))
            rest += fields
            whole = len(rest) - len(rest) % 3
            for at in range(0, whole, 3):
                _take(found, rest[at : at + 3], name)
            del rest[:whole]
            if len(found) > limits.entries:
                raise _bad(name, Sentence("it holds more than {count} files and folders", {"count": limits.entries}))
    if not inflate.eof or buffer.strip() or rest:
        raise _bad(name, Sentence("its list of files ends too early"))
    return found


def _take(found: dict[str, Entry], record: list[bytes], name: str) -> None:
    match = HEAD.match(record[0])
    path, link = record[1], record[2]
    if match is None or not path.startswith(b"/") or len(path) > MAX_PATH or len(link) > MAX_PATH:
        raise _bad(name, Sentence("its list of files is malformed"))
    parts = path[1:].rstrip(b"/").split(b"/")
    if any(part in (b"", b".", b"..") or len(part) > 255 for part in parts):
        raise _bad(name, Sentence("its list of files holds a path with `..` or `//`"))
    fraction = (match[8] or b"")[:9].ljust(9, b"0")
    seconds = min(max(int(match[7]), 0), 1 << 33)
    kind = match[2].decode()
    found[b"/".join(parts).decode("utf-8", "surrogateescape")] = Entry(
        kind,
        int(match[3], 8),
        int(match[4]),
        int(match[5]),
        min(int(match[6]), 1 << 62) if kind == "f" else 0,
        seconds * 1_000_000_000 + int(fraction),
        link.decode("utf-8", "surrogateescape") if kind == "l" else "",
        readable=not (match[1] and kind in "fd"),
    )


def _bad(name: str, why: Sentence) -> LinkError:
    return LinkError(
        "failed", Sentence("The part {name} of the phone system cannot be fetched: {why}.", {"name": name, "why": why})
    )
