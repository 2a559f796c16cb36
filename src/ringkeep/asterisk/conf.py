"""Asterisk's configuration syntax, read as Asterisk's own reader (main/config.c) reads it.

Pure: files come as a mapping of absolute path to bytes, nothing is opened. Every entry knows its file and
line. Whatever Asterisk would complain about is a `Problem`; a fatal one is where Asterisk stops reading that
file (and, for the first file, refuses the whole configuration).
Source: https://docs.asterisk.org/Fundamentals/Asterisk-Configuration/Asterisk-Configuration-Files/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ringkeep.asterisk.conf_lines import BLANK, LINES_IN_ALL, CleanLines, clean
from ringkeep.asterisk.conf_matching import MAGIC, UnknownFilter, included_files, passes_filter, same_name
from ringkeep.asterisk.conf_positions import Positions

Files = Mapping[str, bytes]  # absolute path inside the phone system -> raw bytes

INCLUDE_DEPTH = 10  # Asterisk's MAX_INCLUDE_LEVEL
NAME_BYTES = 79  # of a section; the rest is cut off
ENTRIES_IN_ALL = 4_000_000  # inherited ones counted for each heir: templates that double would never end
STEPS = 4_000_000  # of searching for what `(+filter)`, `+=` and `#include *` mean
INCLUDE_STEPS = 40  # of one include
VALUE_BYTES = 1 << 20  # of a value that `+=` makes longer and longer
DIRECTIVE = re.compile(r"#(?P<word>[!-~]*)(?P<argument>.*)", re.DOTALL)


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


@dataclass(frozen=True, slots=True)
class Span:
    """Entries from `start` up to but not `stop`."""

    start: int
    stop: int

    def moved(self, by: int) -> Span:
        """The same, further on."""
        return Span(self.start + by, self.stop + by)


@dataclass(slots=True)
class Section:
    """A `[name]` with its entries in Asterisk's order: inherited ones where the heading names their template."""

    name: str
    place: Place
    is_template: bool = False
    parents: tuple[str, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    inherited: list[Span] = field(default_factory=list)  # which of the entries came from templates

    @property
    def own_entries(self) -> list[Entry]:
        """What stands under this section's own headings."""
        entries = list(self.entries)
        for span in reversed(self.inherited):
            del entries[span.start : span.stop]
        return entries

    def entry(self, name: str) -> Entry | None:
        """The last entry of that name: the one that counts for single values."""
        wanted, size = name.lower(), len(name)
        for entry in reversed(self.entries):
            if entry.name == wanted or (len(entry.name) == size and entry.name.lower() == wanted):
                return entry
        return None

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
    refused: bool = False  # Asterisk loads nothing of it: a fatal problem in the first file itself

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
    reader.configuration.refused = reader.read([path]) is _Outcome.INVALID
    return reader.configuration


class _Refused(Exception):
    """Asterisk gives up on the current file."""


class _Outcome(Enum):
    """What Asterisk makes of an include; only NOTHING makes it give up on the file that includes."""

    READ = 1
    NOTHING = 2
    INVALID = 3


class _Reader:
    def __init__(self, files: Files, etc_dir: str, configuration: Configuration) -> None:
        self.files, self.etc_dir, self.configuration = files, etc_dir, configuration
        self.section: Section | None = None  # where the file being read adds its entries
        self.newest: Section | None = None  # where an included file begins to
        self.named: dict[str, list[Section]] = {}
        self.positions: dict[int, Positions] = {}  # by id of a section; only for those that `+=` looked into
        self.cleaned: dict[tuple[str, int, bool], CleanLines] = {}
        self.known_files: set[str] = set()
        self.circles: set[Place] = set()
        self.level = self.lines = self.inherited = self.spent = 0

    # -- files ------------------------------------------------------------------------------------------------

    def read(self, paths: list[str]) -> _Outcome:
        """Read files one after the other as one include does: open comments and the section are carried on."""
        self.level += 1
        outer, depth = self.section, 0
        self.section = self.newest
        try:
            for index, path in enumerate(paths):
                depth = self._read_file(path, depth, is_next=index > 0)
        except _Refused:
            return _Outcome.INVALID  # and Asterisk forgets to count the level back
        finally:
            self.section = outer
        self.level -= 1
        return _Outcome.READ if paths else _Outcome.NOTHING

    def _read_file(self, path: str, depth: int, *, is_next: bool) -> int:
        if path not in self.known_files:
            self.known_files.add(path)
            self.configuration.files.append(path)
        known = self.cleaned.get((path, depth, is_next))
        if known is None:
            known = self.cleaned[path, depth, is_next] = clean(self.files[path], depth, is_next=is_next)
        self.lines += known.counted
        if self.lines > LINES_IN_ALL and known.counted <= LINES_IN_ALL:
            self._problem("too-big", f"more than {LINES_IN_ALL:,} lines of configuration", Place(path, 1), fatal=True)
        last = None
        for complaint in known.complaints:
            last = complaint if complaint.fatal else last
            place = Place(path, complaint.line)
            self.configuration.problems.append(Problem(complaint.code, complaint.what, place, complaint.fatal))
        section = self.section if not self.positions else None
        for number, line in zip(known.numbers, known.texts, strict=True):
            name, equals, value = line.partition("=")
            if section is None or not equals or not name or name[0] in "[#\\" or name[-1] == "+":
                self._line(line, Place(path, number))
                section = self.section if not self.positions else None
                continue
            is_object = value.startswith(">")
            if is_object:
                value = value[1:]
            # Both ends of a line are clean, so most names and values are: stripping all would take a tenth of the time.
            if name[-1] <= " ":
                name = name.rstrip(BLANK)
            if value[:1] <= " ":
                value = value.lstrip(BLANK)
            section.entries.append(Entry(name, value, Place(path, number), is_object))
        if last is not None:
            raise _Refused
        return known.depth

    def _line(self, line: str, place: Place) -> None:
        if line[0] == "[":
            self._heading(line, place)
        elif line[0] == "#":
            self._directive(line, place)
        else:
            self._entry(line, place)

    def _problem(self, code: str, what: str, place: Place, *, fatal: bool = False) -> None:
        self.configuration.problems.append(Problem(code, what, place, fatal))
        if fatal:
            raise _Refused

    def _spend(self, steps: int, place: Place) -> None:
        """Count work that a few lines can multiply."""
        self.spent += steps
        if self.spent > STEPS:
            self._problem("too-big", "these lines multiply without end: reading stops here", place, fatal=True)

    # -- [name](options) --------------------------------------------------------------------------------------

    def _heading(self, line: str, place: Place) -> None:
        name, closed, rest = line[1:].partition("]")
        options: list[str] = []
        if closed and rest.startswith("("):
            inside, closed, _ = rest[1:].partition(")")
            options = inside.split(",")
        if not closed:
            lacking = "closing ')'" if options else "closing ']'"
            self._problem(
                "section-not-closed", f"no {lacking} in {line[:60]!r}: Asterisk refuses the file", place, fatal=True
            )
        fresh: Section | None = Section(name if len(name) < NAME_BYTES // 4 else _cut(name), place)
        target = fresh
        assert target is not None
        for option in options:
            if option == "!":
                target.is_template = True
            elif option.startswith("+"):
                target = self._reopened(name, option[1:], fresh, place)
                fresh = None
            else:
                self._inherit(target, option, place)
        if fresh is not None:
            self.configuration.sections.append(fresh)
            self.named.setdefault(same_name(fresh.name), []).append(fresh)
            self.newest = fresh
        self.section = target

    def _reopened(self, name: str, filters: str, fresh: Section | None, place: Place) -> Section:
        """The section that `[name](+)` or `[name](+filter)` adds to, with what `fresh` has inherited so far."""
        for section in self._all_named(name):
            self._spend(len(section.entries) if filters else 1, place)
            try:
                lines = [(entry.name, entry.value) for entry in section.entries] if filters else []
                if passes_filter(lines, section.is_template, filters) if filters else not section.is_template:
                    break
            except UnknownFilter:
                self._problem("bad-line", f"the filter in ({'+' + filters[:60]}) is not understood", place, fatal=True)
        else:
            what = f"[{name}](+) adds to a section that does not exist: Asterisk refuses the file"
            self._problem("template-missing", what, place, fatal=True)
            raise AssertionError  # never: the problem raised
        if fresh is not None:
            section.is_template = section.is_template or fresh.is_template
            section.inherited += [span.moved(len(section.entries)) for span in fresh.inherited]
            section.entries += fresh.entries
            self.positions.pop(id(section), None)
            self.newest = section
        return section

    def _all_named(self, name: str) -> list[Section]:
        """Sections in the order of the files; every one for the empty name."""
        return self.named.get(same_name(name), []) if name else self.configuration.sections

    def _inherit(self, heir: Section, name: str, place: Place) -> None:
        base = next(iter(self._all_named(name)), None)
        if base is None or base is heir:
            what = "itself: Asterisk would never end" if base else "which does not exist: Asterisk refuses the file"
            self._problem("template-missing", f"[{heir.name}] inherits from [{name}], {what}", place, fatal=True)
            return
        self.inherited += len(base.entries)
        if self.inherited > ENTRIES_IN_ALL:
            what = f"templates multiply to more than {ENTRIES_IN_ALL:,} entries: reading stops here"
            self._problem("too-big", what, place, fatal=True)
        heir.parents = (*heir.parents, base.name)
        heir.inherited.append(Span(len(heir.entries), len(heir.entries) + len(base.entries)))
        heir.entries += base.entries
        self.positions.pop(id(heir), None)

    # -- name = value -----------------------------------------------------------------------------------------

    def _entry(self, line: str, place: Place) -> None:
        section = self.section
        if section is None:
            what = f"{line[:60]!r} stands before any [section]: Asterisk refuses the file"
            self._problem("entry-before-section", what, place, fatal=True)
            return
        escaped = line[0] == "\\"
        if escaped:
            line = line[1:]
            if not "!" <= line[:1] <= "~":
                self._problem(
                    "bad-line", "a lone backslash begins the line: Asterisk refuses the file", place, fatal=True
                )
        at = line.find("=", escaped)
        if at < 0:
            self._problem("no-equals", f"no '=' in {line[:60]!r}: Asterisk ignores the line", place)
            return
        if at > escaped and line[at - 1] == "+":
            self._append(section, line[: at - 1].strip(BLANK), line[at + 1 :], place)
            return
        is_object = line.startswith(">", at + 1)
        self._add(section, Entry(line[:at].strip(BLANK), line[at + 1 + is_object :].strip(BLANK), place, is_object))

    def _add(self, section: Section, entry: Entry) -> None:
        if not entry.name:
            self._problem("no-equals", "no name before '=': Asterisk ignores the line", entry.place)
            return
        section.entries.append(entry)
        if self.positions and (positions := self.positions.get(id(section))) is not None:
            positions.add(len(section.entries) - 1, entry)

    def _append(self, section: Section, name: str, more: str, place: Place) -> None:
        """`name += value` puts the text behind the last value of that name.

        Asterisk then looks for what it found, by name and value and without case: an equal one before it is changed.
        """
        positions = self.positions.get(id(section))
        if positions is None:
            self._spend(len(section.entries), place)
            positions = self.positions[id(section)] = Positions(section.entries)
        last = positions.last.get(name)
        if last is None:
            self._add(section, Entry(name, more.strip(BLANK), place))
            return
        old = section.entries[last]
        self._spend(len(old.value) // 64 + 1, place)
        if len(old.value) > VALUE_BYTES:
            self._problem("too-big", f"{name} grows to more than {VALUE_BYTES:,} bytes", place, fatal=True)
        at = positions.first_like(old)
        changed = Entry(old.name, (old.value + more).strip(BLANK), place, section.entries[at].is_object)
        positions.change(at, section.entries[at], changed)
        section.entries[at] = changed

    # -- #include ---------------------------------------------------------------------------------------------

    def _directive(self, line: str, place: Place) -> None:
        match = DIRECTIVE.match(line)
        assert match is not None
        word, argument = match["word"].lower(), match["argument"].strip(BLANK)
        if word == "exec" and argument:
            self._problem("exec", f"#exec {argument[:60]!r} is not run: it would run a program while reading", place)
            return
        if word not in ("include", "tryinclude") or not argument:
            what = "unknown directive" if argument else "unknown directive, or one that names no file:"
            self._problem("unknown-directive", f"{what} {line[:60]!r}: Asterisk ignores it", place)
            return
        if (argument[0], argument[-1]) in (('"', '"'), ("<", ">")):
            argument = argument[1:-1]
        self._spend(len(self.files) if MAGIC.search(argument) else INCLUDE_STEPS, place)
        if self.level > INCLUDE_DEPTH:
            if place not in self.circles or word == "include":
                self.circles.add(place)
                what = f"#include {argument} goes round in circles"
                self._problem("include-loop", what, place, fatal=word == "include")
            return
        if self.read(included_files(self.files, argument, self.etc_dir)) is _Outcome.NOTHING and word == "include":
            what = f"#include {argument} : the file is not there, and Asterisk refuses the rest of {place.file}"
            self._problem("include-missing", what, place, fatal=True)


def _cut(name: str) -> str:
    """A section's name as long as Asterisk keeps it."""
    return name.encode()[:NAME_BYTES].decode("utf-8", "ignore")
