"""What holds for all tests: nothing is skipped in silence."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how many tests this machine could not run, and why; also when there is none."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    terminalreporter.section(f"could not be run on this machine: {reasons.total()}")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4} {reason}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason of a skip; pytest keeps it as (file, line, "Skipped: reason")."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return f"no reason given: {report.nodeid}"
