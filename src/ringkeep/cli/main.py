"""Entry point of the `ringkeep` command; what it can do is in `commands`, which takes a moment to load."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command. Ctrl-C ends it with 130 and without a traceback, at any moment."""
    stopping = signal.getsignal(signal.SIGINT)
    if stopping is signal.default_int_handler:  # not when a script started us in the background
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from ringkeep.cli.commands import app

    try:
        signal.signal(signal.SIGINT, stopping)
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:  # such as: the current folder was deleted
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(3) from None
    except Exception as error:
        said = _of_the_records(error)
        if said is None:
            raise
        sys.stderr.write(f"error: {said}\n")
        raise SystemExit(3) from None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do is to end


def _of_the_records(error: Exception) -> str | None:
    """What to do when RINGKEEP_HOME, its keys or its records cannot be used; None for any other error."""
    from sqlite3 import DatabaseError

    if {"HomeError", "VaultError"} & {kind.__name__ for kind in type(error).__mro__}:
        return str(error)
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DatabaseError):
        cause = cause.__cause__
    if cause is None:
        return None
    place = os.environ.get("RINGKEEP_HOME", "~/.ringkeep")
    if "malformed" in str(cause) or "not a database" in str(cause):
        return (
            f"A database in {place} is damaged ({cause}). Stop `ringkeep serve`, bring ringkeep.sqlite3 and jobs.sqlite3 back "
            "from a copy, or move them away and run `ringkeep keys restore` with your escrow file. The backups are untouched."
        )
    return f"The database in {place} cannot be used ({cause}). Is its disk full, or the folder not writable?"
