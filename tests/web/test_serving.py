"""The real `ringkeep serve`: how it ends, and that there is one of it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from ringkeep.jobs.actions import cancel, start
from ringkeep.jobs.models import CANCELLED, RUNNING, Job
from tests.web.serving import serving


def test_a_second_server_on_one_home_is_refused_and_sigterm_ends_the_first_within_seconds_and_loses_no_job(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "JOBS", [*settings.JOBS, "tests.jobs.sample_jobs"])
    file = tmp_path / "done"
    start("hold", {"file": str(file), "s": 600}, key="hold:1", phone_system=1)
    with serving(home, "--port", "0") as first:
        first.ready().until(file.exists, "the job's beginning")
        with serving(home, "--port", "0") as second:
            assert second.ended() == 3
        assert f"process {first.process.pid}" in second.said and "Traceback" not in second.said, second.said
        began = time.monotonic()
        first.process.send_signal(signal.SIGTERM)
        assert first.ended(20) == 0
        assert time.monotonic() - began < 10, first.said
        assert "Traceback" not in first.said and "ERROR" not in first.said, first.said
    assert Job.objects.get().state == RUNNING and file.read_text().splitlines() == ["in hold:1"]
    with serving(home, "--port", "0") as again:
        again.until(lambda: file.read_text().splitlines() == ["in hold:1"] * 2, "the job's being taken up")
        cancel(Job.objects.get(), "me")
        again.until(lambda: Job.objects.get().state == CANCELLED, "the job's end")
