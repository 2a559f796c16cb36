"""The verdict: what makes a drill bad, degraded or good."""

from __future__ import annotations

import os

import pytest

from ringkeep.drills.patience import patient
from ringkeep.drills.report import Call, Defect, Missing, Report
from ringkeep.drills.rules import is_uncertain, is_upgrade, verdict

GOOD, FAILED = (Call("inbound", "trunk a", "1", "", "x", "x", ok, 1) for ok in (True, False))


def report(*severities: str, calls: tuple[Call, ...] = (GOOD,), missing: tuple[str, ...] = ()) -> Report:
    return Report(
        verdict="", source_path="", source_kind="", product="asterisk", source_asterisk=None, lab_asterisk="22.0", timings={},
        counts={}, calls=calls, defects=tuple(Defect("x", severity, "y", "z") for severity in severities),
        missing=tuple(Missing(kind, "x", "y") for kind in missing), steps=(), log=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (report(), "good"),
        (report("note"), "good"),
        (report("degraded"), "degraded"),
        (report("bad"), "bad"),
        (report("note", "bad", "degraded"), "bad"),
        (report(calls=(GOOD, FAILED)), "degraded"),
        (report("bad", calls=(FAILED,)), "bad"),
        *[(report(missing=(kind,)), "degraded") for kind in ("prompt", "include", "script", "greeting", "moh")],
        *[(report(missing=(kind,)), "good") for kind in ("certificate", "module", "database", "file")],
        (report("bad", missing=("prompt",)), "bad"),
    ],
)
def test_the_worst_that_was_found_is_the_verdict(made: Report, wanted: str) -> None:
    assert verdict(made) == wanted


@pytest.mark.parametrize(
    ("source", "lab", "wanted"),
    [
        ("16.28.0", "22.1.0", True),
        ("22.0", "22.1", False),
        ("22", "16", False),
        (None, "22", False),
        ("certified", "22", False),
    ],
)
def test_an_upgrade_is_a_later_major_version(source: str | None, lab: str, wanted: bool) -> None:
    assert is_upgrade(source, lab) is wanted


@pytest.mark.parametrize(
    ("defects", "wanted"),
    [
        ([("phone-refused", "bad"), ("machine-busy", "note")], True),
        ([("call-failed", "bad"), ("other-road", "note"), ("machine-busy", "note")], True),
        ([("call-failed", "bad")], False),  # the machine had little to do
        ([("call-failed", "bad"), ("goto-nowhere", "degraded"), ("machine-busy", "note")], False),  # the files say it
        ([("machine-busy", "note")], False),
    ],
)
def test_what_only_came_too_late_on_a_busy_machine_is_not_certain(defects: list[tuple[str, str]], wanted: bool) -> None:
    assert is_uncertain(defects) is wanted


def test_the_busier_the_machine_the_longer_an_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for load, wanted in ((0.3, 12.0), (2.0, 12.0), (8.0, 48.0), (90.0, 60.0)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert patient(12.0) == wanted
