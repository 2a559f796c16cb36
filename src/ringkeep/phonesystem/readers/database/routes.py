"""Inbound routes (table incoming) and outbound routes (outbound_routes and what belongs to it)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import DialPattern, InboundNumber, OutboundRoute, Row, Tables, Trunk
from ringkeep.phonesystem.readers.database.rows import number, rows_of, settings_of, text

INBOUND_COLUMNS = frozenset({"cidnum", "extension", "destination", "description"})
OUTBOUND_COLUMNS = frozenset({"route_id", "name", "emergency_route", "seq"})
RANGE = re.compile(r"\[[^\]]*\]")
LITERAL = re.compile(r"[0-9*]*")


def read_inbound_numbers(tables: Tables, trunks: Sequence[Trunk]) -> Iterator[InboundNumber]:
    """Every trunk that is switched on reaches every inbound route: the products do not tell them apart."""
    live = [trunk for trunk in trunks if trunk.enabled is not False]
    names, context = tuple(trunk.name for trunk in live), next((t.context for t in live if t.context), "from-pstn")
    for row, place in rows_of(tables, "incoming"):
        yield InboundNumber(
            number=text(row, "extension") or "", context=context, trunks=names, place=place, callerid=text(row, "cidnum"),
            title=text(row, "description"), destination=parse_destination(text(row, "destination")),
            settings=settings_of(row, INBOUND_COLUMNS),
        )  # fmt: skip


def read_outbound_routes(tables: Tables, trunks: Sequence[Trunk]) -> Iterator[OutboundRoute]:
    """In the order in which they are tried; trunks are named in theirs."""
    names = {trunk.id: trunk.name for trunk in trunks}
    ways = _in_order(tables, "outbound_route_trunks")
    patterns: dict[str | None, list[DialPattern]] = {}
    for row, _ in rows_of(tables, "outbound_route_patterns"):
        patterns.setdefault(text(row, "route_id"), []).append(_pattern(row))
    order = {text(row, "route_id"): number(row, "seq") or 0 for row, _ in rows_of(tables, "outbound_route_sequence")}
    routes = [(row, place) for row, place in rows_of(tables, "outbound_routes") if text(row, "route_id")]
    for row, place in sorted(routes, key=lambda route: order.get(text(route[0], "route_id"), 1 << 30)):
        identity = text(row, "route_id")
        own = patterns.get(identity, [])
        settings = settings_of(row, OUTBOUND_COLUMNS)
        if text(row, "password"):
            settings["asks"] = "a code"
        title = text(row, "name")
        yield OutboundRoute(
            name=title or identity or "", pattern=own[0].pattern if own else "", context=f"outrt-{identity}",
            trunks=tuple(names[one] for way in ways.get(identity, []) if (one := text(way, "trunk_id")) in names),
            strip=own[0].strip if own else None, prepend=own[0].prepend if own else "", place=place, id=identity, title=title,
            patterns=tuple(own), emergency=(text(row, "emergency_route") or "").upper() in ("YES", "1"), settings=settings,
        )  # fmt: skip


def _in_order(tables: Tables, table: str) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = {}
    for row in sorted(tables.get(table, ()), key=lambda row: number(row, "seq") or 0):
        found.setdefault(text(row, "route_id"), []).append(row)
    return found


def _pattern(row: Row) -> DialPattern:
    """As the products write it into the dialplan: `9` + `NXXNXXXXXX` -> `_9NXXNXXXXXX`, the 9 is left away.

    Source: core_routing_formatpattern in the core module's functions.inc.php; a range counts as one digit.
    """
    prefix, rest = text(row, "match_pattern_prefix") or "", text(row, "match_pattern_pass") or ""
    whole = prefix + rest
    return DialPattern(
        pattern=whole if LITERAL.fullmatch(whole) else f"_{whole}", strip=len(RANGE.sub("X", prefix)),
        prepend=text(row, "prepend_digits") or "", caller=text(row, "match_cid"),
    )  # fmt: skip
