"""How every phone system stands, in one document: worst first. A handful of queries however many there are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from ringkeep.backups.models import COMPLETE, PARTIAL, Backup
from ringkeep.drills.models import Drill
from ringkeep.findings.queries import open_findings
from ringkeep.findings.telling import document as finding_document
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.models import ENDED, Job, JobLine
from ringkeep.phonesystem.compare import capital
from ringkeep.phonesystem.sentences import sentence
from ringkeep.translation import Words

Document = dict[str, Any]
_ = str  # marks the texts of this module for translation
STATES = {
    "none": _("no backup yet"),
    "partial": _("only partial backups"),
    "unproven": _("not proven"),
    "proven": _("proven"),
}
MOST_CHANGES_TOLD = 3


def status(
    at: datetime, words: Words, name: str | None = None, *, like: str = "", limit: int | None = None, offset: int = 0
) -> Document:
    """Phone systems under care, worst first: what is proven, what is wrong, what changed last, what runs.

    `name`: only that one; `like`: only those whose name, or whose customer's, holds that. `systems` are `limit` of them
    after the first `offset`, `total` and `counts` are of all of them.
    """
    systems = PhoneSystem.objects.filter(retired_at=None)
    if name is not None:
        systems = systems.filter(name=name)
    if like:
        systems = systems.filter(Q(name__icontains=like) | Q(customer__name__icontains=like))
    order = _worst_first(systems)
    counted = Counter(state for _, state in order)
    chosen = [pk for pk, _ in order][max(0, offset) :][:limit]
    found = {system.pk: system for system in _with_last(PhoneSystem.objects.filter(pk__in=chosen))}
    by_id = {pk: _row(found[pk], at) for pk in chosen if pk in found}
    for finding in open_findings().filter(phone_system__in=chosen):
        by_id[finding.phone_system_id]["findings"].append(finding_document(finding, words))
    for job in Job.objects.exclude(state__in=ENDED).filter(phone_system_id__in=chosen).order_by("created_at"):
        by_id[job.phone_system_id]["jobs"].append(job_document(job, words))
    for backup in Backup.objects.filter(pk__in=[row.pop("changed_by") for row in by_id.values()]):
        by_id[backup.phone_system_id]["last_change"] = change_document(backup, words)
    return {"at": at.isoformat(), "total": len(order), "systems": list(by_id.values()), "counts": dict(counted)}


def _worst_first(systems: QuerySet) -> list[tuple[int, str]]:
    """(id, state) of each; those with most findings first, then those longest without a proven backup."""
    backups = Backup.objects.filter(phone_system=OuterRef("pk"))
    proven = backups.filter(drills__verdict="good").order_by("-started_at")
    wrong = Counter(open_findings().order_by().values_list("phone_system", flat=True))
    rows = systems.annotate(
        proven_at=Subquery(proven.values("started_at")[:1]),
        is_complete=Exists(backups.filter(state=COMPLETE)),
        is_partial=Exists(backups.filter(state=PARTIAL)),
    ).values_list("pk", "name", "proven_at", "is_complete", "is_partial")
    ordered = sorted(rows, key=lambda row: (-wrong[row[0]], row[2].timestamp() if row[2] else 0.0, row[1]))
    return [(pk, _state(proven_at, complete, partial)) for pk, _, proven_at, complete, partial in ordered]


def _state(proven_at: datetime | None, complete: bool, partial: bool) -> str:
    if proven_at:
        return "proven"
    return "unproven" if complete else "partial" if partial else "none"


def _with_last(systems: QuerySet) -> QuerySet:
    """Each with its last backup, its last drill, its last proven backup, and the last one that found changes."""
    backups = Backup.objects.filter(phone_system=OuterRef("pk")).order_by("-started_at")
    complete = backups.filter(state=COMPLETE)
    drills = Drill.objects.filter(backup__phone_system=OuterRef("pk"), ended_at__isnull=False).order_by("-started_at")
    proven = backups.filter(drills__verdict="good")
    # Opening the credentials of ten thousand costs more than all else of the answer.
    return (
        systems.select_related("customer")
        .defer("credential", "jump_credential")
        .annotate(
            last_backup=Subquery(complete.values("id")[:1]),
            last_backup_at=Subquery(complete.values("started_at")[:1]),
            last_partial=Subquery(backups.filter(state=PARTIAL).values("id")[:1]),
            last_partial_at=Subquery(backups.filter(state=PARTIAL).values("started_at")[:1]),
            last_verdict=Subquery(drills.values("verdict")[:1]),
            last_answer_s=Subquery(drills.values("first_answer_s")[:1]),
            last_proven=Subquery(proven.values("id")[:1]),
            last_proven_at=Subquery(proven.values("started_at")[:1]),
            changed_by=Subquery(complete.filter(differences__changes__0__isnull=False).values("id")[:1]),
        )
    )


def _row(system: Any, at: datetime) -> Document:
    proven_age_s = (at - system.last_proven_at).total_seconds() if system.last_proven_at else None
    return {
        "id": system.pk,
        "name": system.name,
        "customer": system.customer.name,
        "product": system.facts.get("product"),
        "asterisk": system.facts.get("asterisk"),
        "address": f"{system.user}@{system.host}:{system.port}",
        "state": _state(system.last_proven_at, system.last_backup is not None, system.last_partial is not None),
        "last_backup": system.last_backup,
        "last_backup_at": _text(system.last_backup_at),
        "last_partial": system.last_partial,
        "last_partial_at": _text(system.last_partial_at),
        "last_verdict": system.last_verdict or None,
        "last_proven": system.last_proven,
        "last_proven_at": _text(system.last_proven_at),
        "proven_age_s": proven_age_s,
        "first_answer_s": system.last_answer_s,
        "next_backup_at": _text(system.next_backup_at),
        "at": at.isoformat(),
        "findings": [],
        "last_change": None,
        "jobs": [],
        "changed_by": system.changed_by,
    }


def change_document(backup: Backup, words: Words) -> Document:
    """What a backup found to be otherwise than in the one before: the first sentences, and how many there are."""
    changes = changes_said(backup, words)
    return {
        "backup": backup.pk,
        "at": _text(backup.started_at),
        "count": len(changes),
        "texts": changes[:MOST_CHANGES_TOLD],
    }


def changes_said(backup: Backup, words: Words) -> list[str]:
    """Every change in telephone language, those that callers notice first."""
    changes = (backup.differences or {}).get("changes") or []
    return [capital(said_of(change["says"], words)) for change in changes if isinstance(change.get("says"), dict)]


def said_of(kept: Document | str, words: Words) -> str:
    """A sentence that is kept with a backup, in the reader's language and fit to be shown."""
    return words.say(sentence(kept))


def job_document(job: Job, words: Words) -> Document:
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
        "error": words.say(job.error) if job.error else None,
        "result": job.result,
    }


def line_document(line: JobLine, words: Words) -> Document:
    """A line of its log likewise."""
    return {"at": line.at.isoformat(), "level": line.level, "text": words.say(line.text)}


def backup_document(backup: Backup, words: Words) -> Document:
    """A backup likewise; `texts` are its sentences in the reader's language."""
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
        "texts": {
            "parts": {part["name"]: said_of(part["why"], words) for part in backup.parts if part.get("why")},
            "missing": [said_of(one, words) for one in backup.missing],
            "shrunken": [said_of(one, words) for one in backup.shrunken],
            "differences": changes_said(backup, words),
        },
        "error": words.say(backup.error) if backup.error else None,
        "forgotten_at": _text(backup.forgotten_at),
        "drills": [drill_document(drill, words) for drill in backup.drills.order_by("started_at")],
    }


def drill_document(drill: Drill, words: Words) -> Document:
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
        "error": words.say(drill.error) if drill.error else None,
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
