"""`ringkeep prove PATH`: would this phone system ring again? `drill` and `drills`: the same of an enrolled one's backups.

Only the options stand here; what they set in motion is loaded when it is asked for, so that other commands start at once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import COULD_NOT_TRY, GOOD, INTERRUPTED, NOT_GOOD, USAGE, AsJson, Lang, fail, print_json
from ringkeep.translation import Language, Words

_ = str  # marks the texts of this module for translation
NOT_TRIED, UNDER_WAY = _("could not be tried"), _("under way")
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
        Path,
        typer.Argument(
            help="a copy of a phone system's files (its / or its /etc/asterisk), or a backup file of FreePBX or Issabel",
            exists=True,
        ),
    ],
    asterisk: Annotated[
        AsteriskChoice, typer.Option(help="which Asterisk to boot it on; auto: the version that it ran on")
    ] = AsteriskChoice.AUTO,
    calls: Annotated[
        Calls, typer.Option(help="quick: every number once; full: every key, queue and hour too")
    ] = Calls.QUICK,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="write the report as one HTML file, too")] = None,
    lang: Lang = Language.EN,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="how long it may take; then it reports what it has [300, full: 1200]", min=1
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="leave it running until Ctrl-C, and say how to look around in it")
    ] = False,
) -> None:
    """Boot a phone system in a sealed real Asterisk, call it, and say whether it would ring again."""
    if html is not None and html.is_dir():
        says = Sentence(
            "--html {folder} is a folder: name a file in it, such as {file}.",
            {"folder": html, "file": html / "report.html"},
        )
        fail("usage", says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE)
    if html is not None and not html.absolute().parent.is_dir():
        says = Sentence(
            "--html {file}: the folder {folder} is not there: make it first.",
            {"file": html, "folder": html.absolute().parent},
        )
        fail("usage", says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE)
    from ringkeep.drills.proving import Options, Output, prove_sealed

    timeout_s = timeout or TIMEOUT_S[calls.value]
    options = Options(path.absolute(), asterisk.value, calls.value, datetime.now(), timeout_s)
    raise typer.Exit(prove_sealed(options, Output(as_json, html, lang.value), keep=keep))


Name = Annotated[str, typer.Argument(metavar="NAME", help="the phone system's name")]


def drill(
    name: Name,
    backup: Annotated[
        str, typer.Option(metavar="ID", help="which backup, as `ringkeep backups` lists them; latest: the newest")
    ] = "latest",
    calls: Annotated[
        Calls, typer.Option(help="quick: every number once; full: every key, queue and hour too")
    ] = Calls.QUICK,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Prove one backup of a phone system: boot it in a sealed real Asterisk, call it, and keep the verdict."""
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
        fail("unknown", error.says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE) from None
    words = Words(lang.value)
    key = f"drill:{chosen.pk}:{datetime.now():%Y%m%d-%H%M%S}"[:120]
    job = finish(
        lambda: start(
            "drill", {"backup": chosen.pk, "calls": calls.value}, key=key, phone_system=system.pk, asked_by="command"
        ),
        words,
        show=not as_json,
    )
    done = job.result if isinstance(job.result, dict) else {}
    if job.state != "succeeded":
        fail(job.state, job.error or Sentence("It was cancelled."), words, as_json=as_json)
        raise typer.Exit(INTERRUPTED if job.state == "cancelled" else COULD_NOT_TRY)
    if as_json:
        print_json(done)
    else:
        typer.echo(_line(done, words))
        typer.echo(_report(done, words))
    raise typer.Exit(GOOD if done.get("verdict") == "good" else NOT_GOOD)


def drills(name: Name, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the drills of a phone system's backups, newest first."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.backups.queries import Unknown, phone_system
    from ringkeep.drills.queries import document, drills_of

    words = Words(lang.value)
    try:
        found = [document(one, words) for one in drills_of(phone_system(name))]
    except Unknown as error:
        fail("unknown", error.says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json({"drills": found})
        return
    for one in found:
        typer.echo(_line(one, words))


def _line(of: dict[str, Any], words: Words) -> str:
    from ringkeep.backups.telling import VERDICTS

    at = words.instant(datetime.fromisoformat(of["started_at"]))
    calls = words("every key and hour") if of["calls"] == "full" else words("every number once")
    where = words("from the repository") if of["from_repository"] else words("from the copy")
    verdict = VERDICTS[of["verdict"]] if of["verdict"] else NOT_TRIED if of["ended_at"] else UNDER_WAY
    parts = [at, of["backup"], calls, where, words(verdict)]
    if of["calls_made"]:
        good, made = words.number(of["calls_good"]), words.number(of["calls_made"])
        parts.append(words("{good} of {made} calls good").format(good=good, made=made))
    return "  ".join([*parts, *filter(None, [of["error"]])])


def _report(of: dict[str, Any], words: Words) -> str:
    from ringkeep.home import home

    return words("The report: {path}").format(path=f"{home()}/{of['report']}.html") if of["report"] else ""
