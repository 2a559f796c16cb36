"""Status, jobs and results for a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ringkeep.backups.telling import STATES as BACKUPS
from ringkeep.jobs.actions import STATES
from ringkeep.jobs.words import doing
from ringkeep.phonesystem.sentences import amount
from ringkeep.translation import Words, shown
from ringkeep.web.pages import TEXTS, said_of, summary

Document = dict[str, Any]
_ = str  # marks the texts of this module for translation


def print_status(found: Document, lang: str) -> None:
    """A table, worst first; below it what is wrong."""
    words, console = Words(lang), Console(highlight=False)
    if not found["systems"]:
        console.print(words(TEXTS["none"]), soft_wrap=True)  # a command that is to be copied stays in one line
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("system", "state", "proven", "verdict", "answer", "doing"):
        table.add_column(words(TEXTS[title]), overflow="fold")
    for row in found["systems"]:
        says = said_of(row, words)
        mark = {"wrong": "✖", "good": "✔"}.get(says["mark"], "…")
        cells = (
            row["name"], f"{mark} {says['says']}", says["proven_ago"], says["verdict_says"], says["answer_says"],
            ", ".join(says["job_says"]) or "—",
        )  # fmt: skip
        table.add_row(*(escape(shown(cell)) for cell in cells))
    console.print(table)
    for row in found["systems"]:
        for finding in row["findings"]:
            console.print(f"✖ {escape(finding['text'])}")
            console.print(f"  {escape(finding['advice'])}", style="dim")
    for row in found["systems"]:
        if row["last_change"]:
            says = said_of(row, words)
            title = words("Last change of {system}, {ago}").format(system=shown(row["name"]), ago=says["change_ago"])
            console.print(f"{escape(title)}:")
            for text in [*says["change_says"], *filter(None, [says["change_more"]])]:
                console.print(f"  • {escape(text)}")
    if len(found["systems"]) < found["total"]:
        console.print(escape(summary(found, words)))


def print_jobs(rows: list[Document], words: Words) -> None:
    """Newest first."""
    if not rows:
        Console(highlight=False).print(words("There has been no job yet."))
        return
    console = Console(highlight=False)
    for row in rows:  # lines, not a table: an id is there to be copied, and no terminal may break it
        asked = words.instant(datetime.fromisoformat(row["created_at"]))
        parts = [shown(row["id"]), words.say(STATES[row["state"]]), asked, _took(row, words)]
        console.print(escape("  ".join(parts)), soft_wrap=True)
        told = row["error"] or (None if row["ended_at"] else doing(row["step"], words))
        if told:
            console.print(escape(f"    {told}"), soft_wrap=True)


def print_job(document: Document, words: Words) -> None:
    """One job and its log."""
    console = Console(highlight=False)
    console.print(
        f"{escape(shown(document['id']))}: {words.say(STATES[document['state']])}{words(', ')}{_took(document, words)}"
    )
    for line in document["log"]:
        console.print(f"  {words.digits(line['at'][11:19])} {escape(line['text'])}")


def print_result(document: Document, words: Words) -> None:
    """How a job that was waited for ended."""
    console = Console(highlight=False)
    result = document["result"] or {}
    if document["state"] != "succeeded":
        console.print(f"{words.say(STATES[document['state']])}: {escape(document['error'] or shown(document['id']))}")
        return
    if backup := result.get("backup"):
        says = (
            words(
                "{backup}: {state}, {size} in {files} files, {moved} came over the network; nothing had changed. {time}"
            )
            if result.get("unchanged")
            else words("{backup}: {state}, {size} in {files} files, {moved} came over the network. {time}")
        )
        console.print(
            escape(says).format(
                backup=escape(backup), state=words(BACKUPS.get(result.get("state", ""), "?")),
                size=words.say(amount(result.get("size_bytes") or 0)), files=words.number(result.get("files") or 0),
                moved=words.say(amount(result.get("received_bytes") or 0)), time=words.duration(result.get("seconds") or 0),
            )
        )  # fmt: skip


def _took(row: Document, words: Words) -> str:
    if not row["started_at"]:
        return "—"
    end = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else datetime.now().astimezone()
    return words.duration((end - datetime.fromisoformat(row["started_at"])).total_seconds())
