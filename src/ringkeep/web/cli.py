"""`ringkeep serve`, `status`, `backup`, `jobs`, `job`: options only."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ringkeep.jobs.start import prepared
from ringkeep.terminal import COULD_NOT_TRY, GOOD, INTERRUPTED, NOT_GOOD, USAGE, AsJson, Lang, fail, print_json
from ringkeep.translation import Language, Words

if TYPE_CHECKING:
    from ringkeep.fleet.models import PhoneSystem

Name = Annotated[str, typer.Argument(help="the phone system's name")]


class Half(StrEnum):
    """One half of the server."""

    WEB = "web"
    WORK = "work"


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="address of this machine to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)] = 8080,
    only: Annotated[
        Half | None,
        typer.Option(help="one half only, where several machines share a PostgreSQL (RINGKEEP_DATABASE_URL)"),
    ] = None,
    tunnels: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="where on this machine phone systems behind NAT may dial in")
    ] = None,
    lang: Lang = Language.EN,
) -> None:
    """Look after the enrolled phone systems until stopped: pages, schedule, backups, drills, alarms."""
    words = Words(lang.value)
    prepared()  # what goes wrong with the home is told by ringkeep.cli.main
    from ringkeep.home import HomeError
    from ringkeep.jobs.engine import Busy
    from ringkeep.web.serving import ServeError
    from ringkeep.web.serving import serve as serve_now

    try:
        serve_now(host, port, words, web=only is not Half.WORK, work=only is not Half.WEB, tunnels=tunnels)
    except (Busy, HomeError, ServeError) as error:
        fail("refused", error.says, words, as_json=False)
        raise typer.Exit(COULD_NOT_TRY) from None


def status(
    name: Annotated[str | None, typer.Argument(help="one phone system [all]")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Say how each phone system stands: is its backup proven, what is wrong, what is being done. Ends with 1 if anything is wrong."""
    words = Words(lang.value)
    prepared()
    from datetime import UTC, datetime

    from ringkeep.web.pages import SHOWN_AT_ONCE
    from ringkeep.web.status import status as read_status

    if name is not None:
        _phone_system(name, words, as_json)
    found = read_status(datetime.now(UTC), words, name, limit=None if as_json else SHOWN_AT_ONCE)
    if as_json:
        print_json(found)
    else:
        from ringkeep.web.console import print_status

        print_status(found, lang.value)
    raise typer.Exit(NOT_GOOD if any(row["findings"] for row in found["systems"]) else GOOD)


def backup(
    name: Name,
    later: Annotated[
        bool, typer.Option("--later", help="only ask for it, and do not wait: `ringkeep serve` makes it")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Back a phone system up now, have the backup drilled, and wait for both."""
    words = Words(lang.value)
    prepared()
    from ringkeep.web.asking import ask_backup
    from ringkeep.web.status import job_document

    system = _phone_system(name, words, as_json)
    if not later:
        _finish(lambda: ask_backup(system, "command"), words, as_json)
    asked = job_document(ask_backup(system, "command"), words)
    if as_json:
        print_json(asked)
    else:
        typer.echo(words("Asked for. How it goes: {command}").format(command=f"ringkeep job {asked['id']}"))


def jobs(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the backups, drills and restores that run, wait, or ran last."""
    words = Words(lang.value)
    prepared()
    from ringkeep.jobs.models import Job
    from ringkeep.web.console import print_jobs
    from ringkeep.web.status import job_document

    rows = [job_document(job, words) for job in Job.objects.order_by("-created_at")[:50]]
    if as_json:
        print_json(rows)
    else:
        print_jobs(rows, words)


def job(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="its id, as `ringkeep jobs` lists it")],
    cancel: Annotated[bool, typer.Option("--cancel", help="ask it to stop")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="start it once more, when it failed or was cancelled")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Show one of `ringkeep jobs` with its log; cancel it or try it again."""
    words = Words(lang.value)
    prepared()
    from ringkeep.jobs import actions
    from ringkeep.jobs.kinds import JobError
    from ringkeep.jobs.models import Job
    from ringkeep.web.asking import no_job
    from ringkeep.web.console import print_job
    from ringkeep.web.status import job_document, line_document

    found = Job.objects.filter(pk=job_id).first()
    if found is None:
        fail("unknown", no_job(job_id), words, as_json=as_json)
        raise typer.Exit(USAGE)
    try:
        if cancel:
            actions.cancel(found, "command")
        if retry:
            again = found
            _finish(lambda: actions.retry(again, "command"), words, as_json)
    except JobError as error:
        fail("refused", error.says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None
    log = [line_document(line, words) for line in found.lines.order_by("id")]
    document = {**job_document(found, words), "log": log}
    if as_json:
        print_json(document)
    else:
        print_job(document, words)


def _phone_system(name: str, words: Words, as_json: bool) -> PhoneSystem:
    from ringkeep.fleet.queries import NoSuchPhoneSystem, phone_system

    try:
        return phone_system(name)
    except NoSuchPhoneSystem as error:
        fail("unknown", error.says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None


def _finish(start, words: Words, as_json: bool) -> None:  # type: ignore[no-untyped-def]
    from ringkeep.jobs.following import finish
    from ringkeep.jobs.kinds import JobError
    from ringkeep.jobs.models import CANCELLED, SUCCEEDED
    from ringkeep.phonesystem.sentences import Sentence
    from ringkeep.web.console import print_result
    from ringkeep.web.status import job_document

    try:
        ended = finish(start, words)
    except JobError as error:
        fail("refused", error.says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None
    if ended.state != SUCCEEDED:
        cancelled = ended.state == CANCELLED
        says = Sentence("It was cancelled.") if cancelled else ended.error or Sentence("It failed.")
        fail(ended.state, says, words, as_json=as_json, job=job_document(ended, words))
        raise typer.Exit(INTERRUPTED if cancelled else COULD_NOT_TRY)
    if as_json:
        print_json(job_document(ended, words))
    else:
        print_result(job_document(ended, words), words)
    raise typer.Exit(GOOD if (ended.result or {}).get("state") != "partial" else NOT_GOOD)
