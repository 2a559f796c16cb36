"""The only writers of drills, and of the findings that follow from their verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ringkeep.backups.judgement import NOT_THERE
from ringkeep.backups.models import Backup
from ringkeep.drills.models import Drill
from ringkeep.drills.rules import HURTS
from ringkeep.findings.actions import report, settle
from ringkeep.home import folder, home
from ringkeep.phonesystem.sentences import Sentence

NAMED = 3  # defects in an alarm; the report has all
REPORTS_KEPT = 60  # per phone system; the rows stay
DAMAGED = ("damaged", "no-snapshot", "missing")  # what a store says when a backup cannot be brought back


def begin(job_id: str, backup: Backup, calls: str, *, at: datetime) -> Drill:
    """The drill of a job; asked again by the same job, the same one. It claims nothing yet."""
    drill: Drill
    drill, _ = Drill.objects.get_or_create(job_id=job_id, defaults={"backup": backup, "calls": calls, "started_at": at})
    return drill


@transaction.atomic
def record(drill: Drill, found: dict[str, Any], report_name: str, *, from_repository: bool, at: datetime) -> Drill:
    """Keep what `ringkeep prove` found, and open or settle findings by its verdict."""
    calls = found["calls"]
    drill.verdict, drill.error, drill.ended_at, drill.report = found["verdict"], None, at, report_name
    drill.from_repository = from_repository
    drill.first_answer_s = found["timings"].get("first_answer_s")
    drill.calls_made, drill.calls_good = len(calls), sum(bool(call["ok"]) for call in calls)
    drill.save()
    _tell(drill, found, at)
    return drill


def _tell(drill: Drill, found: dict[str, Any], at: datetime) -> None:
    system = drill.backup.phone_system
    newest = (
        Drill.objects.filter(backup__phone_system=system).exclude(verdict="").order_by("-backup__started_at").first()
    )
    if newest is not None and newest.backup.started_at > drill.backup.started_at:
        return  # an old backup, drilled because somebody asked, says nothing of how things are now
    settle(system, "drill-stale", at=at)
    if drill.verdict == "good":
        settle(system, "drill-failed", at=at)
        settle(system, "drill-degraded", at=at)
        return
    from ringkeep.drills.words import DEFECTS  # here alone: it loads all that looks for defects

    severity = "bad" if drill.verdict == "bad" else "degraded"
    codes = dict.fromkeys(one["code"] for one in found["defects"] if one["severity"] == severity)
    what = [{"text": DEFECTS.get(code, code), "values": {}} for code in codes]
    if severity == "degraded":
        lacking = [one for one in found["missing"] if one["kind"] in HURTS and one["kind"] in NOT_THERE]
        what += [
            {"text": NOT_THERE[one["kind"]], "values": {"name": one["name"], "place": one["where"]}} for one in lacking
        ]
    kind, other = ("drill-failed", "drill-degraded") if severity == "bad" else ("drill-degraded", "drill-failed")
    settle(system, other, at=at)
    report(system, kind, {"backup": drill.backup_id, "what": what[:NAMED]}, at=at)


def could_not_try(drill: Drill, kind: str, why: Sentence, *, at: datetime) -> None:
    """There is no verdict, and none is claimed. A backup that cannot be brought back is a fault of its repository."""
    drill.error, drill.ended_at = why, at
    drill.save(update_fields=["error", "ended_at"])
    if kind in DAMAGED:
        customer = drill.backup.phone_system.customer
        values = {"repository": customer.name, "what": why.document()}
        report(None, "repository-corrupt", values, detail=customer.name, at=at)


def let_old_reports_go(system_id: int) -> None:
    """Keep the newest reports of a phone system only."""
    drills = Drill.objects.filter(backup__phone_system=system_id).exclude(report="").order_by("-started_at")
    for drill in drills[REPORTS_KEPT:]:
        for suffix in (".json", ".html"):
            (home() / f"{drill.report}{suffix}").unlink(missing_ok=True)
        drill.report = ""
        drill.save(update_fields=["report"])


def report_name(drill: Drill) -> str:
    """Where its report goes, below RINGKEEP_HOME and without a suffix; the folder is made."""
    ours = str(drill.backup.phone_system_id)
    folder("systems", ours, "drills")
    return f"systems/{ours}/drills/{drill.pk}"
