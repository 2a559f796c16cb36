"""The report in a terminal, in both languages, from reports of phone systems that mean harm too."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from ringkeep.drills.console import SHOWN_DEFECTS, Progress, print_report
from ringkeep.drills.report import Call, Count, Defect, Missing, Report

REPORT = Report(
    verdict="bad", source_path="/backups/pbx.tgz", source_kind="etc", product="freepbx", source_asterisk="16.28.0",
    lab_asterisk="22.10.1", timings={"first_answer_s": 1.5, "total_s": 72.25},
    counts={"extensions": Count(25, 24)},
    calls=(
        Call("inbound", "trunk CarrierA", "982188880100", "1 2", "queue support", "answered by 201; ended: Busy", False, 80),
        Call("outbound", "200", "9110", "", "outbound 110 over CarrierA", "outbound 110 over CarrierA", True, 80),
    ),
    defects=(
        Defect("phone-refused", "bad", "/etc/asterisk/pjsip.conf:41", "the phone of extension 201 could not register"),
        *(Defect("goto-nowhere", "note", f"/etc/asterisk/extensions.conf:{n}", "goes nowhere") for n in range(50)),
    ),
    missing=tuple(Missing("prompt", f"custom/{n}", "/etc/asterisk/extensions.conf:7") for n in range(2000)),
    steps=(), log=(), upgrade=True,
)  # fmt: skip


def printed(report: Report, lang: str = "en", *, width: int = 100) -> str:
    file = io.StringIO()
    print_report(report, Console(file=file, width=width), lang)
    return file.getvalue()


def test_the_verdict_comes_first_and_a_defect_has_its_place_on_one_line() -> None:
    text = printed(REPORT)
    assert text.split("\n")[1] == "✖ This phone system would not serve its callers."
    assert "    /etc/asterisk/pjsip.conf:41 the phone of extension 201 could not register\n" in text
    assert "FreePBX, Asterisk 16.28.0 → Asterisk 22.10.1 · upgrade drill" in text


def test_a_failed_call_says_what_was_expected_and_what_happened() -> None:
    assert re.search(
        r"✖ trunk CarrierA → 982188880100 keys 1 2\n  expected: queue support\n  got: answered by 201; ended Busy\n",
        printed(REPORT),
    )


def test_a_long_report_stays_short() -> None:
    defects = tuple(Defect("not-loaded", "bad", f"a.conf:{n}", "not there") for n in range(5_000))
    assert len(printed(replace(REPORT, defects=defects)).splitlines()) < SHOWN_DEFECTS + 30


def test_persian_has_persian_words_and_digits_and_english_details() -> None:
    text = printed(REPORT, "fa")
    assert "این مرکز تلفن پاسخ‌گوی تماس‌گیرندگان نخواهد بود." in text
    assert "۲۴ از ۲۵" in text
    assert "۱٫۵ ثانیه" in text
    assert "صف انتظار support" in text
    assert "the phone of extension 201 could not register" in text


def test_a_phone_system_cannot_steer_the_terminal_or_write_markup() -> None:
    evil = "\x1b[2J\x9b1m\u202e[red]x[/red]"
    report = replace(
        REPORT, source_path=evil, source_asterisk=evil, defects=(Defect("goto-nowhere", "bad", evil, evil),),
        missing=(Missing("prompt", evil, evil),),
        calls=(Call("inbound", evil, evil, evil, evil, evil, False, None),),
    )  # fmt: skip
    for lang in ("en", "fa"):
        text = printed(report, lang)
        assert not re.search("[\x1b\x9b\u202e]", text)
        assert text.count("[red]x[/red]") == 10


@pytest.mark.parametrize(("lang", "line", "done"), [("en", "unpack", "3/4"), ("fa", "باز کردن نسخهٔ پشتیبان", "۳/۴")])
def test_steps_are_told_while_they_run(lang: str, line: str, done: str) -> None:
    file = io.StringIO()
    progress = Progress(lang, Console(file=file, width=100))
    with progress.step("unpack"):
        progress.update("[red]", 3, 4)
    assert line in file.getvalue() and file.getvalue().rstrip().endswith(done)
    assert [step.name for step in progress.complete(REPORT).steps] == ["unpack"]
