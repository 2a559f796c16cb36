"""queue_log: one line for everything that happens in a queue, `unixtime|callid|queue|agent|EVENT|d1|d2|...`.

Nothing in it is quoted: an agent's name or a reason may hold the separator itself.
Source: https://docs.asterisk.org/Configuration/Applications/Building-Queues/ and `ast_queue_log` of main/logger.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.asterisk.records import Collected, Reading, finished, instant, read_rows, text_lines

Value = str | int | None
Row = Mapping[str, str | None]

TRANSFER = ("exten", "context", "hold_s", "talk_s", "original_position")
COMPLETED = ("hold_s", "talk_s", "original_position")
LEFT = ("position", "original_position", "wait_s")
# Event -> its details in order; those of NUMBERS are whole numbers.
DETAILS: Mapping[str, tuple[str, ...]] = {
    "ABANDON": LEFT,
    "ADDMEMBER": ("paused",),  # "PAUSED" or ""
    "AGENTCALLBACKLOGIN": ("where",),
    "AGENTCALLBACKLOGOFF": ("where", "login_s", "reason"),
    "AGENTDUMP": (),
    "AGENTLOGIN": ("channel",),
    "AGENTLOGOFF": ("channel", "login_s"),
    "ATTENDEDTRANSFER": ("method", "to", "through", "hold_s", "talk_s", "original_position"),
    "BLINDTRANSFER": TRANSFER,
    "COMPLETEAGENT": COMPLETED,
    "COMPLETECALLER": COMPLETED,
    "CONFIGRELOAD": (),
    "CONNECT": ("hold_s", "bridged_call", "ring_s"),
    "DID": ("did",),  # FreePBX's own
    "ENTERQUEUE": ("url", "caller", "position"),
    "EXITEMPTY": LEFT,
    "EXITWITHKEY": ("key", "position", "original_position", "wait_s"),
    "EXITWITHTIMEOUT": LEFT,
    "INFO": ("text",),
    "PAUSE": ("reason",),
    "PAUSEALL": ("reason",),
    "PENALTY": ("penalty",),
    "QUEUESTART": (),
    "REMOVEMEMBER": (),
    "RINGCANCELED": ("ring_ms",),
    "RINGINUSE": ("ring_in_use",),
    "RINGNOANSWER": ("ring_ms",),
    "SYSCOMPAT": (),
    "TRANSFER": TRANSFER,
    "UNPAUSE": ("reason",),
    "UNPAUSEALL": ("reason",),
}
NUMBERS = {"position", "original_position", "penalty", "ring_in_use"} | {
    name for names in DETAILS.values() for name in names if name.endswith(("_s", "_ms"))
}
FREE_TEXT = {"reason", "text"}  # the last detail, which may hold the separator itself
MOST_PIPES = 16  # looked through for the event behind an agent's name
EVENT = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
# Where a next record may begin inside a line whose end was lost: the old line's last digits may stand before it.
INNER_START = re.compile(r"(?=([0-9]{10}(?:\.[0-9]{1,6})?)\|[^|]*\|[^|]*\|[^|]*\|([A-Z]{3,20})(?:\||$))")
RUN_TOGETHER = "the end of this line is lost: another begins in the middle of it"


@dataclass(frozen=True, slots=True)
class QueueEvent:
    """One line. `values` has the event's details by the names of `DETAILS`; a missing one is None."""

    logged_at: datetime
    call: str  # unique id of the caller's channel; "NONE", "MANAGER", "REALTIME"
    queue: str  # "NONE" when it concerns all
    agent: str  # name or interface of the member; "NONE"
    event: str  # one of DETAILS or, kept as it is, any other
    details: tuple[str, ...]  # as written
    values: Mapping[str, Value]
    place: Place


def read_queue_log(content: bytes, file: str = "queue_log", *, growing: bool = False) -> Reading[QueueEvent]:
    """Read a queue_log, rotated or not. With `growing` a last line without its end is left for the next reading."""
    whole, unfinished_at = finished(content, growing=growing)
    collected: Collected[QueueEvent] = Collected(unfinished_at=unfinished_at)
    for number, line in text_lines(whole):
        _take(line, Place(file, number), collected)
    return collected.reading()


def _take(line: str, place: Place, collected: Collected[QueueEvent]) -> None:
    """Add the records of one line, and count it when it is broken."""
    pieces = [cut for piece in line.split("\0") if piece.strip() for cut in _cut(piece)]
    events = [_event(piece, place) for piece in pieces]
    if "\0" in line:
        collected.count("NUL bytes, as a power cut leaves them", place)
    elif len(pieces) > 1:
        collected.count(RUN_TOGETHER, place)
    elif not events or events[0] is None:
        collected.count("not time|call|queue|agent|EVENT|...", place)
    # The first of two may have lost anything: it counts when it still has all that its event has.
    collected.records += (e for e in events if e and (e is events[-1] or _is_complete(e)))


def _cut(line: str) -> list[str]:
    """One line, or the several that were run together in it."""
    cuts = [found.start() for found in INNER_START.finditer(line, 1) if found[2] in DETAILS]
    if cuts and _is_own(line, cuts[0]):
        del cuts[0]
    ends = [*cuts, len(line)]
    return [line[start:end] for start, end in zip([0, *cuts], ends, strict=True)]


def _is_own(line: str, start: int) -> bool:
    """Whether a cut falls into the line's own time, or is its own call, as an agent's name with separators makes it."""
    before = line[:start]
    if before.isdigit():
        return len(line.partition("|")[0]) <= 11
    return before.count("|") == 1 and before.endswith("|") and "." in line[start:].partition("|")[0]


def _is_complete(event: QueueEvent) -> bool:
    return event.event in DETAILS and len(event.details) >= max(1, len(DETAILS[event.event]))


def _event(line: str, place: Place) -> QueueEvent | None:
    words = line.split("|")
    if len(words) < 5 or (logged_at := instant(words[0])) is None:
        return None
    at = _event_index(words)
    if at is None:
        return None
    event, details = words[at], tuple(words[at + 1 :])
    values = _values(event, details)
    if values is None:
        return None
    return QueueEvent(logged_at, words[1], words[2], "|".join(words[3:at]), event, details, values, place)


def _event_index(words: list[str]) -> int | None:
    """Which word is the event: the fifth, unless the agent's name holds the separator."""
    if words[4] in DETAILS:
        return 4
    for index in range(5, min(len(words), MOST_PIPES)):
        if words[index] in DETAILS:
            return index
    return 4 if EVENT.fullmatch(words[4]) else None


def _values(event: str, details: tuple[str, ...]) -> Mapping[str, Value] | None:
    """The details by name; None when a number is none."""
    names = DETAILS.get(event, ())
    given = list(details)
    if event == "ATTENDEDTRANSFER":
        given = _attended(given)
    elif names and names[-1] in FREE_TEXT and len(given) > len(names):
        given[len(names) - 1 :] = ["|".join(given[len(names) - 1 :])]
    values: dict[str, Value] = {}
    for name, text in zip(names, given + [""] * len(names), strict=False):
        if name in NUMBERS:
            values[name] = number = _number(text)
            if text and number is None:
                return None
        else:
            values[name] = text or None
    return values


def _number(text: str) -> int | None:
    """A whole number; below zero where a clock was set back during the call."""
    number = whole_number(text.removeprefix("-"))
    return -number if number is not None and text.startswith("-") else number


def _attended(given: list[str]) -> list[str]:
    """The method may name one, two or no channels or bridges; the three numbers always end it."""
    while given and not given[-1]:
        given = given[:-1]
    named = [*given[:-3], "", "", ""]
    return [*named[:3], *given[-3:]]


def read_queue_log_rows(rows: Iterable[Row], zone: tzinfo = UTC) -> Reading[QueueEvent]:
    """Read a `queue_log` table as realtime fills it: time, callid, queuename, agent, event, data1..data5 or data."""
    return read_rows(rows, "queue_log", lambda row, place: _of_row(row, zone, place))


def _of_row(row: Row, zone: tzinfo, place: Place) -> QueueEvent | None:
    logged_at, event = instant(row.get("time") or "", zone), row.get("event") or ""
    if logged_at is None or not event:
        return None
    if any(row.get(f"data{number}") for number in range(1, 6)):
        details = [row.get(f"data{number}") or "" for number in range(1, 6)]
        while details and not details[-1]:
            details.pop()
    else:
        details = (row.get("data") or "").split("|")
    queue, values = row.get("queuename") or row.get("queue") or "", _values(event, tuple(details))
    if values is None:
        return None
    call, agent = row.get("callid") or "", row.get("agent") or ""
    return QueueEvent(logged_at, call, queue, agent, event, tuple(details), values, place)
