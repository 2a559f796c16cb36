"""The lines of a configuration file as Asterisk's reader sees them: bytes -> text without comments.

Proven against the real reader (tests/asterisk/test_conf_against_asterisk.py); the odd rules below are its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

BUFFER_BYTES = 8191  # what Asterisk reads of a line at once, its line end included
LINE_BYTES = BUFFER_BYTES - 1  # longer lines are skipped, as Asterisk does
LINES_IN_ALL = 2_000_000  # more is not a phone system: reading stops with a problem
COMMENT_DEPTH = 128  # MAX_NESTED_COMMENTS
BLANK = "".join(map(chr, range(33)))  # what is cut off both ends of a line, name and value
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something about one line; `fatal`: Asterisk reads nothing after it."""

    code: str
    what: str
    line: int
    fatal: bool = False


@dataclass(slots=True)
class CleanLines:
    """A file's lines without comments and surrounding blanks; empty ones are left out."""

    numbers: list[int] = field(default_factory=list)  # from 1; pairs with `texts` would be 30,000 objects to collect
    texts: list[str] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    counted: int = 0  # lines in all
    depth: int = 0  # comments that are still open at the end


def clean(raw: bytes, depth: int = 0, *, is_next: bool = False) -> CleanLines:
    """Clean a file. The next one that the same `#include` reads keeps its byte order mark and begins in `depth` comments."""
    result = CleanLines(counted=raw.count(b"\n") + 1)
    if result.counted > LINES_IN_ALL:
        what = f"more than {LINES_IN_ALL:,} lines of configuration"
        result.complaints.append(Complaint("too-big", what, LINES_IN_ALL, fatal=True))
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        what = "the file is UTF-16; Asterisk reads bytes and will not understand it"
        result.complaints.append(Complaint("encoding", what, 1, fatal=True))
    else:
        _Cleaner(result, depth).read(raw if is_next else raw.removeprefix(BYTE_ORDER_MARK))
    return result


def decoded(raw: bytes) -> tuple[str, int | None]:
    """The text, and the first line that is no UTF-8 (then all of it is read as Latin-1)."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return raw.decode("latin-1"), raw[: error.start].count(b"\n") + 1


class _Cleaner:
    def __init__(self, result: CleanLines, depth: int) -> None:
        self.result, self.depth, self.opened = result, depth, 0

    def read(self, raw: bytes) -> None:
        result = self.result
        if b"\0" in raw:
            damaged = raw[: raw.index(b"\0")].count(b"\n") + 1
            what = "NUL bytes: this is not a text file, or it was damaged"
            result.complaints.append(Complaint("not-text", what, damaged))
        text, bad_line = decoded(raw)
        if bad_line is not None:
            result.complaints.append(Complaint("encoding", "not UTF-8; read as Latin-1", bad_line))
        pieces = text.split("\n")
        # A letter takes at most four bytes.
        awkward = b"\0" in raw or max(map(len, pieces)) > LINE_BYTES // 4
        depth = self.depth
        numbered: Iterable[tuple[int, str]] = enumerate(pieces, 1)
        if awkward:
            numbered = self._as_buffered(pieces, latin=bad_line is not None)
        for number, line in numbered:
            if depth or ";" in line:
                line = self._uncommented(line, number)
                depth = self.depth
                if depth > COMMENT_DEPTH:
                    what = f"more than {COMMENT_DEPTH} comments inside each other: Asterisk hangs at this line"
                    result.complaints.append(Complaint("too-big", what, number, fatal=True))
                    return
            if line and (line[0] <= " " or line[-1] <= " "):
                line = line.strip(BLANK)
            if line:
                result.numbers.append(number)
                result.texts.append(line)
        self._end()

    def _end(self) -> None:
        self.result.depth = self.depth
        if self.depth > 0:
            what = "a ;-- comment is never closed: everything after it is ignored"
        elif self.depth < 0:
            what = "this --; closes no comment: Asterisk ignores what stands after this line"
        else:
            return
        self.result.complaints.append(Complaint("comment-not-closed", what, self.opened or 1))

    def _as_buffered(self, pieces: list[str], *, latin: bool) -> Iterator[tuple[int, str]]:
        """Long lines skipped, and texts cut at NUL, both as a reader with a buffer of 8 KiB and C strings does."""
        for number, text in enumerate(pieces, 1):
            if len(text) <= LINE_BYTES // 4:
                yield number, text.partition("\0")[0]
                continue
            line, skipping = text.encode("latin-1" if latin else "utf-8") + b"\n", False
            for start in range(0, len(line), BUFFER_BYTES):
                read = line[start : start + BUFFER_BYTES].partition(b"\0")[0]
                full = len(read) == BUFFER_BYTES and not read.endswith(b"\n")
                if not skipping and full:
                    what = "Asterisk skips lines of more than 8,190 bytes"
                    self.result.complaints.append(Complaint("too-long-line", what, number))
                    skipping = True
                elif not skipping:
                    yield number, read.decode("latin-1" if latin else "utf-8", "replace")
                elif not full:
                    skipping = False

    def _uncommented(self, line: str, number: int) -> str:
        """The line without its comments; `depth` counts the open ones, below 0 after a `--;` that closes none."""
        kept: list[str] = []
        depth, start, position = self.depth, 0, 0
        shown = has_text = not depth  # shown: what stands from `start` on belongs to the text
        while (at := line.find(";", position)) >= 0:
            if at > position and line[at - 1] == "\\":
                if shown:
                    kept.append(line[start : at - 1])
                    start = at
                position = at + 1
            elif line.startswith("--", at + 1) and not line.startswith("-", at + 3):
                if shown:
                    kept.append(line[start:at])
                    shown = False
                depth += 1
                position = at + 3
            elif at >= position + 2 and line.startswith("--", at - 2):
                depth -= 1
                position = at + 1
                if depth == 0:
                    start, shown, has_text = position, True, True
            elif depth:
                position = at + 1
            else:
                if shown:
                    kept.append(line[start:at])
                    shown = False
                break
        if shown:
            kept.append(line[start:])
        if depth and not self.depth:
            self.opened = number
        self.depth = depth
        return "".join(kept) if has_text else ""
