"""`ringkeep prove PATH`: would this phone system ring again? `drill` and `drills`: the same of an enrolled one's backups.

Only the options stand here; what they set in motion is loaded when it is asked for, so that other commands start at once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, USAGE, errors, print_json
from ringkeep.translation import Language

TIMEOUT_S = {"quick": 300.0, "full": 1200.0}


class AsteriskChoice(StrEnum):
    """Which Asterisk the lab boots."""

    AUTO = "auto"
    V16 = "16"
    V22 = "22"


class Calls(StrEnum):
    """How much is called."""

    QUICK = "quick"
    FULL = "full"


def prove(
    path: Annotated[
        Path, typer.Argument(help="a directory like / or like /etc/asterisk, or a backup file", exists=True)
    ],
    asterisk: Annotated[
        AsteriskChoice, typer.Option(help="Asterisk of the lab; auto: what the system ran on")
    ] = AsteriskChoice.AUTO,
    calls: Annotated[
        Calls, typer.Option(help="quick: every number once; full: every key, queue and hour too")
    ] = Calls.QUICK,
    as_json: Annotated[bool, typer.Option("--json", help="print exactly one JSON document")] = False,
    html: Annotated[Path | None, typer.Option(help="write the report as one HTML file")] = None,
    lang: Annotated[Language, typer.Option(help="language of the report")] = Language.EN,
    timeout: Annotated[
        float | None, typer.Option(help="seconds after which it reports what it has [300, full: 1200]", min=1)
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="leave the lab running until Ctrl-C and say how to look around")
    ] = False,
) -> None:
    """Boot a phone system in a sealed real Asterisk, call it, and say whether it would ring again."""
    if html is not None and html.is_dir():
        errors.print(f"error: --html {html} is a folder: name a file in it, such as {html / 'report.html'}.")
        raise typer.Exit(USAGE)
    if html is not None and not html.absolute().parent.is_dir():
        errors.print(f"error: --html {html}: the folder {html.absolute().parent} does not exist.")
        raise typer.Exit(USAGE)
    from ringkeep.drills.proving import Options, Output, prove_sealed

    timeout_s = timeout or TIMEOUT_S[calls.value]
    options = Options(path.absolute(), asterisk.value, calls.value, datetime.now(), timeout_s)
    raise typer.Exit(prove_sealed(options, Output(as_json, html, lang.value), keep=keep))


Name = Annotated[str, typer.Argument(metavar="N", help="the phone system's name")]
AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]


def drill(
    name: Name,
    backup: Annotated[str, typer.Option(help="which backup; the newest when not said")] = "latest",
    calls: Annotated[
        Calls, typer.Option(help="quick: every number once; full: every key, queue and hour too")
    ] = Calls.QUICK,
    as_json: AsJson = False,
) -> None:
    """Prove one backup of a phone system: restore it into a sealed real Asterisk and call it."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.backups.queries import Unknown, phone_system
    from ringkeep.backups.queries import backup as backup_of
    from ringkeep.jobs.actions import start
    from ringkeep.jobs.following import finish

    try:
        system = phone_system(name)
        chosen = backup_of(system, backup)
    except Unknown as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    key = f"drill:{chosen.pk}:{datetime.now():%Y%m%d-%H%M%S}"[:120]
    job = finish(
        lambda: start(
            "drill", {"backup": chosen.pk, "calls": calls.value}, key=key, phone_system=system.pk, asked_by="command"
        ),
        show=not as_json,
    )
    done = job.result if isinstance(job.result, dict) else {}
    if job.state != "succeeded":
        errors.print(f"error: {job.error or f'The drill was {job.state}.'}")
        if as_json:
            print_json({"error": {"code": job.state, "message": job.error}})
        raise typer.Exit(COULD_NOT_TRY)
    if as_json:
        print_json(done)
    else:
        typer.echo(_line(done))
        typer.echo(_report(done))
    raise typer.Exit(GOOD if done.get("verdict") == "good" else NOT_GOOD)


def drills(name: Name, as_json: AsJson = False) -> None:
    """List the drills of a phone system's backups, newest first."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.backups.queries import Unknown, phone_system
    from ringkeep.drills.queries import document, drills_of

    try:
        found = [document(one) for one in drills_of(phone_system(name))]
    except Unknown as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json({"drills": found})
        return
    for one in found:
        typer.echo(_line(one))


def _line(of: dict[str, object]) -> str:
    verdict = of["verdict"] or ("not tried" if of["ended_at"] else "under way")
    rang = f", {of['calls_good']} of {of['calls_made']} calls good" if of["calls_made"] else ""
    where = "repository" if of["from_repository"] else "copy"
    why = f": {of['error']}" if of["error"] else ""
    return f"{of['started_at']}  {of['backup']}  {of['calls']} from the {where}: {verdict}{rang}{why}"


def _report(of: dict[str, object]) -> str:
    from ringkeep.home import home

    return f"report: {home()}/{of['report']}.html" if of["report"] else ""
