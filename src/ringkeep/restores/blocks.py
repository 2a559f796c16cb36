"""Sections as they lie in their files: which lines of which file give a section its heading and its entries. Pure.

A section may lie in several blocks, also of several files: `[201]` in an included file, `[201](+)` behind it, or entries
alone in a file that is included below its heading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from ringkeep.asterisk.conf import Configuration, Files, Place, Section
from ringkeep.asterisk.conf_lines import BLANK, clean

HEADING = re.compile(r"\[(?P<name>[^\]]*)\](?P<rest>.*)", re.DOTALL)
TYPE = re.compile(r"type\s*=\s*>?\s*(\S+)", re.IGNORECASE)
BLANKS = BLANK.encode()


class CannotSplice(ValueError):
    """Lines that are no entries lie in between, at `place`."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


@dataclass(frozen=True, slots=True)
class Block:
    """What one file holds of a section in one piece, from its heading to its last entry."""

    file: str
    section: Section
    lines: tuple[
        tuple[int, str], ...
    ]  # (number from 0, text as Asterisk reads it); the heading first where there is one

    @property
    def first(self) -> int:
        """Its first line, from 0."""
        return self.lines[0][0]

    @property
    def last(self) -> int:
        """Its last line, from 0."""
        return self.lines[-1][0]

    @property
    def is_headed(self) -> bool:
        """Whether it begins with a heading; else it is the rest of one in the file that includes it."""
        return self.lines[0][1].startswith("[")

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others of the same name."""
        heading = HEADING.match(self.lines[0][1])
        kind = next((match[1] for _, text in self.lines if (match := TYPE.match(text))), "")
        return (self.section.name, heading["rest"] if heading else "", kind)


def blocks(files: Files, configuration: Configuration) -> list[Block]:
    """All blocks of a configuration, file by file."""
    owners: dict[Place, Section] = {}
    for section in configuration.sections:
        owners[section.place] = section
        owners |= {entry.place: section for entry in section.own_entries}
    found = []
    for file in configuration.files:
        lines: list[tuple[int, str]] = []
        cleaned = clean(files[file])
        for number, text in zip(cleaned.numbers, cleaned.texts, strict=True):
            if text.startswith("[") and lines:
                found += _block(file, lines, owners)
                lines = []
            lines.append((number - 1, text))
        found += _block(file, lines, owners)
    return found


def _block(file: str, lines: list[tuple[int, str]], owners: Mapping[Place, Section]) -> list[Block]:
    owned = [index for index, (number, _) in enumerate(lines) if Place(file, number + 1) in owners]
    if not owned:
        return []
    first = 0 if lines[0][1].startswith("[") else owned[0]
    section = owners[Place(file, lines[owned[-1]][0] + 1)]
    return [Block(file, section, tuple(lines[first : owned[-1] + 1]))]


class Splice:
    """Lines of one state of the files brought into another; what is not asked for stays byte for byte."""

    def __init__(self, live: Files, backup: Files) -> None:
        self.live, self.backup = live, backup
        self._lines: dict[tuple[bool, str], list[bytes]] = {}
        self._instead: dict[tuple[str, int], list[bytes]] = {}
        self._behind: dict[tuple[str, int], list[bytes]] = {}
        self._made: dict[str, list[bytes]] = {}  # files that are not there any more

    def contents(self) -> dict[str, bytes]:
        """The files that change."""
        found = {path: b"".join(_ended(lines, b"\n")) for path, lines in self._made.items()}
        for file in {file for file, _ in (*self._instead, *self._behind)}:
            lines = self._of(file)
            made = [*self._behind.get((file, -1), ())]
            for number, line in enumerate(lines):
                made += self._instead.get((file, number), [line])
                made += self._behind.get((file, number), ())
            found[file] = b"".join(_ended(made, b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"))
        return {path: content for path, content in found.items() if self.live.get(path) != content}

    def bring(self, now: list[Block], then: list[Block], all_now: list[Block], all_then: list[Block]) -> None:
        """Make what lies in the blocks `now` of the live files what lies in `then`. Raises `CannotSplice`."""
        last: Block | None = None  # the live one that the next missing one comes behind
        for start, stop, first, end in _aligned([one.key for one in now], [one.key for one in then]):
            for index in range(max(stop - start, end - first)):
                here = now[start + index] if start + index < stop else None
                there = then[first + index] if first + index < end else None
                if here and there:
                    self.change(here, there)
                elif here:
                    self._take_away(here)
                elif there:
                    sibling = then[first + index - 1] if first + index else None
                    moved = last and sibling and sibling.file == there.file  # where it stands now its rest comes, too
                    self._insert(there, last if moved else _before(there, all_now, all_then) or last)
                last = here or last

    def change(self, here: Block, there: Block, counts: Callable[[str], bool] = lambda text: True) -> None:
        """Line by line, only what differs among the lines that count."""
        now = [line for line in here.lines if counts(line[1])]
        then = [line for line in there.lines if counts(line[1])]
        raw = self._of(there.file, backup=True)
        steps = SequenceMatcher(None, [_written(t) for _, t in now], [_written(t) for _, t in then], autojunk=False)
        for what, start, stop, first, end in steps.get_opcodes():
            if what == "equal":
                continue
            for file, (number, text) in [*((here.file, one) for one in now[start:stop]), *((there.file, one) for one in then[first:end])]:  # fmt: skip
                if text.startswith("#"):
                    raise CannotSplice(Place(file, number + 1))
            new = [raw[number] for number, _ in then[first:end]]
            for (number, _), line in zip(now[start:stop], new, strict=False):
                self._instead[here.file, number] = [line]
            for number, _ in now[start + len(new) : stop]:
                self._instead[here.file, number] = []
            if more := new[stop - start :]:
                at = now[stop - 1][0] if stop else here.first if here.is_headed else here.first - 1
                self._behind.setdefault((here.file, at), []).extend(more)

    def put_behind(self, file: str, line: int, there: Block, number: int) -> None:
        """One line of the backup behind a line of the live files."""
        self._behind.setdefault((file, line), []).append(self._of(there.file, backup=True)[number])

    def put_at_end(self, there: Block, numbers: Iterable[int], *, blank: bool = True) -> None:
        """Lines of the backup at the end of the file that held them; a file that is gone is made again."""
        numbers = list(numbers)
        new = [self._of(there.file, backup=True)[number] for number in numbers]
        if there.file not in self.live:
            self._make(there.file, numbers)
            return
        lines = self._of(there.file)
        gap = [b"\n"] if blank and lines and lines[-1].strip(BLANKS) else []
        self._behind.setdefault((there.file, len(lines) - 1), []).extend([*gap, *new])

    def _make(self, file: str, numbers: list[int]) -> None:
        """Lines of a file that is gone, with the comments and empty lines right above them."""
        raw = self._of(file, backup=True)
        start = numbers[0]
        while start and raw[start - 1].lstrip(BLANKS)[:1] in (b"", b";"):
            start -= 1
        self._made.setdefault(file, []).extend([*raw[start : numbers[0]], *(raw[number] for number in numbers)])

    def _take_away(self, block: Block) -> None:
        for number, text in block.lines:
            if text.startswith("#"):
                raise CannotSplice(Place(block.file, number + 1))
        lines = self._of(block.file)
        start, stop = block.first, block.last + 1
        if start and not lines[start - 1].strip(BLANKS) and (stop == len(lines) or not lines[stop].strip(BLANKS)):
            start -= 1  # one empty line between two others is enough
        for number in range(start, stop):
            self._instead[block.file, number] = []

    def _insert(self, there: Block, before: Block | None) -> None:
        """A block behind the one that it came behind, else at the end of its file."""
        if any(text.startswith("#") for _, text in there.lines):
            raise CannotSplice(Place(there.file, there.first + 1))
        if before is None:
            self.put_at_end(there, range(there.first, there.last + 1))
            return
        raw = self._of(there.file, backup=True)
        start = there.first
        while start and raw[start - 1].lstrip(BLANKS).startswith(b";"):
            start -= 1  # the comment right above it
        at = _found(raw[start : there.first], self._of(before.file), before.last + 1)
        if at is not None:  # the comment stayed
            after = self._of(before.file)[at + 1 : at + 2]
            apart = bool(after and after[0].strip(BLANKS)) and not b"".join(raw[there.last + 1 :][:1]).strip(BLANKS)
            new = raw[there.first : there.last + 1]
            self._behind.setdefault((before.file, at), []).extend([*new, b"\n"] if apart else new)
            return
        while start and not raw[start - 1].strip(BLANKS):
            start -= 1
        self._behind.setdefault((before.file, before.last), []).extend(raw[start : there.last + 1])

    def _of(self, file: str, *, backup: bool = False) -> list[bytes]:
        known = self._lines.get((backup, file))
        if known is None:
            content = (self.backup if backup else self.live)[file]
            known = self._lines[backup, file] = re.findall(rb"[^\n]*\n|[^\n]+", content)
        return known


def _aligned(now: list[tuple[str, str, str]], then: list[tuple[str, str, str]]) -> list[tuple[int, int, int, int]]:
    """Which blocks are each other's: ranges of both."""
    return [tuple(one[1:]) for one in SequenceMatcher(None, now, then, autojunk=False).get_opcodes()]  # type: ignore[misc]


def _before(there: Block, all_now: list[Block], all_then: list[Block]) -> Block | None:
    """The live block of the nearest one that came before it in its file in the backup and is still there."""
    standing = {one.key: one for one in all_now if one.file == there.file and one.is_headed}
    above = [one for one in all_then if one.file == there.file and one.first < there.first and one.key in standing]
    return standing[above[-1].key] if above else None


def _found(comment: list[bytes], lines: list[bytes], start: int) -> int | None:
    """The last line of a comment among those from `start` to the next heading."""
    for first in range(start, len(lines) if comment else start):
        if lines[first : first + len(comment)] == comment:
            return first + len(comment) - 1
        if lines[first].lstrip(BLANKS).startswith(b"["):
            break
    return None


def _written(text: str) -> tuple[str, ...]:
    """What a line says, however its blanks stand."""
    if text.startswith(("[", "#")):
        return (text,)
    name, equals, value = text.partition("=")
    arrow = value.startswith(">")
    return name.strip(BLANK), equals + ">" * arrow, value[arrow:].strip(BLANK)


def _ended(lines: list[bytes], end: bytes) -> list[bytes]:
    """Lines that all end in a line end, the last as it was."""
    whole = [line if line.endswith(b"\n") else line + end for line in lines[:-1]]
    return [*whole, *lines[-1:]]
