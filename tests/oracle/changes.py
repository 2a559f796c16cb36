"""The score "changes named / all": every change of the cases and of the real bundle, told as exactly its one sentence."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.source import open_source
from tests.oracle import (
    freepbx_changes,
    freepbx_flows,
    freepbx_moves,
    handwritten_changes,
    house_changes,
    issabel_changes,
)
from tests.oracle.nights import SYSTEMS, Case, Night, Told, differences, real, told
from tests.oracle.score import Score

BUNDLE = SYSTEMS / "freepbx16/changes-open.bundle"
# The subject of each commit's change, in its order -> how it is to be told.
COMMITS: tuple[Told, ...] = (
    ("changed", "extension", "1060", "name", "Ana Nguyen", "Renamed Person"),
    ("changed", "extension", "1061", "secret", None, None),
    ("changed", "extension", "1062", "context", "from-internal", "from-internal-restricted"),
    ("removed", "mailbox", "1064", None, None, None),
    ("changed", "queue", "401", "strategy", "leastrecent", "rrmemory"),
    ("added", "queue", "402", "members", None, "1199"),
    ("changed", "menu", "1", "key 0", "queue 401", "extension 1010"),
    ("added", "inbound_route", "12125559999", None, None, "ring group 601"),
    ("changed", "inbound_route", "12125551004", "destination", "ring group 604", "hang up"),
    ("changed", "trunk", "CarrierA", "server", "127.0.0.9", "127.0.0.77"),
    ("changed", "trunk", "CarrierB", "enabled", "yes", "no"),
    ("removed", "extension", "1150", None, None, None),
)


def commits(folder: Path) -> Iterator[tuple[str, PhoneSystem]]:
    """(subject, phone system) of every commit of the bundle, the baseline first; laid out in `folder`."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", "-b", "open", str(BUNDLE), str(clone)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(clone), "log", "--reverse", "--format=%H %s"], check=True, capture_output=True, text=True
    ).stdout
    for line in listed.splitlines():
        commit, _, subject = line.partition(" ")
        place = folder / commit
        place.mkdir()
        archive = subprocess.run(["git", "-C", str(clone), "archive", commit], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(place)], input=archive, check=True)
        source = open_source(place, folder / f"{commit}-opened")
        yield subject, phone_system(source, read_contents(source))


def bundle() -> Iterator[tuple[str, tuple[Change, ...], Told]]:
    """(subject, what we tell, how it is to be told) of every commit against the one before."""
    with tempfile.TemporaryDirectory() as folder:
        before: PhoneSystem | None = None
        wanted = iter(COMMITS)
        for subject, system in commits(Path(folder)):
            if before is not None:
                yield subject, compare(before, system), next(wanted)
            before = system


def score() -> Score:
    """All of them, counted."""
    counted = Score("changes told as exactly their one sentence")
    for subject, changes, wanted in bundle():
        seen = [told(change) for change in changes]
        counted.count(subject, None if seen == [wanted] else f"told {seen} instead of {wanted}")
    for night, cases in systems():
        base = night.read()
        for case in cases:
            counted.count(f"{night.product}: {case.name}", differences(base, night, case)[1])
    return counted


def systems() -> Iterator[tuple[Night, tuple[Case, ...]]]:
    """The systems that changes are made on, with their changes."""
    yield real("freepbx16"), freepbx_changes.CASES + freepbx_flows.CASES + freepbx_moves.CASES
    yield issabel_changes.issabel(), issabel_changes.CASES
    yield handwritten_changes.saba(), handwritten_changes.CASES
    yield house_changes.house(), house_changes.CASES


if __name__ == "__main__":
    found = score()
    print(found)
    for line in found.differing:
        print("  ", line)
