"""The report as one self-contained HTML file: no script, nothing fetched, everything of the phone system escaped.

A content security policy in the page forbids what the page does not need, should an escape ever be forgotten.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from django.template import Context, Engine, Library
from django.utils.html import format_html, format_html_join

from ringkeep.drills.report import SEVERITIES, Call, Count, Defect, Missing, Report, Step
from ringkeep.drills.words import (
    ADVICE,
    DEFECTS,
    KINDS,
    MISSING,
    NOT_HEARD,
    PRODUCTS,
    SOURCES,
    STEPS,
    Phrase,
    Words,
    phrases,
    safe,
    verdict_text,
)
from ringkeep.drills.words import SEVERITIES as SEVERITY_WORDS

TEMPLATES = Path(__file__).parent / "templates"
FOLDED_FROM = 12  # a longer list is folded
OPEN_TRAILS = 12  # failed calls of a kind whose steps are unfolded
LISTED = 5_000  # of one list; the rest is in --json
STEPS_OF_FAILED, STEPS_OF_GOOD = 24, 12  # of a call's trail: its end is what matters

# -- what the templates show ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """A share to draw, as per cent of the width."""

    label: str
    start: str
    width: str
    text: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind under one heading."""

    key: str
    label: str
    items: list[object]
    total: int
    advice: str = ""
    good: int = 0
    folded: bool = False
    mixed: bool = False  # calls at more than one instant: say for each

    @property
    def more(self) -> int:
        """How many are left out."""
        return self.total - len(self.items)


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call with its words in the reader's language."""

    call: Call
    caller: list[Phrase]
    expected: list[Phrase]
    got: list[Phrase]
    heard: list[Phrase]
    trail: str
    at: str
    state: str  # the sign: good, bad, or degraded for one that arrived, but was not heard as it should
    open: bool


@dataclass(frozen=True, slots=True)
class Severity:
    """The defects of one severity, by code."""

    key: str
    label: str
    total: int
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many calls or phones."""

    good: int
    total: int

    @property
    def state(self) -> str:
        """The sign to show."""
        return "none" if not self.total else "good" if self.good >= self.total else "bad"


def html(report: Report, lang: str, *, at: datetime) -> str:
    """The whole report as a page in a language."""
    words, report = Words(lang), safe(report)
    css = (TEMPLATES / "report.css").read_text("utf-8")
    severities = list(_severities(report.defects, words))
    context = {
        "words": words, "lang": lang, "direction": words.direction, "report": report, "at": words.instant(at), "css": css, "css_hash": _hash(css),
        "arrow": "←" if words.direction == "rtl" else "→",
        "verdict": words(verdict_text(report)), "product": PRODUCTS.get(report.product, report.product),
        "source_kind": words(SOURCES.get(report.source_kind, report.source_kind)),
        "first_answer": _duration(report.timings.get("first_answer_s"), words),
        "boot": _duration(report.timings.get("boot_s"), words), "took": _duration(report.timings.get("total_s"), words),
        "calls": Share(sum(call.ok for call in report.calls), len(report.calls)),
        "registered": _of(report.counts.get("registered")), "trunks": _of(report.counts.get("trunks")),
        "ways": {way: _ways(report.calls, way) for way in ("inbound", "outbound", "inside")},
        "severities": severities, "hurting": [severity for severity in severities if severity.key != "note"], "missing": list(_missing(report.missing, words)),
        "missing_total": len(report.missing), "call_groups": list(_calls(report.calls, words)),
        "counts": [_count(kind, count, words) for kind, count in report.counts.items()],
        "steps": list(_steps(report.steps, words)), "log": report.log[:LISTED],
    }  # fmt: skip
    page: str = _engine().get_template("report.html").render(Context(context, use_l10n=False, use_tz=False))
    return page


@lru_cache
def _engine() -> Engine:
    """Django's templates alone: without settings, so nothing of Django's own translation or number formats."""
    return Engine(dirs=[str(TEMPLATES)], autoescape=True, builtins=[__name__])


def say(context: Context, text: str, **values: object) -> str:
    """`{% say "Took {seconds}" seconds=x %}`: a text in the reader's language, escaped as a whole."""
    words: Words = context["words"]
    return words(text).format(**{name: _number(value, words) for name, value in values.items()})


def num(context: Context, value: float) -> str:
    """A whole number in the reader's digits."""
    words: Words = context["words"]
    return words.number(value)


def sign(state: str) -> str:
    """The sign of a verdict or severity; the words beside it say the same."""
    svg: str = format_html('<svg class="sign {}" aria-hidden="true"><use href="#sign-{}"/></svg>', state, state)
    return svg


def told(pieces: list[Phrase]) -> str:
    """Words in the reader's language, names as they are and left to right."""
    joined: str = format_html_join("", '{}{} <bdi dir="ltr">{}</bdi>', pieces)
    return joined


register = Library()
register.simple_tag(say, takes_context=True)
register.simple_tag(num, takes_context=True)
register.simple_tag(sign)
register.simple_tag(told)


def _number(value: object, words: Words) -> object:
    return words.number(value) if isinstance(value, int) else value


def _hash(css: str) -> str:
    return base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


def _duration(seconds: float | None, words: Words) -> str:
    return "" if seconds is None else words.duration(seconds)


# -- what is shown --------------------------------------------------------------------------------------------


def _of(count: Count | None) -> Share:
    return Share(count.seen, count.expected) if count else Share(0, 0)


def _ways(calls: Iterable[Call], way: str) -> Share:
    """Calls from outside, to outside, or between phones, menus and queues inside."""
    mine = [call for call in calls if (call.kind if call.kind in ("inbound", "outbound") else "inside") == way]
    return Share(sum(call.ok for call in mine), len(mine))


def _severities(defects: Iterable[Defect], words: Words) -> Iterable[Severity]:
    defects = list(defects)
    for severity in SEVERITIES:
        mine = sorted((d for d in defects if d.severity == severity), key=lambda d: d.code)
        groups = []
        for code, same in groupby(mine, key=lambda d: d.code):
            items: list[object] = list(same)
            groups.append(
                Group(
                    code, words(DEFECTS.get(code, code)), items[:LISTED], len(items), words(ADVICE.get(code, "")),
                    folded=len(items) > FOLDED_FROM or severity == "note",
                )
            )  # fmt: skip
        if mine:
            yield Severity(severity, words(SEVERITY_WORDS[severity]), len(mine), groups)


def _missing(missing: Iterable[Missing], words: Words) -> Iterable[Group]:
    by_kind: dict[str, list[object]] = {}
    for item in missing:
        by_kind.setdefault(item.kind, []).append(item)
    for kind, items in by_kind.items():
        folded = len(items) > FOLDED_FROM
        yield Group(kind, words(MISSING.get(kind, kind)), items[:LISTED], len(items), folded=folded)


def _calls(calls: Iterable[Call], words: Words) -> Iterable[tuple[Group, Group]]:
    """Per kind the failed calls and the good ones."""
    by_kind: dict[str, list[Call]] = {}
    for call in calls:
        by_kind.setdefault(call.kind, []).append(call)
    for kind, same in by_kind.items():
        label, mixed = words(KINDS.get(kind, kind)), len({call.at for call in same}) > 1
        failed = [call for call in same if not call.ok]
        good = sorted((call for call in same if call.ok), key=_state)  # those with a complaint first
        yield (
            Group(kind, label, _shown_calls(failed, words), len(failed), good=len(good), mixed=mixed),
            Group(
                kind,
                label,
                _shown_calls(good, words),
                len(good),
                folded=bool(failed) or len(good) > FOLDED_FROM,
                mixed=mixed,
            ),
        )


def _shown_calls(calls: list[Call], words: Words) -> list[object]:
    return [_shown_call(call, words, unfolded=place < OPEN_TRAILS) for place, call in enumerate(calls[:LISTED])]


def _shown_call(call: Call, words: Words, *, unfolded: bool) -> ShownCall:
    caller, expected, got = (phrases(text, words) for text in (call.caller, call.expected, call.got))
    heard = phrases(call.heard, words) if call.heard else []
    steps = STEPS_OF_GOOD if call.ok else STEPS_OF_FAILED
    trail = "\n".join((["…"] if len(call.trail) > steps else []) + list(call.trail[-steps:]))
    return ShownCall(
        call, caller, expected, got, heard, trail, _when(call.at, words), _state(call), unfolded and not call.ok
    )  # fmt: skip


def _state(call: Call) -> str:
    if not call.ok:
        return "bad"
    return (
        "degraded" if (call.heard or "").startswith(NOT_HEARD) or (call.heard or "").endswith(" is silent") else "good"
    )


def _when(at: str | None, words: Words) -> str:
    try:
        return words.instant(datetime.fromisoformat(at)) if at else ""
    except ValueError:
        return at or ""


def _count(kind: str, count: Count, words: Words) -> Bar:
    share = min(count.seen / count.expected, 1.0) if count.expected else 1.0
    text = words("{good} of {total}").format(good=words.number(count.seen), total=words.number(count.expected))
    return Bar(words(KINDS.get(kind, kind)), "0", f"{share * 100:.1f}", text, count.seen >= count.expected)


def _steps(steps: Iterable[Step], words: Words) -> Iterable[Bar]:
    """The steps on one line of time, each where it began."""
    steps = list(steps)
    total, begun = sum(step.seconds for step in steps) or 1.0, 0.0
    for step in steps:
        width = max(step.seconds / total * 100, 0.5)
        start = min(begun / total * 100, 99.5)
        yield Bar(words(STEPS.get(step.name, step.name)), f"{start:.1f}", f"{width:.1f}", words.duration(step.seconds))
        begun += step.seconds
