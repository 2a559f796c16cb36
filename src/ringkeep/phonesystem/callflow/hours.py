"""Until when what the clock decided stays so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ringkeep.asterisk.times import time_holds

DAYS_AHEAD = 8
LAST_DAY = date.max - timedelta(days=DAYS_AHEAD)  # the calendar of computers ends
CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def next_change(specs: Sequence[str], at: datetime) -> datetime | None:
    """When the answer to "does one of these times hold" changes within a week; None: it does not."""
    now = any(time_holds(spec, at) for spec in specs)
    minutes = {0}
    for spec in specs:
        for hour, minute in CLOCK.findall(spec)[:40]:
            minutes |= {int(hour) * 60 + int(minute), int(hour) * 60 + int(minute) + 1}  # an end's minute is inside
    if at.date() > LAST_DAY:
        return None
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = sorted(
        midnight + timedelta(days=day, minutes=m) for day in range(DAYS_AHEAD) for m in minutes if m < 1441
    )
    for moment in moments:
        if moment > at and any(time_holds(spec, moment) for spec in specs) != now:
            return moment
    return None
