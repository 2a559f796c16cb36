"""What every command says to a terminal or a pipe: one JSON document, errors apart, and a reader that has gone away."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from typing import Annotated

import typer

from ringkeep.translation import Language, Sayable, Words

STEERING = re.compile("[\x7f-\x9f\u061c\u2028-\u202e\u2066\u2067]")
GOOD, NOT_GOOD, USAGE, COULD_NOT_TRY, DIFFERENT, INTERRUPTED = 0, 1, 2, 3, 4, 130  # exit codes

# Options of every command that says something: `as_json: AsJson = False, lang: Lang = Language.EN`.
AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]
Lang = Annotated[Language, typer.Option("--lang", envvar="RINGKEEP_LANGUAGE", help="language of what is printed")]


class Errors:
    """Standard error, one plain line a message."""

    def print(self, message: str) -> None:
        """Say it at once; where nobody listens any more, nothing is wrong with that."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: closed
            print(message, file=sys.stderr, flush=True)


errors = Errors()


def print_json(document: object) -> None:
    """One document on one line, UTF-8 whatever the terminal's encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    text = json.dumps(document, ensure_ascii=False)  # where a terminal shows it, names must not steer it
    sys.stdout.write(STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n")


def fail(code: str, says: Sayable, words: Words, *, as_json: bool, **more: object) -> None:
    """Say a sentence that tells what went wrong: on standard error, and with --json as the one document on standard output
    as well, where `more` stands beside it. `code` is one word for programs; docs/cli.md lists them."""
    errors.print(words.error(says))
    if as_json:
        try:
            print_json({"error": {"code": code, "message": words.say(says), **more}})
            sys.stdout.flush()
        except (OSError, ValueError):  # nobody reads any more, or there is no room: it was said on standard error
            hush()


def hush() -> None:
    """Nobody takes what we print: let what is still to be printed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
