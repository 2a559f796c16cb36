"""What the verbs of jobs print can be read and copied, whatever the terminal's width."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringkeep.jobs.models import FAILED, RUNNING, SUCCEEDED, Job
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Words
from ringkeep.web.console import print_jobs
from ringkeep.web.status import job_document

AT = datetime(2026, 11, 25, 8, 18, 18, tzinfo=UTC)


def test_a_jobs_id_is_never_broken_and_what_it_does_is_said_only_while_it_does_it(
    home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ids = [f"backup:{number}:asked:2026-11-25T08:18:18.381366" for number in range(3)]
    ended = {"started_at": AT, "ended_at": AT + timedelta(seconds=12), "created_at": AT}
    Job.objects.create(id=ids[0], kind="backup", state=SUCCEEDED, step="store", **ended)
    Job.objects.create(
        id=ids[1], kind="backup", state=FAILED, error=Sentence("It was cancelled."), step="store", **ended
    )
    Job.objects.create(id=ids[2], kind="backup", state=RUNNING, step="store", created_at=AT, started_at=AT)
    for lang in ("en", "fa"):
        print_jobs([job_document(job, Words(lang)) for job in Job.objects.order_by("id")], Words(lang))
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("  ")[0] for line in lines if not line.startswith(" ")] == ids
        assert lines[2] == f"    {Words(lang).say(Sentence('It was cancelled.'))}"
        assert lines[-1] == f"    {Words(lang)('storing')}" and len(lines) == 5
