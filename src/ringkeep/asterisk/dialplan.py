"""A dialplan as Asterisk holds it: contexts, extensions, priorities, includes, and how a number is searched in them.

Pure. `ringkeep.asterisk.extensions` reads one. Source: Asterisk's main/pbx.c (pbx_find_extension).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ringkeep.asterisk.conf import Place, Problem
from ringkeep.asterisk.patterns import first_letters, name_key, pattern_key, pattern_matches, plain
from ringkeep.asterisk.times import Timing, read_timing

INCLUDE_LIMIT = 512  # AST_PBX_MAX_STACK: contexts looked through in one search
REMEMBERED = 200_000  # searches kept; walks repeat the same ones
INSTANTS_REMEMBERED = 1000
SPECIAL = re.compile(r'[()\[\]"\\]')  # in arguments


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
    callerid: str | None  # caller's number or pattern it is limited to; "": callers without number
    place: Place
    steps: list[Step] = field(default_factory=list)  # by priority
    hint: str | None = None  # devices of its hint
    hint_place: Place | None = None
    _by_priority: dict[int, Step] = field(default_factory=dict, repr=False)
    _by_label: dict[str, Step] = field(default_factory=dict, repr=False)

    def step(self, wanted: int | str) -> Step | None:
        """The step of a priority or label."""
        return self._by_priority.get(wanted) if isinstance(wanted, int) else self._by_label.get(wanted)

    def add(self, step: Step) -> bool:
        """Take a step, in any order; False when its priority is taken: Asterisk keeps the first. `sort` ends it."""
        if step.priority in self._by_priority:
            return False
        self._by_priority[step.priority] = step
        self.steps.append(step)
        if step.label:
            self._by_label[step.label] = step
        return True

    def sort(self) -> None:
        """Bring the steps into their order."""
        self.steps.sort(key=lambda step: step.priority)


@dataclass(frozen=True, slots=True)
class Include:
    """`include => context[,times]`."""

    context: str
    times: str | None
    place: Place
    written: str = ""  # the whole value

    @property
    def timing(self) -> Timing | None:
        """When it is open; None: always."""
        return read_timing(self.times) if self.times else None


@dataclass
class Context:
    """A context, merged from all its sections; nothing is added to it once it is searched."""

    name: str
    place: Place
    extensions: list[Extension] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)  # "Realtime/context@table"
    ignorepats: list[str] = field(default_factory=list)
    autohints: bool = False

    @cached_property
    def exact(self) -> Mapping[str, list[Extension]]:
        """Extensions without pattern, by name; those limited to a caller first."""
        table: dict[str, list[Extension]] = {}
        for extension in self.extensions:
            if not extension.pattern.startswith("_"):
                table.setdefault(plain(extension.pattern), []).append(extension)
        for same in table.values():
            same.sort(key=_caller_key)
        return table

    @cached_property
    def patterns(self) -> list[Extension]:
        """Patterns in the order Asterisk tries them."""
        found = [e for e in self.extensions if e.pattern.startswith("_")]
        return sorted(found, key=lambda e: (pattern_key(e.pattern), _caller_key(e)))

    @property
    def ordered(self) -> list[Extension]:
        """All extensions in the order in which Asterisk lists and tries them."""
        names = [e for e in self.extensions if not e.pattern.startswith("_")]
        return sorted(names, key=lambda e: (name_key(e.pattern), _caller_key(e))) + self.patterns

    @cached_property
    def _by_first_letter(self) -> tuple[Mapping[str, list[Extension]], list[Extension]]:
        """The patterns that numbers of each first letter can match, and those that any number can, all in order."""
        letters = [(extension, first_letters(extension.pattern)) for extension in self.patterns]
        table: dict[str, list[Extension]] = {letter: [] for _, some in letters if some for letter in some}
        for extension, some in letters:
            for letter in table if some is None else some:
                table[letter].append(extension)
        return table, [extension for extension, some in letters if some is None]

    def candidates(self, number: str) -> Iterator[Extension]:
        """Extensions that match a number, best first."""
        number = number if number.startswith("_") else plain(number)
        yield from self.exact.get(number, ())
        table, rest = self._by_first_letter
        any_letter = not number.isascii() or number.startswith("_")
        for extension in self.patterns if any_letter else table.get(number[:1], rest):
            if pattern_matches(extension.pattern, number):
                yield extension


def _caller_key(extension: Extension) -> tuple[object, ...]:
    """Among equal extensions those for one caller come first, in the order of the callers' patterns."""
    caller = extension.callerid
    if caller is None:
        return (True,)
    return (False, True, pattern_key(caller)) if caller.startswith("_") else (False, False, name_key(caller))


Found = tuple[Context, Extension]
SearchKey = tuple[str, str, int | str, str | None, int]


@dataclass
class Dialplan:
    """All contexts of a phone system."""

    contexts: dict[str, Context] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    general: dict[str, str] = field(default_factory=dict)  # the settings of [general], names in lower case
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    _found: dict[SearchKey, Found | None] = field(default_factory=dict, repr=False)
    _states: dict[datetime, int] = field(default_factory=dict, repr=False)

    def find(
        self,
        context: str,
        number: str,
        *,
        priority: int | str = 1,
        callerid: str | None = None,
        at: datetime | None = None,
    ) -> Found | None:
        """What Asterisk would run for a number: the context's own best match, then its includes in order.

        An extension counts only when it has that priority or label. `at` is the phone system's own time; includes that
        are closed then are passed over. None: every include is open.
        """
        state = 0 if at is None else self._closed(at)
        key = (context, number, priority, callerid, state)
        if key not in self._found:
            if len(self._found) > REMEMBERED:
                self._found.clear()
            self._found[key] = _Search(self, number, priority, callerid, state).find(context)
        return self._found[key]

    @cached_property
    def _timed(self) -> Mapping[str, int]:
        """The times of all includes that have some, each with its bit in a state."""
        times = dict.fromkeys(i.times for c in self.contexts.values() for i in c.includes if i.timing and i.times)
        return {spec: 1 << place for place, spec in enumerate(times)}

    def _closed(self, at: datetime) -> int:
        """Which includes are closed at an instant: the bits of their times."""
        if at not in self._states:
            if len(self._states) > INSTANTS_REMEMBERED:
                self._states.clear()
            closed = (
                bit for spec, bit in self._timed.items() if (timing := read_timing(spec)) and not timing.holds(at)
            )
            self._states[at] = sum(closed)
        return self._states[at]

    def is_open(self, include: Include, at: datetime | None) -> bool:
        """Whether an include is searched at an instant of the phone system's own time."""
        return at is None or not include.times or not self._timed.get(include.times, 0) & self._closed(at)

    def includes_of(self, name: str, *, at: datetime | None = None) -> Iterator[Context]:
        """A context and everything it includes, each once, in search order; with `at` only what is open then."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in seen or current not in self.contexts:
                continue
            seen.add(current)
            context = self.contexts[current]
            yield context
            waiting += [include.context for include in reversed(context.includes) if self.is_open(include, at)]


@dataclass(slots=True)
class _Search:
    """One search of Asterisk's: every context is looked through once, whatever includes it."""

    dialplan: Dialplan
    number: str
    priority: int | str
    callerid: str | None
    closed: int

    def find(self, name: str) -> Found | None:
        seen: set[str] = set()
        waiting = [name]
        while waiting and len(seen) < INCLUDE_LIMIT:
            context = self.dialplan.contexts.get(waiting.pop())
            if context is None or context.name.lower() in seen:
                continue
            seen.add(context.name.lower())
            for extension in context.candidates(self.number):
                if caller_matches(extension.callerid, self.callerid) and extension.step(self.priority) is not None:
                    return context, extension
            waiting += [include.context for include in reversed(context.includes) if self._is_open(include)]
        return None

    def _is_open(self, include: Include) -> bool:
        return not (self.closed and include.times and self.dialplan._timed.get(include.times, 0) & self.closed)


def caller_matches(wanted: str | None, callerid: str | None) -> bool:
    """Whether a call from that number may run an extension that is limited to `wanted`."""
    if wanted is None:
        return True
    return pattern_matches(wanted, callerid) if callerid else not wanted


# -- arguments ------------------------------------------------------------------------------------------------


def split_arguments(text: str, separator: str = ",", *, most: int = 0) -> list[str]:
    """Split an application's arguments at commas outside parentheses, brackets and quotes.

    As AST_STANDARD_APP_ARGS does: backslash keeps the next character, quotes are removed, braces mean nothing. With
    `most`, the last of that many is all the rest, untouched.
    """
    if not SPECIAL.search(text):
        return text.split(separator, most - 1)
    parts: list[str] = []
    current: list[str] = []
    parentheses = brackets = position = 0
    quoted = False
    while position < len(text) and len(parts) != most - 1:
        letter = text[position]
        position += 1
        if letter == "(":
            parentheses += 1
        elif letter == ")":
            parentheses = max(0, parentheses - 1)
        elif letter == "[":
            brackets += 1
        elif letter == "]":
            brackets = max(0, brackets - 1)
        elif letter == '"' and separator != '"':
            quoted = not quoted
            continue
        elif letter == "\\":
            letter = text[position : position + 1]
            position += 1
        elif letter == separator and not (parentheses or quoted or brackets):
            parts.append("".join(current))
            current = []
            continue
        current.append(letter)
    return [*parts, "".join(current) + text[position:]]


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
