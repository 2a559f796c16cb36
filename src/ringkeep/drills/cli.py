"""`ringkeep prove PATH`: would this phone system ring again?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ringkeep.backups.source import SourceError
from ringkeep.drills import pages
from ringkeep.drills.console import Progress, print_report
from ringkeep.drills.drill import CouldNotTry, NeedImage, Options, run
from ringkeep.drills.report import Report
from ringkeep.lab import namespaces
from ringkeep.lab.cli import build_image
from ringkeep.lab.image import ImageError
from ringkeep.lab.lab import LabError
from ringkeep.lab.server import Server

GOOD, NOT_GOOD, USAGE, COULD_NOT_TRY = 0, 1, 2, 3
NEED_IMAGE = 100  # exit codes 116 and 122 of the sealed process ask for that image
errors = Console(stderr=True, highlight=False)


class AsteriskChoice(StrEnum):
    """Which Asterisk the lab boots."""

    AUTO = "auto"
    V16 = "16"
    V22 = "22"


class Calls(StrEnum):
    """How much is called."""

    QUICK = "quick"
    FULL = "full"


class Language(StrEnum):
    """Language of the report."""

    EN = "en"
    FA = "fa"


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
    keep: Annotated[
        bool, typer.Option("--keep", help="leave the lab running until Ctrl-C and say how to look around")
    ] = False,
) -> None:
    """Boot a phone system in a sealed real Asterisk, call it, and say whether it would ring again."""
    if html is not None and not html.absolute().parent.is_dir():
        errors.print(f"error: --html {html}: the folder {html.absolute().parent} does not exist.")
        raise typer.Exit(USAGE)
    options = Options(path.absolute(), asterisk.value, calls.value, datetime.now(), _look_around if keep else None)

    def sealed() -> int:
        return _prove(options, as_json=as_json, html=html, lang=lang.value)

    try:
        code = namespaces.run_sealed(sealed)
        if code > NEED_IMAGE and code - NEED_IMAGE in (16, 22):
            build_image(code - NEED_IMAGE)
            code = namespaces.run_sealed(sealed)
    except (namespaces.NoNamespaces, ImageError) as error:
        errors.print(f"error: {error}")
        raise typer.Exit(COULD_NOT_TRY) from error
    raise typer.Exit(code)


def _prove(options: Options, *, as_json: bool, html: Path | None, lang: str) -> int:
    """Inside the sealed namespaces: drill, then print."""
    progress = Progress(lang=lang)
    try:
        report = progress.complete(run(options, progress))
    except NeedImage as error:
        progress.close()
        return NEED_IMAGE + error.version
    except (CouldNotTry, SourceError, LabError, OSError) as error:
        progress.close()
        errors.print(f"error: {error}")
        return COULD_NOT_TRY
    _write(report, as_json=as_json, html=html, lang=lang)
    return GOOD if report.verdict == "good" else NOT_GOOD


def _write(report: Report, *, as_json: bool, html: Path | None, lang: str) -> None:
    if html is not None:
        fresh = html.with_name(f".{html.name}.{os.getpid()}")
        fresh.write_text(pages.html(report, lang, at=datetime.now().astimezone()), "utf-8")
        fresh.replace(html)
    if as_json:
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    print_report(report, Console(), lang, html=html)


def _look_around(pbx: Server, far: Server) -> None:
    """--keep: say how to get in, and wait."""
    for server in (pbx, far):
        control = Path("/proc", str(server.pid), "root", str(server.tree.outside("/var/run/asterisk"))).resolve()
        errors.print(
            f"{server.name}: nsenter -t {_host_pid()} -m -p asterisk -rx 'core show channels' -s {control}/asterisk.ctl"
        )
    errors.print("The lab stays up until you press Ctrl-C.")
    if shutil.which("asterisk") is None:
        errors.print("(no asterisk on this machine: use the lab image's own)")
    signal.pause()


def _host_pid() -> int:
    """Our process id as the machine sees it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[1])
    return os.getpid()
