"""How long to wait for an answer on this machine as it is now: where others work too, a sound phone system is slow.

The load of the last minute, for each processor. A drill alone on two processors stays below 2.
"""

from __future__ import annotations

import os

MOST = 5.0  # times as long as on an idle machine
CROWDED = 2.5  # from there on what failed because no answer came may be the machine's fault


def crowding() -> float:
    """How many want each processor, from 1: alone."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def patient(seconds: float) -> float:
    """So many seconds on an idle machine, and more on a crowded one."""
    return seconds * min(crowding(), MOST)
