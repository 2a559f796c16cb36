"""The plain status page."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ringkeep.jobs import outages
from ringkeep.jobs.words import doing
from ringkeep.translation import RIGHT_TO_LEFT, Words
from ringkeep.web.status import STATES, status

LANGUAGES = ("en", "fa")
SHOWN_AT_ONCE = 200
AGAIN_S = 30  # a browser and a program may ask again
FILTER_FROM = 20  # so many can be looked through without a filter


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """Every phone system: is it proven, what is wrong, what runs. ?lang=fa for Persian."""
    words = _words(request)
    like = request.GET.get("name", "")[:80]
    found = status(datetime.now(UTC), words, like=like, limit=SHOWN_AT_ONCE)
    for row in found["systems"]:
        row |= said_of(row, words)
    answer = render(
        request,
        "web/status.html",
        {
            "systems": found["systems"],
            "summary": summary(found, words),
            "like": like,
            "filtered": bool(like) or found["total"] > FILTER_FROM,
            "words": words,
            "lang": words.lang,
            "direction": words.direction,
            "other": "en" if words.lang in RIGHT_TO_LEFT else "fa",
            "other_name": "English" if words.lang in RIGHT_TO_LEFT else "فارسی",
            "texts": {key: words(text) for key, text in TEXTS.items()},
        },
    )
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'"
    )
    answer["Cache-Control"] = "no-store"
    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: why there is no page, without our database, which may be what is away."""
    words, away = _words(request), outages.passes(sys.exception())
    text = words(AWAY if away else FAILED)
    answer = HttpResponse(f"{text}\n", status=503 if away else 500, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    if away:
        answer["Retry-After"] = answer["Refresh"] = str(AGAIN_S)
    return answer


def _words(request: HttpRequest) -> Words:
    asked = request.GET.get("lang") or request.headers.get("Accept-Language", "en")[:2]
    return Words(asked if asked in LANGUAGES else "en")


_ = str  # marks the texts of this module for translation
AWAY = _(
    "Ringkeep's own database cannot be used now. Make room on its disk, or see that PostgreSQL runs; this page comes back by itself."
)
FAILED = _("Something in Ringkeep went wrong: it is written in the server's log.")
TEXTS = {
    "title": _("Phone systems"),
    "system": _("Phone system"),
    "state": _("State"),
    "proven": _("Last proven backup"),
    "verdict": _("Last drill"),
    "answer": _("First answered call"),
    "change": _("Last change"),
    "wrong": _("What is wrong"),
    "doing": _("What is being done"),
    "none": _("No phone system is enrolled yet. Enrol one with: ringkeep enrol ssh://USER@HOST --name NAME"),
    "nobody": _("No phone system and no customer is called so."),
    "filter": _("Name of the phone system or customer"),
    "show": _("Show"),
    "backup": _("backup"),
}
VERDICTS = {"good": _("good"), "degraded": _("degraded"), "bad": _("bad")}
PRODUCTS = {"asterisk": "", "freepbx": "FreePBX", "issabel": "Issabel"}
AGES = ((86400, _("{n} days ago")), (3600, _("{n} hours ago")), (60, _("{n} minutes ago")))


def said_of(row: dict[str, Any], words: Words) -> dict[str, Any]:
    """What a row of the status says to people, in their language."""
    answer = row["first_answer_s"]
    version = f"Asterisk {row['asterisk']}" if row["asterisk"] else ""
    product = PRODUCTS.get(row["product"] or "", row["product"] or "")
    return {
        "product_says": " · ".join(filter(None, (product, version))) or product,
        "says": words(STATES[row["state"]]),
        "mark": "wrong" if row["findings"] else {"proven": "good"}.get(row["state"], "waiting"),
        "proven_ago": ago(row["proven_age_s"], words),
        "verdict_says": words(VERDICTS[row["last_verdict"]]) if row["last_verdict"] in VERDICTS else "—",
        "answer_says": words("{s} s").format(s=words.number(answer, 2)) if answer is not None else "—",
        "finding_says": [one["text"] for one in row["findings"]],
        "job_says": [doing_of(job, words) for job in row["jobs"]],
        "backup_ago": _ago_of(row["last_backup_at"] or row["last_partial_at"], row["at"], words),
        "change_says": row["last_change"]["texts"] if row["last_change"] else [],
        "change_ago": _ago_of(row["last_change"]["at"], row["at"], words) if row["last_change"] else "",
        "change_more": more(row["last_change"], words),
    }


def summary(found: dict[str, Any], words: Words) -> str:
    """How many there are and how they stand: "3 phone systems: 2 proven, 1 no backup yet"."""
    states = [
        f"{words.number(found['counts'][key])} {words(text)}" for key, text in STATES.items() if key in found["counts"]
    ]
    said = words("{n} phone systems: {states}").format(n=words.number(found["total"]), states=words(", ").join(states))
    if len(found["systems"]) == found["total"]:
        return said
    return f"{said}. {words('The {n} that need most are shown.').format(n=words.number(len(found['systems'])))}"


def more(change: dict[str, Any] | None, words: Words) -> str:
    """How many changes are not said."""
    rest = change["count"] - len(change["texts"]) if change else 0
    return words("and {n} more").format(n=words.number(rest)) if rest else ""


def _ago_of(instant: str | None, at: str, words: Words) -> str:
    if instant is None:
        return ""
    return ago((datetime.fromisoformat(at) - datetime.fromisoformat(instant)).total_seconds(), words)


def doing_of(job: dict[str, Any], words: Words) -> str:
    """Backup: storing 40%."""
    kind = doing(job["kind"], words)
    if job["state"] == "queued":
        return f"{kind}: {words('waiting')}"
    step = doing(job["step"], words)
    share = f" {words.share(job['fraction'])}" if job["fraction"] else ""
    return f"{kind}: {step}{share}" if step else kind


def ago(seconds: float | None, words: Words) -> str:
    """ "3 hours ago", roughly."""
    if seconds is None:
        return words("never")
    for unit_s, text in AGES:
        if seconds >= 2 * unit_s:
            return words(text).format(n=words.number(int(seconds // unit_s)))
    return words("just now")
