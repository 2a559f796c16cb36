"""Where a standing lab phone system keeps what it is: RINGKEEP_HOME/lab/NAME."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ringkeep.home import folder
from ringkeep.phonesystem.sentences import Sentence, Told
from ringkeep.standing import services
from ringkeep.standing.services import Service
from ringkeep.standing.tap import LOG

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
USER = "ringkeep"
INNER = "inner"  # a file: the number of the supervisor's sealed process 1 on this machine


class StandingError(Told):
    """A lab phone system cannot be started or stopped; the message says what to do. `code` is for programs."""

    code = "no-lab"


class NotKnown(StandingError):
    """There is nothing of that name."""

    code = "unknown"


class NotSo(StandingError):
    """It cannot be as asked; nothing was tried."""

    code = "refused"


class NoImage(StandingError):
    """The image of its Asterisk is missing or cannot be used."""

    code = "no-image"


@dataclass(frozen=True, slots=True)
class Standing:
    """One lab phone system and how it is reached."""

    name: str
    host: str
    port: int
    user: str
    key: str  # file of the private key
    host_key: str  # "ssh-ed25519 AAAA..."
    asterisk: int
    process: int  # of its supervisor
    calls: bool

    @property
    def url(self) -> str:
        """For `ringkeep enrol`."""
        return f"ssh://{self.user}@{self.host}:{self.port}"

    @property
    def far_log(self) -> Path:
        """What its carriers and phones saw: see `tap`."""
        return Path(self.key).with_name(LOG)

    def document(self) -> dict[str, object]:
        """For --json."""
        running = is_running(self)
        told = [asdict(one) for one in self.services()] if running else []
        return {
            **asdict(self), "url": self.url, "running": running, "far_log": str(self.far_log), "services": told,
        }  # fmt: skip

    def services(self) -> list[Service]:
        """How Asterisk and MariaDB inside are, or were when it ended."""
        return services.read(Path(self.key).parent)


def place(name: str) -> Path:
    """Its folder, whether it is there or not. Raises `StandingError` for a name that cannot be one."""
    if not NAME.fullmatch(name):
        raise NotSo(Sentence("A lab phone system's name is made of small letters, digits and hyphens."))
    return folder("lab") / name


def read(name: str) -> Standing | None:
    """What was written down of it when it was last started."""
    try:
        return Standing(**json.loads((place(name) / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(of: Standing) -> None:
    """Write it down, whole or not at all."""
    target = place(of.name) / "state.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(of)))
    fresh.rename(target)


def is_running(of: Standing) -> bool:
    """Whether its supervisor lives."""
    return is_of(of.name, of.process)


def inner(name: str) -> int | None:
    """The supervisor's sealed process 1, as long as it lives."""
    try:
        process = int((place(name) / INNER).read_text())
    except (OSError, ValueError):
        return None
    return process if is_of(name, process) else None


def is_of(name: str, process: int) -> bool:
    """Whether that process belongs to the supervisor, and is not another that got its number."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"ringkeep.standing.supervisor" in words and os.fsencode(place(name)) in words


def everyone() -> list[Standing]:
    """All that were started here, by name."""
    names = sorted(entry.name for entry in folder("lab").iterdir() if NAME.fullmatch(entry.name))
    return [found for name in names if (found := read(name))]
