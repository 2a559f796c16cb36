"""Opens what the user names, reads it, and says in one sentence why it cannot."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.errors import unforeseen
from ringkeep.sources.source import Source, SourceError, open_source
from ringkeep.terminal import COULD_NOT_TRY, fail, hush
from ringkeep.translation import Words


@dataclass(frozen=True, slots=True)
class Opened:
    """A phone system with where it came from; `source.root` is its private copy, gone after the `with`."""

    source: Source
    system: PhoneSystem


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Copy, read, and clean up. Raises SourceError."""
    with tempfile.TemporaryDirectory(prefix="ringkeep-") as folder:
        with _all_kept():
            source = open_source(path.absolute(), Path(folder) / "system")
            system = phone_system(source, read_contents(source))
        yield Opened(source, system)


@contextmanager
def _all_kept() -> Iterator[None]:
    """What is made here stays: looking through it for garbage again and again, and later, would be a fifth of the time."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


class _Stopped(BaseException):
    """Somebody ends us: the private copy of the phone system must not stay behind."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _stop(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the copy is being removed
    raise _Stopped(number)


def answer(work: Callable[[], int], *, as_json: bool, lang: str = "en") -> int:
    """Run a verb's work; whatever a hostile source brings about, one sentence says it. The exit code."""
    if sys.stdout is None:  # `>&-`: there is nobody to tell, which is no fault
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no Persian shows "?"
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    try:
        code = work()
        sys.stdout.flush()
        return code
    except _Stopped as stopped:
        return 128 + stopped.number
    except (BrokenPipeError, SystemExit):  # `| head` has seen enough; rich makes it a SystemExit
        hush()
        return 0
    except Exception as error:
        return _refuse(*_why(error), as_json=as_json, lang=lang)


def _refuse(code: str, says: Sentence, *, as_json: bool, lang: str) -> int:
    try:
        fail(code, says, Words(lang), as_json=as_json)
    except OSError:
        hush()
    return COULD_NOT_TRY


def _why(error: Exception) -> tuple[str, Sentence]:
    """(code, message) of what stood in the way."""
    match error:
        case SourceError():
            return error.code, error.says
        case MemoryError():
            return "too-large", Sentence("Reading it takes more memory than there is: this is no usual phone system.")
        case _:
            return unforeseen(error)
