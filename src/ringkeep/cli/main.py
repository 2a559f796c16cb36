"""Entry point of the `ringkeep` command; what it can do is in `commands`, which takes a moment to load."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringkeep.phonesystem.sentences import Sentence


def main() -> None:
    """Run the command. Ctrl-C ends it with 130 and without a traceback, at any moment."""
    # What is loaded at the start stays: looking through it again and again is a tenth of starting.
    gc.set_threshold(100_000, 20, 20)
    stopping = signal.getsignal(signal.SIGINT)
    if stopping is signal.default_int_handler:  # not when a script started us in the background
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from ringkeep.cli.commands import app

    try:
        signal.signal(signal.SIGINT, stopping)
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        says = _of_the_machine(error) or _of_the_records(error)
        if says is None:
            raise
        from ringkeep.translation import Words

        sys.stderr.write(f"{Words(_language()).error(says)}\n")
        raise SystemExit(3) from None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do is to end


def _language() -> str:
    """That of the command, wherever it failed."""
    from ringkeep.translation import Language

    given = (
        sys.argv[sys.argv.index("--lang") + 1 :] if "--lang" in sys.argv else [os.environ.get("RINGKEEP_LANGUAGE", "")]
    )
    return given[0] if given and given[0] in list(Language) else Language.EN


def _of_the_machine(error: Exception) -> Sentence | None:
    """What the operating system refused, such as: the current folder was deleted."""
    from ringkeep.sources.errors import unforeseen

    return unforeseen(error)[1] if isinstance(error, OSError) else None


def _of_the_records(error: Exception) -> Sentence | None:
    """What to do when RINGKEEP_HOME, its keys or its records cannot be used; None for any other error."""
    from sqlite3 import DatabaseError

    from ringkeep.phonesystem.sentences import Sentence, Told

    if isinstance(error, Told):  # HomeError, VaultError, and what no command foresaw
        return error.says
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
