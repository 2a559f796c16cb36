"""A verdict opens and closes findings; an old backup, drilled because somebody asked, says nothing of today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.drills.drilled import enrolled

pytestmark = pytest.mark.usefixtures("home")
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
FINE = {"timings": {"first_answer_s": 1.2}, "calls": [{"ok": True}], "defects": [], "missing": []}


def recorded(system, day: int, **found: object) -> None:  # type: ignore[no-untyped-def]
    from ringkeep.backups.models import COMPLETE, Backup
    from ringkeep.drills import actions

    at = AT + timedelta(days=day)
    backup, _ = Backup.objects.get_or_create(
        id=f"b{day}", defaults={"phone_system": system, "job_id": f"b{day}", "state": COMPLETE, "started_at": at}
    )
    drill = actions.begin(f"d{day}-{found['verdict']}", backup, "quick", at=at)
    actions.record(drill, {**FINE, **found}, "", from_repository=True, at=at)


def alarms() -> list[str]:
    from ringkeep.findings.queries import open_findings
    from ringkeep.findings.telling import said
    from ringkeep.translation import Words

    return [said(one, Words("en")) for one in open_findings()]


def test_good_degraded_bad_and_good_again() -> None:
    system = enrolled()
    recorded(system, 1, verdict="good")
    assert alarms() == []
    lacking = [{"kind": "prompt", "name": "custom/hello", "where": "/etc/asterisk/extensions.conf:3"}]
    recorded(system, 2, verdict="degraded", missing=lacking)
    (said,) = alarms()
    assert said.startswith("The backup b2 of saba rings, but not everything is right: custom/hello, a recording")
    recorded(system, 3, verdict="bad", defects=[{"code": "call-failed", "severity": "bad"}])
    assert alarms() == ["The backup b3 of saba would not serve its callers: A call does not arrive where it should"]
    recorded(system, 1, verdict="degraded")  # an old one
    assert len(alarms()) == 1
    recorded(system, 4, verdict="good")
    assert alarms() == []
