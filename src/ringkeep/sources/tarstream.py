"""Reads a tar archive once, front to back, trusting nothing in it. No file is written here.

Python's `tarfile` is not used: it reads a name of any declared size into memory, takes an archive cut at a member's
end for whole, and keeps every member it saw. Formats: POSIX.1-2001 "pax Interchange Format" and ustar, and
GNU tar's long names (GNU tar manual, "Basic Tar Format").
"""

from __future__ import annotations

import bz2
import lzma
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ringkeep.phonesystem.sentences import Sentence, amount
from ringkeep.sources.errors import Limits, SourceError

BLOCK = 512
CHUNK = 1 << 18
MAX_NAME_HEADER = 1 << 20  # bytes of one long name or pax header
MAX_HEADERS_IN_A_ROW = 16  # long names and pax headers before one member
XZ_MEMORY = 256 << 20  # bytes; xz -9 needs 65 MiB

KINDS = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "link", b"3": "character device",
    b"4": "block device", b"5": "dir", b"6": "named pipe", b"S": "sparse file", b"M": "part of a file",
    b"V": "volume label", b"D": "dir", b"N": "old long name",
}  # fmt: skip
NOT_TAR = (
    (b"PK\x03\x04", Sentence("a zip file")), (b"PK\x05\x06", Sentence("an empty zip file")), (b"7z\xbc\xaf\x27\x1c", Sentence("a 7-Zip file")),
    (b"Rar!", Sentence("a RAR file")), (b"\x28\xb5\x2f\xfd", Sentence("a Zstandard file")), (b"SQLite format 3\0", Sentence("an SQLite database")),
    (b"-----BEGIN PGP", Sentence("an encrypted file")), (b"%PDF", Sentence("a PDF")),
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One entry; `name` and `target` as written (surrogates stand for bytes that are not UTF-8)."""

    name: str
    kind: str  # a value of KINDS, or "type X"
    size: int  # bytes of content that follow
    mode: int
    mtime: float
    target: str = ""  # of a link or hard link


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def feed(self, data: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, CHUNK)

    @property
    def hungry(self) -> bool:
        return not self._inner.unconsumed_tail


class _Other:
    """bz2 and xz share one interface."""

    def __init__(self, kind: str) -> None:
        self._inner: bz2.BZ2Decompressor | lzma.LZMADecompressor = (
            bz2.BZ2Decompressor() if kind == "bz2" else lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        )

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def feed(self, data: bytes) -> bytes:
        return self._inner.decompress(data, CHUNK)

    @property
    def hungry(self) -> bool:
        return self._inner.needs_input


def compression(head: bytes) -> str:
    """One of "gz", "bz2", "xz", "" from an archive's first bytes."""
    for magic, kind in ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "xz")):
        if head.startswith(magic):
            return kind
    return ""


class Stream:
    """The plain bytes of an archive, counted. Raises SourceError "truncated", "damaged" or "bomb"."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self.name, self.limits, self.count = name, limits, 0
        self._file = file
        head = file.read(BLOCK)
        file.seek(0)
        if not head:
            raise SourceError(
                "not-a-phone-system", Sentence("{name} is an empty file: copy the backup again.", {"name": name})
            )
        for magic, what in NOT_TAR:
            if head.startswith(magic):
                raise SourceError("not-a-phone-system", Sentence("{name} is {what}, not a tar archive: hand over the backup as the phone system wrote it, "
"or unpack it and hand over the folder.", {"name": name, "what": what}))  # fmt: skip
        self._kind = compression(head)
        self._inner = self._new()
        self._buffer = b""
        self._streams = 0

    def _new(self) -> _Gzip | _Other | None:
        return None if not self._kind else _Gzip() if self._kind == "gz" else _Other(self._kind)

    @property
    def position(self) -> int:
        """Plain bytes handed out so far."""
        return self.count - len(self._buffer)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end."""
        parts: list[bytes] = []
        while size > 0:
            if not self._buffer:
                self._buffer = self._more()
                if not self._buffer:
                    break
            parts.append(self._buffer[:size])
            self._buffer = self._buffer[size:] if size < len(self._buffer) else b""
            size -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bytes:
        data = self._file.read(CHUNK) if self._inner is None else self._unpacked()
        self.count += len(data)
        limits, packed = self.limits, self._file.tell()
        if self.count > limits.ratio_from_bytes and self.count > packed * limits.ratio:
            raise SourceError("bomb", Sentence("{name} unpacks to more than {ratio} times its own size: this is an archive bomb, not a "
"backup, and was not unpacked.", {"name": self.name, "ratio": limits.ratio}))  # fmt: skip
        if self.count > limits.stream_bytes:
            raise SourceError("bomb", Sentence("{name} unpacks to more than {size}: leave recordings out of it, or hand over a "
"folder.", {"name": self.name, "size": amount(limits.stream_bytes)}))  # fmt: skip
        return data

    def _unpacked(self) -> bytes:
        """The next unpacked bytes; b"" at the proper end of the compressed file."""
        while self._inner is not None:
            try:
                if self._inner.eof and not self._next_stream():
                    return b""
                raw = self._file.read(CHUNK) if self._inner.hungry else b""
                data = self._inner.feed(raw)
            except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise self.damaged(str(error)) from error
            if data:
                return data
            if not raw and not self._inner.eof and self._inner.hungry:
                raise self.truncated()
        return b""

    def _next_stream(self) -> bool:
        """Another compressed stream right behind the last (pigz, cat a.gz b.gz)? Padding and garbage are no data."""
        assert self._inner is not None
        rest = self._inner.unused_data
        if len(rest) < 6:
            rest += self._file.read(CHUNK)
        self._streams += 1
        if compression(rest) != self._kind or self._streams > 100_000:
            return False
        self._file.seek(-len(rest), 1)
        self._inner = self._new()
        return True

    def truncated(self) -> SourceError:
        return SourceError("truncated", Sentence("{name} ends too early: it was cut short while it was written or copied. Copy it again, "
"or take an older backup.", {"name": self.name}))  # fmt: skip

    def damaged(self, why: str) -> SourceError:
        return SourceError(
            "damaged",
            Sentence(
                "{name} is damaged ({why}): copy it again, or take an older backup.", {"name": self.name, "why": why}
            ),
        )


def members(stream: Stream) -> Iterator[Member]:
    """Each member in turn; read at most `member.size` bytes with `stream.read` before asking for the next.

    Raises SourceError when it is no tar archive ("not-a-phone-system"), is damaged, or lacks its end mark.
    """
    first = True
    while True:
        member = _next_member(stream, first)
        if member is None:
            break
        first = False
        end = stream.position + member.size + -member.size % BLOCK
        yield member
        _skip(stream, end - stream.position)
    while stream.read(CHUNK):  # the compressor's own check comes last
        pass


def _next_member(stream: Stream, first: bool) -> Member | None:
    """The next member with the long names that precede it; None at the end mark."""
    long: dict[str, str] = {}
    for _ in range(MAX_HEADERS_IN_A_ROW):
        block = stream.read(BLOCK)
        if first and not (len(block) == BLOCK and _checks(block)):
            raise SourceError("not-a-phone-system", Sentence("{name} is neither a folder nor a tar archive of a phone system: hand over its "
"/etc/asterisk, or a backup that it wrote.", {"name": stream.name}))  # fmt: skip
        first = False
        if len(block) < BLOCK:
            raise stream.truncated()
        if not block.strip(b"\0"):
            return None
        if not _checks(block):
            raise stream.damaged("a header's checksum is wrong")
        kind, size = block[156:157], _number(block[124:136])
        if size < 0:
            raise stream.damaged("a member with a negative size")
        if kind == b"S":
            _skip_sparse_map(stream, block)
        if kind not in (b"L", b"K", b"x", b"g", b"X"):
            return _member(block, kind, long)
        long.update(_long(stream, kind, size))
    raise stream.damaged("long names without a file")


def _skip_sparse_map(stream: Stream, block: bytes) -> None:
    """Old GNU sparse files have more header blocks, each saying whether another follows."""
    more = block[482]
    while more:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise stream.truncated()
        more = block[504]


def _long(stream: Stream, kind: bytes, size: int) -> dict[str, str]:
    """What a GNU long name (L, K) or a pax header (x; g is for all that follow and is ignored) says."""
    if size > MAX_NAME_HEADER:
        raise SourceError("bomb", Sentence("{name} holds a file name of {size}: this is no backup, and was not unpacked.", {"name": stream.name, "size": amount(size)}))  # fmt: skip
    data = stream.read(size)
    padding = stream.read(-size % BLOCK)
    if len(data) < size or len(padding) < -size % BLOCK:
        raise stream.truncated()
    if kind in b"LK":
        return {"path" if kind == b"L" else "linkpath": _text(data.rstrip(b"\0"))}
    return _pax(stream, data) if kind in b"xX" else {}


def _pax(stream: Stream, data: bytes) -> dict[str, str]:
    """`LENGTH key=value\\n` records (POSIX.1-2001)."""
    values: dict[str, str] = {}
    at = 0
    while at < len(data):
        blank = data.find(b" ", at, at + 10)
        digits = data[at:blank] if blank > 0 else b""
        if not digits.isdigit() or int(digits) <= blank - at + 1 or at + int(digits) > len(data):
            if not data[at:].strip(b"\0"):
                break
            raise stream.damaged("a malformed pax header")
        key, _, value = data[blank + 1 : at + int(digits) - 1].partition(b"=")
        values[_text(key)] = _text(value)
        at += int(digits)
    return values


def _member(block: bytes, kind: bytes, long: dict[str, str]) -> Member:
    name = _text(block[:100].split(b"\0")[0])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500].split(b"\0")[0]) + "/" + name
    name = long.get("path", name)
    size = _number(block[124:136])
    if long.get("size", "").isdigit() and len(long["size"]) < 20:
        size = int(long["size"])
    word = KINDS.get(kind, f"entry of type {kind.decode('ascii', 'backslashreplace')}")
    if any(key.startswith("GNU.sparse") for key in long):
        word = "sparse file"
    if word == "file" and name.endswith("/"):
        word = "dir"
    # Links, folders and devices have no content, whatever their size field says (POSIX.1-2001).
    if kind in b"123456":
        size = 0
    target = long.get("linkpath", _text(block[157:257].split(b"\0")[0]))
    return Member(name, word, size, max(_number(block[100:108]), 0), _mtime(block, long), target)


def _mtime(block: bytes, long: dict[str, str]) -> float:
    """Seconds since 1970, kept within what every file system takes."""
    try:
        seconds = float(long["mtime"]) if "mtime" in long else float(_number(block[136:148]))
    except ValueError:
        seconds = 0.0
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), 2.0**32)


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256 when the top bit is set; nonsense is 0."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else int.from_bytes(field, "big", signed=True)
    digits = field.split(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        return 0


def _checks(block: bytes) -> bool:
    """The header's checksum: the sum of its bytes with the checksum field itself as blanks."""
    rest = block[:148] + b" " * 8 + block[156:]
    stated = _number(block[148:156])
    if stated == sum(rest):
        return True
    return stated == sum(byte - 256 if byte > 127 else byte for byte in rest)  # as some old tars count


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _skip(stream: Stream, left: int) -> None:
    while left > 0:
        data = stream.read(min(left, CHUNK))
        if not data:
            raise stream.truncated()
        left -= len(data)
