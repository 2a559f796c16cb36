"""extensions.conf, and the extensions of users.conf, compiled as Asterisk's pbx_config does it.

Pure. Whatever Asterisk refuses or warns about is among the dialplan's problems; nothing raises.
Source: Asterisk's pbx/pbx_config.c and main/pbx.c (ast_add_extension2); compared with what real Asterisk holds after
loading, see tests/oracle/dialplans.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ringkeep.asterisk.conf import Configuration, Entry, Files, Place, Problem, Section, read_configuration
from ringkeep.asterisk.dialplan import Context, Dialplan, Extension, Include, Step, caller_matches
from ringkeep.asterisk.expressions import DIRECTORIES, Unknowable, expand
from ringkeep.asterisk.functions import TextFunctions
from ringkeep.asterisk.patterns import caller_name, extension_name, identity, pattern_matches
from ringkeep.asterisk.users import read_users

NOT_CONTEXTS = ("general", "globals")
NAME_LENGTH = 255  # of an extension with its caller
HINT = -1  # PRIORITY_HINT
PATTERNS_SEARCHED = 200  # for a label that the extension itself has not
NUMBER = re.compile(r"[ \t]*([-+]?[0-9]{1,30})")
SWITCHES = ("switch", "lswitch", "eswitch")
TRUE = ("yes", "true", "y", "t", "1", "on")  # ast_true


def read_dialplan(files: Files, *, path: str = "/etc/asterisk/extensions.conf") -> Dialplan:
    """Compile extensions.conf; whatever is wrong is among `problems`, nothing raises."""
    dialplan = Dialplan()
    for other in ("extensions.ael", "extensions.lua"):
        if files.get(f"/etc/asterisk/{other}", b"").strip():
            what = f"{other} is not read: its calls are placed, but not explained"
            dialplan.problems.append(Problem("not-read", what, Place(f"/etc/asterisk/{other}", 1)))
    configuration = read_configuration(files, path)
    if configuration is None:
        return dialplan
    dialplan.problems += configuration.problems
    dialplan.files = configuration.files
    if configuration.refused:
        return dialplan
    compiler = _Compiler(dialplan)
    compiler.read(configuration)
    for name, application, arguments, section in read_users(files):
        compiler.add_user(name, application, arguments, section)
    compiler.finish()
    return dialplan


Key = tuple[str, object, object]  # context, extension, caller: equal for what Asterisk takes for the same


@dataclass(slots=True)
class _Line:
    """An `exten` or `same` line on its way into the dialplan."""

    context: Context
    written: str
    name: str
    callerid: str | None
    key: Key
    entry: Entry


@dataclass(slots=True)
class _Compiler:
    """Reads sections into contexts; `same` and `n` lean on the line before."""

    dialplan: Dialplan
    extensions: dict[Key, Extension] = field(default_factory=dict)
    lowest: dict[int, int] = field(default_factory=dict)  # id of an extension -> its lowest priority
    names: dict[str, str] = field(default_factory=dict)  # what variables hold while a line is read
    extension: str = ""  # the last line's, with its caller
    last: int | None = None  # the last line's priority
    line: _Line | None = None

    def read(self, configuration: Configuration) -> None:
        general = configuration.section("general")
        for entry in general.entries if general else ():
            self.dialplan.general.setdefault(entry.name.lower(), entry.value)
            if entry.name.lower() == "extenpatternmatchnew" and entry.value.lower() in TRUE:
                what = "extenpatternmatchnew: Asterisk then searches patterns in another way, which is not explained"
                self._problem("not-read", what, entry.place)
            elif entry.name.lower() == "overrideswitch" and entry.value:
                what = "overrideswitch: another program may take every call before the dialplan does"
                self._problem("not-read", what, entry.place)
        for section in configuration.sections:
            if section.name.lower() == "globals" and not section.is_template:
                for entry in section.entries:
                    self._global(entry)
        for section in configuration.sections:
            if section.name.lower() not in NOT_CONTEXTS and not section.is_template:
                self._section(section)

    def _problem(self, code: str, what: str, place: Place) -> None:
        self.dialplan.problems.append(Problem(code, what, place))

    # -- variables ----------------------------------------------------------------------------------------

    def variable(self, name: str) -> str:
        """A global, as `${NAME}` finds it while the configuration is read."""
        found = self.names.get(name)
        return found if found is not None else DIRECTORIES.get(name) or self.dialplan.globals.get(name, "")

    def function(self, name: str, arguments: str) -> str:
        """A function of text; what asks the running system is unknowable."""
        return TextFunctions(self.variable, self.dialplan.globals.__setitem__).read(name, arguments)

    def _substituted(self, text: str, place: Place) -> str:
        if "$" not in text:
            return text
        try:
            return expand(text, self)
        except Unknowable as why:
            self._problem("not-known", f"{text[:60]!r} depends on {why}: read as if it were empty", place)
            return ""

    def _global(self, entry: Entry) -> None:
        if entry.name.endswith(")"):
            self._problem("not-known", f"{entry.name[:60]} is written while the dialplan is loaded", entry.place)
            return
        self.dialplan.globals[re.sub("^__?", "", entry.name)] = self._substituted(entry.value, entry.place)

    # -- sections -----------------------------------------------------------------------------------------

    def _section(self, section: Section) -> None:
        context = self._context(section.name, section.place)
        self.extension, self.last = "", None
        for entry in section.entries:
            name = entry.name.lower()
            if name == "exten" or name.startswith("same"):
                self._exten(context, entry, same=name != "exten")
            elif name == "include":
                self._include(context, entry)
            elif name in SWITCHES:
                self._switch(context, entry, name)
            elif name == "ignorepat":
                self._ignorepat(context, entry)
            elif name == "autohints":
                context.autohints = entry.value.lower() in TRUE
            else:
                self._problem("unknown-line", f"Asterisk ignores {entry.name[:60]!r} in a context", entry.place)

    def _context(self, name: str, place: Place) -> Context:
        if name not in self.dialplan.contexts:
            self.dialplan.contexts[name] = Context(name, place)
        return self.dialplan.contexts[name]

    def _include(self, context: Context, entry: Entry) -> None:
        written = self._substituted(entry.value, entry.place)
        if any(i.written.lower() == written.lower() for i in context.includes):
            self._problem("include-twice", f"[{context.name}] includes {written[:60]!r} twice", entry.place)
            return
        name, _, times = written.partition("|" if "|" in written else ",")
        context.includes.append(Include(name, times or None, entry.place, written))

    def _switch(self, context: Context, entry: Entry, name: str) -> None:
        value = self._substituted(entry.value, entry.place) if name == "switch" else entry.value
        if "/" not in value:
            value += "/"
        if value not in context.switches:
            context.switches.append(value)

    def _ignorepat(self, context: Context, entry: Entry) -> None:
        value = self._substituted(entry.value, entry.place)
        if value not in context.ignorepats:
            context.ignorepats.append(value)

    # -- extensions ---------------------------------------------------------------------------------------

    def _exten(self, context: Context, entry: Entry, *, same: bool) -> None:
        rest = entry.value
        if same:
            if not self.extension:
                what = f"{entry.name[:60]!r} without an extension before it: Asterisk ignores the line"
                self._problem("no-extension", what, entry.place)
                return
        else:
            name, rest = _name_and_rest(rest)
            self.extension = self._substituted(name, entry.place)[:NAME_LENGTH]
        line = self._line(context, self.extension, entry)
        text, _, application = rest.partition(",")
        read = self._priority(line, text.strip())
        if read is None:
            return
        self.last, label = read
        if not line.name:
            self._problem("bad-line", f"no extension in {entry.value[:60]!r}: Asterisk ignores the line", entry.place)
            return
        name, arguments = self._application(application, entry)
        self._add(line, Step(self.last, label or None, name, arguments, entry.place))

    def _line(self, context: Context, written: str, entry: Entry) -> _Line:
        """The extension that a line is for; nearly always that of the line before."""
        line = self.line
        if line is None or line.context is not context or line.written != written:
            name, slash, caller = written.partition("/")
            callerid = caller_name(caller) if slash else None
            name = extension_name(name)
            key = (context.name, identity(name), None if callerid is None else identity(callerid))
            line = self.line = _Line(context, written, name, callerid, key, entry)
        line.entry = entry
        return line

    def _priority(self, line: _Line, text: str) -> tuple[int, str] | None:
        """The priority and label that `text` writes; None when Asterisk ignores the line."""
        if text == "n" and self.last not in (None, HINT):  # what nearly every line has
            return self.last + 1, ""
        place = line.entry.place
        text, opened, label = text.partition("(")
        if opened:
            label, closed, _ = label.partition(")")
            if not closed:
                self._problem("bad-line", f"the label of {line.entry.value[:60]!r} is not closed", place)
                return None
        word, _, offset = text.partition("+")
        number = self._number(line, word)
        if number == 0:
            self._problem("bad-priority", "n after a hint is no priority: Asterisk ignores the line", place)
            return None
        if number is None:
            if not line.entry.value.strip(",") or not word:
                self._problem("bad-line", f"no priority in {line.entry.value[:60]!r}", place)
            else:
                what = f"priority {word[:60]!r} is no number, n or hint: Asterisk ignores the line"
                self._problem("bad-priority", what, place)
            return None
        return number + (_leading_number(offset) if offset else 0), label

    def _number(self, line: _Line, word: str) -> int | None:
        if word == "hint":
            return HINT
        if word in ("n", "next"):
            return None if self.last is None else self.last + 1
        if word in ("s", "same"):
            return self.last
        if NUMBER.match(word):
            return given if (given := _leading_number(word)) > 0 else None
        return self._labelled(line, word) if word else None

    def _labelled(self, line: _Line, label: str) -> int | None:
        """The priority of a label of this extension, or of a pattern of the context that matches it."""
        own = self.extensions.get(line.key)
        if own is not None and (step := own.step(label)):
            return step.priority
        patterns = [e for e in line.context.extensions[:PATTERNS_SEARCHED] if e.pattern.startswith("_")]
        for extension in patterns:
            matching = pattern_matches(extension.pattern, line.name) and caller_matches(
                extension.callerid, line.callerid
            )
            if matching and (step := extension.step(label)):
                return step.priority
        return None

    def _application(self, text: str, entry: Entry) -> tuple[str, str]:
        """The application and its arguments, as pbx_config cuts them: without `(` all of it is the name."""
        name, opened, arguments = text.partition("(")
        if not opened or "${" in name or "$[" in name:
            return text.lstrip(" \t\r\n"), ""
        end = arguments.rfind(")")
        if end < 0:
            self._problem("not-closed", f"no closing ')' in {text[:60]!r}", entry.place)
        return name.lstrip(" \t\r\n"), arguments if end < 0 else arguments[:end]

    def _add(self, line: _Line, step: Step) -> None:
        extension = self.extensions.get(line.key)
        if extension is None:
            extension = self.extensions[line.key] = Extension(line.name, line.callerid, step.place)
            line.context.extensions.append(extension)
            self.lowest[id(extension)] = step.priority
        elif step.priority < self.lowest[id(extension)]:
            # Asterisk shows an extension by the name that its lowest priority was written with.
            extension.pattern, extension.callerid = line.name, line.callerid
            self.lowest[id(extension)] = step.priority
        if step.priority == HINT:
            self._hint(line, extension, step)
            return
        if not step.application:
            self._problem("bad-line", f"no application in {line.entry.value[:60]!r}", step.place)
        earlier = extension.step(step.label) if step.label else None
        if step.label and earlier and (earlier.priority < step.priority or earlier.priority == step.priority + 1):
            what = f"label {step.label[:60]!r} of {line.name[:60]} in [{line.context.name[:60]}] is given twice"
            self._problem("label-twice", what, step.place)
            step = Step(step.priority, None, step.application, step.arguments, step.place)
        if not extension.add(step):
            what = f"priority {step.priority} of {line.name[:60]} in [{line.context.name[:60]}] is given twice"
            self._problem("priority-duplicate", f"{what}: Asterisk keeps the first", step.place)

    def _hint(self, line: _Line, extension: Extension, step: Step) -> None:
        if extension.hint is not None:
            what = (
                f"the hint of {line.name[:60]} in [{line.context.name[:60]}] is given twice: Asterisk keeps the first"
            )
            self._problem("priority-duplicate", what, step.place)
            return
        if "${" in step.application and not line.name.startswith("_"):
            self.names = {"EXTEN": line.name, "CONTEXT": line.context.name}
            extension.hint = self._substituted(step.application, step.place)
            self.names = {}
        else:
            extension.hint = step.application
        extension.hint_place = step.place

    def add_user(self, name: str, application: str, arguments: str, section: Section) -> None:
        """An extension of users.conf: `application` "hint" gives its devices."""
        context = self._context(self.dialplan.general.get("userscontext") or "default", section.place)
        line = self._line(context, name, Entry(name, arguments, section.place))
        if application == "hint":
            self._add(line, Step(HINT, None, arguments, "", section.place))
        elif line.name:
            self._add(line, Step(1, None, application, arguments, section.place))

    def finish(self) -> None:
        """Bring all steps into their order and name the extensions that no call can enter."""
        for context in self.dialplan.contexts.values():
            for extension in context.extensions:
                extension.sort()
                if extension.steps and extension.step(1) is None:
                    what = f"{extension.pattern[:60]} in [{context.name[:60]}] has no priority 1"
                    self._problem("no-first-priority", what, extension.place)


def _leading_number(text: str) -> int:
    """The number a text begins with, 0 for none: C reads into 64 bits and keeps the lower 32."""
    match = NUMBER.match(text)
    number = max(-(2**63), min(2**63 - 1, int(match[1]))) if match else 0
    return (number + 2**31) % 2**32 - 2**31


def _name_and_rest(text: str) -> tuple[str, str]:
    """Cut at the first comma outside brackets that no backslash protects (pbx_strsep)."""
    name, _, rest = text.partition(",")
    if "[" not in name and "\\" not in name:
        return name, rest
    depth, position = 0, 0
    while position < len(text):
        letter = text[position]
        if letter == "[":
            depth += 1
        elif letter == "]":
            depth = max(0, depth - 1)
        elif letter == "\\":
            position += 1
        elif letter == "," and not depth:
            return text[:position], text[position + 1 :]
        position += 1
    return text, ""
