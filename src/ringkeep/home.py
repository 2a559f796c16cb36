"""Where everything that Ringkeep keeps on this machine lives: RINGKEEP_HOME, by default ~/.ringkeep.

ringkeep.sqlite3   what is known (unless RINGKEEP_DATABASE_URL names a PostgreSQL)
jobs.sqlite3       the durable jobs, by the job engine
keys/              the keys that encrypt stored passwords; outside the database on purpose
repositories/      backup repositories of customers that chose a directory on this machine
systems/ID/        one phone system: `mirror/`, its files as last fetched; `drills/`, the reports
lab/NAME/          lab phone systems that run on this machine
worker.lock        held by the one process that works on jobs here
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence, Told, reason

ONLY_OURS = 0o700  # it holds copies of phone systems and the keys


class HomeError(Told):
    """The folder cannot be made or used; the message says what to do. `code` is for programs."""

    code = "home"


def home() -> Path:
    """The folder; made, for us alone, when it is not there. Raises `HomeError`."""
    chosen = os.environ.get("RINGKEEP_HOME")
    place = Path(chosen).expanduser().absolute() if chosen else Path.home() / ".ringkeep"
    try:
        place.mkdir(mode=ONLY_OURS, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(
            Sentence(
                "The folder {place} cannot be made ({why}). Set RINGKEEP_HOME to one that can.",
                {"place": str(place), "why": reason(error)},
            )
        ) from error
    return place


def folder(*parts: str) -> Path:
    """A folder below it, made for us alone when it is not there."""
    place = home()
    for part in parts:
        place = place / part
        place.mkdir(mode=ONLY_OURS, exist_ok=True)
    return place


def made_once(place: Path, make: Callable[[], str]) -> Path:
    """A file for us alone, made when it is not there: a key, a name. Two processes that start at once agree on one."""
    if not place.exists():
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        with fresh.open("w") as file:  # on the disk before it counts: a power cut must not leave an empty key
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, place)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return place
