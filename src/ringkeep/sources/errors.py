"""What can go wrong with what the user hands over, and how much of it Ringkeep is willing to take.

SourceError          one sentence for the user; `code` for programs:
    not-found            no such file or directory, or neither
    not-a-phone-system   readable, but nothing in it is a phone system's
    unreadable           the operating system refuses to let us read it
    truncated            the archive ends too early
    damaged              the archive's own checks fail
    bomb                 it would unpack to more than the limits allow
    too-large            a directory that holds more than the limits allow
    disk-full            no room for the private copy
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence, Told, reason


class SourceError(Told):
    """The source cannot be opened; the message says what is wrong and what to do."""

    def __init__(self, code: str, says: Sentence) -> None:
        super().__init__(says)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """How much one source may hold. Everything beyond stops the opening, or is skipped where that is harmless."""

    total_bytes: int = 2 << 30  # written to the private copy
    members: int = 500_000  # files, folders and links, nested archives included
    one_file_bytes: int = 1 << 30  # a larger file is skipped
    config_file_bytes: int = 200 << 20  # a larger file under /etc/asterisk is skipped
    ratio: int = 200  # unpacked bytes per archive byte, after the first `ratio_from_bytes`
    ratio_from_bytes: int = 10_000_000
    stream_bytes: int = 64 << 30  # read through, recordings that are left out included
    path_depth: int = 40  # folders in one path
    named_bytes: int = 256 << 20  # files elsewhere that the configuration names by their full path


@dataclass(frozen=True)
class SkippedMember:
    """Something that was in the source and is not in the copy."""

    name: str
    why: str


def size_text(size_bytes: int) -> str:
    """1536 -> "1.5 KiB"."""
    amount, units = float(size_bytes), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        del units[0]
    return f"{amount:.0f} {units[0]}" if amount == int(amount) else f"{amount:.1f} {units[0]}"


def on_disk(size_bytes: int) -> int:
    """What a file of this size takes on disk, in whole blocks of 4 KiB."""
    return -(-size_bytes // 4096) * 4096


def unforeseen(error: Exception) -> tuple[str, Sentence]:
    """(code, what is said) of an error that no part expects: the operating system's refusal, or a fault of ours."""
    if isinstance(error, OSError):
        why = Sentence("{path}: {what}", {"path": error.filename, "what": reason(error)})
        return "refused", Sentence(
            "The operating system refused something that is needed ({what}).",
            {"what": why if error.filename else reason(error)},
        )
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    what = f"{type(error).__name__}: {error}"[:300]
    return "internal", Sentence(
        "Ringkeep itself failed: please report it ({what}, {where}).", {"what": what, "where": where}
    )
