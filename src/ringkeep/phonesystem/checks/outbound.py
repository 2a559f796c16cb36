"""Ways out: patterns that others hide, routes without a trunk that works, trunks without a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Context, Extension
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.roads import trunk_of_product
from ringkeep.phonesystem.checks.shapes import Shape, holds, shape_of
from ringkeep.phonesystem.model import OutboundRoute
from ringkeep.phonesystem.sentences import Sentence

ON = ("on", "yes", "true", "1")
DIALS_OUT = re.compile(r"dialout-(trunk|enum|dundi)|dialout_")


def route_title(route: OutboundRoute) -> str:
    """What people call the route."""
    return route.title or route.name


def disabled_trunks(known: Known) -> frozenset[str]:
    """Names of trunks that are switched off."""
    values = known.system.dialplan.globals
    off = {
        trunk_of_product(known.system, key[11:])
        for key, v in values.items()
        if key.startswith("OUTDISABLE_") and v.lower() in ON
    }
    return frozenset(off | {t.name for t in known.system.trunks if t.enabled is False})


def phone_contexts(known: Known) -> dict[str, list[str]]:
    """Context -> numbers of the phones that dial there."""
    table: dict[str, list[str]] = {}
    for extension in known.system.extensions:
        if extension.context:
            table.setdefault(extension.context, []).append(extension.number)
    return table


def advise_shadowed(known: Known) -> Iterator[Finding]:
    """Patterns of outbound routes that no number reaches: another context is searched first and takes them all."""
    routes = {(r.context, p): r for r in known.system.outbound_routes for p in _patterns(r)}
    told: set[Place] = set()
    for context in phone_contexts(known):
        earlier: list[tuple[Shape, Context, Extension]] = []
        for home in known.system.dialplan.includes_of(context):
            for extension in home.extensions:
                route = routes.get((home.name, extension.pattern))
                if route is None or extension.place in told:
                    continue
                shape = shape_of(extension.pattern)
                by = next((one for one in earlier if holds(one[0], shape)), None)
                if by is not None and not _same_way(routes, by, route):
                    told.add(extension.place)
                    says = Sentence(
                        "{pattern} of route {route} is never used: {other} in {context} is searched first and takes every such number",
                        {
                            "pattern": extension.pattern,
                            "route": route_title(route),
                            "other": by[2].pattern,
                            "context": by[1].name,
                        },
                    )
                    yield Finding("route-shadowed", "degraded", extension.place, says, route_title(route))
            earlier += [
                (shape_of(e.pattern), home, e)
                for e in home.extensions
                if e.callerid is None and e.steps and not re.fullmatch(r"_?[a-zA-Z]|_\*.*", e.pattern)
                and (e.pattern.startswith("_") or len(e.pattern) < 6)
            ]  # fmt: skip


def _patterns(route: OutboundRoute) -> list[str]:
    return [route.pattern, *(p.pattern for p in route.patterns if p.caller is None)]


def _same_way(
    routes: dict[tuple[str, str], OutboundRoute], by: tuple[Shape, Context, Extension], route: OutboundRoute
) -> bool:
    other = routes.get((by[1].name, by[2].pattern))
    return other is not None and other.trunks == route.trunks


def advise_routes(known: Known) -> Iterator[Finding]:
    """Routes whose trunks are all gone or switched off."""
    off = disabled_trunks(known)
    told: set[str] = set()
    for route in known.system.outbound_routes:
        if route.id in told or not route.trunks:
            continue
        dead = [name for name in route.trunks if name in off]
        if len(dead) == len(route.trunks):
            says = Sentence(
                "route {route} has no trunk that works: {trunks} is switched off",
                {"route": route_title(route), "trunks": listed(dead)},
            )
            yield Finding("route-without-trunk", "bad", route.place, says, route_title(route))
            if route.id:
                told.add(route.id)
    if known.system.product != "asterisk":
        for name, context in known.system.dialplan.contexts.items():
            patterns = [e for e in context.extensions if re.match(r"_|\d", e.pattern)]
            if re.fullmatch(r"outrt-\w+", name) and patterns and not _goes_out(patterns):
                says = Sentence("route {route} names no trunk: its calls end with an announcement", {"route": name})
                yield Finding("route-without-trunk", "bad", patterns[0].place, says, name)


def _goes_out(patterns: list[Extension]) -> bool:
    return any(DIALS_OUT.search(step.arguments) for extension in patterns for step in extension.steps)


def advise_limits(known: Known) -> Iterator[Finding]:
    """Trunks on which any number of calls may go out at once: what a fraud can cost in a night."""
    system = known.system
    used = {name for route in system.outbound_routes for name in route.trunks}
    if system.product == "asterisk":
        counted = any("GROUP" in s.arguments for c in known.reached for e in c.extensions for s in e.steps)
        free = [] if counted else [t for t in system.trunks if t.name in used and t.max_channels is None]
    else:
        values = system.dialplan.globals
        limited = {
            trunk_of_product(system, k[12:]) for k, v in values.items() if k.startswith("OUTMAXCHANS_") and v.strip()
        }
        if known.settings_only:
            limited = {t.name for t in system.trunks if t.max_channels is not None}
        free = [t for t in system.trunks if t.name in used and t.name not in limited]
    if free:
        says = Sentence(
            "nothing limits how many calls go out over {trunks} at once", {"trunks": listed(t.name for t in free)}
        )
        yield Finding("trunk-unlimited", "note", free[0].place, says, free[0].name, tuple(t.place for t in free[1:]))
