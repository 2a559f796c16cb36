"""extensions.conf as Asterisk compiles it: contexts, extensions, priorities, includes, and its order of matching.

Pure. Source: Asterisk's pbx/pbx_config.c and main/pbx.c;
https://docs.asterisk.org/Configuration/Dialplan/Pattern-Matching/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ringkeep.asterisk.conf import Configuration, Entry, Files, Place, Problem, Section, read_configuration

INCLUDE_LIMIT = 128  # AST_PBX_MAX_STACK: how deep includes may nest in a search
REMEMBERED = 200_000  # searches kept; walks repeat the same ones
NOT_CONTEXTS = {"general", "globals"}


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of an extension."""

    priority: int
    label: str | None
    application: str
    arguments: str
    place: Place


@dataclass(slots=True)
class Extension:
    """Everything under one extension or pattern of a context."""

    pattern: str  # as written, patterns with their underscore
    callerid: str | None  # caller's number or pattern it is limited to
    place: Place
    steps: list[Step] = field(default_factory=list)
    hint: str | None = None  # devices of its hint

    def step(self, wanted: int | str) -> Step | None:
        """The step of a priority or label."""
        if isinstance(wanted, int):
            return next((s for s in self.steps if s.priority == wanted), None)
        return next((s for s in self.steps if s.label == wanted), None)


@dataclass(frozen=True, slots=True)
class Include:
    """`include => context[,times]`."""

    context: str
    times: str | None
    place: Place


@dataclass
class Context:
    """A context, merged from all its sections."""

    name: str
    place: Place
    extensions: list[Extension] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    ignorepats: list[str] = field(default_factory=list)
    _by_key: dict[tuple[str, str | None], Extension] = field(default_factory=dict, repr=False)

    @cached_property
    def exact(self) -> Mapping[str, list[Extension]]:
        """Extensions without pattern, by name; those limited to a caller first."""
        table: dict[str, list[Extension]] = {}
        for extension in self.extensions:
            if not extension.pattern.startswith("_"):
                table.setdefault(plain(extension.pattern), []).append(extension)
        for same in table.values():
            same.sort(key=lambda e: e.callerid is None)
        return table

    @cached_property
    def patterns(self) -> list[Extension]:
        """Patterns in the order Asterisk tries them."""
        found = [e for e in self.extensions if e.pattern.startswith("_")]
        return sorted(found, key=lambda e: (pattern_key(e.pattern), e.callerid is None))

    def candidates(self, number: str) -> Iterator[Extension]:
        """Extensions that match a number, best first."""
        number = plain(number)
        yield from self.exact.get(number, ())
        for extension in self.patterns:
            if pattern_matches(extension.pattern, number):
                yield extension

    def add(self, pattern: str, callerid: str | None, place: Place) -> Extension:
        """The extension of that name, made when it is new."""
        key = (plain(pattern), callerid)
        if key not in self._by_key:
            self._by_key[key] = Extension(pattern, callerid, place)
            self.extensions.append(self._by_key[key])
        return self._by_key[key]


@dataclass
class Dialplan:
    """All contexts of a phone system."""

    contexts: dict[str, Context] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    _found: dict[tuple[str, str, int | str, str | None], tuple[Context, Extension] | None] = field(
        default_factory=dict, repr=False
    )

    def find(
        self, context: str, number: str, *, priority: int | str = 1, callerid: str | None = None
    ) -> tuple[Context, Extension] | None:
        """What Asterisk would run for a number: the context's own best match, then its includes in order.

        An extension counts only when it has that priority or label. Includes with times are taken as open.
        """
        key = (context, number, priority, callerid)
        if key not in self._found:
            if len(self._found) > REMEMBERED:
                self._found.clear()
            self._found[key] = self._find(context, number, priority, callerid, set())
        return self._found[key]

    def _find(
        self, name: str, number: str, priority: int | str, callerid: str | None, seen: set[str]
    ) -> tuple[Context, Extension] | None:
        context = self.contexts.get(name)
        if context is None or name in seen or len(seen) > INCLUDE_LIMIT:
            return None
        seen.add(name)
        for extension in context.candidates(number):
            if _caller_matches(extension.callerid, callerid) and extension.step(priority) is not None:
                return context, extension
        for include in context.includes:
            if found := self._find(include.context, number, priority, callerid, seen):
                return found
        return None

    def includes_of(self, name: str) -> Iterator[Context]:
        """A context and everything it includes, each once, in search order."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop(0)
            if current in seen or current not in self.contexts:
                continue
            seen.add(current)
            context = self.contexts[current]
            yield context
            waiting[:0] = [include.context for include in context.includes]


def _caller_matches(wanted: str | None, callerid: str | None) -> bool:
    if wanted is None:
        return True
    if callerid is None:
        return False
    return pattern_matches(wanted, callerid) if wanted.startswith("_") else wanted == callerid


# -- patterns -------------------------------------------------------------------------------------------------


def pattern_matches(pattern: str, number: str) -> bool:
    """Whether a number matches an extension or `_pattern`, whole."""
    if not pattern.startswith("_"):
        return plain(pattern) == plain(number)
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(plain(number)) is not None


def plain(number: str) -> str:
    """The number as Asterisk compares it: hyphens mean nothing, so that `s-` is `s` (pbx.c, ext_cmp_exten)."""
    return number.replace("-", "")


@lru_cache(maxsize=65536)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern as a regular expression; None when a bracket is never closed."""
    parts: list[str] = []
    for kind, text in _positions(pattern):
        if kind == "set":
            parts.append("[" + "".join(re.escape(c) for c in text) + "]" if text else "(?!)")
        elif kind == ".":
            parts.append(".+")
            break
        elif kind == "!":
            parts.append(".*")
            break
        elif kind == "broken":
            return None
        else:
            parts.append(re.escape(text))
    return re.compile("".join(parts), re.S)


def _positions(pattern: str) -> Iterator[tuple[str, str]]:
    """The pattern's positions: ("char", c), ("set", members), (".", ""), ("!", ""), ("broken", "")."""
    sets = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
    position = 1
    while position < len(pattern):
        letter = pattern[position]
        if letter.upper() in sets:
            yield "set", sets[letter.upper()]
        elif letter == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                yield "broken", ""
                return
            yield "set", _members(pattern[position + 1 : end])
            position = end
        elif letter in ".!":
            yield letter, ""
            return
        elif letter not in "- ":
            yield "char", letter
        position += 1


def _members(inside: str) -> str:
    found: list[str] = []
    position = 0
    while position < len(inside):
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            found += [chr(code) for code in range(ord(inside[position]), ord(inside[position + 2]) + 1)]
            position += 3
        else:
            found.append(inside[position])
            position += 1
    return "".join(dict.fromkeys(found))


def pattern_key(pattern: str) -> tuple[int, ...]:
    """Sorts patterns as Asterisk does: at each position the fewer characters allowed, the earlier."""
    key = []
    for kind, text in _positions(pattern):
        if kind == "char":
            key.append(ord(text))
        elif kind == "set":
            key.append((len(text) << 8) + (min(map(ord, text)) if text else 0))
        else:
            key.append(0x18000 if kind == "." else 0x28000)
    return (*key, 0x30000)


# -- reading --------------------------------------------------------------------------------------------------


def read_dialplan(files: Files, *, path: str = "/etc/asterisk/extensions.conf") -> Dialplan:
    """Compile extensions.conf; whatever is wrong is among `problems`, nothing raises."""
    dialplan = Dialplan()
    for other in ("extensions.ael", "extensions.lua"):
        if files.get(f"/etc/asterisk/{other}", b"").strip():
            dialplan.problems.append(
                Problem(
                    "not-read",
                    f"{other} is not read: its calls are placed, but not explained",
                    Place(f"/etc/asterisk/{other}", 1),
                )
            )
    configuration = read_configuration(files, path)
    if configuration is None:
        return dialplan
    dialplan.problems += configuration.problems
    dialplan.files = configuration.files
    if configuration.refused:
        return dialplan
    _read_globals(configuration, dialplan)
    for section in configuration.sections:
        if section.name.lower() not in NOT_CONTEXTS and not section.is_template:
            _read_context(section, dialplan)
    for context in dialplan.contexts.values():
        for extension in context.extensions:
            _finish(context, extension, dialplan.problems)
    return dialplan


def _read_globals(configuration: Configuration, dialplan: Dialplan) -> None:
    for section in configuration.all_sections("globals"):
        for entry in section.entries:
            dialplan.globals[entry.name] = _with_globals(entry.value, dialplan.globals)


def _with_globals(text: str, known: Mapping[str, str]) -> str:
    """`${NAME}` of globals replaced; anything cleverer stays as it is."""
    if "${" not in text:
        return text
    return re.sub(r"\$\{(\w+)\}", lambda m: known.get(m[1], ""), text)


def _read_context(section: Section, dialplan: Dialplan) -> None:
    context = dialplan.contexts.setdefault(section.name, Context(section.name, section.place))
    reader = _Lines(context, dialplan)
    for entry in section.entries:
        reader.take(entry)


class _Lines:
    """Reads the lines of one section; `same` and `n` lean on the line before."""

    def __init__(self, context: Context, dialplan: Dialplan) -> None:
        self.context, self.dialplan = context, dialplan
        self.extension: Extension | None = None
        self.last = -2

    def take(self, entry: Entry) -> None:
        name = entry.name.lower()
        if name in ("exten", "same"):
            self._exten(entry, same=name == "same")
        elif name == "include":
            value = _with_globals(entry.value, self.dialplan.globals)
            target, _, times = value.replace("|", ",").partition(",")
            self.context.includes.append(Include(target.strip(), times.strip() or None, entry.place))
        elif name in ("switch", "lswitch", "eswitch"):
            self.context.switches.append(entry.value)
        elif name == "ignorepat":
            self.context.ignorepats.append(entry.value)
        elif name not in ("autohints",):
            self._problem("unknown-line", f"Asterisk ignores '{entry.name}' in a context", entry.place)

    def _problem(self, code: str, what: str, place: Place) -> None:
        self.dialplan.problems.append(Problem(code, what, place))

    def _exten(self, entry: Entry, *, same: bool) -> None:
        rest = entry.value
        if same:
            if self.extension is None:
                self._problem(
                    "no-extension", "'same' without an extension before it: Asterisk ignores the line", entry.place
                )
                return
        else:
            word, comma, rest = _first_word(rest)
            if not comma:
                self._problem("bad-line", f"no priority in {entry.value[:60]!r}", entry.place)
                return
            pattern, slash, callerid = _with_globals(word.strip(), self.dialplan.globals).partition("/")
            self.extension = self.context.add(pattern, callerid if slash else None, entry.place)
        assert self.extension is not None
        priority, comma, application = _first_word(rest)
        self._priority(self.extension, _with_globals(priority.strip(), self.dialplan.globals), application, entry)

    def _priority(self, extension: Extension, text: str, application: str, entry: Entry) -> None:
        label = None
        if "(" in text:
            text, _, tail = text.partition("(")
            label, closed, rest = tail.partition(")")
            text += rest
            if not closed:
                self._problem("bad-line", f"the label of {entry.value[:60]!r} is not closed", entry.place)
        word, plus, offset = text.partition("+")
        word = word.strip().lower()
        if word == "hint":
            extension.hint = application
            return
        number = self._number(word, extension)
        if number is None:
            self._problem(
                "bad-priority", f"priority {text!r} is no number, n or hint: Asterisk ignores the line", entry.place
            )
            return
        if plus:
            number += whole_number(offset.strip()) or 0
        self.last = number
        self._add(extension, number, label.strip() if label else None, application.strip(), entry)

    def _number(self, word: str, extension: Extension) -> int | None:
        if word in ("n", "next"):
            return self.last + 1 if self.last > -2 else None
        if word in ("s", "same"):
            return self.last if self.last > -2 else None
        if (given := whole_number(word)) is not None:
            return given or None
        labelled = next((s for s in extension.steps if s.label and s.label.lower() == word), None)
        return labelled.priority if labelled else None

    def _add(self, extension: Extension, number: int, label: str | None, text: str, entry: Entry) -> None:
        name, opened, arguments = text.partition("(")
        if opened:
            end = arguments.rfind(")")
            if end < 0:
                self._problem("not-closed", f"no closing ')' in {text[:60]!r}", entry.place)
            else:
                arguments = arguments[:end]
        else:
            name, _, arguments = text.partition(",")
        if not name.strip():
            self._problem("bad-line", f"no application in {entry.value[:60]!r}", entry.place)
            return
        extension.steps.append(Step(number, label, name.strip(), arguments, entry.place))


def _first_word(text: str) -> tuple[str, str, str]:
    """Split at the first comma outside parentheses and brackets."""
    depth = 0
    for position, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(0, depth - 1)
        elif letter == "," and not depth:
            return text[:position], ",", text[position + 1 :]
    return text, "", ""


def _finish(context: Context, extension: Extension, problems: list[Problem]) -> None:
    """Sort an extension's steps; a priority given twice keeps the first, as Asterisk does."""
    kept: dict[int, Step] = {}
    for step in extension.steps:
        if step.priority in kept:
            problems.append(
                Problem(
                    "priority-duplicate",
                    f"priority {step.priority} of {extension.pattern} in [{context.name}] is given twice: Asterisk keeps the first",
                    step.place,
                )
            )
        else:
            kept[step.priority] = step
    extension.steps = [kept[number] for number in sorted(kept)]
    if kept and 1 not in kept:
        problems.append(
            Problem("no-first-priority", f"{extension.pattern} in [{context.name}] has no priority 1", extension.place)
        )


# -- arguments ------------------------------------------------------------------------------------------------


def split_arguments(text: str, separator: str = ",") -> list[str]:
    """Split an application's arguments at commas outside parentheses, brackets and quotes.

    As AST_STANDARD_APP_ARGS does: backslash keeps the next character, quotes are removed.
    """
    parts, current, depth, quoted = [], [], 0, False
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == "\\" and position + 1 < len(text):
            current.append(text[position + 1])
            position += 2
            continue
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "([{":
            depth += 1
        elif not quoted and letter in ")]}":
            depth = max(0, depth - 1)
        if letter == separator and not quoted and not depth:
            parts.append("".join(current))
            current = []
        elif letter != '"':
            current.append(letter)
        position += 1
    return [*parts, "".join(current)]


def parse_goto(text: str, context: str, extension: str) -> tuple[str, str, int | str]:
    """`[[context,]extension,]priority` relative to where the call is; priority is a number or a label."""
    words = [word.strip() for word in text.replace("|", ",").split(",")]
    words = [word for word in words if word] if len(words) > 3 else words
    priority = words[-1] if words else "1"
    where = words[-2] if len(words) > 1 and words[-2] else extension
    inside = words[-3] if len(words) > 2 and words[-3] else context
    number = whole_number(priority)
    return inside, where, priority if number is None else number


def whole_number(text: str) -> int | None:
    """The number that 0-9 write; None for other text, other scripts' digits and more digits than Asterisk's int has."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
