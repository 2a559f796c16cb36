"""What people dialled into their phones, from astdb: forwarding, do not disturb, call waiting, the blacklist."""

from __future__ import annotations

from collections.abc import Mapping

from ringkeep.phonesystem.model import CallState
from ringkeep.phonesystem.readers.database.rows import by_number

FAMILIES = ("CF", "CFB", "CFU", "DND", "CW")


def read_call_states(database: Mapping[str, str]) -> tuple[CallState, ...]:
    """One for every extension that has any of the states; `database` is astdb: "/DND/1001" -> "YES"."""
    states: dict[str, dict[str, str]] = {}
    for key, value in database.items():
        words = key.split("/")
        if len(words) == 3 and words[1] in FAMILIES and words[2] and value:
            states.setdefault(words[2], {})[words[1]] = value
    return tuple(
        CallState(
            extension,
            forward_always=states[extension].get("CF"),
            forward_busy=states[extension].get("CFB"),
            forward_unanswered=states[extension].get("CFU"),
            do_not_disturb=states[extension].get("DND", "").upper() == "YES",
            call_waiting=_enabled(states[extension].get("CW")),
        )
        for extension in by_number(states)
    )


def _enabled(value: str | None) -> bool | None:
    return None if value is None else value.upper() == "ENABLED"


def read_blacklist(database: Mapping[str, str]) -> tuple[str, ...]:
    """The numbers that are turned away; "blocked" stands for callers who hide theirs. `dest` is where they are sent."""
    numbers = (key.removeprefix("/blacklist/") for key in database if key.startswith("/blacklist/"))
    return tuple(sorted(number for number in numbers if number not in ("dest", "")))
