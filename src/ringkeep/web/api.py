"""The JSON API under /api/v1, for programs that hold the token of RINGKEEP_HOME/keys/api-token."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from django.db.models import F
from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import Field

from ringkeep.backups.models import Backup
from ringkeep.drills.models import Drill
from ringkeep.findings.models import Finding
from ringkeep.findings.queries import open_findings
from ringkeep.findings.telling import document as finding_document
from ringkeep.fleet.models import PhoneSystem
from ringkeep.home import folder, made_once
from ringkeep.jobs import actions
from ringkeep.jobs.kinds import JobError
from ringkeep.jobs.models import Job
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Language, Words
from ringkeep.web.asking import ask_backup, ask_drill, no_job
from ringkeep.web.status import backup_document, drill_document, job_document, line_document, status

MOST = 500  # rows of one answer


def token() -> str:
    """The token; made at first use."""
    return made_once(folder("keys") / "api-token", lambda: secrets.token_urlsafe(32)).read_text()


class Token(HttpBearer):
    """Authorization: Bearer TOKEN."""

    def authenticate(self, request: HttpRequest, token_given: str) -> str | None:
        return "api" if hmac.compare_digest(token_given.encode(), token().encode()) else None


class DrillOrder(Schema):
    """What to drill: a backup's id (the newest complete one when left out), and how much is called."""

    backup: Annotated[str, Field(pattern=r"^[\w.:-]{1,120}$")] | None = None
    calls: str = "quick"


api = NinjaAPI(title="Ringkeep", version="1", auth=Token(), docs_url=None, urls_namespace="api")


def _within(limit: int) -> int:
    return max(1, min(limit, MOST))


def _slice(limit: int, offset: int) -> slice:
    return slice(max(0, offset), max(0, offset) + _within(limit))


def _phone_system(name: str, words: Words) -> PhoneSystem:
    """The one of that name, retired or not."""
    found: PhoneSystem | None = PhoneSystem.objects.filter(name=name).first()
    if found is None:
        raise HttpError(404, words.say(Sentence("There is no phone system called {name}.", {"name": name})))
    return found


def _job(job_id: str, words: Words) -> Job:
    found: Job | None = Job.objects.filter(pk=job_id).first()
    if found is None:
        raise HttpError(404, words.say(no_job(job_id)))
    return found


@api.get("/status")
def read_status(
    request: HttpRequest, lang: Language = Language.EN, name: str = "", limit: int = MOST, offset: int = 0
) -> dict[str, Any]:
    """Phone systems, worst first; `name`: only those whose name or customer's holds it. `total` says how many there are."""
    return status(datetime.now(UTC), Words(lang.value), like=name, limit=_within(limit), offset=offset)


@api.get("/phone-systems/{name}")
def read_phone_system(request: HttpRequest, name: str, lang: Language = Language.EN) -> dict[str, Any]:
    """One phone system with its facts."""
    system = _phone_system(name, Words(lang.value))
    found = status(datetime.now(UTC), Words(lang.value), name)["systems"]
    return {**(found[0] if found else {"name": name, "retired": True}), "facts": system.facts}


@api.get("/phone-systems/{name}/backups")
def read_backups(
    request: HttpRequest, name: str, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """Its backups, newest first, with what they lack and what had changed as sentences."""
    system = _phone_system(name, Words(lang.value))
    rows = Backup.objects.filter(phone_system=system).order_by("-started_at").prefetch_related("drills")
    return [backup_document(row, Words(lang.value)) for row in rows[_slice(limit, offset)]]


@api.get("/phone-systems/{name}/findings")
def read_findings(
    request: HttpRequest, name: str, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """What is or was wrong with it: what is open first, then the newest."""
    system = _phone_system(name, Words(lang.value))
    rows = Finding.objects.filter(phone_system=system).select_related("phone_system")
    rows = rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")
    return [finding_document(row, Words(lang.value)) for row in rows[_slice(limit, offset)]]


@api.get("/findings")
def read_all_findings(
    request: HttpRequest, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """What is wrong now anywhere, also with this machine and the repositories; the oldest first."""
    return [finding_document(row, Words(lang.value)) for row in open_findings()[_slice(limit, offset)]]


@api.get("/phone-systems/{name}/drills")
def read_drills(
    request: HttpRequest, name: str, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """Its drills, newest first."""
    system = _phone_system(name, Words(lang.value))
    rows = Drill.objects.filter(backup__phone_system=system).order_by("-started_at")
    return [drill_document(row, Words(lang.value)) for row in rows[_slice(limit, offset)]]


@api.post("/phone-systems/{name}/backup", response={202: dict[str, Any]})
def start_backup(request: HttpRequest, name: str, lang: Language = Language.EN) -> tuple[int, dict[str, Any]]:
    """Start a backup now."""
    words = Words(lang.value)
    return 202, job_document(ask_backup(_phone_system(name, words), "api"), words)


@api.post("/phone-systems/{name}/drill", response={202: dict[str, Any]})
def start_drill(
    request: HttpRequest, name: str, order: DrillOrder, lang: Language = Language.EN
) -> tuple[int, dict[str, Any]]:
    """Start a drill of one of its backups."""
    words = Words(lang.value)
    system = _phone_system(name, words)
    try:
        return 202, job_document(ask_drill(system, order.backup, order.calls, "api"), words)
    except JobError as error:
        raise HttpError(409, words.say(error.says)) from error


@api.get("/jobs")
def read_jobs(
    request: HttpRequest, state: str | None = None, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """Jobs, newest first."""
    rows = Job.objects.order_by("-created_at")
    if state:
        rows = rows.filter(state=state)
    return [job_document(job, Words(lang.value)) for job in rows[_slice(limit, offset)]]


@api.get("/jobs/{path:job_id}/log")
def read_log(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> list[dict[str, Any]]:
    """A job's log, oldest first."""
    words = Words(lang.value)
    return [line_document(line, words) for line in _job(job_id, words).lines.order_by("id")[: MOST * 10]]


@api.post("/jobs/{path:job_id}/cancel")
def cancel_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> dict[str, Any]:
    """Ask a job to stop."""
    words = Words(lang.value)
    job = _job(job_id, words)
    try:
        actions.cancel(job, "api")
    except JobError as error:
        raise HttpError(409, words.say(error.says)) from error
    return job_document(job, words)


@api.post("/jobs/{path:job_id}/retry", response={202: dict[str, Any]})
def retry_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> tuple[int, dict[str, Any]]:
    """Start a job that failed or was cancelled once more."""
    words = Words(lang.value)
    try:
        return 202, job_document(actions.retry(_job(job_id, words), "api"), words)
    except JobError as error:
        raise HttpError(409, words.say(error.says)) from error


@api.get("/jobs/{path:job_id}")
def read_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> dict[str, Any]:
    """One job."""
    words = Words(lang.value)
    return job_document(_job(job_id, words), words)
