"""What the dialplan refers to: every literal jump, prompt, queue, mailbox, device and script, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context, Extension, Step, split_arguments
from ringkeep.phonesystem.model import PhoneSystem

PLAYS = {"playback": 0, "background": 0, "controlplayback": 0, "read": 1, "backgrounddetect": 0, "authenticate": 3}
WRAPPED = re.compile(r"[?:]\s*(\w+)\(")
LANGUAGE_EXTENSION = re.compile(r"[a-z]{2}(_[A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing named in a step."""

    kind: str  # goto | gosub | macro | prompt | queue | mailbox | device | script | program | bridge | user
    name: str
    place: Place
    context: str
    extension: str
    owner: Extension | None = None  # the extension whose step names it


def reachable(system: PhoneSystem) -> list[Context]:
    """Contexts a call can get into: from phones and carriers, by include or by being named in a reached one."""
    contexts = system.dialplan.contexts
    waiting = [e.context or "" for e in system.extensions] + [t.context or "" for t in system.trunks]
    waiting += [n.context for n in system.inbound_numbers]
    waiting += [q.get("context") or "" for c in [system.configurations.get("queues.conf")] if c for q in c.sections]
    seen: dict[str, Context] = {}
    while waiting:
        name = waiting.pop()
        if name in seen or name not in contexts:
            continue
        context = seen[name] = contexts[name]
        waiting += [include.context for include in context.includes]
        for extension in context.extensions:
            for step in extension.steps:
                waiting += _contexts_named(step, contexts)
    return list(seen.values())


def _contexts_named(step: Step, contexts: dict[str, Context]) -> Iterator[str]:
    for word in re.findall(r"[\w.-]+", step.arguments):
        if word in contexts:
            yield word
        if f"macro-{word}" in contexts:
            yield f"macro-{word}"


def find(system: PhoneSystem, contexts: list[Context]) -> Iterator[Reference]:
    """All literal references in some contexts; what holds an unknown `${...}` is left out."""
    for context in contexts:
        for extension in context.extensions:
            for step in extension.steps:
                for application, arguments in calls_of(step):
                    yield from _of(system, application.lower(), arguments, step, context, extension)


def calls_of(step: Step) -> Iterator[tuple[str, str]]:
    """The step itself, and what an ExecIf around it would run."""
    if step.application.lower() in ("execif", "exec", "tryexec"):
        text = step.arguments
        for match in WRAPPED.finditer(text):
            depth, index = 1, match.end()
            while index < len(text) and depth:
                depth += (text[index] == "(") - (text[index] == ")")
                index += 1
            yield match[1], text[match.end() : index - 1]
        return
    yield step.application, step.arguments


def literal(system: PhoneSystem, text: str) -> str | None:
    """The text with plain globals filled in; None when something else is left to know."""
    filled = re.sub(r"\$\{(\w+)\}", lambda m: system.dialplan.globals.get(m[1], m[0]), text)
    return None if "${" in filled or "$[" in filled else filled


def _of(
    system: PhoneSystem, application: str, arguments: str, step: Step, context: Context, extension: Extension
) -> Iterator[Reference]:
    def made(kind: str, name: str) -> Reference:
        return Reference(kind, name, step.place, context.name, extension.pattern, extension)

    if application in ("goto", "gotoif", "gotoiftime", "gosubif"):
        kind = "gosub" if application == "gosubif" else "goto"
        for target in [arguments] if application == "goto" else branches(arguments):
            if target and (filled := literal(system, target)) is not None:
                yield made(kind, filled)
    elif application == "gosub" and (filled := literal(system, arguments.partition("(")[0])) is not None:
        yield made("gosub", filled)
    elif application == "macro" and (filled := literal(system, split_arguments(arguments)[0])) is not None:
        yield made("macro", filled)
    elif application in PLAYS:
        words = [*split_arguments(arguments), "", "", "", ""]
        if (filled := literal(system, words[PLAYS[application]])) is not None and not _other_language(extension):
            for name in filled.split("&"):
                if re.search(r"[a-zA-Z]", name):
                    yield made("prompt", name.strip())
    else:
        yield from _things(system, application, arguments, made)


def _things(system: PhoneSystem, application: str, arguments: str, made: object) -> Iterator[Reference]:
    assert callable(made)
    words = split_arguments(arguments)
    first = literal(system, words[0])
    if first is None or not first:
        return
    if application == "queue":
        yield made("queue", first)
    elif application in ("voicemail", "voicemailmain"):
        for box in first.split("&"):
            if re.match(r"\w+(@\w+)?$", box):
                yield made(
                    "mailbox" if application == "voicemail" else "own mailbox", box if "@" in box else f"{box}@default"
                )
    elif application in ("dial", "chanisavail", "page"):
        for device in first.split("&"):
            yield made("device", device.strip())
    elif application in ("agi", "eagi", "deadagi"):
        yield made("script", first)
    elif application in ("system", "trysystem"):
        yield made("program", first.split()[0])
    elif application == "confbridge":
        for index, kind in ((1, "bridge"), (2, "user"), (3, "menu")):
            if len(words) > index and (name := literal(system, words[index])):
                yield made(kind, name)


def branches(arguments: str) -> list[str]:
    """Both targets of `cond?a:b`, without the arguments a GosubIf passes."""
    rest = arguments.partition("?")[2] if "?" in arguments else ""
    depth, parts, current = 0, [], ""
    for letter in rest:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == ":" and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [part.partition("(")[0].strip() for part in [*parts, current]]


def _other_language(extension: Extension) -> bool:
    """FreePBX writes an extension per language; all but English wait for a language pack."""
    return bool(LANGUAGE_EXTENSION.fullmatch(extension.pattern)) and extension.pattern != "en"
