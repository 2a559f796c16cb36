"""Channel event logging: files of cel_custom and rows of a `cel` table.

Source: https://docs.asterisk.org/Configuration/Reporting/Channel-Event-Logging-CEL/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.records import Reading, instant, read_rows
from ringkeep.asterisk.separated import Form, Layout, named, read_separated

Row = Mapping[str, str | None]

# As cel_custom.conf's own example maps them.
EXAMPLE = Layout((
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame",
    "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "bridgepeer", "userfield", "userdeftype",
    "eventextra",
))  # fmt: skip
# Names of the same column in mappings, advanced mappings and tables.
SAME = {
    "name": "cid_name", "num": "cid_num", "ani": "cid_ani", "rdnis": "cid_rdnis", "dnid": "cid_dnid",
    "bridgepeer": "peer", "extra": "eventextra", "channel": "channame",
}  # fmt: skip
NUMBERED = (  # `eventtype` of tables that store its number: main/cel.c, in order from 0
    "ALL", "CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "PARK_START", "PARK_END", "USER_DEFINED",
    "BRIDGE_ENTER", "BRIDGE_EXIT", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "LINKEDID_END",
    "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN", "STREAM_BEGIN", "STREAM_END", "DTMF",
)  # fmt: skip
EVENT = re.compile(r"[^\x00-\x1f]{1,80}")


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One event; what the file does not hold is ""."""

    event: str  # CHAN_START, ANSWER, ...; a user's own name where the file shows it
    happened_at: datetime
    cid_name: str
    cid_num: str
    cid_ani: str
    cid_rdnis: str
    cid_dnid: str
    exten: str
    context: str
    channame: str
    appname: str
    appdata: str
    amaflags: str
    accountcode: str
    uniqueid: str
    linkedid: str
    peer: str
    userfield: str
    userdeftype: str
    eventextra: str  # JSON or free text
    further: Mapping[str, str]
    place: Place


OWN = tuple(name for name in ChannelEvent.__slots__ if name not in ("event", "happened_at", "further", "place"))


def read_cel_csv(
    content: bytes, file: str = "Master.csv", *, layout: Layout = EXAMPLE, zone: tzinfo = UTC, growing: bool = False
) -> Reading[ChannelEvent]:
    """Read a file of cel_custom. `zone` matters where `dateformat` writes clock time; seconds since 1970 need none."""
    form = Form(file, len(layout.columns), layout.separator, layout.quote, growing)

    def one(fields: list[str], place: Place) -> ChannelEvent | None:
        values = named(fields, layout)
        return _record(values, zone, place) if values else None

    return read_separated(content, form, one)


def read_cel_rows(rows: Iterable[Row], zone: tzinfo = UTC) -> Reading[ChannelEvent]:
    """Read rows of a `cel` table."""
    return read_rows(rows, "cel", lambda row, place: _record({k: v or "" for k, v in row.items()}, zone, place))


def _record(given: Mapping[str, str], zone: tzinfo, place: Place) -> ChannelEvent | None:
    values = {SAME.get(name, name): value for name, value in given.items() if name}
    event, happened_at = values.pop("eventtype", ""), instant(values.pop("eventtime", ""), zone)
    if happened_at is None or not EVENT.fullmatch(event):
        return None
    if event.isascii() and event.isdigit() and len(event) < 3 and int(event) < len(NUMBERED):
        event = NUMBERED[int(event)]
    further = {name: value for name, value in values.items() if name not in OWN}
    own = {name: values.get(name, "") for name in OWN}
    return ChannelEvent(event=event, happened_at=happened_at, further=further, place=place, **own)
