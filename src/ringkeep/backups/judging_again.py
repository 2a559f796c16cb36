"""What was kept of the last backup for the next comparison is gone: it is read from the repository instead."""

from __future__ import annotations

import logging
import os
import posixpath
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ringkeep.backups.judging_apart import judge_apart
from ringkeep.backups.queries import store
from ringkeep.backups.store_entries import Entry
from ringkeep.backups.store_process import StoreError
from ringkeep.fleet.models import PhoneSystem

log = logging.getLogger("ringkeep.backups")
SPOOL = "/var/spool/asterisk"


def read_again(system: PhoneSystem, snapshot: str, workplace: Path, place: Path) -> None:
    """Make `place` from the stored state, as `judging_content.keep` would have; it stays away when that cannot be done."""
    tree = workplace / "again"
    recordings = f"{(system.facts.get('directories') or {}).get('astspooldir', SPOOL).rstrip('/')}/monitor"
    try:
        repository = store(system.customer)
        entries = list(repository.listing(snapshot))
        repository.restore(snapshot, tree, list(_without(recordings, entries)))
        _stand_in(recordings, entries, tree)
        judge_apart(tree, None, [], system.facts, workplace, place)
    except (StoreError, OSError) as error:
        log.warning("what %s was cannot be read from its repository: %s", system.name, error)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def _without(folder: str, entries: Iterable[Entry]) -> Iterator[str]:
    """The fewest paths that are all but that folder: recordings may be most of a backup, and are only counted."""
    for one in entries:
        above = posixpath.dirname(one.path).rstrip("/")
        if f"{folder}/".startswith(f"{above}/") and not f"{folder}/".startswith(f"{one.path}/"):
            yield one.path


def _stand_in(folder: str, entries: Iterable[Entry], tree: Path) -> None:
    """Files of the same names and sizes, with nothing in them: a hole takes no room."""
    for one in entries:
        inside = one.path.startswith(f"{folder}/") and ".." not in one.path.split("/")
        if inside and one.kind == "file":
            place = tree / one.path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
            os.truncate(place, one.size_bytes)
