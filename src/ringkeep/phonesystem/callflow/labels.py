"""What people call the stops of a call: names and titles from the model, not the dialplan's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ringkeep.phonesystem.callflow.branches import split_branch
from ringkeep.phonesystem.callflow.hours import next_change
from ringkeep.phonesystem.callflow.stops import Stop
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

Value = str | int | Sentence
_ = str  # marks a text for translation

# What can only be known by running, as `asterisk.functions` and the applications say it.
REASONS = {
    text.template: text
    for text in (
        Sentence("a web service"), Sentence("a program"), Sentence("chance"), Sentence("a database"), Sentence("DNS"),
        Sentence("a directory"), Sentence("a file"), Sentence("the machine"), Sentence("speech recognition"),
        Sentence("a file of the machine"), Sentence("what the caller keys"), Sentence("expressions nested too deeply"),
    )
}  # fmt: skip
KINDS: Mapping[str, Sentence] = {
    "voicemail_main": Sentence("Voicemail menu"), "directory": Sentence("Directory of names"), "echo": Sentence("Echo test"),
    "record": Sentence("Records the caller"), "pickup": Sentence("Picks up another call"), "tone": Sentence("A tone"),
    "music": Sentence("Music on hold"), "listening": Sentence("Listens in to calls"), "DISA": Sentence("Dial tone to call out (DISA)"),
    "parking": Sentence("Parked"), "hangup": Sentence("Hang up"), "busy": Sentence("Busy tone"),
    "congestion": Sentence("Congestion tone"), "answered": Sentence("In conversation"), "more": Sentence("And more"),
}  # fmt: skip


SAYS_IT = re.compile(r"^(queue|ring group|group|conference|announcement)\s+", re.I)  # titles that begin with what it is

CONDITION_SHOWN = 40
SAYS_MENU = re.compile(r"^(menu|ivr)[-_](?=.)", re.I)  # contexts that do


class Names:
    """The model of one phone system, looked up by what stops name."""

    def __init__(self, system: PhoneSystem) -> None:
        self.people = {e.number: e.name for e in reversed(system.extensions)}
        self.queues = {q.name: q for q in system.queues}
        self.groups = {g.number or g.name: g for g in system.ring_groups}
        self.menus = {m.context: m for m in system.menus}
        self.conferences = {c.number: c.name for c in system.conferences}
        self.pages = {p.number: p.title for p in system.paging_groups}
        self.conditions = {f"timeconditions,{t.id}": t.title for t in system.time_conditions}
        self.switches = {f"app-daynight,{s.id}": s.title for s in system.night_switches}
        self.announcements = {f"app-announcement-{a.id}": a.title for a in system.announcements}

    def label(self, stop: Stop, at: datetime) -> Sentence:
        """The stop for people."""
        if stop.kind in LABELS:
            return LABELS[stop.kind](self, stop, at)
        return KINDS.get(stop.kind) or Sentence("Step {name}", {"name": stop.name or stop.kind})


def _named(plain: str, titled: str, title: str | None, **values: Value) -> Sentence:
    """The sentence with the title where there is one worth saying."""
    title = SAYS_IT.sub("", title or "")
    if title and title not in values.values():
        return Sentence(titled, {**values, "title": title})
    return Sentence(plain, values)


def _timed(said: Sentence, stop: Stop) -> Sentence:
    if stop.timeout_s is None or stop.timeout_s <= 0:
        return said
    return Sentence("{what}, {seconds} s", {"what": said, "seconds": f"{stop.timeout_s:g}"})


def _extension(names: Names, stop: Stop, at: datetime) -> Sentence:
    plain, titled = _("Extension {number}"), _("Extension {number} {title}")
    return _timed(_named(plain, titled, names.people.get(stop.name), number=stop.name), stop)


def _queue(names: Names, stop: Stop, at: datetime) -> Sentence:
    queue = names.queues.get(stop.name)
    plain, titled = _("Queue {number}"), _("Queue {title} ({number})")
    said = _named(plain, titled, queue.title if queue else None, number=stop.name)
    return _timed(_peopled(said, len(queue.members) if queue else 0), stop)


def _peopled(said: Sentence, count: int) -> Sentence:
    if count == 1:
        return Sentence("{what}, 1 person", {"what": said})
    return Sentence("{what}, {count} people", {"what": said, "count": count})


def _ring_group(names: Names, stop: Stop, at: datetime) -> Sentence:
    group = names.groups.get(stop.name)
    plain, titled = _("Ring group {number}"), _("Ring group {title} ({number})")
    if group is None and "," in stop.name:
        said = Sentence("Extensions {numbers} together", {"numbers": stop.name})
        return _timed(said, stop)
    said = _named(plain, titled, group.title if group else None, number=stop.name)
    return _timed(_peopled(said, len(set(stop.targets))), stop)


def _menu(names: Names, stop: Stop, at: datetime) -> Sentence:
    menu = names.menus.get(stop.name)
    if stop.name.startswith("app-announcement-"):  # one that a key skips
        return Sentence("Announcement {name}", {"name": names.announcements.get(stop.name) or ", ".join(stop.prompts)})
    return Sentence("Menu {name}", {"name": (menu.title if menu else None) or SAYS_MENU.sub("", stop.name)})


def _voicemail(names: Names, stop: Stop, at: datetime) -> Sentence:
    number = stop.name.partition("@")[0]
    plain, titled = _("Voicemail of {number}"), _("Voicemail of {number} {title}")
    return _named(plain, titled, names.people.get(number), number=number)


def _announcement(names: Names, stop: Stop, at: datetime) -> Sentence:
    title = names.announcements.get(stop.context)
    plain, titled = _("Announcement {name}"), _("Announcement {title} ({name})")
    return _named(plain, titled, title, name=", ".join(stop.prompts[:4]) + (" …" if len(stop.prompts) > 4 else ""))


def _outbound(names: Names, stop: Stop, at: datetime) -> Sentence:
    return Sentence("To the carrier over {trunk} as {number}", {"trunk": stop.name, "number": stop.number or "?"})


def _conference(names: Names, stop: Stop, at: datetime) -> Sentence:
    plain, titled = _("Conference {number}"), _("Conference {title} ({number})")
    return _named(plain, titled, names.conferences.get(stop.name), number=stop.name)


def _paging(names: Names, stop: Stop, at: datetime) -> Sentence:
    plain, titled = _("Paging {number}"), _("Paging {title} ({number})")
    return _peopled(_named(plain, titled, names.pages.get(stop.name), number=stop.name), len(set(stop.targets)))


def _hours(names: Names, stop: Stop, at: datetime) -> Sentence:
    title = names.conditions.get(f"{stop.context},{stop.extension}")
    specs = stop.name.split("; ")
    is_open = "open" in stop.targets
    change = next_change(specs[-1:] if is_open else specs, at)
    plain, titled = _("Opening hours {times}"), _("Opening hours {title}")
    said = _named(plain, titled, title, times="; ".join(map(said_times, specs)))
    if change is None:
        return Sentence(OPEN_ALWAYS if is_open else CLOSED_ALWAYS, {"what": said})
    if is_open and change.minute % 5 == 1:
        change -= timedelta(minutes=1)  # the last minute counts as inside
    until = f"{change:%H:%M}" if change.date() == at.date() else f"{change:%Y-%m-%d %H:%M}"
    return Sentence(OPEN if is_open else CLOSED, {"what": said, "until": until})


def said_times(spec: str) -> str:
    """`08:00-17:00,sat-wed,*,*` without what holds always: "08:00-17:00 sat-wed"."""
    return " ".join(part for part in map(str.strip, spec.split(",")) if part not in ("", "*")) or "*"


OPEN = _("{what}: open now, until {until}")
CLOSED = _("{what}: closed now, until {until}")
OPEN_ALWAYS, CLOSED_ALWAYS = _("{what}: open now"), _("{what}: closed now")


KEYED = "what the caller keys"
CONDITIONAL = {"gotoif", "gosubif", "execif", "macroif", "while"}
OPERATOR = re.compile("[=<>!&|]+")
SIGNS_OF_CODE = re.compile(r"[$\"\[\]{}]")


def _unknown(names: Names, stop: Stop, at: datetime) -> Sentence:
    name, application = stop.name, stop.application.lower()
    if name.startswith("the script "):
        script = name.removeprefix("the script ")
        if application.endswith("agi"):
            return Sentence("Runs the script {name}", {"name": script})
        reason: Value = Sentence("the script {name}", {"name": script})
    else:
        reason = REASONS.get(name, name)
    asked = _condition(stop.arguments) if application in CONDITIONAL and name != KEYED else ""
    if asked:
        return Sentence("Decided by {what}: {condition}?", {"what": reason, "condition": asked})
    return Sentence("Decided by {what}", {"what": reason})


def _condition(arguments: str) -> str:
    """`$["${ROUTE}" = "sales"]?sales` as people write it, where it is short enough to be read: "ROUTE = sales"."""
    raw = split_branch(arguments, raw=True)[0]
    if "(" in raw or len(raw) > 4 * CONDITION_SHOWN:
        return ""
    text = " ".join(OPERATOR.sub(r" \g<0> ", SIGNS_OF_CODE.sub(" ", raw)).split())
    return text if len(text) <= CONDITION_SHOWN else ""


# Why a call gets nowhere, as the walker says it.
WHYS = tuple(
    (re.compile(re.escape(text.template).replace(r"\{", "(?P<").replace(r"\}", ">.*)"), re.S), text)
    for text in (
        Sentence("context {context} is missing"), Sentence("queue {name} is missing"),
        Sentence("mailbox {name} is missing"), Sentence("{number} in {context} has no label {label}"),
        Sentence("{number} in {context} has no priority {priority}"), Sentence("{number} is not in {context}"),
        Sentence("this Asterisk has no application {name}"), Sentence("{dial} rings nobody"),
        Sentence("it goes round in circles for ever"),
    )
)  # fmt: skip


NO_MAILBOX = re.compile(r"vm[a-z]([0-9]{1,20}) is not in ext-local")  # FreePBX's ways into the mailbox of 1003: vmu1003


def _why(name: str) -> Value:
    if match := NO_MAILBOX.fullmatch(name):
        return Sentence("extension {number} has no mailbox", {"number": match[1]})
    for pattern, text in WHYS:
        if match := pattern.fullmatch(name[:500]):
            return Sentence(text.template, match.groupdict())
    return name


def _dead_end(names: Names, stop: Stop, at: datetime) -> Sentence:
    return Sentence("Dead end: {why}", {"why": _why(stop.name)})


def _input(names: Names, stop: Stop, at: datetime) -> Sentence:
    return Sentence("Asks for digits") if stop.application.lower() == "read" else Sentence("Asks for a PIN")


def _direct_dial(names: Names, stop: Stop, at: datetime) -> Sentence:
    return Sentence("That extension, one of {count}", {"count": stop.name})


def _nobody(names: Names, stop: Stop, at: datetime) -> Sentence:
    return Sentence("Nobody to reach: {why}", {"why": _why(stop.name)})


LABELS: Mapping[str, Callable[[Names, Stop, datetime], Sentence]] = {
    "extension": _extension, "queue": _queue, "ring_group": _ring_group, "menu": _menu, "voicemail": _voicemail,
    "announcement": _announcement, "outbound": _outbound, "conference": _conference, "paging": _paging, "hours": _hours,
    "unknown": _unknown, "dead_end": _dead_end, "input": _input, "direct_dial": _direct_dial, "nobody": _nobody,
}  # fmt: skip
