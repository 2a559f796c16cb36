"""The plain status page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ringkeep.translation import RIGHT_TO_LEFT, Words, shown
from ringkeep.web.status import STATES, status
from ringkeep.web.words import DOING

LANGUAGES = ("en", "fa")


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """Every phone system: is it proven, what is wrong, what runs. ?lang=fa for Persian."""
    asked = request.GET.get("lang") or request.headers.get("Accept-Language", "en")[:2]
    words = Words(asked if asked in LANGUAGES else "en")
    found = status(datetime.now(UTC), words)
    for row in found["systems"]:
        row |= said_of(row, words)
    answer = render(
        request,
        "web/status.html",
        {"systems": found["systems"], "words": words, "lang": words.lang, "direction": words.direction,
         "other": "en" if words.lang in RIGHT_TO_LEFT else "fa",
            "other_name": "English" if words.lang in RIGHT_TO_LEFT else "فارسی", "texts": {key: words(text) for key, text in TEXTS.items()}},
    )  # fmt: skip
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    answer["Cache-Control"] = "no-store"
    return answer


_ = str  # marks the texts of this module for translation
TEXTS = {
    "title": _("Phone systems"),
    "system": _("Phone system"),
    "state": _("State"),
    "proven": _("Last proven backup"),
    "verdict": _("Last drill"),
    "answer": _("First answered call"),
    "wrong": _("What is wrong"),
    "doing": _("What is being done"),
    "none": _("No phone system is enrolled yet. Enrol one with: ringkeep enrol ssh://USER@HOST --name NAME"),
}
VERDICTS = {"good": _("good"), "degraded": _("degraded"), "bad": _("bad")}
AGES = ((86400, _("{n} days ago")), (3600, _("{n} hours ago")), (60, _("{n} minutes ago")))


def said_of(row: dict[str, Any], words: Words) -> dict[str, Any]:
    """What a row of the status says to people, in their language."""
    answer = row["first_answer_s"]
    return {
        "says": words(STATES[row["state"]]),
        "mark": "wrong" if row["findings"] else {"proven": "good"}.get(row["state"], "waiting"),
        "proven_ago": ago(row["proven_age_s"], words),
        "verdict_says": words(VERDICTS[row["last_verdict"]]) if row["last_verdict"] in VERDICTS else "—",
        "answer_says": words("{s} s").format(s=words.number(answer, 2)) if answer is not None else "—",
        "finding_says": [one["text"] for one in row["findings"]],
        "job_says": [doing_of(job, words) for job in row["jobs"]],
    }


def doing_of(job: dict[str, Any], words: Words) -> str:
    """Backup: storing."""
    kind = words(DOING.get(job["kind"], job["kind"]))
    step = words(DOING[job["step"]]) if job["step"] in DOING else shown(job["step"], 80)
    return f"{kind}: {step}" if step else kind


def ago(seconds: float | None, words: Words) -> str:
    """ "3 hours ago", roughly."""
    if seconds is None:
        return words("never")
    for unit_s, text in AGES:
        if seconds >= 2 * unit_s:
            return words(text).format(n=words.number(int(seconds // unit_s)))
    return words("just now")
