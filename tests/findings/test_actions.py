"""One finding of a kind is open at a time; it closes when it is no longer so."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.usefixtures("home")
AT = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)


def test_saying_it_again_keeps_one_open_and_tells_when_it_was_last_so() -> None:
    from ringkeep.findings.actions import report, settle
    from ringkeep.findings.models import Finding

    report(None, "disk-full-here", {"free_bytes": 10}, at=AT)
    report(None, "disk-full-here", {"free_bytes": 5}, at=AT + timedelta(hours=1))
    report(None, "repository-full", {"repository": "a"}, detail="a", at=AT)
    report(None, "repository-full", {"repository": "b"}, detail="b", at=AT)
    assert Finding.objects.count() == 3
    disk = Finding.objects.get(kind="disk-full-here")
    assert (disk.opened_at, disk.seen_at, disk.values) == (AT, AT + timedelta(hours=1), {"free_bytes": 5})
    assert settle(None, "disk-full-here", at=AT) == 1
    assert settle(None, "disk-full-here", at=AT) == 0
    report(None, "disk-full-here", {}, at=AT + timedelta(days=1))
    assert Finding.objects.filter(kind="disk-full-here").count() == 2


def test_three_processes_that_say_the_same_at_once_open_one() -> None:
    program = (
        "from ringkeep.jobs.start import prepared; prepared()\n"
        "from datetime import UTC, datetime\n"
        "from ringkeep.findings.actions import report\n"
        "for turn in range(20): report(None, 'disk-full-here', {'free_bytes': turn}, at=datetime.now(UTC))\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    from ringkeep.findings.models import Finding

    assert Finding.objects.count() == 1


def test_an_unknown_kind_is_refused() -> None:
    from ringkeep.findings.actions import report

    with pytest.raises(ValueError, match="no such kind"):
        report(None, "anything", {}, at=AT)
