"""`ringkeep prove PATH`: would this phone system ring again?"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ringkeep.backups.source import SourceError
from ringkeep.drills import pages, visible
from ringkeep.drills.console import Progress, print_report
from ringkeep.drills.drill import CouldNotTry, NeedImage, Options, run
from ringkeep.drills.report import Report
from ringkeep.lab import namespaces
from ringkeep.lab.cli import build_image
from ringkeep.lab.image import RECIPES, ImageError
from ringkeep.lab.lab import LabError
from ringkeep.lab.server import Server
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, USAGE, errors, hush, print_json
from ringkeep.translation import Language

NEED_IMAGE = 100  # exit codes 116 and 122 of the sealed process ask for that image
TIMEOUT_S = {"quick": 300.0, "full": 1200.0}
GRACE_S = 60.0  # to stop and to print, once the time is over; then the drill is killed


class AsteriskChoice(StrEnum):
    """Which Asterisk the lab boots."""

    AUTO = "auto"
    V16 = "16"
    V22 = "22"


class Calls(StrEnum):
    """How much is called."""

    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Output:
    """How and where the verdict is told."""

    as_json: bool
    html: Path | None
    lang: str

    def tell(self, report: Report) -> int:
        """Print the report and write its page; the exit code."""
        code = GOOD if report.verdict == "good" else NOT_GOOD
        failure = self._write_page(report) if self.html is not None else None
        try:
            if self.as_json:
                print_json(report.as_json())
            else:
                print_report(report, Console(), self.lang, html=None if failure else self.html)
            sys.stdout.flush()
        except (BrokenPipeError, SystemExit):  # `| head` has seen enough; rich makes it a SystemExit
            hush()
        except OSError as error:
            failure = f"The report could not be printed: {error.strerror}."
        if failure:
            errors.print(f"error: {failure}")
        return COULD_NOT_TRY if failure else code

    def refuse(self, code: str, message: str) -> int:
        """Say why there is no verdict; the exit code."""
        message = visible.text(message)
        errors.print(f"error: {message}")
        if self.as_json:
            try:
                print_json({"error": {"code": code, "message": message}})
                sys.stdout.flush()
            except OSError:
                hush()
        return COULD_NOT_TRY

    def _write_page(self, report: Report) -> str | None:
        """Write the page beside its name first, so that an older one is only ever replaced by a whole one."""
        assert self.html is not None
        fresh = self.html.with_name(f".{self.html.name}.{os.getpid()}")
        # Ctrl-C ends us at once, and must not leave half a page.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, namespaces.STOPPING)
        try:
            fresh.write_text(pages.html(report, self.lang, at=datetime.now().astimezone()), "utf-8", "replace")
            fresh.replace(self.html)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            return f"--html {self.html} could not be written: {error.strerror}."
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return None


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
    output = Output(as_json, html, lang.value)
    timeout_s = timeout or TIMEOUT_S[calls.value]
    options = Options(path.absolute(), asterisk.value, calls.value, datetime.now(), timeout_s)
    give_up_s = None if keep else timeout_s + GRACE_S

    def sealed() -> int:
        return _prove(options, output, keep=keep)

    try:
        code = namespaces.run_sealed(sealed, give_up_s=give_up_s)
        if code - NEED_IMAGE in RECIPES:
            build_image(code - NEED_IMAGE)
            code = namespaces.run_sealed(sealed, give_up_s=give_up_s)
    except namespaces.NoNamespaces as error:
        code = output.refuse("no-namespaces", str(error))
    except namespaces.Killed as error:
        code = output.refuse("killed", str(error))
    except ImageError as error:
        code = output.refuse("no-image", str(error))
    raise typer.Exit(code)


def _prove(options: Options, output: Output, *, keep: bool) -> int:
    """Inside the sealed namespaces: drill, then print. Whatever a hostile source brings about, one sentence says it."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a hostile system's broken connections are no news
    progress = Progress(lang=output.lang)
    told: list[int] = []

    async def look_around(report: Report, pbx: Server, far: Server) -> None:
        told.append(output.tell(visible.visible(progress.complete(report))))
        await _look_around(pbx, far)

    try:
        report = run(replace(options, keep=look_around if keep else None), progress)
        return told[0] if told else output.tell(visible.visible(progress.complete(report)))
    except NeedImage as error:
        progress.close()
        return NEED_IMAGE + error.version
    except Exception as error:
        progress.close()
        return output.refuse(*_why(error))


def _why(error: Exception) -> tuple[str, str]:
    """(code, message) of what stopped a drill."""
    match error:
        case SourceError():
            return error.code, str(error)
        case LabError():
            return "no-lab", str(error)
        case namespaces.NoNamespaces():
            return "no-namespaces", str(error)
        case CouldNotTry():
            return "could-not-try", str(error)
        case MemoryError():
            return "too-large", "Reading it takes more memory than a drill may use: this is no usual phone system."
        case OSError():
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or repr(error)
            return "refused", f"The operating system refused something the drill needs ({what})."
        case _:
            frame = error.__traceback__
            while frame and frame.tb_next:
                frame = frame.tb_next
            where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
            said = f"{type(error).__name__}: {error}"[:300]
            return "internal", f"Ringkeep itself failed on this phone system: please report it ({said}, {where})."


async def _look_around(pbx: Server, far: Server) -> None:
    """--keep: say how to get in, and wait for Ctrl-C."""
    for server in (pbx, far):
        if server.alive:
            errors.print(f"\nAsterisk of the {server.name}:\n  {server.way_in()}")
        errors.print(f"files of the {server.name}, its log {server.log_inside}:\n  {server.place()}")
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, enough.set)
    errors.print("\nThe lab stays up until you press Ctrl-C.")
    await enough.wait()
    errors.print("\nStopped. Nothing was left behind.")
