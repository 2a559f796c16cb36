"""The dialplan -> everything that has a number: who is reached by dialling what, from inside and from outside."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ringkeep.asterisk.dialplan import Context, Dialplan
from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.model import (
    Announcement,
    Conference,
    DirectAccess,
    Extension,
    FeatureCode,
    InboundNumber,
    Menu,
    NightSwitch,
    OutboundRoute,
    OutsideNumber,
    PagingGroup,
    Queue,
    RingGroup,
    TimeCondition,
    Trunk,
)
from ringkeep.phonesystem.readers import dialled, features, groups, hours, menus
from ringkeep.phonesystem.readers.following import Follower, Known
from ringkeep.phonesystem.readers.inbound import ROUTED, inbound_numbers
from ringkeep.phonesystem.readers.outbound import outbound_routes
from ringkeep.phonesystem.readers.product_dialplan import Generated, hand_written
from ringkeep.phonesystem.readers.titles import Titles


@dataclass(frozen=True, slots=True)
class Ends:
    """Where calls come from and go to, read from the other files."""

    extensions: tuple[Extension, ...]
    trunks: tuple[Trunk, ...]
    queues: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that has a number."""

    extensions: tuple[Extension, ...]  # numbered as colleagues dial them
    queues: tuple[Queue, ...]
    ring_groups: tuple[RingGroup, ...]
    menus: tuple[Menu, ...]
    announcements: tuple[Announcement, ...]
    time_conditions: tuple[TimeCondition, ...]
    night_switches: tuple[NightSwitch, ...]
    inbound_numbers: tuple[InboundNumber, ...]
    outbound_routes: tuple[OutboundRoute, ...]
    feature_codes: tuple[FeatureCode, ...]
    conferences: tuple[Conference, ...]
    paging_groups: tuple[PagingGroup, ...]
    outside_numbers: tuple[OutsideNumber, ...]
    direct_accesses: tuple[DirectAccess, ...]


def find(dialplan: Dialplan, ends: Ends, titles: Titles, database: Mapping[str, str]) -> Numbers:
    """Look through the dialplan from where phones and carriers enter it."""
    generated = Generated(dialplan, database, titles)
    written = hand_written(dialplan)
    inside = _reachable(dialplan, {e.context for e in ends.extensions if e.context})
    phones = dialled.numbered(ends.extensions, dialplan, inside, written)
    own = menus.find_menus(dialplan, written)
    rooms = list(features.conferences(dialplan, titles))
    pages = list(features.paging_groups(dialplan, written))
    known = Known(
        phones={(e.technology, e.endpoint): e.number for e in phones},
        trunks={(t.technology, t.endpoint): t.name for t in ends.trunks},
        menus={place: menu.name for menu in own for place in menus.playing_places(menu, dialplan)},
        conferences={room: conference.number for conference, room in reversed(rooms)},
        pages={place: page.number for page, place in pages if place},
    )
    leading = dialled.leading(inside)
    rung = [
        (group if group.number else replace(group, number=leading.get((context.name, group.name))), context, step)
        for group, context, step in groups.find_groups(dialplan, written, known)
    ]
    switches = hours.switch_ids(dialplan, written)
    known = replace(
        known,
        groups={(context.name, step.place): group.number or group.name for group, context, step in rung},
        switches=frozenset(switches),
    )
    numbered = dialled.queues_numbered(ends.queues, dialplan, inside, generated)
    known = replace(known, queues={q.name: q.number or q.name for q in numbered})
    follower = Follower(dialplan, known)
    direct = frozenset(e.number for e in phones)
    numbers = Numbers(
        extensions=phones,
        queues=dialled.queues_ended(numbered, dialplan, follower, generated),
        ring_groups=(
            *generated.ring_groups(),
            *(groups.with_end(group, context, step, follower) for group, context, step in rung),
        ),
        menus=(*generated.menus(), *(_menu(menu, dialplan, follower, direct) for menu in own)),
        announcements=tuple(generated.announcements()),
        time_conditions=(*generated.time_conditions(), *hours.time_conditions(written, follower)),
        night_switches=(*generated.night_switches(), *hours.night_switches(switches, follower, database)),
        inbound_numbers=tuple(_inbound(dialplan, ends.trunks, follower)),
        outbound_routes=tuple(outbound_routes(inside, {c.name for c in written}, follower, titles)),
        feature_codes=tuple(features.feature_codes(inside, _numbers(phones, numbered, generated))),
        conferences=tuple(_first_of_each([conference for conference, _ in rooms])),
        paging_groups=tuple(page for page, _ in pages),
        outside_numbers=tuple(generated.outside_numbers()),
        direct_accesses=tuple(generated.direct_accesses()),
    )
    return replace(numbers, announcements=(*numbers.announcements, *follower.announcements.values()))


def _reachable(dialplan: Dialplan, names: Iterable[str]) -> list[Context]:
    """The contexts a phone can dial into, each once: their includes, and where a pattern sends every number on."""
    found: dict[str, Context] = {}
    waiting = deque(sorted(names))
    while waiting:
        for context in dialplan.includes_of(waiting.popleft()):
            if context.name not in found:
                found[context.name] = context
    return list(found.values())


def _numbers(phones: Iterable[Extension], queues: Iterable[Queue], generated: Generated) -> set[str]:
    """What a code may end in without being one of its own: `*45400` is `*45` for queue 400."""
    groups_of_product = {e.pattern for e in generated.context("ext-group")}
    return {e.number for e in phones} | {q.number or q.name for q in queues} | groups_of_product


def _menu(menu: Menu, dialplan: Dialplan, follower: Follower, phones: frozenset[str]) -> Menu:
    keys = tuple(menus.keys_of(menu, dialplan, follower))
    return replace(menu, keys=keys, direct_dial=menus.direct_dial(menu, dialplan, phones), settings={})


def _inbound(dialplan: Dialplan, trunks: Iterable[Trunk], follower: Follower) -> Iterable[InboundNumber]:
    for number, context, extension in inbound_numbers(dialplan, trunks):
        if context.name.startswith("ext-did"):
            steps = [s for s in extension.steps if s.application.lower() == "goto" and s.arguments.count(",") >= 2]
            step = extension.step(ROUTED[0]) or (steps[-1] if steps else None)
            destination = parse_destination(step.arguments) if step else None
            yield replace(number, destination=destination)
        else:
            yield replace(number, destination=follower.from_number(context.name, extension.pattern))


def _first_of_each(found: list[Conference]) -> Iterable[Conference]:
    kept: dict[str, Conference] = {}
    for one in found:
        kept.setdefault(one.number, one)
    return kept.values()
