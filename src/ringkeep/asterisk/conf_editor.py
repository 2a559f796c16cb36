"""Changes configuration files as a careful person would: one line, and every other byte as it was.

Every edit is checked by reading the file again: what is read is the old reading with exactly the change that was asked
for, or the edit is refused with `EditRefused` and nothing has changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ringkeep.asterisk.conf import NAME_BYTES, Configuration, Entry, Files, Place, Section, read_configuration
from ringkeep.asterisk.conf_lines import BLANK, LINE_BYTES, decoded

BLOCK_COMMENT = re.compile(r";--|--;")
COMMENT = re.compile(r"(?<!\\);")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
DIRECTIVE = re.compile(rb"^[\x01-\x20]*#", re.M)

# A section as read: name, template or not, parents, entries as (name, value, is_object, place)
Reading = list[tuple[str, bool, tuple[str, ...], list[tuple[str, str, bool, Place]]]]


class EditRefused(ValueError):
    """The edit cannot be made so that only this changes; the message says why and where."""


class ConfEditor:
    """Edits one file of a configuration; sections and entries come from its own `configuration`, which edits renew."""

    def __init__(self, files: Files, path: str, *, etc_dir: str = "/etc/asterisk") -> None:
        self.files: Mapping[str, bytes] = dict(files)
        self.etc_dir = etc_dir
        self.path = path if path.startswith("/") else f"{etc_dir}/{path}"
        self.configuration = self._read(self.files)

    @property
    def content(self) -> bytes:
        """The file as edited so far."""
        return self.files[self.path]

    # -- edits ------------------------------------------------------------------------------------------------

    def set_value(self, entry: Entry, value: str) -> None:
        """Give an entry another value; heirs of its section change with it. Its comment and blanks stay."""
        at = self._own_line(entry.place, "the entry")
        line, end = _line_end(self._lines()[at])
        text = self._decoded(line)
        first = len(text) - len(text.lstrip(BLANK))
        start = text.find("=", first + 2 if text.startswith("\\", first) else first)
        if (
            BLOCK_COMMENT.search(text)
            or start < 0
            or text[:start].strip(BLANK).lstrip("\\") != _escaped(entry.name).lstrip("\\")
        ):
            raise EditRefused(f"{entry.place}: the line holds more than this entry: edit it by hand")
        start += 2 if text.startswith(">", start + 1) else 1
        comment = COMMENT.search(text, start)
        old = text[start : comment.start() if comment else len(text)]
        before = old[: len(old) - len(old.lstrip(BLANK))] if old.strip(BLANK) else old
        after = old[len(old.rstrip(BLANK)) :] if old.strip(BLANK) else ""
        new = _escaped(self._allowed(value, "value"))
        if new.startswith(">") and not before and not entry.is_object:
            before = " "  # `=>` would be an arrow
        if comment and not after and (new.endswith("\\") or not new):
            after = " "
        changed = text[:start] + before + new + after + (text[comment.start() :] if comment else "")
        intended = self._changed(lambda one: (one[0], value, *one[2:]) if one[3] == entry.place else one)
        self._replace(at, at + 1, [self._encoded(changed) + end], lambda now: now == intended)

    def add_entry(self, section: Section, name: str, value: str, *, is_object: bool = False) -> None:
        """Add an entry behind the last one that this file gives the section; its heirs get it too."""
        self._own_line(section.place, f"section [{section.name}]")
        own = [entry.place.line for entry in section.own_entries if entry.place.file == self.path]
        text = self._entry_text(name, value, is_object=is_object)
        new = (name, value, is_object)
        refused: EditRefused | None = None
        for line in dict.fromkeys([*sorted(own, reverse=True)[:1], section.place.line]):
            try:
                self._insert(line, [text], self._with_more(section, line + 1, new))
            except EditRefused as error:
                refused = refused or error
            else:
                return
        raise refused or EditRefused(f"{section.place}: there is no place for another entry")

    def remove_entry(self, entry: Entry) -> None:
        """Take an entry's line away, with the comment on it; heirs of its section lose it too."""
        at = self._own_line(entry.place, "the entry")
        if BLOCK_COMMENT.search(self._decoded(self._lines()[at])):
            raise EditRefused(f"{entry.place}: the line holds a block comment: edit it by hand")
        intended = _moved(_without(_reading(self.configuration), {entry.place}), self.path, entry.place.line, -1)
        self._replace(at, at + 1, [], lambda now: now == intended)

    def add_section(
        self,
        name: str,
        entries: Iterable[tuple[str, str]] = (),
        *,
        parents: Sequence[str] = (),
        is_template: bool = False,
    ) -> None:
        """Add a section with its entries at the end of the file."""
        self._allowed(name, "name of a section")
        options = [*(["!"] if is_template else []), *parents]
        if (
            "]" in name
            or len(name.encode()) > NAME_BYTES
            or any(re.search(r"[,)\s]|^[!+]|^$", parent) for parent in parents)
        ):
            raise EditRefused(f"[{name}] or one of its templates cannot be written as a name")
        heading = f"[{_escaped(name)}]" + (f"({','.join(map(_escaped, options))})" if options else "")
        entries = list(entries)
        texts = ["", heading, *(self._entry_text(*entry) for entry in entries)]
        was = _reading(self.configuration)

        def intended(now: Reading) -> bool:
            if len(now) != len(was) + 1 or now[:-1] != was:
                return False
            made = now[-1]
            own = [one[:2] for one in made[3][len(made[3]) - len(entries) :]] if entries else []
            return (*made[:2], made[2], own) == (name, is_template, tuple(parents), entries)

        self._insert(len(self._lines()), texts, intended)

    def remove_section(self, section: Section) -> None:
        """Take a section away, from its heading to its last entry; refused when others inherit from it."""
        at = self._own_line(section.place, f"section [{section.name}]")
        lines = self._lines()
        last = max((e.place.line for e in section.own_entries if e.place.file == self.path), default=section.place.line)
        for entry in section.own_entries:
            if entry.place.file != self.path:
                raise EditRefused(f"section [{section.name}] has entries in {entry.place.file}")
        block = lines[at:last]
        if DIRECTIVE.search(b"".join(block)):
            raise EditRefused(f"{section.place}: section [{section.name}] includes another file")
        if any(line.lstrip(BLANK.encode()).startswith(b"[") for line in block[1:]):
            raise EditRefused(f"{section.place}: section [{section.name}] is continued further on, at line {last}")
        index = next(i for i, one in enumerate(self.configuration.sections) if one is section)
        was = _reading(self.configuration)
        intended = _moved(was[:index] + was[index + 1 :], self.path, last, at - last)
        self._replace(at, last, [], lambda now: now == intended)

    def add_include(self, target: str, *, optional: bool = False) -> None:
        """Include another file at the end of this one; `optional`: also while it is not there."""
        self._allowed(target, "file name")
        if re.search(r"[;\s*?\[\]{}\"<>\\]", target) or not target:
            raise EditRefused(f"{target!r} cannot be written as the name of a file")
        path = target if target.startswith("/") else f"{self.etc_dir}/{target}"
        if path == self.path or (path not in self.files and not optional):
            raise EditRefused(
                f"{path} is not there to be included" if path != self.path else f"{path} would include itself"
            )
        was = _reading(self.configuration)
        text = f"#{'tryinclude' if optional else 'include'} {target}"
        self._insert(len(self._lines()), [text], lambda now: now == was, without=path)

    # -- one file's lines -------------------------------------------------------------------------------------

    def _lines(self) -> list[bytes]:
        return re.findall(rb"[^\n]*\n|[^\n]+", self.content)

    def _own_line(self, place: Place, what: str) -> int:
        if place.file != self.path:
            raise EditRefused(f"{what} stands in {place.file}, not in {self.path}")
        return place.line - 1

    def _allowed(self, text: str, what: str) -> str:
        if CONTROL.search(text) or text != text.strip(BLANK):
            raise EditRefused(f"a {what} cannot have line breaks, control characters or blanks at its ends")
        return text

    def _entry_text(self, name: str, value: str, *, is_object: bool = False) -> str:
        self._allowed(name, "name")
        if not name or "=" in name:
            raise EditRefused(f"{name!r} cannot be written as a name")
        start = "\\" if name[0] in "[#\\" else ""
        return f"{start}{_escaped(name)} {'=>' if is_object else '='} {_escaped(self._allowed(value, 'value'))}".rstrip(
            " "
        )

    def _decoded(self, line: bytes) -> str:
        return line.decode("latin-1" if self._latin else "utf-8")

    def _encoded(self, text: str) -> bytes:
        try:
            raw = text.encode("latin-1" if self._latin else "utf-8")
        except UnicodeEncodeError as error:
            raise EditRefused(
                f"{self.path} is in Latin-1, which cannot write {text[error.start : error.end]!r}"
            ) from error
        if len(raw) > LINE_BYTES:
            raise EditRefused(f"the line would be longer than the {LINE_BYTES:,} bytes that Asterisk reads")
        return raw

    @property
    def _latin(self) -> bool:
        return decoded(self.content)[1] is not None

    def _insert(self, line: int, texts: list[str], intended: Callable[[Reading], bool], *, without: str = "") -> None:
        """Put lines behind the `line`-th (0: at the top); the last line of a file keeps having no line end."""
        lines = self._lines()
        known = lines[line - 1] if lines else b""
        end = _line_end(known)[1] or (_line_end(lines[0])[1] if lines else b"") or b"\n"
        if not lines and texts[0] == "":
            texts = texts[1:]
        made = [self._encoded(text) + end for text in texts]
        if lines and not known.endswith(b"\n"):
            made = [end, *made[:-1], made[-1].removesuffix(end)]
        self._replace(line, line, made, intended, without=without)

    def _replace(
        self, start: int, stop: int, made: list[bytes], intended: Callable[[Reading], bool], *, without: str = ""
    ) -> None:
        """Put lines in the place of others, if the file then reads as intended; `without` one file's content."""
        lines = self._lines()
        files = {**self.files, self.path: b"".join([*lines[:start], *made, *lines[stop:]])}
        again = self._read({**files, without: b""} if without else files)
        if again.refused or not intended(_reading(again)):
            raise EditRefused(
                f"{self.path}:{start + 1}: more would change than was asked for: other lines depend on this one"
            )
        self.files = files
        self.configuration = self._read(files)

    def _read(self, files: Files) -> Configuration:
        found = read_configuration(files, self.path, etc_dir=self.etc_dir)
        if found is None:
            raise EditRefused(f"{self.path} is not there")
        if found.refused and files is self.files:
            raise EditRefused(f"Asterisk refuses {self.path}: mend that first")
        return found

    # -- what is meant ----------------------------------------------------------------------------------------

    def _changed(self, change: Callable[[tuple[str, str, bool, Place]], tuple[str, str, bool, Place]]) -> Reading:
        return [(*one[:3], [change(entry) for entry in one[3]]) for one in _reading(self.configuration)]

    def _with_more(self, section: Section, line: int, new: tuple[str, str, bool]) -> Callable[[Reading], bool]:
        """Whether a reading is this one with a new entry at a line, in the section and its heirs."""
        was = _moved(_reading(self.configuration), self.path, line - 1, 1)
        place = Place(self.path, line)
        index = next(i for i, one in enumerate(self.configuration.sections) if one is section)

        def intended(now: Reading) -> bool:
            added = [one[:3] for _, _, _, entries in now for one in entries if one[3] == place]
            here = len(now) > index and any(one[3] == place for one in now[index][3])
            return here and set(added) == {new} and _without(now, {place}) == was

        return intended


def _line_end(line: bytes) -> tuple[bytes, bytes]:
    """A line without its end, and the end."""
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""
    return line[: len(line) - len(end)], end


def _escaped(text: str) -> str:
    return text.replace(";", "\\;")


def _reading(configuration: Configuration) -> Reading:
    return [
        (
            section.name,
            section.is_template,
            section.parents,
            [(e.name, e.value, e.is_object, e.place) for e in section.entries],
        )
        for section in configuration.sections
    ]


def _without(reading: Reading, places: set[Place]) -> Reading:
    return [(*one[:3], [entry for entry in one[3] if entry[3] not in places]) for one in reading]


def _moved(reading: Reading, path: str, after: int, by: int) -> Reading:
    """The reading with the places of one file's lines beyond `after` moved."""

    def moved(place: Place) -> Place:
        return Place(path, place.line + by) if place.file == path and place.line > after else place

    def entries(of: list[tuple[str, str, bool, Place]]) -> Iterator[tuple[str, str, bool, Place]]:
        return ((*entry[:3], moved(entry[3])) for entry in of)

    return [(*one[:3], list(entries(one[3]))) for one in reading]
