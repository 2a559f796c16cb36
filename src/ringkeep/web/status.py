"""How every phone system stands, in one document: worst first. A handful of queries however many there are."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from ringkeep.backups.models import COMPLETE, Backup
from ringkeep.drills.models import Drill
from ringkeep.findings.queries import open_findings
from ringkeep.findings.telling import document as finding_document
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.models import ENDED, Job
from ringkeep.translation import Words

Document = dict[str, Any]
_ = str  # marks the texts of this module for translation
STATES = {"none": _("no backup yet"), "unproven": _("not proven"), "proven": _("proven")}


def status(at: datetime, words: Words, name: str | None = None) -> Document:
    """All phone systems under care, or the one of that name: what is proven, what is wrong, what runs."""
    systems = PhoneSystem.objects.filter(retired_at=None).select_related("customer")
    if name is not None:
        systems = systems.filter(name=name)
    rows = [_row(system, at) for system in _with_last(systems)]
    by_id = {row["id"]: row for row in rows}
    for finding in open_findings().order_by("opened_at"):
        if finding.phone_system_id in by_id:
            by_id[finding.phone_system_id]["findings"].append(finding_document(finding, words))
    for job in Job.objects.exclude(state__in=ENDED).order_by("created_at"):
        if job.phone_system_id in by_id:
            by_id[job.phone_system_id]["jobs"].append(job_document(job))
    rows.sort(key=lambda row: (-len(row["findings"]), row["last_proven"] or "", row["name"]))
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        counted[row["state"]] += 1
    return {"at": at.isoformat(), "systems": rows, "counts": dict(counted)}


def _with_last(systems: QuerySet) -> QuerySet:
    """Each with its last complete backup, its last drill and its last proven backup."""
    complete = Backup.objects.filter(phone_system=OuterRef("pk"), state=COMPLETE).order_by("-started_at")
    drills = Drill.objects.filter(backup__phone_system=OuterRef("pk"), ended_at__isnull=False).order_by("-started_at")
    proven = Backup.objects.filter(phone_system=OuterRef("pk"), drills__verdict="good").order_by("-started_at")
    return systems.annotate(
        last_backup=Subquery(complete.values("id")[:1]),
        last_backup_at=Subquery(complete.values("started_at")[:1]),
        last_verdict=Subquery(drills.values("verdict")[:1]),
        last_answer_s=Subquery(drills.values("first_answer_s")[:1]),
        last_proven=Subquery(proven.values("id")[:1]),
        last_proven_at=Subquery(proven.values("started_at")[:1]),
    )


def _row(system: Any, at: datetime) -> Document:
    proven_age_s = (at - system.last_proven_at).total_seconds() if system.last_proven_at else None
    if system.last_backup is None:
        state = "none"
    elif proven_age_s is None:
        state = "unproven"
    else:
        state = "proven"
    return {
        "id": system.pk,
        "name": system.name,
        "customer": system.customer.name,
        "product": system.facts.get("product"),
        "asterisk": system.facts.get("asterisk"),
        "address": f"{system.user}@{system.host}:{system.port}",
        "state": state,
        "last_backup": system.last_backup,
        "last_backup_at": _text(system.last_backup_at),
        "last_verdict": system.last_verdict or None,
        "last_proven": system.last_proven,
        "last_proven_at": _text(system.last_proven_at),
        "proven_age_s": proven_age_s,
        "first_answer_s": system.last_answer_s,
        "next_backup_at": _text(system.next_backup_at),
        "findings": [],
        "jobs": [],
    }


def job_document(job: Job) -> Document:
    """A job as people and programs see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "step": job.step,
        "fraction": job.fraction,
        "asked_by": job.asked_by,
        "created_at": _text(job.created_at),
        "started_at": _text(job.started_at),
        "ended_at": _text(job.ended_at),
        "tries": job.tries,
        "error": job.error or None,
        "result": job.result,
    }


def backup_document(backup: Backup) -> Document:
    """A backup likewise."""
    return {
        "id": backup.id,
        "state": backup.state,
        "reason": backup.reason,
        "started_at": _text(backup.started_at),
        "finished_at": _text(backup.finished_at),
        "unchanged": backup.unchanged,
        "snapshot": backup.snapshot or None,
        "files": backup.files,
        "size_bytes": backup.size_bytes,
        "received_bytes": backup.received_bytes,
        "stored_bytes": backup.stored_bytes,
        "parts": backup.parts,
        "missing": backup.missing,
        "shrunken": backup.shrunken,
        "compared_to": backup.compared_to_id,
        "differences": backup.differences,
        "error": backup.error or None,
        "forgotten_at": _text(backup.forgotten_at),
        "drills": [drill_document(drill) for drill in backup.drills.order_by("started_at")],
    }


def drill_document(drill: Drill) -> Document:
    """A drill likewise."""
    return {
        "backup": drill.backup_id,
        "calls": drill.calls,
        "started_at": _text(drill.started_at),
        "ended_at": _text(drill.ended_at),
        "verdict": drill.verdict or None,
        "first_answer_s": drill.first_answer_s,
        "calls_good": drill.calls_good,
        "calls_made": drill.calls_made,
        "error": drill.error or None,
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
