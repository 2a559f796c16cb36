"""Tells people: each finding once when it opens and once when it is over, to every destination, until delivered.

Everything that one destination has not been told yet goes into one message: a storm of 200 phone systems is one mail.
After a kill between delivering and noting it, that message is sent once more; none is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ringkeep.findings import actions, queries
from ringkeep.findings.kinds import BAD
from ringkeep.findings.models import Destination, Finding
from ringkeep.findings.sending import NotSent, send
from ringkeep.findings.telling import advice, said, severity
from ringkeep.translation import Words

_ = str  # marks the texts of this module for translation
MOST_LINES = 60  # in one message; the rest is counted


@dataclass(frozen=True, slots=True)
class Message:
    """What one destination is told at once."""

    title: str
    text: str
    severity: str  # as apprise has it: failure, warning, success


def send_alarms(at: datetime) -> dict[str, int]:
    """Tell every destination what it has not been told yet. {"sent", "failed"}: messages."""
    done = {"sent": 0, "failed": 0}
    for destination in queries.due_destinations(at):
        if not any(queries.untold(destination, at)) or not actions.claim(destination, at):
            continue
        opened, closed = queries.untold(destination, at)  # again: somebody else may have sent before we claimed
        if not opened and not closed:
            actions.release(destination)
            continue
        news = message(opened, closed, Words(destination.language))
        try:
            send(destination.address, news.title, news.text, severity=news.severity)
        except NotSent as error:
            actions.not_told(destination, error.says, at=at)
            done["failed"] += 1
        else:
            actions.told(destination, opened, closed, at=at)
            done["sent"] += 1
    return done


def try_out(destination: Destination, at: datetime) -> None:
    """Send a message that says it is only a test. Raises `NotSent`."""
    words = Words(destination.language)
    try:
        send(
            destination.address, words("Ringkeep: a test"),
            words("Alarms of Ringkeep will come here. Nothing is wrong: somebody tried whether they arrive."),
            severity="info",
        )  # fmt: skip
    except NotSent as error:
        actions.not_told(destination, error.says, at=at)
        raise
    actions.told(destination, (), (), at=at)


def message(opened: Sequence[Finding], closed: Sequence[Finding], words: Words) -> Message:
    """One message with all of them; what opened and is over already stands only among what is over."""
    over = {one.pk for one in closed}
    wrong = [one for one in opened if one.pk not in over]
    bad_first = sorted(wrong, key=lambda one: severity(one) != BAD)
    lines: list[str] = []
    if wrong:
        lines += _listed(words("Wrong now:"), [_line(one, words) for one in bad_first], words)
    if closed:
        lines += _listed(words("Over:"), [f"✔ {said(one, words, over=True)}" for one in closed], words)
    return Message(_title(wrong, closed, words), "\n".join(lines), _type(wrong))


def _line(finding: Finding, words: Words) -> str:
    sign = "✖" if severity(finding) == BAD else "▲"
    return f"{sign} {said(finding, words)}\n    {advice(finding, words)}"


def _listed(heading: str, lines: Sequence[str], words: Words) -> list[str]:
    rest = len(lines) - MOST_LINES
    more = [words("... and {count} more: `ringkeep alarms` lists them").format(count=words.number(rest))]
    return [heading, *lines[:MOST_LINES], *(more if rest > 0 else []), ""]


def _title(wrong: Sequence[Finding], closed: Sequence[Finding], words: Words) -> str:
    if len(wrong) + len(closed) == 1:
        one = (*wrong, *closed)[0]
        return f"Ringkeep: {said(one, words, over=not wrong)}"
    if not wrong:
        return words("Ringkeep: {count} alarms are over").format(count=words.number(len(closed)))
    systems = len({one.phone_system_id for one in wrong if one.phone_system_id is not None})
    if systems <= 1:
        return words("Ringkeep: {count} alarms").format(count=words.number(len(wrong)))
    return words("Ringkeep: {count} alarms of {systems} phone systems").format(
        count=words.number(len(wrong)), systems=words.number(systems)
    )


def _type(wrong: Sequence[Finding]) -> str:
    if not wrong:
        return "success"
    return "failure" if any(severity(one) == BAD for one in wrong) else "warning"
