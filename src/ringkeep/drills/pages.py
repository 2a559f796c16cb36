"""The report as one self-contained HTML file."""

from __future__ import annotations

from datetime import datetime

from ringkeep.drills.report import Report


def html(report: Report, lang: str, *, at: datetime) -> str:
    """The whole report as a page in a language."""
    return ""
