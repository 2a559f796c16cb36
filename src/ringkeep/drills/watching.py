"""From outside every minute: is each phone system's backup there, fresh and proved? Asks only our own tables.

Three queries read everything, however many phone systems there are; nothing is written while all is well.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from ringkeep.backups.models import COMPLETE, Backup
from ringkeep.drills.models import Drill
from ringkeep.drills.queries import RANG
from ringkeep.findings.actions import report, settle, settle_all
from ringkeep.findings.models import Finding
from ringkeep.findings.rules import PROOF_STALE_AFTER, Watched, missed, nearly_full, stale, unproved
from ringkeep.fleet.models import PhoneSystem
from ringkeep.home import home

AHEAD = timedelta(hours=1)
WATCHED = ("backup-missed", "backup-stale", "drill-stale")  # kinds that nobody else opens


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that is wrong with one phone system now."""

    system_id: int
    kind: str
    values: dict[str, Any]


def watch(at: datetime) -> dict[str, int]:
    """Open and close what is overdue. {"opened", "closed"}: findings."""
    open_now = {
        (one.phone_system_id, one.kind): one
        for one in Finding.objects.filter(
            Q(kind__in=WATCHED) | Q(phone_system__retired_at__isnull=False), closed_at=None, phone_system__isnull=False
        )
    }  # and all of a phone system that was retired: nobody looks after it any more
    wrong = {(one.system_id, one.kind): one for one in overdue(at)}
    systems = PhoneSystem.objects.in_bulk({system_id for system_id, _ in wrong})
    for (system_id, kind), one in wrong.items():
        report(systems[system_id], kind, one.values, at=at)
    over = [finding.pk for key, finding in open_now.items() if key not in wrong]
    if over:
        settle_all(over, at=at)
    _watch_disk(at)
    return {"opened": len(wrong.keys() - open_now.keys()), "closed": len(over)}


def _watch_disk(at: datetime) -> None:
    size_bytes, _used, free_bytes = shutil.disk_usage(home())
    if nearly_full(size_bytes, free_bytes):
        report(None, "disk-full-here", {"free_bytes": free_bytes}, at=at)
    elif Finding.objects.filter(kind="disk-full-here", closed_at=None).exists():
        settle(None, "disk-full-here", at=at)


def overdue(at: datetime) -> Iterator[Overdue]:
    """What is wrong now. A phone system that has missed its window for so long that it is stale is only stale."""
    for system_id, of in watched(at):
        since = of.complete_started_at.isoformat() if of.complete_started_at else None
        if stale(of, at):
            yield Overdue(system_id, "backup-stale", {"since_at": since})
        elif (until := missed(of, at)) is not None:
            yield Overdue(system_id, "backup-missed", {"window_ended_at": until.isoformat()})
        if unproved(of, at):
            proved = of.proved_at.isoformat() if of.proved_at else None
            yield Overdue(system_id, "drill-stale", {"since_at": proved})


def watched(at: datetime) -> Iterator[tuple[int, Watched]]:
    """Every phone system under care, with its newest complete backup and its newest proof of the last days."""
    # One that our clock, when it was ahead, put into the future is not what keeps a system fresh.
    past = Backup.objects.filter(phone_system=OuterRef("pk"), state=COMPLETE, started_at__lte=at + AHEAD)
    newest = past.order_by("-started_at")
    systems = _under_care().annotate(complete_started_at=Subquery(newest.values("started_at")[:1]))
    recent = Drill.objects.filter(started_at__gte=at - PROOF_STALE_AFTER, started_at__lte=at + AHEAD, verdict__in=RANG)
    by_system = recent.order_by().values("backup__phone_system").annotate(newest=Max("started_at"))
    proved: dict[int, datetime] = dict(by_system.values_list("backup__phone_system", "newest"))
    fields = ("pk", "enrolled_at", "time_zone", "window_from", "window_until", "drill", "complete_started_at")
    for pk, enrolled_at, time_zone, since, until, drill, complete in systems.values_list(*fields).iterator(5000):
        drilled = drill in ("quick", "full")
        proof = proved.get(pk)
        if drilled and proof is None:
            proof = _last_proof(pk) if at - enrolled_at > PROOF_STALE_AFTER else None
        yield pk, Watched(enrolled_at, time_zone, since, until, drilled, complete, proof)


def _under_care() -> QuerySet[PhoneSystem]:
    return PhoneSystem.objects.filter(retired_at=None).order_by(F("pk"))


def _last_proof(system_id: int) -> datetime | None:
    """For the few whose proof is older than that: when it was."""
    rang = Drill.objects.filter(backup__phone_system=system_id, verdict__in=RANG).order_by("-started_at")
    found: datetime | None = rang.values_list("started_at", flat=True).first()
    return found
