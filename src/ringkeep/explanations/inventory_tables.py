"""A phone system in a terminal: one calm table for each kind of thing, the long ones folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ringkeep.phonesystem.destinations import words_of
from ringkeep.phonesystem.differences.names import DESTINATIONS, TITLED
from ringkeep.phonesystem.model import Destination, OutboundRoute, PhoneSystem
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.sources.source import Source
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation
ROWS, CELL, MEMBERS = 10, 48, 6  # of a list that is folded; letters of a cell; members of one group
PRODUCTS = {"freepbx": "FreePBX", "issabel": "Issabel", "asterisk": "Asterisk"}
TECHNOLOGIES = {"pjsip": "PJSIP", "sip": "SIP", "iax2": "IAX2", "dahdi": "DAHDI"}
HEADINGS = {
    "extensions": _("Extensions"), "trunks": _("Trunks"), "inbound": _("Numbers that callers dial"), "outbound": _("Outbound routes"),
    "menus": _("Menus"), "queues": _("Queues"), "groups": _("Ring groups"), "hours": _("Opening hours"), "night": _("Night switches"),
    "announcements": _("Announcements"), "mailboxes": _("Mailboxes"), "conferences": _("Conferences"), "paging": _("Paging groups"),
    "parking": _("Parking"), "follow_me": _("Follow-me"), "states": _("Forwarding and do not disturb"), "codes": _("Feature codes"),
    "outside": _("Outside numbers"), "access": _("Dial-in access"), "music": _("Music on hold"), "blacklist": _("Blacklist"),
    "disagreements": _("Where the database and the files disagree"), "problems": _("What could not be read as written"),
}  # fmt: skip
COLUMNS = {
    "number": _("number"), "name": _("name"), "technology": _("technology"), "mailbox": _("mailbox"), "context": _("context"),
    "hosts": _("carrier"), "state": _("state"), "via": _("through"), "to": _("leads to"), "caller": _("only for caller"),
    "patterns": _("dialled"), "trunks": _("trunks in order"), "prompts": _("plays"), "keys": _("keys"), "strategy": _("strategy"),
    "members": _("members"), "wait": _("longest wait"), "after": _("then"), "times": _("times"), "inside": _("open"), "outside": _("closed"),
    "day": _("by day"), "night": _("by night"), "email": _("mail address"), "positions": _("places"), "code": _("code"), "what": _("what"),
    "directory": _("folder"), "where": _("where"), "ring": _("rings"),
}  # fmt: skip

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One table: its heading's and its columns' keys, a row for each thing."""

    heading: str
    columns: tuple[str, ...]
    rows: Callable[[Teller], Iterable[Cells]]


class Teller:
    """Says things of one phone system in the reader's language."""

    def __init__(self, system: PhoneSystem, words: Words) -> None:
        self.system, self.words = system, words
        self.comma = "، " if words.direction == "rtl" else ", "
        self._titles = _titles(system)

    def to(self, destination: Destination | None) -> str | None:
        """Where a call goes, with the name of the thing when it has one."""
        if destination is None:
            return None
        title = self._titles.get((destination.kind, destination.id))
        sentence = TITLED.get(destination.kind) if title else DESTINATIONS.get(destination.kind)
        if sentence is None:
            return words_of(destination)
        values = {"id": destination.id, "title": title or ""}
        return Sentence(sentence.template, values).said(self.words).strip()

    def several(self, names: Sequence[str], most: int = MEMBERS) -> str:
        """Some names; how many more there are."""
        text = self.comma.join(names[:most])
        more = self.words(" and {number} more").format(number=self.words.number(len(names) - most))
        return text + (more if len(names) > most else "")

    def seconds(self, number: int | None) -> str | None:
        """A length of time."""
        return self.words("{seconds} s").format(seconds=self.words.number(number)) if number else None


def _titles(system: PhoneSystem) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str | None] = {}
    found |= {("extension", e.number): e.name for e in system.extensions}
    found |= {("mailbox", m.number): m.name for m in system.mailboxes}
    found |= {("queue", q.number or q.name): q.title or q.name for q in system.queues}
    found |= {("ring_group", g.number or g.name): g.title for g in system.ring_groups}
    found |= {("menu", m.name): m.title for m in system.menus}
    found |= {("announcement", a.id): a.title for a in system.announcements}
    found |= {("time_condition", t.id): t.title for t in system.time_conditions}
    found |= {("night_switch", n.id): n.title for n in system.night_switches}
    found |= {("conference", c.number): c.name for c in system.conferences}
    return {key: title for key, title in found.items() if title and title != key[1]}


# -- the tables -----------------------------------------------------------------------------------------------


def _extensions(t: Teller) -> Iterable[Cells]:
    for e in t.system.extensions:
        technology = TECHNOLOGIES.get(e.technology, e.technology)
        if e.endpoint != e.number:
            technology = f"{technology}/{e.endpoint}"
        yield e.number, e.name, technology, (e.mailbox or "").partition("@")[0], e.context


def _trunks(t: Teller) -> Iterable[Cells]:
    for one in t.system.trunks:
        states = [t.words("switched off") if one.enabled is False else ""]
        states += [t.words("registers") if one.registration else ""]
        hosts = t.several(one.hosts or one.match, 2)
        yield (
            one.name,
            TECHNOLOGIES.get(one.technology, one.technology),
            hosts,
            one.context,
            t.comma.join(filter(None, states)),
        )


def _inbound(t: Teller) -> Iterable[Cells]:
    for n in t.system.inbound_numbers:
        yield (
            n.number.removeprefix("_") or t.words("any other"),
            n.title,
            n.callerid,
            t.to(n.destination),
            t.several(n.trunks, 3),
        )


def _dialled(route: OutboundRoute) -> list[str]:
    """`9NXXNXXXXXX → 1…`: what is dialled, and what is put in front for the carrier."""
    return [p.pattern.removeprefix("_") + (f" → {p.prepend}…" if p.prepend else "") for p in route.patterns] or [
        route.pattern.removeprefix("_")
    ]


def _outbound(t: Teller) -> Iterable[Cells]:
    for r in t.system.outbound_routes:
        yield (
            r.title or r.name,
            t.several(_dialled(r), 4),
            t.several(r.trunks, 4),
            t.words("emergency") if r.emergency else None,
        )


def _menus(t: Teller) -> Iterable[Cells]:
    for m in t.system.menus:
        keys = "\n".join(f"{k.key}  {shown(t.to(k.destination) or '', CELL)}" for k in m.keys[:20])
        yield m.title or m.name, t.several(m.prompts, 3), keys


def _queues(t: Teller) -> Iterable[Cells]:
    for q in t.system.queues:
        yield (
            q.number,
            q.title or q.name,
            q.strategy,
            t.several(q.member_numbers or q.members, 4),
            t.seconds(q.timeout_s),
            t.to(q.destination),
        )


def _groups(t: Teller) -> Iterable[Cells]:
    for g in t.system.ring_groups:
        yield g.number, g.title or g.name, g.strategy, t.several(g.members, 4), t.seconds(g.ring_s), t.to(g.destination)


def _hours(t: Teller) -> Iterable[Cells]:
    for c in t.system.time_conditions:
        times = "\n".join(map(_short, c.times[:4])) + ("\n…" if len(c.times) > 4 else "")
        override = f"\n({c.override})" if c.override else ""
        yield c.title or c.id, times + (f"\n{c.zone}" if c.zone else "") + override, t.to(c.inside), t.to(c.outside)


def _short(times: str) -> str:
    """`08:00-17:00,sat-wed,*,*` -> "08:00-17:00 sat-wed": a star limits nothing."""
    return " ".join(word for word in times.split(",") if word != "*") or "*"


def _states(t: Teller) -> Iterable[Cells]:
    for c in t.system.call_states:
        told = [
            t.words("all calls to {number}").format(number=c.forward_always) if c.forward_always else "",
            t.words("busy: to {number}").format(number=c.forward_busy) if c.forward_busy else "",
            t.words("unanswered: to {number}").format(number=c.forward_unanswered) if c.forward_unanswered else "",
            t.words("do not disturb") if c.do_not_disturb else "",
        ]
        if any(told):
            yield c.extension, t.comma.join(filter(None, told))


def _follow_me(t: Teller) -> Iterable[Cells]:
    for f in t.system.follow_mes:
        state = "" if f.enabled is None else t.words("switched on") if f.enabled else t.words("switched off")
        yield f.extension, t.several(f.members, 4), f.strategy, state, t.to(f.destination)


def _night(t: Teller) -> Iterable[Cells]:
    for n in t.system.night_switches:
        state = None if n.is_night is None else t.words("by night") if n.is_night else t.words("by day")
        yield n.title or n.id, t.to(n.day), t.to(n.night), state


def _problems(t: Teller) -> Iterable[Cells]:
    counts = Counter(p.code for p in t.system.problems)
    first = {p.code: p for p in reversed(t.system.problems)}
    for code, count in counts.most_common():
        more = t.words(" and {number} more").format(number=t.words.number(count - 1)) if count > 1 else ""
        yield str(first[code].place), first[code].what + more


def _said(t: Teller) -> Iterable[Cells]:
    return (((d.says.said(t.words, shown)),) for d in t.system.disagreements)


PAGES = (
    Page("extensions", ("number", "name", "technology", "mailbox", "context"), _extensions),
    Page("trunks", ("name", "technology", "hosts", "context", "state"), _trunks),
    Page("inbound", ("number", "name", "caller", "to", "via"), _inbound),
    Page("menus", ("name", "prompts", "keys"), _menus),
    Page("hours", ("name", "times", "inside", "outside"), _hours),
    Page("night", ("name", "day", "night", "state"), _night),
    Page("announcements", ("name", "prompts", "after"), lambda t: ((a.title or a.id, t.several(a.prompts, 2), t.to(a.destination)) for a in t.system.announcements)),
    Page("queues", ("number", "name", "strategy", "members", "wait", "after"), _queues),
    Page("groups", ("number", "name", "strategy", "members", "ring", "after"), _groups),
    Page("outbound", ("name", "patterns", "trunks", "what"), _outbound),
    Page("mailboxes", ("number", "name", "email", "context"), lambda t: ((m.number, m.name, m.email, m.context) for m in t.system.mailboxes)),
    Page("conferences", ("number", "name"), lambda t: ((c.number, c.name) for c in t.system.conferences)),
    Page("paging", ("number", "name", "members"), lambda t: ((p.number, p.title, t.several(p.members)) for p in t.system.paging_groups)),
    Page("parking", ("name", "number", "positions"), lambda t: ((p.name, p.number, p.positions) for p in t.system.parking_lots)),
    Page("follow_me", ("number", "members", "strategy", "state", "after"), _follow_me),
    Page("states", ("number", "what"), _states),
    Page("outside", ("name", "number"), lambda t: ((o.title or o.id, o.number) for o in t.system.outside_numbers)),
    Page("access", ("name", "context"), lambda t: ((d.title or d.id, d.context) for d in t.system.direct_accesses)),
    Page("codes", ("code", "name"), lambda t: ((f.code, f.name) for f in t.system.feature_codes if f.enabled)),
    Page("music", ("name", "directory"), lambda t: ((m.name, m.directory) for m in t.system.music_classes)),
    Page("blacklist", ("number",), lambda t: ((number,) for number in t.system.blacklist)),
    Page("disagreements", ("what",), _said),
    Page("problems", ("where", "what"), _problems),
)  # fmt: skip


def print_inventory(source: Source, system: PhoneSystem, console: Console, lang: str = "en") -> None:
    """Every list that is not empty, the first rows of the long ones."""
    words, secrets = Words(lang), secrets_of(system)
    show = partial(console.print, highlight=False)
    product = PRODUCTS.get(system.product, system.product)
    named = f"{product} {source.product_version}" if source.product_version else product
    asterisk = f"Asterisk {source.asterisk_version}" if source.asterisk_version else ""
    show(f"[bold]{escape(shown(named if not asterisk or product == 'Asterisk' else f'{named}, {asterisk}'))}[/]")
    show(escape(shown(str(source.path))), style="dim", soft_wrap=True)
    teller, folded = Teller(system, words), False
    for page in PAGES:
        rows: list[Cells] = [tuple(secrets.covered(c) if c else c for c in row) for row in page.rows(teller)]
        if rows:
            _table(page, rows, words, show)
            folded = folded or len(rows) > ROWS
    if folded:
        show()
        show(words("Long lists are folded; --json prints them whole."), style="dim")


def _table(page: Page, rows: list[Cells], words: Words, show: Callable[..., None]) -> None:
    show()
    show(f"[bold]{escape(words(HEADINGS[page.heading]))}[/] ({words.number(len(rows))})")
    used = [index for index in range(len(page.columns)) if any(row[index] for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", show_edge=False)
    for index in used:
        table.add_column(words(COLUMNS[page.columns[index]]), overflow="fold")
    for row in rows[:ROWS]:
        table.add_row(*(escape(_cell(row[index] or "")) for index in used))
    show(table)
    if len(rows) > ROWS:
        show("  " + words("… and {number} more").format(number=words.number(len(rows) - ROWS)), style="dim")


def _cell(text: str) -> str:
    return "\n".join(shown(line, CELL * 2) for line in text.split("\n")[:20])
