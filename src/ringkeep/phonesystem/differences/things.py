"""A phone system as flat things with values, so that two of them can be laid side by side.

`flatten` gives every object of the model as one `Thing`; what its reader does not know is not among the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.differences.secret_names import is_secret
from ringkeep.phonesystem.model import Destination, DialPattern, PhoneSystem

Key = tuple[str, str]  # ("extension", "1060"), ("queue", "401"), ("menu", "1")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a thing; two are the same when what is written is."""

    words: str  # short, as people say it: "queue 401", "yes"
    written: tuple[str, ...]  # as files and tables may write it
    is_secret: bool = False
    destination: Destination | None = None
    many: tuple[str, ...] | None = None  # of a list: its members


@dataclass(slots=True)
class Thing:
    """One object of a phone system."""

    what: str
    id: str
    title: str | None
    values: dict[str, Value] = field(default_factory=dict)
    names: frozenset[str] = frozenset()  # what files and tables call it, where that is no everyday word or number
    aliases: frozenset[Key] = frozenset()  # other keys under which files and tables know it

    @property
    def key(self) -> Key:
        """What it is, and which."""
        return self.what, self.id


Things = Mapping[Key, Thing]
MOST_POSITIONS = 1000  # of a parking lot that are known one by one
_Values = dict[str, Value]


def flatten(system: PhoneSystem) -> dict[Key, Thing]:
    """Every object of a phone system; of two with one key the first counts, as it does for Asterisk's callers."""
    found: dict[Key, Thing] = {}
    for make in (_extensions, _trunks, _mailboxes, _called, _flows, _numbers, _small, _states):
        for thing in make(system):
            found.setdefault(thing.key, thing)
    return found


def aligned(old: Things, new: dict[Key, Thing]) -> Things:
    """The new things, a queue that got another number under the one it had: its section is the same."""
    known = {key: thing for thing in old.values() if thing.what == "queue" for key in (thing.key, *thing.aliases)}
    found: dict[Key, Thing] = {}
    for key, thing in new.items():
        was = next((known[k] for k in (*thing.aliases, key) if k in known), None) if key[0] == "queue" else None
        if was is not None and was.key != key and was.key not in new:
            thing.aliases |= {key}
            thing.id = was.id
        found[thing.key] = thing
    return found


# -- values ---------------------------------------------------------------------------------------------------


def _text(value: str | None, *, secret: bool = False) -> Value | None:
    return None if value is None else Value(value, (value,), secret)


def _number(value: int | None) -> Value | None:
    return None if value is None else Value(str(value), (str(value),))


def _yes(value: bool | None) -> Value | None:
    return None if value is None else Value("yes" if value else "no", ("yes" if value else "no",))


def _to(destination: Destination | None) -> Value | None:
    if destination is None:
        return None
    return Value(words_of(destination), (destination.target, destination.id), destination=destination)


def _list(values: Sequence[str] | None) -> Value | None:
    return None if values is None else Value(", ".join(values), tuple(values), many=tuple(values))


def _times(times: Sequence[str]) -> Value:
    """Opening hours as people say them: "08:00-16:30 mon-fri"."""
    said = (" ".join(word for word in one.split(",") if word.strip() != "*") for one in times)
    return Value("; ".join(one or "always" for one in said), tuple(times))


def _place(identity: str) -> str | None:
    """A place of a hand-written dialplan by its number first; None: no such place."""
    context, _, number = identity.partition(",")
    number = number.partition(",")[0]
    if not number:
        return None
    return context if number == "s" else f"{number} ({context})"


def _range(positions: str | None) -> Value | None:
    """Parking positions, "71-78", written as each of them."""
    if positions is None:
        return None
    first, _, last = positions.partition("-")
    start, end = whole_number(first.strip()), whole_number((last or first).strip())
    if start is None or end is None or end - start > MOST_POSITIONS:
        return Value(positions, (positions,))
    return Value(positions, (positions, *(str(number) for number in range(start, end + 1))))


INTERFACE = re.compile(r"(?:PJSIP|SIP|Local|IAX2|DAHDI)/([^@/,]{1,80})", re.IGNORECASE)


def rung(interface: str) -> str:
    """The extension behind a queue's member; the interface itself where it leads to none."""
    known = INTERFACE.match(interface)
    return known[1] if known else interface


def _thing(what: str, identity: str, title: str | None, names: Iterable[str] = (), /, **values: Value | None) -> Thing:
    kept = {name: value for name, value in values.items() if value is not None}
    return Thing(what, identity, title, kept, frozenset(name for name in names if _tells(name)))


def _tells(name: str) -> bool:
    """Whether a name found in a text means its owner: "1" and "s" do not."""
    return len(name) >= 3 or (len(name) == 2 and not name.isascii())


def _settings(settings: Mapping[str, str]) -> _Values:
    return {name: Value(text, (text,), True) if is_secret(name) else _setting(text) for name, text in settings.items()}


@lru_cache(maxsize=65536)
def _setting(text: str) -> Value:
    """A setting's value: thousands of phones have the same ones."""
    return Value(text, (text,))


def _with(thing: Thing, settings: Mapping[str, str], aliases: Iterable[Key] = ()) -> Thing:
    thing.values.update({name: value for name, value in _settings(settings).items() if name not in thing.values})
    thing.aliases = frozenset(aliases)
    return thing


# -- phones and lines -----------------------------------------------------------------------------------------


def _extensions(system: PhoneSystem) -> Iterator[Thing]:
    for one in system.extensions:
        yield _with(
            _thing(
                "extension", one.number, one.name, (one.number, one.endpoint, one.aor or ""),
                name=_text(one.name), technology=_text(one.technology or None), context=_text(one.context), username=_text(one.username),
                secret=_text(one.secret, secret=True), mailbox=_text(one.mailbox), transport=_text(one.transport),
                permit=_list(one.permit), codecs=_list(one.codecs), media_encryption=_text(one.media_encryption),
                language=_text(one.language), outbound_caller=_text(one.outbound_caller), ring_s=_number(one.ring_s),
            ),
            one.settings, [("endpoint", one.endpoint)],
        )  # fmt: skip


def _trunks(system: PhoneSystem) -> Iterator[Thing]:
    rows = {
        row.get(column): row.get("trunkid")
        for column in ("channelid", "name")
        for row in system.tables.get("trunks", ())
    }
    for one in system.trunks:
        registration, number = one.registration, one.id or rows.get(one.name) or rows.get(one.endpoint)
        logs_in = registration.secret if registration else None
        secret = one.secret or logs_in
        names = [one.name, one.endpoint, *([f"OUT_{number}"] if number else [])]
        yield _with(
            _thing(
                "trunk", one.name, None, names,
                server=_list(one.hosts), port=_number(one.port or None), match=_list(one.match), technology=_text(one.technology or None),
                username=_text(one.username), secret=_text(secret, secret=True), context=_text(one.context),
                transport=_text(one.transport), language=_text(one.language), codecs=_list(one.codecs), enabled=_yes(one.enabled),
                max_channels=_number(one.max_channels), outbound_caller=_text(one.outbound_caller),
                registration=_text(f"{registration.username or ''}@{registration.host}:{registration.port}") if registration else None,
                registration_secret=_text(logs_in, secret=True) if logs_in != secret else None,
            ),
            one.settings, [("endpoint", one.endpoint), *([("trunk_number", number)] if number else [])],
        )  # fmt: skip


def _mailboxes(system: PhoneSystem) -> Iterator[Thing]:
    for one in system.mailboxes:
        identity = one.number if one.context == "default" else f"{one.number}@{one.context}"
        thing = _thing(
            "mailbox", identity, one.name, (one.number,), name=_text(one.name), pin=_text(one.pin, secret=True), email=_text(one.email)
        )  # fmt: skip
        yield _with(thing, one.settings)


# -- who rings ------------------------------------------------------------------------------------------------


def _called(system: PhoneSystem) -> Iterator[Thing]:
    for queue in system.queues:
        whole = len(queue.members) == len(queue.member_numbers)
        members = queue.member_numbers if whole else tuple(map(rung, queue.members))
        yield _with(
            _thing(
                "queue", queue.number or queue.name, queue.title or queue.name, (queue.name, queue.number or ""), title=_text(queue.title),
                number=_text(queue.number), strategy=_text(queue.strategy), members=_list(members), wait_s=_number(queue.timeout_s),
                destination=_to(queue.destination),
            ),
            queue.settings,
            [("queue", queue.name)] if queue.number not in (None, queue.name) else (),
        )  # fmt: skip
    for group in system.ring_groups:
        yield _with(
            _thing(
                "ring_group", group.number or group.name, group.title, (group.name, group.number or ""), title=_text(group.title),
                strategy=_text(group.strategy), members=_list(group.members), ring_s=_number(group.ring_s),
                destination=_to(group.destination),
            ),
            group.settings,
        )  # fmt: skip
    for follow in system.follow_mes:
        yield _thing(
            "follow_me", follow.extension, None, (follow.extension,), enabled=_yes(follow.enabled), members=_list(follow.members),
            strategy=_text(follow.strategy), ring_s=_number(follow.ring_s), destination=_to(follow.destination),
        )  # fmt: skip
    for paging in system.paging_groups:
        yield _thing(
            "paging_group",
            paging.number,
            paging.title,
            (paging.number,),
            title=_text(paging.title),
            members=_list(paging.members),
        )


# -- what callers meet ----------------------------------------------------------------------------------------


def _flows(system: PhoneSystem) -> Iterator[Thing]:
    for menu in system.menus:
        thing = _thing(
            "menu", menu.name, menu.title, (menu.context,), title=_text(menu.title), prompts=_list(menu.prompts),
            timeout_s=_number(menu.timeout_s), direct_dial=_yes(menu.direct_dial),
            **{f"key {key.key}": _to(key.destination) for key in menu.keys},
        )  # fmt: skip
        yield _with(thing, menu.settings)
    for announcement in system.announcements:
        yield _thing(
            "announcement", announcement.id, announcement.title, (f"app-announcement-{announcement.id}",), title=_text(announcement.title),
            prompts=_list(announcement.prompts), destination=_to(announcement.destination),
        )  # fmt: skip
    groups = {row.get("timeconditions_id"): row.get("time") for row in system.tables.get("timeconditions", ())}
    for condition in system.time_conditions:
        thing = _thing(
            "time_condition", condition.id, condition.title or _place(condition.id), (), title=_text(condition.title), times=_times(condition.times),
            zone=_text(condition.zone), inside=_to(condition.inside), outside=_to(condition.outside), override=_text(condition.override),
        )  # fmt: skip
        aliases: list[Key] = [("time_group", groups[condition.id] or "")] if groups.get(condition.id) else []
        context, _, number = condition.id.partition(",")
        if number and condition.inside is not None:  # of a hand-written dialplan: an extension, or an include at times
            aliases += [("place", f"{context},{number}"), ("place", context)]
            thing.names = frozenset({number, condition.inside.id} - {""})
        yield _with(thing, {}, aliases)
    for switch in system.night_switches:
        yield _thing(
            "night_switch", switch.id, switch.title, (), title=_text(switch.title), day=_to(switch.day), night=_to(switch.night),
            is_night=_yes(switch.is_night),
        )  # fmt: skip


def _numbers(system: PhoneSystem) -> Iterator[Thing]:
    for number in system.inbound_numbers:
        identity = number.number + (f"/{number.callerid}" if number.callerid else "")
        names = (number.number,) if len(number.number) > 4 else ()
        thing = _thing(
            "inbound_route", identity, number.title, names, title=_text(number.title), destination=_to(number.destination)
        )  # fmt: skip
        yield _with(thing, number.settings)
    for route in system.outbound_routes:
        patterns = [_pattern(one) for one in route.patterns]
        by_hand = not route.id or "," in route.id
        named = f"{route.pattern} ({route.context})" if by_hand else route.title or route.name
        thing = _thing(
            "outbound_route", route.id or f"{route.context},{route.pattern}", named,
            (route.context,) if route.context.startswith("outrt-") else (), title=_text(route.title),
            patterns=_list(patterns or None), trunks=_list(route.trunks), strip=None if patterns else _number(route.strip),
            prepend=None if patterns else _text(route.prepend), emergency=_yes(route.emergency),
        )  # fmt: skip
        yield _with(thing, route.settings)


def _pattern(one: DialPattern) -> str:
    changes = [f"cut {one.strip}"] if one.strip else []
    changes += [f"put {one.prepend} before"] if one.prepend else []
    return one.pattern + (f"/{one.caller}" if one.caller else "") + (f" ({', '.join(changes)})" if changes else "")


def _small(system: PhoneSystem) -> Iterator[Thing]:
    for code in system.feature_codes:
        yield _thing("feature_code", code.code, code.name, (code.code,), enabled=_yes(code.enabled))
    for conference in system.conferences:
        thing = _thing(
            "conference", conference.number, conference.name, (conference.number,), title=_text(conference.name),
            pin=_text(conference.pin, secret=True),
        )  # fmt: skip
        yield _with(thing, conference.settings)
    for lot in system.parking_lots:
        thing = _thing(
            "parking_lot", lot.number or lot.name, lot.name, (), number=_text(lot.number), positions=_range(lot.positions)
        )  # fmt: skip
        yield _with(thing, {}, [("parking_lot", lot.name)])
    for music in system.music_classes:
        yield _thing("music_class", music.name, None, (), mode=_text(music.mode), directory=_text(music.directory))
    for outside in system.outside_numbers:
        yield _thing(
            "outside_number", outside.id, outside.title, (), title=_text(outside.title), number=_text(outside.number)
        )
    for access in system.direct_accesses:
        yield _thing(
            "direct_access", access.id, access.title, (), title=_text(access.title), has_pin=_yes(access.has_pin), context=_text(access.context)
        )  # fmt: skip


def _states(system: PhoneSystem) -> Iterator[Thing]:
    """What people dialled: there is such a state for every extension, so that switching one on is a change of it."""
    states = {one.extension: one for one in system.call_states}
    for number in dict.fromkeys([*(e.number for e in system.extensions), *states]):
        one = states.get(number)
        yield _thing(
            "call_state", number, None, (number,), forward_always=_text(one.forward_always if one else None),
            forward_busy=_text(one.forward_busy if one else None), forward_unanswered=_text(one.forward_unanswered if one else None),
            do_not_disturb=_yes(bool(one and one.do_not_disturb)), call_waiting=_yes(one.call_waiting if one else None),
        )  # fmt: skip
    blocked = tuple(number for number in system.blacklist if re.search(r"\d", number))
    yield _thing("setting", "blacklist", None, (), numbers=_list(blocked))
