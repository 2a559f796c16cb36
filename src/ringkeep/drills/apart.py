"""`python -m ringkeep.drills.apart PARENT prove ...`: becomes the `ringkeep` command, ended when its parent ends.

A drill must not outlive a Ringkeep that was killed: the job engine starts it again, and two would be one too many.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # kept across execve
RINGKEEP = "import sys; sys.argv[0] = 'ringkeep'; from ringkeep.cli.main import main; main()"


def _main() -> None:
    parent = int(sys.argv[1])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(128 + signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, "-c", RINGKEEP, *sys.argv[2:]])


if __name__ == "__main__":
    _main()
