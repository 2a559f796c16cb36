"""`python -m ringkeep.drills.apart PARENT prove ...`: the `ringkeep` command, which ends when its parent does.

A drill must not outlive a Ringkeep that was killed: the job engine starts it again, and two would be one too many.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def _main() -> None:
    parent = int(sys.argv[1])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(128 + signal.SIGTERM)
    sys.argv[:] = ["ringkeep", *sys.argv[2:]]
    from ringkeep.cli.main import main

    main()


if __name__ == "__main__":
    _main()
