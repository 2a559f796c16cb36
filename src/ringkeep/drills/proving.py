"""A drill from the command line: sealed off, its image built when it is missing, its verdict told."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from ringkeep.drills import pages, visible
from ringkeep.drills.console import Progress, print_report
from ringkeep.drills.drill import CouldNotTry, NeedImage, Options, run
from ringkeep.drills.report import Report
from ringkeep.lab import namespaces
from ringkeep.lab.cli import build_image
from ringkeep.lab.image import RECIPES, ImageError
from ringkeep.lab.lab import LabError
from ringkeep.lab.server import Server
from ringkeep.phonesystem.sentences import Sentence, reason
from ringkeep.sources.errors import unforeseen
from ringkeep.sources.source import SourceError
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, errors, hush, print_json
from ringkeep.translation import Words

__all__ = ["Options", "Output", "prove_sealed"]

NEED_IMAGE = 100  # exit codes 116 and 122 of the sealed process ask for that image
GRACE_S = 60.0  # to stop and to print, once the time is over; then the drill is killed


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
            failure = Sentence("The report could not be printed: {why}.", {"why": reason(error)})
        if failure:
            errors.print(Words(self.lang).error(failure))
        return COULD_NOT_TRY if failure else code

    def refuse(self, code: str, says: Sentence) -> int:
        """Say why there is no verdict; the exit code. `says` in the document is the sentence as it is kept."""
        words = Words(self.lang)
        errors.print(words.error(says))
        if self.as_json:
            try:
                print_json({"error": {"code": code, "message": words.say(says), "says": says.document()}})
                sys.stdout.flush()
            except OSError:
                hush()
        return COULD_NOT_TRY

    def _write_page(self, report: Report) -> Sentence | None:
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
            return Sentence("{file} cannot be written: {why}.", {"file": self.html, "why": reason(error)})
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return None


def prove_sealed(options: Options, output: Output, *, keep: bool) -> int:
    """Prove in sealed namespaces, and once more when an image had to be built first; the exit code."""
    give_up_s = None if keep else options.timeout_s + GRACE_S

    def sealed() -> int:
        return _prove(options, output, keep=keep)

    try:
        code = namespaces.run_sealed(sealed, give_up_s=give_up_s)
        if code - NEED_IMAGE in RECIPES:
            build_image(code - NEED_IMAGE, Words(output.lang))
            code = namespaces.run_sealed(sealed, give_up_s=give_up_s)
    except namespaces.NoNamespaces as error:
        code = output.refuse("no-namespaces", error.says)
    except namespaces.Killed as error:
        code = output.refuse("killed", error.says)
    except ImageError as error:
        code = output.refuse("no-image", error.says)
    return code


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


def _why(error: Exception) -> tuple[str, Sentence]:
    """(code, message) of what stopped a drill."""
    match error:
        case SourceError():
            return error.code, error.says
        case LabError():
            return "no-lab", error.says
        case namespaces.NoNamespaces():
            return "no-namespaces", error.says
        case CouldNotTry():
            return "could-not-try", error.says
        case MemoryError():
            return "too-large", Sentence(
                "Reading it takes more memory than a drill may use: this is no usual phone system."
            )
        case _:
            return unforeseen(error)


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
