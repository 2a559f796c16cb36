"""The verdict of a drill: pure decisions over what was found."""

from __future__ import annotations

from collections.abc import Iterable

from ringkeep.drills.report import SEVERITIES, Report

ORDER = {severity: rank for rank, severity in enumerate(SEVERITIES)}
# What is missing and what that means: a caller hears nothing where a prompt should be; the rest shows in calls.
HURTS = {"prompt", "include", "script", "greeting", "moh"}


def verdict(report: Report) -> str:
    """`bad`: somebody who calls or is called would not get through; `degraded`: it rings, but something named
    is wrong; `good`: neither."""
    severities = {defect.severity for defect in report.defects}
    if "bad" in severities:
        return "bad"
    if any(not call.ok for call in report.calls) or "degraded" in severities:
        return "degraded"
    if any(item.kind in HURTS for item in report.missing):
        return "degraded"
    return "good"


# What only says that something did not come in time.
WAITED_FOR = {
    "call-failed", "call-refused", "no-audio", "phone-refused", "trunk-unregistered", "hangs", "out-of-time", "boot-failed", "prompt-not-heard",
    "voicemail-not-played",
}  # fmt: skip
BUSY = "machine-busy"


def is_uncertain(defects: Iterable[tuple[str, str]]) -> bool:
    """Whether all that is wrong, (code, severity), may be of a machine that was too busy to answer in time."""
    found = list(defects)
    wrong = {code for code, severity in found if severity != "note"}
    return bool(wrong) and wrong <= WAITED_FOR and any(code == BUSY for code, _ in found)


def is_upgrade(source: str | None, lab: str) -> bool:
    """Whether the lab's Asterisk is of a later major version than the source's."""
    try:
        return int((source or "").split(".")[0]) < int(lab.split(".")[0])
    except ValueError:
        return False
