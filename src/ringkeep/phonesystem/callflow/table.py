"""Every application that matters to a call's way, by its name in lower case."""

from __future__ import annotations

from ringkeep.phonesystem.callflow import applications, jumps

HANDLERS = {**jumps.HANDLERS, **applications.HANDLERS}
UNSURE = {**jumps.UNSURE, **applications.UNSURE}  # the same when their arguments cannot be known
