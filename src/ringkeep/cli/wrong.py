"""What is said of a command that was typed wrongly, in the reader's language.

typer's own words are English; which kind of mistake it is shows in the kind of its error and in what hangs on it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from ringkeep.phonesystem.sentences import Sentence, verbatim

TOO_MANY = re.compile(r"extra argument\(s\) \((.*)\)", re.DOTALL)
NO_SUCH_VERB = re.compile(r"No such command ['\"](.*?)['\"]\.", re.DOTALL)
QUOTED = re.compile(r"['\"](.*)['\"]", re.DOTALL)


def told(error: Any) -> Sentence:
    """A `UsageError` of typer's as a sentence of ours."""
    help_line = f"{error.ctx.command_path if error.ctx else 'ringkeep'} --help"
    match type(error).__name__:
        case "NoSuchOption":
            return _no_option(error, help_line)
        case "MissingParameter":
            return Sentence("{what} is missing: {help} says more.", {"what": _named(error.param), "help": help_line})
        case "BadOptionUsage":
            takes_none = "not take a value" in error.message
            return (
                Sentence("{option} takes no value.", {"option": error.option_name})
                if takes_none
                else Sentence("{option} needs a value after it.", {"option": error.option_name})
            )
        case "BadParameter":
            return _bad_value(error)
        case _:
            return _wrong_words(error, help_line)


def _no_option(error: Any, help_line: str) -> Sentence:
    near = sorted(error.possibilities or ())
    if near:
        return Sentence(
            "There is no option {option} here. Did you mean {near}?", {"option": error.option_name, "near": near}
        )
    return Sentence("There is no option {option} here: {help} lists them.", {"option": error.option_name, "help": help_line})  # fmt: skip


def _wrong_words(error: Any, help_line: str) -> Sentence:
    if found := NO_SUCH_VERB.search(error.message):
        near = get_close_matches(found[1], list(getattr(error.ctx.command, "commands", {})) if error.ctx else [])
        if near:
            return Sentence("There is no command {verb}. Did you mean {near}?", {"verb": found[1], "near": near})
        return Sentence("There is no command {verb}: {help} lists them.", {"verb": found[1], "help": help_line})
    if found := TOO_MANY.search(error.message):
        return Sentence(
            "There is a word too many: {extra}. {help} shows how it is written.",
            {"extra": found[1], "help": help_line},
        )
    if error.message == "Missing command.":
        return Sentence("Say what is to be done: {help} lists it.", {"help": help_line})
    return verbatim(error.format_message())


def _bad_value(error: Any) -> Sentence:
    """By what the option takes; a path by what is wrong with it."""
    if error.param is None:
        return verbatim(error.message)
    name, takes = _named(error.param), error.param.type_descriptor
    if takes.is_choice:
        return Sentence("{option} must be one of: {choices}.", {"option": name, "choices": [str(one.value) for one in takes.choices]})  # fmt: skip
    if takes.is_path:
        return _bad_path(name, error.message)
    if takes.is_datetime:
        return Sentence(
            "{option} must be a moment, such as {example}.", {"option": name, "example": "2026-11-25T10:30"}
        )
    least, most = takes.parameter_info.min, takes.parameter_info.max
    if least is not None and most is not None:
        return Sentence(
            "{option} must be a number from {least} to {most}.", {"option": name, "least": least, "most": most}
        )
    if least is not None:
        return Sentence("{option} must be a number, at least {least}.", {"option": name, "least": least})
    if takes.annotation in (int, list[int]):
        return Sentence("{option} must be a whole number.", {"option": name})
    return Sentence("{option}: {why}", {"option": name, "why": error.message})


def _bad_path(name: str, message: str) -> Sentence:
    found = QUOTED.search(message)
    values = {"option": name, "path": found[1] if found else "?"}
    if message.endswith("does not exist."):
        return Sentence("There is no {path}: {option} must be a file or folder that is there.", values)
    if message.endswith("is a directory."):
        return Sentence("{path} is a folder: {option} must be a file.", values)
    if message.endswith("is not readable."):
        return Sentence("{path} cannot be read: permission is denied.", values)
    return Sentence("{option}: {why}", {"option": name, "why": message})


def _named(param: Any) -> str:
    """As it stands in the help: --name, NAME."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name).strip("[]").upper()
