"""The page of a report: whole, in both languages, quick when long, and deaf to what a phone system would slip into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from ringkeep import translation
from ringkeep.drills import pages
from ringkeep.drills.report import Call, Count, Defect, Missing, Report, Step

AT = datetime(2026, 3, 21, 9, 5, tzinfo=UTC)
LATIN = r"[A-Za-z]{3,}"
VOID = {"meta", "link", "br", "hr", "img", "input"}
GOOD = Call(
    "outbound", "200", "9110", "", "outbound 110 over CarrierA", "outbound 110 over CarrierA", True, 80,
    "2026-11-24T10:30", "speech both ways", ("/etc/asterisk/extensions.conf:24 Goto(carriers,110,1)",),
)  # fmt: skip
FAILED = Call(
    "inbound", "trunk CarrierA", "982188880100", "1 2", "queue support", "answered by 201; ended: Busy", False, None,
    None, None, ("/etc/asterisk/extensions.conf:7 Hangup()",),
)  # fmt: skip
REPORT = Report(
    verdict="bad", source_path="/backups/pbx.tgz", source_kind="etc", product="freepbx", source_asterisk="16.28.0",
    lab_asterisk="22.10.1", timings={"read_s": 0.1, "boot_s": 0.4, "first_answer_s": 1.5, "total_s": 72.25},
    counts={"extensions": Count(25, 24), "registered": Count(25, 25), "queues": Count(0, 0)},
    calls=(GOOD, FAILED),
    defects=(
        Defect("phone-refused", "bad", "/etc/asterisk/pjsip.conf:41", "the phone of extension 201 could not register"),
        Defect("queue-empty", "degraded", "/etc/asterisk/queues.conf:3", "queue support has no member"),
        Defect("of-tomorrow", "note", "/etc/asterisk/a.conf:1", "a code without a title"),
    ),
    missing=(Missing("prompt", "custom/welcome", "/etc/asterisk/extensions.conf:7"), Missing("tape", "x", "y")),
    steps=(Step("unpack", 0.1), Step("of tomorrow", 2.0), Step("call", 0.0)), log=("ERROR chan: lost",), upgrade=True,
)  # fmt: skip
EMPTY = Report("bad", "/b", "freepbx-backup", "freepbx", None, "", {}, {}, (), (), (), (), ())


class Page(HTMLParser):
    """Reads a page strictly: every element is closed by its own name. Keeps tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute twice in {tag}: {attrs}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def page(report: Report, lang: str = "en") -> Page:
    return Page(pages.html(report, lang, at=AT))


@pytest.mark.parametrize(
    ("lang", "direction", "verdict", "date"),
    [
        ("en", "ltr", "This phone system would not serve its callers.", "Saturday 21 March 2026, 09:05"),
        ("fa", "rtl", "این مرکز تلفن پاسخ‌گوی تماس‌گیرندگان نخواهد بود.", "شنبه ۱ فروردین ۱۴۰۵، ۰۹:۰۵"),
    ],
)
def test_both_languages_tell_everything_the_report_holds(lang: str, direction: str, verdict: str, date: str) -> None:
    read = page(REPORT, lang)
    assert read.tags[0] == ("html", {"lang": lang, "dir": direction})
    text = re.sub(r"\s+", " ", read.text)
    assert text.index(verdict) < text.index("/backups/pbx.tgz")
    for told in (
        date, "16.28.0", "22.10.1", "/etc/asterisk/pjsip.conf:41", "the phone of extension 201 could not register",
        "phone-refused", "of-tomorrow", "custom/welcome", "982188880100", "CarrierA", "support", "1 2",
        "/etc/asterisk/extensions.conf:7 Hangup()", "/etc/asterisk/extensions.conf:24 Goto(carriers,110,1)",
        "of tomorrow", "ERROR chan: lost",
    ):  # fmt: skip
        assert told in text, told


def test_persian_leaves_no_english_but_names_and_english_details() -> None:
    html = pages.html(REPORT, "fa", at=AT)
    own = re.sub(r'<(\w+) [^>]*dir="ltr"[^>]*>.*?</\1>|<style>.*?</style>', " ", html, flags=re.DOTALL)
    left = set(re.findall(LATIN, Page(own).text))
    meant = {word for text in translation._catalogue("fa").values() for word in re.findall(LATIN, text)}  # "include"
    assert left - meant == {"tape", "tomorrow"}  # kinds that nobody has a word for yet


def test_templates_name_nothing_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages._engine(), "string_if_invalid", "not there: %s")
    for report in (REPORT, EMPTY):
        assert "not there: " not in pages.html(report, "en", at=AT)


def test_failed_calls_come_first_and_are_unfolded() -> None:
    calls = (GOOD, *(replace(FAILED, kind="outbound", to=f"failed{n}") for n in range(3)), GOOD)
    read = page(replace(REPORT, calls=calls))
    found = [attrs for tag, attrs in read.tags if tag == "details" and (attrs.get("class") or "").startswith("call ")]
    assert [("open" in a) for a in found[:3]] == [True] * 3
    assert read.text.index("failed2") < read.text.index("9110")


def test_a_call_that_arrives_unheard_is_no_good_call() -> None:
    calls = (GOOD, replace(GOOD, to="9111", heard="nobody hears the other", at="2026-11-24T03:30"))
    read = page(replace(REPORT, calls=calls))
    rows = read.text.index("The calls")
    assert rows < read.text.index("9111") < read.text.index("9110")
    html = pages.html(replace(REPORT, calls=calls), "en", at=AT)
    assert "#sign-degraded" in html[html.index('id="calls"') : html.index("9111")]
    assert "Tuesday 24 November 2026, 03:30" in html and "Tuesday 24 November 2026, 10:30" in html


def test_a_system_that_was_not_booted_has_a_page_too() -> None:
    assert "not booted" in page(EMPTY).text
    assert "بوت نشد" in page(EMPTY, "fa").text


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_nothing_is_fetched_and_nothing_runs(lang: str) -> None:
    html = pages.html(REPORT, lang, at=AT)
    assert "://" not in html and "@import" not in html and "url(" not in html
    read = Page(html)
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
    for _, attrs in read.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "style")]
        assert (attrs.get("href") or "#").startswith("#")


def test_every_colour_can_be_read_on_its_ground() -> None:
    """WCAG 2.1 contrast of text, 4.5 to 1, in light, dark and print."""
    css = (pages.TEMPLATES / "report.css").read_text("utf-8")
    palettes = [
        dict(re.findall(r"--([a-z-]+): (#\w+)", block)) for block in re.findall(r":root {(.*?)}", css, re.DOTALL)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        for ground in ("page", "card"):
            for ink in ("text", "quiet", "good", "degraded", "bad", "note"):
                assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground, palette)
        for state in ("good", "degraded", "bad"):
            for ink in (state, "text", "quiet"):
                assert contrast(palette[ink], palette[f"{state}-card"]) >= 4.5, (ink, state, palette)


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# -- a phone system that means harm ---------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></pre></details></html><base href=x>",
    "{{ report.log }}{% include 'x' %}{0.__class__}",
    "<!--",
]
UNSEEN = "\u202etxt.exe\u2066\x00\x1b[31m\ud800\ufffe"


def with_text(value: Any, text: str) -> Any:
    """The report with every text in it replaced, those of fixed choice excepted."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_text(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"verdict", "severity"}
        return replace(
            value, **{f.name: with_text(getattr(value, f.name), text) for f in fields(value) if f.name not in kept}
        )
    return value


def shape(read: Page) -> Iterator[str]:
    """The elements and the names of their attributes."""
    for tag, attrs in read.tags:
        yield f"{tag} {' '.join(attrs)}"


@pytest.mark.parametrize("lang", ["en", "fa"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_a_text(text: str, lang: str) -> None:
    harmless, hostile = page(with_text(REPORT, "ZZZ"), lang), page(with_text(REPORT, text), lang)
    assert list(shape(hostile)) == list(shape(harmless))
    assert hostile.text.count(text) == harmless.text.count("ZZZ") > 30


def test_characters_that_cannot_be_seen_are_named() -> None:
    html = pages.html(with_text(REPORT, UNSEEN), "fa", at=AT)
    html.encode("utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe]", html)
    assert "\\u202etxt.exe\\u2066\\u0000\\u001b[31m\\ud800" in html


def test_huge_texts_do_not_make_a_huge_page() -> None:
    assert len(pages.html(with_text(REPORT, "x" * 5_000_000), "en", at=AT)) < 100_000


# -- a large phone system -------------------------------------------------------------------------------------


def test_a_large_report_stays_light() -> None:
    trail = tuple(f"/etc/asterisk/extensions_additional.conf:{n} Set(DIALSTATUS=NOANSWER)" for n in range(60))
    report = replace(
        REPORT,
        missing=tuple(Missing("prompt", f"custom/prompt-{n}", f"/etc/asterisk/x.conf:{n}") for n in range(2_000)),
        calls=tuple(replace(GOOD if n % 10 else FAILED, to=f"{n}", trail=trail) for n in range(1_000)),
        defects=tuple(Defect("goto-nowhere", "note", f"/etc/asterisk/x.conf:{n}", "goes nowhere") for n in range(500)),
    )
    html = pages.html(report, "fa", at=AT)
    assert len(html.encode()) < 3_000_000
    read = Page(html)
    unfolded = [attrs for tag, attrs in read.tags if tag == "details" and "open" in attrs]
    assert len(unfolded) < 30


def test_a_list_without_end_is_cut_and_says_so() -> None:
    missing = tuple(Missing("prompt", f"p{n}", "x.conf:1") for n in range(pages.LISTED + 7))
    assert "… and 7 more, in the document of --json" in page(replace(REPORT, missing=missing)).text
