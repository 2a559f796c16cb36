"""Asterisk's configuration syntax, read as Asterisk's own reader (main/config.c) reads it.

Pure: files come as a mapping of absolute path to bytes, nothing is opened. Every entry knows its file and
line. Whatever Asterisk would complain about is a `Problem`; a fatal one is where Asterisk stops reading that
file (and, for the first file, refuses the whole configuration).
Source: https://docs.asterisk.org/Fundamentals/Asterisk-Configuration/Asterisk-Configuration-Files/
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Files = Mapping[str, bytes]  # absolute path inside the phone system -> raw bytes

INCLUDE_DEPTH = 10  # Asterisk's MAX_INCLUDE_LEVEL
LINE_BYTES = 8191  # longer lines are skipped, as Asterisk does
LINES_IN_ALL = 2_000_000  # more is not a phone system: reading stops with a problem
ENTRIES_IN_ALL = 4_000_000  # inherited ones counted for each heir: templates that double would never end
VALUE_BYTES = 1 << 20  # of a value that `+=` makes longer and longer
COMMENT_DEPTH = 128  # MAX_NESTED_COMMENTS


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file of the phone system."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Entry:
    """One `name = value` or `name => value`."""

    name: str
    value: str
    place: Place
    is_object: bool = False  # written with =>


@dataclass(frozen=True, slots=True)
class Problem:
    """Something Asterisk would complain about; `fatal`: it stops reading the file there."""

    code: str
    what: str
    place: Place
    fatal: bool = False


@dataclass(slots=True)
class Section:
    """A `[name]`; `entries` has the inherited ones first, as Asterisk keeps them."""

    name: str
    place: Place
    is_template: bool = False
    parents: tuple[str, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    inherited: int = 0  # how many of the entries came from templates

    @property
    def own_entries(self) -> list[Entry]:
        """What stands under this section's own heading."""
        return self.entries[self.inherited :]

    def entry(self, name: str) -> Entry | None:
        """The last entry of that name: the one that counts for single values."""
        wanted = name.lower()
        return next((e for e in reversed(self.entries) if e.name.lower() == wanted), None)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value of `name`."""
        found = self.entry(name)
        return found.value if found else default

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        wanted = name.lower()
        return [e.value for e in self.entries if e.name.lower() == wanted]

    def place_of(self, name: str) -> Place:
        """Where `name` is set; the section's heading when it is not."""
        found = self.entry(name)
        return found.place if found else self.place


@dataclass(slots=True)
class Configuration:
    """One configuration with everything it includes."""

    name: str
    sections: list[Section] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)  # every file read, in order of first reading

    @property
    def refused(self) -> bool:
        """Whether Asterisk loads nothing of it: a fatal problem in the first file itself."""
        return any(p.fatal and self.files and p.place.file == self.files[0] for p in self.problems)

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        wanted = name.lower()
        return next((s for s in self.sections if s.name.lower() == wanted), None)

    def all_sections(self, name: str) -> list[Section]:
        """Every section of that name."""
        wanted = name.lower()
        return [s for s in self.sections if s.name.lower() == wanted]

    def objects(self) -> list[Section]:
        """The sections that are no templates."""
        return [s for s in self.sections if not s.is_template]


def read_configuration(files: Files, path: str, *, etc_dir: str = "/etc/asterisk") -> Configuration | None:
    """Read one configuration with its includes; None when the file is not there."""
    path = posixpath.join(etc_dir, path)
    if path not in files:
        return None
    reader = _Reader(files, etc_dir, Configuration(path))
    reader.read_file(path, ())
    return reader.configuration


class _Refused(Exception):
    """Asterisk gives up on the current file."""


class _Reader:
    def __init__(self, files: Files, etc_dir: str, configuration: Configuration) -> None:
        self.files, self.etc_dir, self.configuration = files, etc_dir, configuration
        self.section: Section | None = None
        self.templates: dict[str, Section] = {}  # first section of a name, for inheritance
        self.lines = self.inherited = 0
        self.folders: dict[str, list[str]] | None = None

    def read_file(self, path: str, chain: tuple[str, ...]) -> None:
        configuration = self.configuration
        if path not in configuration.files:
            configuration.files.append(path)
        try:
            for number, line in self._clean_lines(path):
                self._line(line, Place(path, number), (*chain, path))
        except _Refused:
            return

    def _problem(self, code: str, what: str, place: Place, *, fatal: bool = False) -> None:
        self.configuration.problems.append(Problem(code, what, place, fatal))
        if fatal:
            raise _Refused

    def _text_lines(self, path: str) -> list[str]:
        raw = self.files[path]
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._problem(
                "encoding",
                "the file is UTF-16; Asterisk reads bytes and will not understand it",
                Place(path, 1),
                fatal=True,
            )
        if b"\0" in raw:
            line = raw[: raw.index(b"\0")].count(b"\n") + 1
            self._problem("not-text", "NUL bytes: this is not a text file, or it was damaged", Place(path, line))
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self._problem("encoding", "not UTF-8; read as Latin-1", Place(path, line))
            text = raw.decode("latin-1")
        return text.split("\n")

    def _clean_lines(self, path: str) -> Iterator[tuple[int, str]]:
        """Lines without comments and surrounding space; empty ones are left out."""
        depth, opened = 0, 0
        for number, line in enumerate(self._text_lines(path), 1):
            self.lines += 1
            if self.lines > LINES_IN_ALL:
                self._problem(
                    "too-big", f"more than {LINES_IN_ALL:,} lines of configuration", Place(path, number), fatal=True
                )
            if len(line) > LINE_BYTES:
                self._problem("too-long-line", "Asterisk skips lines of more than 8,191 bytes", Place(path, number))
                continue
            if depth or ";" in line:
                before = depth
                line, depth = _uncomment(line, depth)
                if depth and not before:
                    opened = number
            line = line.partition("\0")[0].strip(" \t\r\n\v\f")
            if line:
                yield number, line
        if depth:
            self._problem(
                "comment-not-closed",
                "a ;-- comment is never closed: everything after it is ignored",
                Place(path, opened),
            )

    def _line(self, line: str, place: Place, chain: tuple[str, ...]) -> None:
        if line[0] == "[":
            self._heading(line, place)
        elif line[0] == "#":
            self._directive(line, place, chain)
        else:
            self._entry(line, place)

    def _heading(self, line: str, place: Place) -> None:
        name, closed, rest = line[1:].partition("]")
        if not closed:
            self._problem(
                "section-not-closed", f"no closing ']' in {line[:60]!r}: Asterisk refuses the file", place, fatal=True
            )
        options: list[str] = []
        if rest.startswith("("):
            inside, closed, _ = rest[1:].partition(")")
            if not closed:
                self._problem(
                    "section-not-closed",
                    f"no closing ')' in {line[:60]!r}: Asterisk refuses the file",
                    place,
                    fatal=True,
                )
            options = [word.strip() for word in inside.split(",") if word.strip()]
        if "+" in options:
            self._reopen(name, options, place)
            return
        section = Section(name, place, "!" in options, tuple(o for o in options if o != "!"))
        for parent in section.parents:
            base = self.templates.get(parent)
            if base is None:
                self._problem(
                    "template-missing",
                    f"[{name}] inherits from [{parent}], which does not exist: Asterisk refuses the file",
                    place,
                    fatal=True,
                )
                return
            self._inherit(section, base, place)
        section.inherited = len(section.entries)
        self._add(section)

    def _reopen(self, name: str, options: list[str], place: Place) -> None:
        """`[name](+)` adds to the section of that name."""
        existing = self.templates.get(name)
        if existing is None:
            self._problem(
                "template-missing",
                f"[{name}](+) adds to a section that does not exist: Asterisk refuses the file",
                place,
                fatal=True,
            )
            return
        for parent in (o for o in options if o not in "!+"):
            if base := self.templates.get(parent):
                self._inherit(existing, base, place)
        self.section = existing

    def _inherit(self, heir: Section, base: Section, place: Place) -> None:
        self.inherited += len(base.entries)
        if self.inherited > ENTRIES_IN_ALL:
            what = f"templates multiply to more than {ENTRIES_IN_ALL:,} entries: reading stops here"
            self._problem("too-big", what, place, fatal=True)
        heir.entries.extend(base.entries)

    def _add(self, section: Section) -> None:
        self.configuration.sections.append(section)
        self.templates.setdefault(section.name, section)
        self.section = section

    def _entry(self, line: str, place: Place) -> None:
        if self.section is None:
            self._problem(
                "entry-before-section",
                f"{line[:60]!r} stands before any [section]: Asterisk refuses the file",
                place,
                fatal=True,
            )
            return
        if line.startswith("\\"):
            line = line[1:]
        name, equals, value = line.partition("=")
        if not equals:
            self._problem("no-equals", f"no '=' in {line[:60]!r}: Asterisk ignores the line", place)
            return
        if name.endswith("+"):
            self._append(name[:-1].strip(), value, place)
            return
        is_object = value.startswith(">")
        name = name.strip()
        if not name:
            self._problem("no-equals", f"no name before '=' in {line[:60]!r}: Asterisk ignores the line", place)
            return
        self.section.entries.append(Entry(name, value[is_object:].strip(), place, is_object))

    def _append(self, name: str, value: str, place: Place) -> None:
        """`name += value` puts the text behind the value that is already there."""
        assert self.section is not None
        entries = self.section.entries
        for index in range(len(entries) - 1, -1, -1):
            if entries[index].name == name:
                if len(entries[index].value) > VALUE_BYTES:
                    self._problem("too-big", f"{name} grows to more than {VALUE_BYTES:,} bytes", place, fatal=True)
                entries[index] = Entry(name, (entries[index].value + value).strip(), place, entries[index].is_object)
                return
        entries.append(Entry(name, value.strip(), place))

    def _directive(self, line: str, place: Place, chain: tuple[str, ...]) -> None:
        word, _, argument = line[1:].partition(" ") if " " in line else line[1:].partition("\t")
        word, argument = word.strip().lower(), argument.strip()
        if word == "exec":
            self._problem("exec", f"#exec {argument[:60]!r} is not run: it would run a program while reading", place)
            return
        if word not in ("include", "tryinclude"):
            self._problem("unknown-directive", f"unknown directive {line[:60]!r}: Asterisk ignores it", place)
            return
        if not argument:
            self._problem("unknown-directive", f"#{word} names no file: Asterisk ignores it", place)
            return
        if (argument[0], argument[-1]) in (('"', '"'), ("<", ">")):
            argument = argument[1:-1]
        names = self._matching(argument)
        if not names and word == "include":
            self._problem(
                "include-missing",
                f"#include {argument} : the file is not there, and Asterisk refuses the rest of {place.file}",
                place,
                fatal=True,
            )
        for name in names:
            if name in chain or len(chain) >= INCLUDE_DEPTH:
                self._problem("include-loop", f"#include {argument} goes round in circles", place, fatal=True)
            self.read_file(name, chain)

    def _matching(self, argument: str) -> list[str]:
        path = posixpath.normpath(posixpath.join(self.etc_dir, argument))
        if not re.search(r"[*?\[]", argument):
            return [path] if path in self.files else []
        return sorted(
            name for name in self.files if name.count("/") == path.count("/") and fnmatch.fnmatchcase(name, path)
        )


def _uncomment(line: str, depth: int) -> tuple[str, int]:
    """The line without its comments, and how many `;--` are open after it."""
    kept, start, position = [], 0, 0
    while (at := line.find(";", position)) >= 0:
        if at > 0 and line[at - 1] == "\\":
            if not depth:
                kept.append(line[start : at - 1])
                start = at
            position = at + 1
        elif line[at + 1 : at + 3] == "--" and line[at + 3 : at + 4] != "-":
            if not depth:
                kept.append(line[start:at])
            depth = min(depth + 1, COMMENT_DEPTH)
            position = at + 3
        elif depth and at >= position + 2 and line[at - 2 : at] == "--":
            depth -= 1
            position = start = at + 1
        elif not depth:
            return "".join(kept) + line[start:at], 0
        else:
            position = at + 1
    if not depth:
        kept.append(line[start:])
    return "".join(kept), depth
