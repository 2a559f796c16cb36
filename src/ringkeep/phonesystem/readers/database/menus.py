"""Menus, announcements, opening hours and night switches, each from its module's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import Announcement, Menu, MenuKey, NightSwitch, Row, Tables, TimeCondition
from ringkeep.phonesystem.readers.database.rows import by_number, number, rows_of, settings_of, text

MENU_COLUMNS = frozenset({
    "id", "ivr_id", "name", "displayname", "announcement", "announcement_id", "directdial", "enable_directdial", "timeout_time", "timeout",
    "timeout_destination", "invalid_destination",
})  # fmt: skip
NO = {"", "0", "no", "off", "disabled", "none"}


def recordings(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Table recordings: id -> the names of its sounds, `&` between them."""
    found: dict[str, tuple[str, ...]] = {}
    for row, _ in rows_of(tables, "recordings"):
        if identity := text(row, "id"):
            names = re.split(r"&", row.get("filename") or "")
            found[identity] = tuple(name.strip() for name in names if name.strip())
    return found


def read_menus(tables: Tables) -> Iterator[Menu]:
    """Tables ivr_details and ivr_entries; ivr and ivr_dests before FreePBX 2.10."""
    sounds = recordings(tables)
    details, entries = ("ivr_details", "ivr_entries") if "ivr_details" in tables else ("ivr", "ivr_dests")
    keys: dict[str, list[MenuKey]] = {}
    for row, place in rows_of(tables, entries):
        key, destination = text(row, "selection"), parse_destination(text(row, "dest"))
        if key and destination:
            keys.setdefault(text(row, "ivr_id") or "", []).append(MenuKey(key, destination, place))
    for row, place in rows_of(tables, details):
        identity = text(row, "id", "ivr_id")
        if identity and text(row, "displayname") != "__install_done":
            own = keys.get(identity, [])
            yield _menu(row, place, identity, [*own, *_otherwise(row, place, {key.key for key in own})], sounds)


def _menu(
    row: Row, place: Place, identity: str, keys: list[MenuKey], sounds: Mapping[str, tuple[str, ...]]
) -> Menu:  # fmt: skip
    direct = row.get("directdial", row.get("enable_directdial"))
    return Menu(
        name=identity, context=f"ivr-{identity}", prompts=sounds.get(text(row, "announcement", "announcement_id") or "", ()),
        keys=tuple(keys), place=place, title=text(row, "name", "displayname"),
        timeout_s=number(row, "timeout_time") if "timeout_time" in row else number(row, "timeout"),
        direct_dial=None if direct is None else direct.strip().lower() not in NO, settings=settings_of(row, MENU_COLUMNS),
    )  # fmt: skip


def _otherwise(row: Row, place: Place, known: set[str]) -> Iterator[MenuKey]:
    """Where a caller goes who keys nothing (t) or something else (i)."""
    for key, column in (("t", "timeout_destination"), ("i", "invalid_destination")):
        destination = parse_destination(text(row, column))
        if destination and key not in known:
            yield MenuKey(key, destination, place)


def read_announcements(tables: Tables) -> Iterator[Announcement]:
    """Table announcement."""
    sounds = recordings(tables)
    for row, place in rows_of(tables, "announcement"):
        if identity := text(row, "announcement_id"):
            prompts = sounds.get(text(row, "recording_id") or "", ())
            after = parse_destination(text(row, "post_dest"))
            yield Announcement(identity, text(row, "description"), prompts, after, place)


def read_time_conditions(tables: Tables, database: Mapping[str, str]) -> Iterator[TimeCondition]:
    """Tables timeconditions and timegroups_details; what staff dialled to override one is in astdb: "/TC/1"."""
    times: dict[str, list[str]] = {}
    for row, _ in rows_of(tables, "timegroups_details"):
        if written := text(row, "time"):
            times.setdefault(text(row, "timegroupid") or "", []).append(written.replace("|", ","))
    for row, place in rows_of(tables, "timeconditions"):
        if not (identity := text(row, "timeconditions_id")):
            continue
        zone, group = text(row, "timezone"), text(row, "time") or ""
        by_calendar = (text(row, "mode") or "").startswith("calendar")
        own = [group.replace("|", ",")] if "|" in group else times.get(group, [])  # before there were time groups
        yield TimeCondition(
            id=identity, title=text(row, "displayname"), times=() if by_calendar else tuple(own),
            zone=None if zone == "default" else zone, inside=parse_destination(text(row, "truegoto")),
            outside=parse_destination(text(row, "falsegoto")), override=database.get(f"/TC/{identity}") or None, place=place,
        )  # fmt: skip


def read_night_switches(tables: Tables, database: Mapping[str, str]) -> Iterator[NightSwitch]:
    """Table daynight, a row for each of day, night and fc_description; the state is in astdb: "/DAYNIGHT/C1"."""
    rows: dict[str, dict[str, str]] = {}
    places: dict[str, Place] = {}
    for row, place in rows_of(tables, "daynight"):
        identity, kind = text(row, "ext"), text(row, "dmode")
        if identity and kind:
            rows.setdefault(identity, {})[kind] = row.get("dest") or ""
            places.setdefault(identity, place)
    for identity in by_number(rows):
        state = database.get(f"/DAYNIGHT/C{identity}")
        yield NightSwitch(
            id=identity, title=text(rows[identity], "fc_description"), day=parse_destination(rows[identity].get("day")),
            night=parse_destination(rows[identity].get("night")), is_night=state.upper() == "NIGHT" if state else None,
            place=places[identity],
        )  # fmt: skip
