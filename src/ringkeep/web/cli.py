"""`ringkeep serve`, `status`, `backup`, `jobs`, `job`: options only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, USAGE, errors, print_json
from ringkeep.translation import Language

AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]
Name = Annotated[str, typer.Argument(help="the phone system's name")]


class Half(StrEnum):
    """One half of the server."""

    WEB = "web"
    WORK = "work"


def serve(
    host: Annotated[str, typer.Option(help="address of this machine to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)] = 8080,
    only: Annotated[Half | None, typer.Option(help="one half only, over PostgreSQL (RINGKEEP_DATABASE_URL)")] = None,
    tunnels: Annotated[
        str | None, typer.Option(help="HOST:PORT of this machine where phone systems behind NAT may dial in")
    ] = None,
) -> None:
    """Look after the enrolled phone systems until stopped: pages, schedule, backups, drills, alarms."""
    _prepared()
    from ringkeep.home import HomeError
    from ringkeep.jobs.engine import Busy
    from ringkeep.web.serving import ServeError
    from ringkeep.web.serving import serve as serve_now

    try:
        serve_now(host, port, web=only is not Half.WORK, work=only is not Half.WEB, tunnels=tunnels)
    except (Busy, HomeError, ServeError) as error:
        errors.print(f"error: {error}")
        raise typer.Exit(COULD_NOT_TRY) from None


def status(
    name: Annotated[str | None, typer.Argument(help="one phone system; all when left out")] = None,
    as_json: AsJson = False,
    lang: Annotated[Language, typer.Option(help="language of what is said")] = Language.EN,
) -> None:
    """Say how each phone system stands: is it proven, what is wrong, what is being done. Ends with 1 if anything is wrong."""
    _prepared()
    from datetime import UTC, datetime

    from ringkeep.translation import Words
    from ringkeep.web.pages import SHOWN_AT_ONCE
    from ringkeep.web.status import status as read_status

    found = read_status(datetime.now(UTC), Words(lang.value), name, limit=None if as_json else SHOWN_AT_ONCE)
    if name is not None and not found["systems"]:
        errors.print(f"error: There is no phone system called {name}: ringkeep status lists them.")
        raise typer.Exit(USAGE)
    if as_json:
        print_json(found)
    else:
        from ringkeep.web.console import print_status

        print_status(found, lang.value)
    raise typer.Exit(NOT_GOOD if any(row["findings"] for row in found["systems"]) else GOOD)


def backup(
    name: Name,
    later: Annotated[bool, typer.Option("--later", help="only ask for it; a server makes it")] = False,
    as_json: AsJson = False,
) -> None:
    """Back a phone system up now, have the backup drilled, and wait for both."""
    _prepared()
    from ringkeep.fleet.queries import NoSuchPhoneSystem, phone_system
    from ringkeep.web.asking import ask_backup
    from ringkeep.web.status import job_document

    try:
        system = phone_system(name)
    except NoSuchPhoneSystem as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    if not later:
        _finish(lambda: ask_backup(system, "command"), as_json)
    asked = job_document(ask_backup(system, "command"))
    if as_json:
        print_json(asked)
    else:
        typer.echo(f"asked for: ringkeep job {asked['id']}")


def jobs(as_json: AsJson = False) -> None:
    """List what runs, waits and ran last."""
    _prepared()
    from ringkeep.jobs.models import Job
    from ringkeep.web.console import print_jobs
    from ringkeep.web.status import job_document

    rows = [job_document(job) for job in Job.objects.order_by("-created_at")[:50]]
    if as_json:
        print_json(rows)
    else:
        print_jobs(rows)


def job(
    job_id: Annotated[str, typer.Argument(help="the job's id")],
    cancel: Annotated[bool, typer.Option("--cancel", help="ask it to stop")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="start it once more, when it failed or was cancelled")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a job with its log; cancel it or try it again."""
    _prepared()
    from ringkeep.jobs import actions
    from ringkeep.jobs.kinds import JobError
    from ringkeep.jobs.models import Job
    from ringkeep.web.console import print_job
    from ringkeep.web.status import job_document

    found = Job.objects.filter(pk=job_id).first()
    if found is None:
        errors.print(f"error: There is no job {job_id}: see ringkeep jobs.")
        raise typer.Exit(USAGE)
    try:
        if cancel:
            actions.cancel(found, "command")
        if retry:
            again = found
            _finish(lambda: actions.retry(again, "command"), as_json)
    except JobError as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    document = {
        **job_document(found),
        "log": [
            {"at": line.at.isoformat(), "level": line.level, "text": line.text} for line in found.lines.order_by("id")
        ],
    }
    if as_json:
        print_json(document)
    else:
        print_job(document)


def _prepared() -> None:
    from ringkeep.home import HomeError
    from ringkeep.jobs.start import prepared

    try:
        prepared()
    except HomeError as error:
        errors.print(f"error: {error}")
        raise typer.Exit(COULD_NOT_TRY) from None


def _finish(start, as_json: bool) -> None:  # type: ignore[no-untyped-def]
    from ringkeep.fleet.queries import NoSuchPhoneSystem
    from ringkeep.jobs.following import finish
    from ringkeep.jobs.kinds import JobError
    from ringkeep.jobs.models import CANCELLED, SUCCEEDED
    from ringkeep.web.console import print_result
    from ringkeep.web.status import job_document

    try:
        ended = finish(start)
    except (JobError, NoSuchPhoneSystem) as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json(job_document(ended))
    else:
        print_result(job_document(ended))
    if ended.state == SUCCEEDED:
        raise typer.Exit(GOOD if (ended.result or {}).get("state") != "partial" else NOT_GOOD)
    raise typer.Exit(130 if ended.state == CANCELLED else COULD_NOT_TRY)
