"""Values of a call that no dialplan sets, and values where what cannot be known is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringkeep.asterisk.expressions import Unknowable

if TYPE_CHECKING:
    from ringkeep.phonesystem.callflow.walker import Walker


class Lenient:
    """A walker's values where what cannot be known is empty."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker

    def variable(self, name: str) -> str:
        """As the walker's, never `Unknowable`."""
        try:
            return self._walker.variable(name)
        except Unknowable:
            return ""

    def function(self, name: str, arguments: str) -> str:
        """As the walker's, never `Unknowable`."""
        try:
            return self._walker.function(name, arguments)
        except Unknowable:
            return ""


BUILTIN: Mapping[str, Callable[[Walker], str]] = {
    "MACRO_DEPTH": lambda w: str(sum(frame.kind == "macro" for frame in w.frames) or ""),
    "PRIORITY": lambda w: str(w.priority), "CHANNEL": lambda w: w.functions.channel,
    "EPOCH": lambda w: str(int(w.at.timestamp())), "UNIQUEID": lambda w: f"{int(w.at.timestamp())}.1",
    "SYSTEMNAME": lambda w: "", "ASTVARLIBDIR": lambda w: "/var/lib/asterisk",
    "ASTSPOOLDIR": lambda w: "/var/spool/asterisk", "ASTETCDIR": lambda w: "/etc/asterisk",
    "ASTAGIDIR": lambda w: "/var/lib/asterisk/agi-bin", "CALLERID": lambda w: w.functions.caller["num"],
}  # fmt: skip
