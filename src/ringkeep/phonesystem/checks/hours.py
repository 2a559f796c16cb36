"""Opening hours that contradict themselves, never hold, or are forgotten in an exception."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Extension, Step
from ringkeep.asterisk.times import read_timing
from ringkeep.phonesystem.callflow import Walk
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.walks import STAFFED
from ringkeep.phonesystem.model import InboundNumber
from ringkeep.phonesystem.sentences import Sentence


def check_hours(known: Known) -> Iterator[Finding]:
    """A number that is answered by people at three in the morning, but by none on most days' forenoon."""
    monday = datetime(2026, 1, 5, 3, 0)
    timed = known.timed
    for numbers in known.inbound if timed else ():
        if not known.depends_on_hour(known.way(numbers[0], known.noon)):
            continue
        night = known.way(numbers[0], monday)
        checked = next((place for place in night.path if place in timed), None)
        if checked is None or not any(stop.kind in STAFFED for stop in night.stops):
            continue
        forenoons = [monday.replace(hour=10, minute=30) + timedelta(days=day) for day in range(7)]
        days = [known.way(numbers[0], at) for at in forenoons]
        if any(day.ended in ("dead_end", "loop") for day in days):
            continue  # what is broken tells nothing about hours
        if sum(any(stop.kind in STAFFED for stop in day.stops) for day in days) <= 2:
            for number in numbers:
                says = Sentence(
                    "{number} is answered at night but closed in the forenoon of most days: its opening hours look inverted",
                    {"number": number.number},
                )
                yield Finding("hours-inverted", "bad", checked, says, number.number)


# -- what is not wrong by itself ------------------------------------------------------------------------------

_ = str  # marks a text for translation

WEEK = (
    _("Sunday"), _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
)  # fmt: skip
DATE = re.compile(r"(?<![0-9])(20[0-9]{2})[-/]?(0[1-9]|1[0-2])[-/]?(0[1-9]|[12][0-9]|3[01])(?![0-9])")
GAP = range(2, 16)  # minutes between two opening times of a day that nobody meant


def advise_times(known: Known) -> Iterator[Finding]:
    """Times that can never hold, minutes between two of them, holidays that are over."""
    for context in known.reached:
        for extension in context.extensions:
            timed = [(step, spec) for step in extension.steps for spec in _specs(step)]
            for step, spec in timed:
                if _never(spec):
                    says = Sentence("the times {times} never come", {"times": spec})
                    yield Finding("hours-never", "degraded", step.place, says, spec)
            yield from _gaps(timed)
            yield from _past(extension, known.at)


def _specs(step: Step) -> Iterator[str]:
    if step.application.lower() in ("gotoiftime", "execiftime"):
        spec = step.arguments.partition("?")[0]
        if "$" not in spec and spec.strip():
            yield spec
    yield from re.findall(r"IFTIME\(([^?${}]{1,200})\?", step.arguments)


def _never(spec: str) -> bool:
    timing = read_timing(spec)
    if timing is None:
        return False
    if not (timing.minutes and timing.weekdays and timing.days and timing.months):
        return True
    return not any(timing.months >> month & 1 and timing.days & ((1 << LAST_DAYS[month]) - 1) for month in range(12))


LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _gaps(timed: list[tuple[Step, str]]) -> Iterator[Finding]:
    """Two openings of the same days that leave out a few minutes, and no more."""
    same: dict[str, list[tuple[Step, str]]] = {}
    for step, spec in timed:
        clock, _, days = spec.partition(",")
        target = step.arguments.partition("?")[2]
        same.setdefault(f"{days}?{target}", []).append((step, clock))
    for openings in same.values():
        if len(openings) < 2:
            continue
        minutes = 0
        for _, clock in openings:
            timing = read_timing(clock)
            minutes |= timing.minutes if timing else 0
        closed = [minute for minute in range(24 * 60) if not minutes >> minute & 1]
        for start, length in _runs(closed):
            if length in GAP and start and start + length < 24 * 60:
                says = Sentence(
                    "the opening hours leave out {length} minutes from {start} on",
                    {"length": length, "start": f"{start // 60:02}:{start % 60:02}"},
                )
                yield Finding("hours-gap", "degraded", openings[0][0].place, says)


def _runs(minutes: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for index in range(1, len(minutes) + 1):
        if index == len(minutes) or minutes[index] != minutes[index - 1] + 1:
            yield minutes[start], index - start
            start = index


def _past(extension: Extension, at: datetime) -> Iterator[Finding]:
    """Dates with a year, compared with the clock, all of them over."""
    dated = [
        (s, DATE.findall(s.arguments)) for s in extension.steps if "STRFTIME" in s.arguments and "%Y" in s.arguments
    ]
    dates = sorted("-".join(found) for _, all_found in dated for found in all_found)
    if dates and dates[-1] < at.date().isoformat():
        place = next(step.place for step, found in dated if found)
        says = Sentence(
            "the holidays of {number} are over: the last was {day}", {"number": extension.pattern, "day": dates[-1]}
        )
        yield Finding("holidays-past", "note", place, says, extension.pattern)


def advise_week(known: Known) -> Iterator[Finding]:
    """A working day in the middle of the week on which a number that has hours is closed all day."""
    noon = known.noon
    told: set[frozenset[Place]] = set()
    for numbers in known.inbound:
        number, first = numbers[0], known.way(numbers[0], noon)
        timed = known.timed & set(first.path)
        if timed and timed not in told:
            told.add(timed)
            later = {finding.code for finding in _week(known, number, noon + timedelta(weeks=5), min(timed))}
            # What is closed this week and not in five is a holiday.
            yield from (finding for finding in _week(known, number, noon, min(timed)) if finding.code in later)


def _week(known: Known, number: InboundNumber, noon: datetime, place: Place) -> Iterator[Finding]:
    called = number.number or "s"

    def staffed(day: int, hour: int) -> bool:
        return _staffed(known.way(number, (noon + timedelta(days=day)).replace(hour=hour)))

    open_on = [any(staffed(day, hour) for hour in (10, 12, 15)) for day in range(7)]
    days = [WEEK[(noon + timedelta(days=day)).isoweekday() % 7] for day in range(7)]
    lonely = [days[n] for n in range(7) if not open_on[n] and open_on[n - 1] and open_on[(n + 1) % 7]]
    midweek = [day for day in lonely if day not in ("Friday", "Saturday", "Sunday")]
    if midweek and open_on.count(False) > len(midweek):
        day = Sentence(midweek[0])
        says = Sentence(
            "{number} is closed all of {day}, between two days on which it is open", {"number": called, "day": day}
        )
        yield Finding("hours-gap", "degraded", place, says, called)
    if not any(open_on) and not any(staffed(day, hour) for day in range(7) for hour in range(0, 24, 4)):
        says = Sentence("{number} is closed at all hours of the week", {"number": called})
        yield Finding("hours-closed", "degraded", place, says, called)
    elif not staffed(0, 12) and staffed(0, 10) and staffed(0, 15):
        says = Sentence("{number} is closed at noon on a working day, but open before and after", {"number": called})
        yield Finding("closed-at-noon", "note", place, says, called)


def _staffed(way: Walk) -> bool:
    return any(stop.kind in STAFFED or stop.kind in ("unknown", "outbound") for stop in way.stops)


def advise_overrides(known: Known) -> Iterator[Finding]:
    """Exceptions that somebody dialled and nobody took back; night service by day."""
    titles = {t.id: t.title for t in known.system.time_conditions if t.title}
    for key, value in known.system.database.items():
        if (match := re.fullmatch(r"/TC/([^/]+)(/INUSESTATE)?", key)) and value.lower().endswith("_sticky"):
            name = titles.get(match[1], match[1])
            if value.lower().startswith("true"):
                says = Sentence("time condition {name} is set to open until somebody takes it back", {"name": name})
            else:
                says = Sentence("time condition {name} is set to closed until somebody takes it back", {"name": name})
            yield Finding("hours-overridden", "note", Place("astdb", 0), says, name)
    switches = {n.id: n.title for n in known.system.night_switches if n.title}
    used = " ".join(r.name for r in known.references if r.kind == "goto" and "app-daynight" in r.name)
    for key, value in known.system.database.items():
        match = re.fullmatch(r"/DAYNIGHT/C?([^/]+)", key)
        if match and value.upper() == "NIGHT" and re.search(rf"app-daynight,{re.escape(match[1])}\b", used):
            says = Sentence("night switch {name} is on", {"name": switches.get(match[1]) or match[1]})
            yield Finding("night-switch-on", "note", Place("astdb", 0), says, match[1])
