"""What a lab phone system's process 1 keeps running, as it tells it: RINGKEEP_HOME/lab/NAME/services.json.

The telling comes from inside, from files that its root can write: nothing in them is trusted, and no link is followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE = "services.json"
NAMES = ("asterisk", "mariadb")
TOLD = re.compile(
    rb"(?P<state>up|waiting|off|ended|cut) (?P<since>\d{1,10}) (?P<starts>\d{1,9}|-) (?P<ends>\d{1,9}|-) (?P<code>\d{1,3}|-)\n"
)


@dataclass(frozen=True, slots=True)
class Service:
    """One of them.

    `state`: "up"; "waiting", after it ended by itself, to be started again; "off", because somebody inside stopped it;
    "ended" in order with the whole phone system, or "cut" off because it took too long for that.
    """

    name: str
    state: str
    since_at: str  # ISO 8601, UTC
    starts: int | None
    ends: int | None  # how often it ended by itself
    last_end: str  # of those: "exit code 1", "SIGKILL"; "": none


def read_told(folder: int) -> list[Service]:
    """What process 1 tells in an open folder."""
    found = []
    for name in NAMES:
        with contextlib.suppress(OSError):
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=folder)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode) and (told := TOLD.fullmatch(os.read(descriptor, 200))):
                    found.append(_service(name, told))
            finally:
                os.close(descriptor)
    return found


def write(work: Path, services: list[Service]) -> None:
    """Write it down, whole or not at all."""
    fresh = work / f"{FILE}.new"
    fresh.write_text(json.dumps([asdict(one) for one in services]))
    fresh.replace(work / FILE)


def read(work: Path) -> list[Service]:
    """What was written down last; nothing where a Ringkeep before this one started it."""
    try:
        return [Service(**one) for one in json.loads((work / FILE).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def _service(name: str, told: re.Match[bytes]) -> Service:
    code = _number(told["code"])
    return Service(
        name=name,
        state=told["state"].decode(),
        since_at=datetime.fromtimestamp(int(told["since"]), UTC).isoformat(),
        starts=_number(told["starts"]),
        ends=_number(told["ends"]),
        last_end="" if code is None else _how(code),
    )


def _number(word: bytes) -> int | None:
    return None if word == b"-" else int(word)


def _how(code: int) -> str:
    """A shell's $?: over 128 it was a signal."""
    with contextlib.suppress(ValueError):
        return signal.Signals(code - 128).name
    return f"exit code {code}"
