"""Entry point of the `ringkeep` command; what it can do is in `commands`, which takes a moment to load."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringkeep.phonesystem.sentences import Sentence

USAGE, COULD_NOT, INTERRUPTED = 2, 3, 130  # exit codes; docs/cli.md says what each means


def main() -> None:
    """Run the command. Ctrl-C ends it with 130 and without a traceback, at any moment."""
    # What is loaded at the start stays: looking through it again and again is a tenth of starting.
    gc.set_threshold(100_000, 20, 20)
    stopping = signal.getsignal(signal.SIGINT)
    if stopping is signal.default_int_handler:  # not when a script started us in the background
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    import ringkeep.cli.commands  # noqa: F401  # Ctrl-C while this is loaded has nothing to clean up

    try:
        signal.signal(signal.SIGINT, stopping)
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do is to end
    raise SystemExit(code)


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; the exit code. Whatever goes wrong is one sentence, with --json one document as well."""
    import typer

    from ringkeep.cli.commands import whole
    from ringkeep.cli.help import spoken

    spoken.append(language(arguments))
    before = os.environ.get("RINGKEEP_LANGUAGE")  # `ringkeep --lang fa VERB` sets it for the verb
    try:
        code = int(whole().main(args=list(arguments), prog_name="ringkeep", standalone_mode=False) or 0)
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk is told, and not after all is over
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.Abort:  # Ctrl-C or the end of input at a question
        from ringkeep.phonesystem.sentences import Sentence

        return _failed(arguments, "cancelled", Sentence("It was cancelled."), INTERRUPTED)
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own: it was typed wrongly
            return _typed_wrongly(error, arguments)
        if isinstance(error, OSError) and error.errno == errno.EPIPE:  # `| head` has seen enough
            from ringkeep.terminal import hush

            hush()
            return 0
        if isinstance(error, UnicodeEncodeError) and any(map(_no_text, arguments)):
            from ringkeep.phonesystem.sentences import Sentence

            return _failed(arguments, "usage", Sentence("A name that was given is no text in UTF-8."), USAGE)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO):
            from ringkeep.terminal import hush

            code = _failed(arguments, *_why(error), COULD_NOT)
            with contextlib.suppress(OSError, ValueError):
                hush()  # what is still to be printed finds no room either
            return code
        return _failed(arguments, *_why(error), COULD_NOT)
    finally:
        if before is None:
            os.environ.pop("RINGKEEP_LANGUAGE", None)
        else:
            os.environ["RINGKEEP_LANGUAGE"] = before


def _no_text(argument: str) -> bool:
    """Whether it holds bytes that are no UTF-8, which Python hands on as lone surrogates."""
    return any("\ud800" <= letter <= "\udfff" for letter in argument)


def _failed(arguments: Sequence[str], code: str, says: Sentence, exit_code: int) -> int:
    from ringkeep.terminal import fail
    from ringkeep.translation import Words

    fail(code, says, Words(language(arguments)), as_json="--json" in arguments)
    return exit_code


def _typed_wrongly(error: Exception, arguments: Sequence[str]) -> int:
    from ringkeep.cli.wrong import told

    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
        print(error.format_message())  # type: ignore[attr-defined]
        return USAGE
    return _failed(arguments, "usage", told(error), USAGE)


def language(arguments: Sequence[str] | None = None) -> str:
    """That of the command, wherever it failed: --lang, else RINGKEEP_LANGUAGE."""
    from ringkeep.translation import Language

    words = list(sys.argv[1:] if arguments is None else arguments)
    given = [after for word, after in pairwise(words) if word == "--lang"]
    given += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    chosen = given[-1] if given else os.environ.get("RINGKEEP_LANGUAGE", "")
    return chosen if chosen in list(Language) else Language.EN


def _why(error: Exception) -> tuple[str, Sentence]:
    """(code, what is said) of an error that no verb foresaw."""
    from ringkeep.phonesystem.sentences import Told
    from ringkeep.sources.errors import unforeseen

    if isinstance(error, Told):  # HomeError, VaultError, and what no command foresaw
        return _code(error), error.says
    says = _of_the_records(error)
    if says is not None:
        return "records", says
    if os.environ.get("RINGKEEP_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return unforeseen(error)


def _code(error: Exception) -> str:
    """One word for programs: the error's own, or what its class is called."""
    own = getattr(error, "kind", None) or getattr(error, "code", None)
    return own if isinstance(own, str) else type(error).__name__.removesuffix("Error").lower()


def _of_the_records(error: Exception) -> Sentence | None:
    """What to do when the records of RINGKEEP_HOME cannot be used; None for any other error."""
    from sqlite3 import DatabaseError

    from ringkeep.phonesystem.sentences import Sentence

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DatabaseError):
        cause = cause.__cause__
    if cause is None:
        return None
    place = os.environ.get("RINGKEEP_HOME", "~/.ringkeep")
    if "malformed" in str(cause) or "not a database" in str(cause):
        return Sentence(
            "A database in {place} is damaged ({why}). Stop `ringkeep serve`, bring ringkeep.sqlite3 and jobs.sqlite3 back "
            "from a copy, or move them away and run `ringkeep keys restore` with your escrow file. The backups are untouched.",
            {"place": place, "why": cause},
        )
    return Sentence(
        "The database in {place} cannot be used ({why}). Is its disk full, or the folder not writable?",
        {"place": place, "why": cause},
    )
