"""Recordings and call records have a rhythm of their own, and nothing else has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backups.world import backup, fleet

NAMES = ("configuration", "database", "voicemail", "recordings", "records")


def parts(**states: str) -> list[dict[str, Any]]:
    return [{"name": name, "state": states.get(name, "ok")} for name in NAMES]


def test_what_grows_with_every_call_is_left_until_its_day_comes(home: Path) -> None:
    from ringkeep.backups.jobs import left_out

    system = fleet()
    backup(system, 2, "a", parts=parts())
    backup(system, 1, "a", parts=parts(recordings="skipped", records="skipped"))
    tonight = backup(system, 0, "", state="running", reason="nightly")
    assert left_out(tonight, system) == frozenset()
    system.recordings_every_days = 2
    assert left_out(tonight, system) == frozenset(), "it is due"
    system.recordings_every_days = 7
    assert left_out(tonight, system) == {"recordings", "records"}
    for reason in ("asked", "before-restore"):
        tonight.reason = reason
        assert left_out(tonight, system) == frozenset()


def test_a_part_that_failed_is_not_waited_for(home: Path) -> None:
    from ringkeep.backups.jobs import left_out

    system = fleet()
    system.recordings_every_days = 7
    backup(system, 1, "a", parts=parts(records="failed"))
    assert left_out(backup(system, 0, "", state="running", reason="nightly"), system) == {"recordings"}
