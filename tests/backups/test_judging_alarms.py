"""What a finished backup says of itself opens its findings and closes them; a job that is repeated finds what it needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.phonesystem.systems import EXTENSIONS, PJSIP

pytestmark = pytest.mark.usefixtures("home")
AT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PARTS = [{"name": "configuration", "state": "ok"}]


def enrolled():  # type: ignore[no-untyped-def]
    from ringkeep.fleet.models import Customer, PhoneSystem

    return PhoneSystem.objects.create(
        name="saba", customer=Customer.objects.create(name="Saba"), enrolled_at=AT, host="127.0.0.1", user="backup"
    )


def backup(system, number: int, **values: object):  # type: ignore[no-untyped-def]
    from ringkeep.backups.models import COMPLETE, Backup

    given = {"state": COMPLETE, "snapshot": f"{number:08x}", "parts": PARTS, **values}
    return Backup.objects.create(
        id=f"b{number}", phone_system=system, job_id=str(number), started_at=AT + number * DAY, **given
    )


def kinds() -> list[str]:
    from ringkeep.findings.models import Finding

    return sorted(Finding.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_partial_incomplete_and_shrunken_open_and_close(home: Path) -> None:
    from ringkeep.backups.judging import tell
    from ringkeep.backups.models import PARTIAL
    from ringkeep.findings.models import Finding
    from ringkeep.findings.telling import said
    from ringkeep.translation import Words

    system = enrolled()
    failed = [{"name": "voicemail", "state": "failed", "why": "no right"}]
    less = [{"text": "{before} {what} became {now}",
             "values": {"before": 40, "now": 2, "what": {"text": "extensions", "values": {}}}}]  # fmt: skip
    tell(backup(system, 1, state=PARTIAL, parts=failed, shrunken=less, missing=less), at=AT)
    assert kinds() == ["backup-incomplete", "backup-partial", "backup-shrunken"]
    shrunken = Finding.objects.get(kind="backup-shrunken")
    assert said(shrunken, Words("en")) == "saba became much smaller: 40 extensions became 2"
    assert "۴۰" in said(shrunken, Words("fa")) and "داخلی" in said(shrunken, Words("fa"))
    system.facts = {"clock_off_s": -400.0}
    system.save()
    tell(backup(system, 2), at=AT + DAY)
    assert kinds() == ["backup-shrunken", "clock-off"]  # nobody has looked at what went yet
    system.facts = {"clock_off_s": 0.2}
    system.save()
    tell(backup(system, 3), at=AT + 4 * DAY)
    assert kinds() == []


def test_each_complete_backup_is_kept_for_the_next_comparison_and_a_repeated_job_still_finds_the_one_before(
    home: Path,
) -> None:
    from ringkeep.backups.judging import judge
    from ringkeep.home import folder

    system = enrolled()
    etc = folder("systems", str(system.pk), "mirror") / "etc/asterisk"
    etc.mkdir(parents=True)
    (etc / "pjsip.conf").write_text(PJSIP)
    (etc / "extensions.conf").write_text(EXTENSIONS)
    (folder("systems", str(system.pk), "judging") / "reading-left-by-a-kill").mkdir()
    first = backup(system, 1)
    assert judge(system, first, None).differences is None
    (etc / "extensions.conf").write_text(EXTENSIONS.replace("5550100", "5550199"))
    second = backup(system, 2)
    found = judge(system, second, first)
    assert found.differences is not None and len(found.differences["changes"]) == 2
    assert judge(system, second, first) == found
    third = backup(system, 3)
    assert judge(system, third, second).differences == {"changes": [], "notes": []}
    before = folder("systems", str(system.pk), "before")
    assert {path.name for path in before.iterdir()} == {second.snapshot, third.snapshot}
    assert list(folder("systems", str(system.pk), "judging").iterdir()) == []


def test_when_what_was_kept_is_gone_the_repository_is_read_and_every_change_and_what_shrank_is_still_told(
    home: Path,
) -> None:
    from ringkeep.backups.actions import repository_of
    from ringkeep.backups.judging import judge
    from ringkeep.backups.queries import store
    from ringkeep.home import folder

    system = enrolled()
    mirror = folder("systems", str(system.pk), "mirror")
    calls = mirror / "var/spool/asterisk/monitor/2026/11"
    for path, text in (("etc/asterisk/pjsip.conf", PJSIP), ("etc/asterisk/extensions.conf", EXTENSIONS)):
        (mirror / path).parent.mkdir(parents=True, exist_ok=True)
        (mirror / path).write_text(text)
    calls.mkdir(parents=True)
    for number in range(5):
        (calls / f"{number}.wav").write_bytes(b"speech" * 100)
    repository_of(system.customer)
    stored = store(system.customer)
    stored.open_or_make()
    first = backup(system, 1, snapshot=stored.save(mirror, ["saba", "b1"], AT).snapshot)
    (mirror / "etc/asterisk/extensions.conf").write_text(EXTENSIONS.replace("5550100", "5550199"))
    for path in calls.iterdir():
        path.unlink()
    found = judge(system, backup(system, 2), first)  # nothing was ever kept of the first one
    assert found.differences is not None and len(found.differences["changes"]) == 2
    assert [one["values"]["before"] for one in found.shrunken] == [5]
    assert list(folder("systems", str(system.pk), "judging").iterdir()) == []
    gone = backup(system, 3, snapshot="f" * 64)  # which the repository does not hold
    assert judge(system, backup(system, 4), gone).differences is None
