"""The JSON API under /api/v1, for programs that hold the token of RINGKEEP_HOME/keys/api-token."""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from ringkeep.backups.models import Backup
from ringkeep.drills.models import Drill
from ringkeep.findings.models import Finding
from ringkeep.findings.queries import open_findings
from ringkeep.findings.telling import document as finding_document
from ringkeep.fleet.models import PhoneSystem
from ringkeep.fleet.queries import no_phone_system
from ringkeep.home import folder, made_once
from ringkeep.jobs import actions, outages
from ringkeep.jobs.kinds import JobError
from ringkeep.jobs.models import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job
from ringkeep.phonesystem.sentences import Sentence, verbatim
from ringkeep.sources.errors import unforeseen
from ringkeep.translation import Language, Words
from ringkeep.web.asking import ask_backup, ask_drill, no_job
from ringkeep.web.status import backup_document, drill_document, job_document, line_document, status

MOST = 500  # rows of one answer
FURTHEST = 10**9  # rows that are passed over; what a database can count
log = logging.getLogger("ringkeep.api")


def token() -> str:
    """The token; made at first use."""
    return made_once(folder("keys") / "api-token", lambda: secrets.token_urlsafe(32)).read_text()


class Token(HttpBearer):
    """Authorization: Bearer TOKEN."""

    def authenticate(self, request: HttpRequest, token_given: str) -> str | None:
        return "api" if hmac.compare_digest(token_given.encode(), token().encode()) else None


class State(StrEnum):
    """That of a job."""

    QUEUED = QUEUED
    RUNNING = RUNNING
    SUCCEEDED = SUCCEEDED
    FAILED = FAILED
    CANCELLED = CANCELLED


class DrillOrder(Schema):
    """What to drill: a backup's id (the newest complete one when left out), and how much is called."""

    backup: Annotated[str, Field(pattern=r"^[\w.:-]{1,120}$")] | None = None
    calls: str = "quick"


api = NinjaAPI(title="Ringkeep", version="1", auth=Token(), docs_url=None, urls_namespace="api")


class Refused(Exception):
    """It is not done. `code` is one word for programs, as those of the commands (docs/cli.md)."""

    def __init__(self, status: int, code: str, says: Sentence) -> None:
        super().__init__(str(says))
        self.status, self.code, self.says = status, code, says


def _answer(request: HttpRequest, status: int, code: str, says: Sentence) -> HttpResponse:
    """The one shape of everything that goes wrong, in the reader's language."""
    asked = request.GET.get("lang")
    message = Words(asked if asked in list(Language) else Language.EN).say(says)
    return api.create_response(request, {"error": {"code": code, "message": message}}, status=status)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return _answer(request, error.status, error.code, error.says)


@api.exception_handler(JobError)
def _job_refused(request: HttpRequest, error: JobError) -> HttpResponse:
    return _answer(request, 409, "refused", error.says)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    names = sorted({str(one["loc"][-1]) for one in error.errors if one.get("loc")})
    says = Sentence("{names}: this cannot be. /api/v1/openapi.json says what can.", {"names": names})
    return _answer(request, 422, "usage", says)


@api.exception_handler(AuthenticationError)
def _not_let_in(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    says = Sentence(
        "The token is missing or wrong: send {header}, with what RINGKEEP_HOME/keys/api-token holds.",
        {"header": "Authorization: Bearer TOKEN"},
    )
    return _answer(request, 401, "unauthorized", says)


@api.exception_handler(HttpError)
def _not_understood(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return _answer(request, 400, "usage", Sentence("What was sent is no JSON."))
    return _answer(request, error.status_code, "refused", verbatim(str(error)))


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    if outages.passes(error):
        return _answer(request, 503, "no-database", outages.said(error))
    log.exception("%s %s", request.method, request.path[:200], exc_info=error)
    return _answer(request, 500, *unforeseen(error))


def _within(limit: int) -> int:
    return max(1, min(limit, MOST))


def _slice(limit: int, offset: int) -> slice:
    first = max(0, min(offset, FURTHEST))
    return slice(first, first + _within(limit))


def _phone_system(name: str) -> PhoneSystem:
    """The one of that name, retired or not."""
    found: PhoneSystem | None = PhoneSystem.objects.filter(name=_asked(name)).first()
    if found is None:
        names = list(PhoneSystem.objects.values_list("name", flat=True))
        raise Refused(404, "unknown", no_phone_system(name[:MOST], names))
    return found


def _job(job_id: str) -> Job:
    found: Job | None = Job.objects.filter(pk=_asked(job_id)).first()
    if found is None:
        raise Refused(404, "unknown", no_job(job_id[:MOST]))
    return found


def _asked(text: str) -> str:
    """No name holds a NUL, and PostgreSQL takes none."""
    return text.replace("\0", "")


@api.get("/status")
def read_status(
    request: HttpRequest, lang: Language = Language.EN, name: str = "", limit: int = MOST, offset: int = 0
) -> dict[str, Any]:
    """Phone systems, worst first; `name`: only those whose name or customer's holds it. `total` says how many there are."""
    first = _slice(limit, offset).start
    return status(datetime.now(UTC), Words(lang.value), like=_asked(name), limit=_within(limit), offset=first)


@api.get("/phone-systems/{name}")
def read_phone_system(request: HttpRequest, name: str, lang: Language = Language.EN) -> dict[str, Any]:
    """One phone system with its facts."""
    system = _phone_system(name)
    found = status(datetime.now(UTC), Words(lang.value), name)["systems"]
    return {**(found[0] if found else {"name": name, "retired": True}), "facts": system.facts}


@api.get("/phone-systems/{name}/backups")
def read_backups(
    request: HttpRequest, name: str, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """Its backups, newest first, with what they lack and what had changed as sentences."""
    system = _phone_system(name)
    rows = Backup.objects.filter(phone_system=system).order_by("-started_at").prefetch_related("drills")
    return [backup_document(row, Words(lang.value)) for row in rows[_slice(limit, offset)]]


@api.get("/phone-systems/{name}/findings")
def read_findings(
    request: HttpRequest, name: str, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """What is or was wrong with it: what is open first, then the newest."""
    system = _phone_system(name)
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
    system = _phone_system(name)
    rows = Drill.objects.filter(backup__phone_system=system).order_by("-started_at")
    return [drill_document(row, Words(lang.value)) for row in rows[_slice(limit, offset)]]


@api.post("/phone-systems/{name}/backup", response={202: dict[str, Any]})
def start_backup(request: HttpRequest, name: str, lang: Language = Language.EN) -> tuple[int, dict[str, Any]]:
    """Start a backup now."""
    words = Words(lang.value)
    return 202, job_document(ask_backup(_phone_system(name), "api"), words)


@api.post("/phone-systems/{name}/drill", response={202: dict[str, Any]})
def start_drill(
    request: HttpRequest, name: str, order: DrillOrder, lang: Language = Language.EN
) -> tuple[int, dict[str, Any]]:
    """Start a drill of one of its backups."""
    words = Words(lang.value)
    return 202, job_document(ask_drill(_phone_system(name), order.backup, order.calls, "api"), words)


@api.get("/jobs")
def read_jobs(
    request: HttpRequest, state: State | None = None, lang: Language = Language.EN, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    """Jobs, newest first."""
    rows = Job.objects.order_by("-created_at")
    if state:
        rows = rows.filter(state=state.value)
    return [job_document(job, Words(lang.value)) for job in rows[_slice(limit, offset)]]


@api.get("/jobs/{path:job_id}/log")
def read_log(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> list[dict[str, Any]]:
    """A job's log, oldest first."""
    words = Words(lang.value)
    return [line_document(line, words) for line in _job(job_id).lines.order_by("id")[: MOST * 10]]


@api.post("/jobs/{path:job_id}/cancel")
def cancel_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> dict[str, Any]:
    """Ask a job to stop."""
    words = Words(lang.value)
    job = _job(job_id)
    actions.cancel(job, "api")
    return job_document(job, words)


@api.post("/jobs/{path:job_id}/retry", response={202: dict[str, Any]})
def retry_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> tuple[int, dict[str, Any]]:
    """Start a job that failed or was cancelled once more."""
    words = Words(lang.value)
    return 202, job_document(actions.retry(_job(job_id), "api"), words)


@api.get("/jobs/{path:job_id}")
def read_job(request: HttpRequest, job_id: str, lang: Language = Language.EN) -> dict[str, Any]:
    """One job."""
    words = Words(lang.value)
    return job_document(_job(job_id), words)


@api.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", include_in_schema=False)
def read_nothing(request: HttpRequest, rest: str) -> None:
    """Whatever is not there."""
    raise Refused(
        404,
        "unknown",
        Sentence("There is nothing at {path}. /api/v1/openapi.json says what there is.", {"path": rest[:MOST]}),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own answer for pages; the API's shape for paths that no operation can have, such as one with a newline."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    says = Sentence(
        "There is nothing at {path}. /api/v1/openapi.json says what there is.", {"path": request.path[:MOST]}
    )
    return _answer(request, 404, "unknown", says)
