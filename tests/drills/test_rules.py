"""The verdict: what makes a drill bad, degraded or good."""

from __future__ import annotations

import pytest

from ringkeep.drills.report import Call, Defect, Missing, Report
from ringkeep.drills.rules import is_upgrade, verdict

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
