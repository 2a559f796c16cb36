"""Queues, ring groups, follow-me, paging groups, conferences and parking lots, each from its module's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import Conference, FollowMe, PagingGroup, ParkingLot, Queue, RingGroup, Row, Tables
from ringkeep.phonesystem.readers.database.rows import keywords, number, rows_of, settings_of, text

MEMBER = re.compile(r"(?:PJSIP|SIP|Local|IAX2|DAHDI)/([^@/,]{1,80})", re.I)
QUEUE_COLUMNS = frozenset({"extension", "descr", "maxwait", "dest"})
QUEUE_KEYWORDS = frozenset({"member", "strategy", "account"})
GROUP_COLUMNS = frozenset({"grpnum", "strategy", "grptime", "grplist", "postdest", "description"})
CONFERENCE_COLUMNS = frozenset({"exten", "description", "userpin", "adminpin"})


def read_queues(tables: Tables, database: Mapping[str, str]) -> Iterator[Queue]:
    """Tables queues_config and queues_details; agents who may log in are in astdb: "/QPENALTY/400/agents/1000"."""
    details: dict[str, list[Row]] = {}
    for row, _ in rows_of(tables, "queues_details"):
        details.setdefault(text(row, "id") or "", []).append(row)
    agents: dict[str, list[str]] = {}
    for key in database:
        words = key.split("/")
        if len(words) == 5 and words[1] == "QPENALTY" and words[3] == "agents":
            agents.setdefault(words[2], []).append(words[4])
    for row, place in rows_of(tables, "queues_config"):
        name = text(row, "extension")
        if name is None:
            continue
        own = details.get(name, [])
        options = {keyword: detail.get("data") or "" for detail in own if (keyword := text(detail, "keyword"))}
        members = [(number(detail, "flags") or 0, text(detail, "data") or "") for detail in own if detail.get("keyword") == "member"]  # fmt: skip
        interfaces = tuple(data.split(",")[0] for _, data in sorted(members, key=lambda member: member[0]) if data)
        settings = settings_of(row, QUEUE_COLUMNS) | settings_of(options, QUEUE_KEYWORDS)
        if name in agents:
            settings["dynamic_members"] = ",".join(sorted(agents[name]))
        yield Queue(
            name=name, number=name, title=text(row, "descr"), strategy=options.get("strategy") or None, members=interfaces,
            member_numbers=tuple(match[1] for one in interfaces if (match := MEMBER.match(one))), place=place,
            timeout_s=number(row, "maxwait") or None, destination=parse_destination(text(row, "dest")), settings=settings,
        )  # fmt: skip


def read_ring_groups(tables: Tables, database: Mapping[str, str]) -> Iterator[RingGroup]:
    """Table ringgroups; the list of members is written `1000-1007-17185551234#`.

    The caller that members see is only in astdb ("/RINGGROUP/600/changecid"); a FreePBX backup has it in the row.
    """
    for row, place in rows_of(tables, "ringgroups"):
        if name := text(row, "grpnum"):
            kept = {column: database.get(f"/RINGGROUP/{name}/{column}") for column in ("changecid", "fixedcid")}
            yield RingGroup(
                name=name, number=name, members=members_of(row.get("grplist")), place=place, title=text(row, "description"),
                strategy=text(row, "strategy"), ring_s=number(row, "grptime"),
                destination=parse_destination(text(row, "postdest")), settings=settings_of({**kept, **row}, GROUP_COLUMNS),
            )  # fmt: skip


def members_of(written: str | None) -> tuple[str, ...]:
    """`1000-1007-17185551234#` -> each member."""
    return tuple(word.strip() for word in (written or "").split("-") if word.strip())


def read_follow_mes(tables: Tables, database: Mapping[str, str]) -> Iterator[FollowMe]:
    """Table findmefollow; what somebody changed by their phone or portal is in astdb and counts."""
    for row, place in rows_of(tables, "findmefollow"):
        if not (extension := text(row, "grpnum")):
            continue
        states = {
            column: database.get(f"/AMPUSER/{extension}/followme/{column}") or row.get(column)
            for column in ("grplist", "strategy", "grptime", "postdest")
        }
        skips = database.get(f"/AMPUSER/{extension}/followme/ddial")
        yield FollowMe(
            extension=extension, enabled=None if skips is None else skips != "EXTENSION", members=members_of(states["grplist"]),
            strategy=text(states, "strategy"), ring_s=number(states, "grptime"),
            destination=parse_destination(text(states, "postdest")), place=place,
        )  # fmt: skip


def read_paging_groups(tables: Tables) -> Iterator[PagingGroup]:
    """Tables paging_config and paging_groups."""
    members: dict[str, list[str]] = {}
    for row, _ in rows_of(tables, "paging_groups"):
        if member := text(row, "ext"):
            members.setdefault(text(row, "page_number") or "", []).append(member)
    for row, place in rows_of(tables, "paging_config"):
        if group := text(row, "page_group"):
            yield PagingGroup(group, text(row, "description"), tuple(members.get(group, ())), place)


def read_conferences(tables: Tables) -> Iterator[Conference]:
    """Table meetme. The PIN is kept for comparing only; of the leader's only that there is one."""
    for row, place in rows_of(tables, "meetme"):
        if room := text(row, "exten"):
            settings = settings_of(row, CONFERENCE_COLUMNS)
            if text(row, "adminpin"):
                settings["leader"] = "by a code"
            yield Conference(room, text(row, "description"), place, text(row, "userpin"), settings)


def read_parking_lots(tables: Tables) -> Iterator[ParkingLot]:
    """Table parkplus; parkinglot, of keywords, before FreePBX 2.11."""
    for row, place in rows_of(tables, "parkplus"):
        lot = text(row, "parkext")
        yield ParkingLot(
            text(row, "name") or lot or "", lot, _positions(text(row, "parkpos"), number(row, "numslots")), place
        )
    if tables.get("parkplus"):
        return
    places = {text(row, "id"): place for row, place in rows_of(tables, "parkinglot")}
    for identity, options in keywords(tables, "parkinglot").items():
        lot = options.get("parkext")
        if lot:
            start = number(options, "parkext")
            first = str(start + 1) if start is not None else None
            yield ParkingLot(
                options.get("name") or lot, lot, _positions(first, number(options, "numslots")), places[identity]
            )


def _positions(first: str | None, count: int | None) -> str | None:
    """`71`, 8 -> "71-78"."""
    if first is None or count is None or (start := number({"first": first}, "first")) is None:
        return first
    return f"{first}-{start + count - 1}" if count > 1 else first
