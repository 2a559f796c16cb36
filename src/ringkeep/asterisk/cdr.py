"""Call detail records: Asterisk's cdr-csv/Master.csv, cdr-custom files, and rows of FreePBX's table `cdr`.

Times are written as the phone system's clock shows them, or in UTC with `usegmtime`: the caller says which zone.
Source: https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/ and cdr/cdr_csv.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from ringkeep.asterisk.conf import Configuration, Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.asterisk.records import Reading, instant, read_rows
from ringkeep.asterisk.separated import Form, Layout, named, read_separated

Row = Mapping[str, str | None]

BASE = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
NEWER = ("peeraccount", "linkedid", "sequence")  # newcdrcolumns=yes
DISPOSITIONS = {"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "NOANSWER", "NULL"}
SECONDS = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")
UNIQUE_ID = re.compile(r"(?:.{0,120}-)?[0-9]{9,11}\.[0-9]{1,10}")
TIMES = ("start", "answer", "end")
NO_TIME = ("", "0000-00-00 00:00:00")


@dataclass(frozen=True, slots=True)
class Cdr:
    """One record, by Asterisk's own names; what the file does not hold is "" or None."""

    accountcode: str
    src: str
    dst: str
    dcontext: str
    clid: str  # '"Ana Smith" <1001>'
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    started_at: datetime | None
    answered_at: datetime | None  # None: not answered
    ended_at: datetime | None
    duration_s: float | None
    billed_s: float | None
    disposition: str
    amaflags: str
    uniqueid: str
    userfield: str
    linkedid: str
    peeraccount: str
    sequence: int | None
    further: Mapping[str, str]  # every other column, such as FreePBX's did, recordingfile, cnum, cnam
    place: Place


OWN = {*BASE, *NEWER, "uniqueid", "userfield"}


def csv_layouts(configuration: Configuration | None) -> tuple[Layout, ...]:
    """What lines of Master.csv may hold, likeliest first, as `[csv]` of cdr.conf asks.

    Settings change while a file grows, so every layout that cdr_csv can write is among them.
    """
    section = configuration.section("csv") if configuration else None

    def is_on(name: str) -> bool:
        return bool(section) and ((section.get(name) if section else "") or "").lower() in (
            "yes",
            "true",
            "1",
            "on",
            "y",
            "t",
        )

    asked = (is_on("loguniqueid"), is_on("loguserfield"), is_on("newcdrcolumns"))
    kinds = [(one, two, three) for one in (True, False) for two in (True, False) for three in (False, True)]
    kinds.sort(key=lambda kind: kind != asked)
    return tuple(
        Layout((*BASE, *(["uniqueid"] * one), *(["userfield"] * two), *(NEWER if three else ()))) for one, two, three in kinds
    )  # fmt: skip


ALL_LAYOUTS = csv_layouts(None)


def uses_utc(configuration: Configuration | None) -> bool:
    """Whether `usegmtime` is on: the times of Master.csv are UTC."""
    section = configuration.section("csv") if configuration else None
    return bool(section) and ((section.get("usegmtime") if section else "") or "").lower() in ("yes", "true", "1", "on")


def read_cdr_csv(
    content: bytes, file: str = "Master.csv", *, layouts: tuple[Layout, ...] = ALL_LAYOUTS, zone: tzinfo = UTC,
    growing: bool = False,
) -> Reading[Cdr]:  # fmt: skip
    """Read a CSV file of CDRs; `layouts` are those of `csv_layouts`, or the one that a mapping of cdr_custom gives."""
    first = layouts[0]
    fewest = min(len(layout.columns) for layout in layouts)
    form = Form(file, fewest, first.separator, first.quote, growing)

    def one(fields: list[str], place: Place) -> Cdr | None:
        for layout in layouts:
            values = named(fields, layout)
            if values and (record := _record(values, zone, place)):
                return record
        return None

    return read_separated(content, form, one)


def read_cdr_rows(rows: Iterable[Row], zone: tzinfo = UTC) -> Reading[Cdr]:
    """Read rows of a `cdr` table as FreePBX, Issabel and cdr_adaptive_odbc fill it.

    It has `calldate`, the start, and no other time: answer and end are reckoned from `duration` and `billsec`.
    """
    return read_rows(rows, "cdr", lambda row, place: _of_row(row, zone, place))


def _of_row(row: Row, zone: tzinfo, place: Place) -> Cdr | None:
    values = {name: value or "" for name, value in row.items()}
    if "calldate" in values:
        values.setdefault("start", values.pop("calldate"))
    if not values.get("start") or "duration" not in values:
        return None
    return _record(values, zone, place)


def _record(values: Mapping[str, str], zone: tzinfo, place: Place) -> Cdr | None:
    """The record, or None when a time or a number is none, or a word is not of its kind."""
    if values.get("disposition") and values["disposition"] not in DISPOSITIONS:
        return None
    times: dict[str, datetime | None] = {}
    for name in TIMES:
        text = values.get(name, "")
        times[name] = None if text in NO_TIME else instant(text, zone)
        if text not in NO_TIME and times[name] is None:
            return None
    seconds: dict[str, float | None] = {}
    for name in ("duration", "billsec"):
        text = values.get(name, "")
        if text and not SECONDS.fullmatch(text):
            return None
        seconds[name] = float(text) if text else None
    if "start" in values and times["start"] is None:
        return None
    if values.get("uniqueid") and "userfield" not in values and not UNIQUE_ID.fullmatch(values["uniqueid"]):
        return None  # the layout with the user field alone
    if "answer" not in values and "end" not in values:
        _reckon(times, seconds, values)
    return _made(values, times, seconds, place)


def _reckon(times: dict[str, datetime | None], seconds: Mapping[str, float | None], values: Mapping[str, str]) -> None:
    start, duration = times["start"], seconds["duration"]
    if start is None or duration is None:
        return
    try:
        times["end"] = end = start + timedelta(seconds=duration)
        if values.get("disposition") == "ANSWERED" and (billed := seconds["billsec"]) is not None:
            times["answer"] = end - timedelta(seconds=billed)
    except OverflowError:
        return


def _made(
    values: Mapping[str, str], times: Mapping[str, datetime | None], seconds: Mapping[str, float | None], place: Place
) -> Cdr:
    text = values.get
    return Cdr(
        text("accountcode", ""), text("src", ""), text("dst", ""), text("dcontext", ""), text("clid", ""),
        text("channel", ""), text("dstchannel", ""), text("lastapp", ""), text("lastdata", ""), times["start"],
        times["answer"], times["end"], seconds["duration"], seconds["billsec"], text("disposition", ""),
        text("amaflags", ""), text("uniqueid", ""), text("userfield", ""), text("linkedid", ""), text("peeraccount", ""),
        whole_number(text("sequence", "")), {name: value for name, value in values.items() if name not in OWN and name},
        place,
    )  # fmt: skip
