"""Which drill a backup gets: quick after each, full once a week, none for a state that has been drilled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringkeep.drills.policy import calls_for, from_repository
from tests.drills.drilled import enrolled

FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("policy", "weekday", "last_full_at", "at", "calls"),
    [
        ("none", 4, None, FRIDAY, None),
        ("full", None, FRIDAY, FRIDAY, "full"),
        ("quick", None, None, FRIDAY, "quick"),
        ("quick", 4, None, FRIDAY, "full"),
        ("quick", 4, FRIDAY, FRIDAY + DAY / 4, "quick"),  # a second backup on that day
        ("quick", 4, FRIDAY, FRIDAY + 7 * DAY, "full"),
        ("quick", 4, FRIDAY, FRIDAY + 3 * DAY, "quick"),
        ("quick", 4, FRIDAY, FRIDAY + 9 * DAY, "full"),  # its day was passed over
        ("anything", 4, None, FRIDAY, None),
    ],
)
def test_the_policy_chooses_the_calls(
    policy: str, weekday: int | None, last_full_at: datetime | None, at: datetime, calls: str | None
) -> None:
    assert calls_for(policy, weekday, last_full_at, at) == calls


def test_the_repository_is_proved_at_least_weekly() -> None:
    assert from_repository("full", FRIDAY, FRIDAY + DAY)
    assert from_repository("quick", None, FRIDAY)
    assert not from_repository("quick", FRIDAY, FRIDAY + DAY)
    assert from_repository("quick", FRIDAY, FRIDAY + 7 * DAY)


def test_a_state_that_has_been_drilled_is_drilled_again_only_in_the_weekly_full_one(home: Path) -> None:
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills.models import Drill
    from ringkeep.drills.queries import due

    system = enrolled()
    monday = FRIDAY - 4 * DAY

    def backup(number: int, snapshot: str):  # type: ignore[no-untyped-def]
        return Backup.objects.create(
            id=f"b{number}",
            phone_system=system,
            job_id=str(number),
            state=COMPLETE,
            started_at=monday,
            snapshot=snapshot,
        )

    first, same, other = backup(1, "aa"), backup(2, "aa"), backup(3, "bb")
    assert due(first, monday) == "quick"
    Drill.objects.create(backup=first, job_id="d", calls="quick", started_at=monday)
    assert due(same, monday) == "quick"  # one that could not be tried proves nothing
    Drill.objects.update(verdict="bad")
    assert due(same, monday) is None
    assert due(other, monday) == "quick"
    assert due(same, FRIDAY) == "full"
