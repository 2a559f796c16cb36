"""`ringkeep prove PATH`: would this phone system ring again?

Only the options stand here; what they set in motion is loaded when it is asked for, so that other commands start at once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ringkeep.terminal import USAGE, errors
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
