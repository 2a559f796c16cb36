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
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do is to end
