"""What `--help` prints, in the reader's language: how a command is written, what it does, its options, and examples.

The English texts are those of the verbs themselves (docstrings and options); the catalogue has their Persian.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from typer.core import TyperCommand, TyperGroup

from ringkeep.cli.examples import EXAMPLES
from ringkeep.translation import Language, Words

_ = str  # marks the texts of this module for translation
WIDEST, COLUMN = 110, 30  # letters of a line; the furthest that explanations begin
HELP = _("show this help")
ENDS = _("It ends with 0: good, 1: something is wrong, 2: it was typed wrongly or a name is not known, 3: it could not be done, 4: there are differences, 130: Ctrl-C.")  # fmt: skip
spoken: list[str] = [Language.EN]  # by the command that runs


class Verb(TyperCommand):
    """A command of `ringkeep`."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write its page."""
        formatter.write("\n".join(page(self, ctx, Words(spoken[-1]))) + "\n")


class Verbs(TyperGroup):
    """Commands under one word, or all of them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write its page."""
        formatter.write("\n".join(page(self, ctx, Words(spoken[-1]))) + "\n")


def page(command: Any, ctx: Any, words: Words) -> Iterator[str]:
    """The lines of a command's help."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    verbs = getattr(command, "commands", {})
    pieces = [ctx.command_path, *(written(one) for one in arguments), *(["COMMAND"] if verbs else [])]
    yield words("Usage: {command}").format(command=" ".join([*pieces, "[--...]"]))
    yield ""
    for paragraph in paragraphs(command.help):
        yield from _wrapped(words(paragraph), "")
        yield ""
    if arguments:
        yield from _listed((written(one).strip("[]"), said(one, words)) for one in arguments if one.help)
        yield ""
    for panel, names in _panels(verbs):
        yield words(panel)
        yield from _listed((name, words(next(paragraphs(verbs[name].help)))) for name in names)
        yield ""
    yield words("Options")
    yield from _listed([*((written(one), said(one, words)) for one in options), ("--help", words(HELP))])
    where = " ".join(ctx.command_path.split()[1:])
    if where in EXAMPLES:
        yield ""
        yield words("Examples")
        for example, caption in EXAMPLES[where]:
            yield f"  {example}"
            if caption:
                yield from _wrapped(words(caption), "      ")
    if not where:
        yield ""
        yield from _wrapped(words(ENDS), "")


def paragraphs(text: str | None) -> Iterator[str]:
    """Each as one line, which is how the catalogue knows it."""
    for paragraph in (text or "").split("\n\n"):
        yield " ".join(paragraph.split())


def written(one: Any) -> str:
    """As it is typed: NAME, [NAME], --name NAME, --calls quick|full, --sudo/--no-sudo."""
    takes = one.type_descriptor
    if one.param_type_name == "argument":
        name = str(one.metavar or one.name).strip("[]").upper()
        name += "..." if one.nargs == -1 else ""
        return name if one.required else f"[{name}]"
    names = "/".join([*one.opts, *one.secondary_opts])
    if one.is_flag:
        return names
    value = "|".join(str(choice.value) for choice in takes.choices) if takes.is_choice else one.metavar
    return f"{names} {value or max(one.opts, key=len).lstrip('-').upper()}"


def said(one: Any, words: Words) -> str:
    """What it means, and what counts when it is not given."""
    text = words(one.help or "")
    usual = one.default
    if usual is None or isinstance(usual, bool) or usual in ("", ()):
        return text
    return f"{text} [{words.shown(str(usual.value if isinstance(usual, Enum) else usual))}]"


def _panels(verbs: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    names: dict[str, list[str]] = {}
    for name, verb in verbs.items():
        names.setdefault(verb.rich_help_panel or _("Commands"), []).append(name)
    yield from names.items()


def _listed(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    column = min(max(len(name) for name, _ in rows) + 4, COLUMN)
    for name, text in rows:
        head, indent = f"  {name}", " " * column
        lines = list(_wrapped(text, indent))
        if len(head) < column - 1 and lines:
            lines[0] = head.ljust(column) + lines[0][column:]
            yield from lines
        else:
            yield head
            yield from lines


def _wrapped(text: str, indent: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.wrap(
        text,
        max(width, 50),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
