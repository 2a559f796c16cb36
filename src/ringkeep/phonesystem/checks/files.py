"""Files without which nothing rings, and what Asterisk complains of while reading them."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem import references
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.fraud import own_code
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.sentences import Sentence

# How bad a reading problem is. What is not here is a note: real systems are full of those.
PROBLEMS = {
    "include-missing": "bad", "include-loop": "bad", "section-not-closed": "bad", "template-missing": "bad",
    "entry-before-section": "bad", "not-text": "bad", "too-big": "bad", "no-equals": "degraded",
    "comment-not-closed": "degraded", "exec": "degraded", "not-closed": "degraded", "bad-line": "degraded",
    "too-long-line": "degraded", "unknown-directive": "degraded", "not-read": "degraded",
}  # fmt: skip

TOLD = ("damaged-dump", "kept-elsewhere")  # nothing fails, but something was not looked at
# Lines of a dialplan that Asterisk passes over: whoever wrote them wanted something that never happens.
IGNORED = {
    "unknown-line": "degraded", "bad-priority": "degraded", "no-extension": "degraded", "priority-duplicate": "note", "label-twice": "note",
}  # fmt: skip


def advise_reading(known: Known) -> Iterator[Finding]:
    """What could not be looked at."""
    for problem in dict.fromkeys(known.system.problems):
        if problem.code in TOLD:
            yield Finding(problem.code, "note", problem.place, problem.what)
        elif problem.code in IGNORED and own_code(known.system, problem.place):
            yield Finding(problem.code, IGNORED[problem.code], problem.place, problem.what)


def check_reading(known: Known) -> Iterator[Finding]:
    """Lines that Asterisk cannot read."""
    for problem in dict.fromkeys(known.system.problems):
        severity = "bad" if problem.fatal else PROBLEMS.get(problem.code, "note")
        if severity != "note":
            yield Finding(problem.code, severity, problem.place, problem.what)


def check_files(known: Known) -> Iterator[Finding]:
    """Files that are missing."""
    system = known.system
    if not system.dialplan.contexts:
        says = Sentence("extensions.conf is missing, empty or refused: no number leads anywhere")
        yield Finding("dialplan-missing", "bad", Place("/etc/asterisk/extensions.conf", 0), says)
    if "voicemail.conf" not in system.configurations:
        every = references.find(system, list(system.dialplan.contexts.values()))
        box = next((r for r in every if r.kind in ("mailbox", "own mailbox")), None)
        if box:
            says = Sentence("voicemail.conf is missing, but the dialplan uses mailbox {box}", {"box": box.name})
            yield Finding("file-missing", "degraded", Place("/etc/asterisk/voicemail.conf", 0), says)
    if system.dialplan.contexts and not system.extensions and not system.trunks:
        says = Sentence("no phone and no trunk is configured, in neither pjsip.conf nor sip.conf")
        yield Finding("no-phones", "bad", Place("/etc/asterisk/pjsip.conf", 0), says)
