"""The sentences of a drill's report, in English; Persian comes from the catalogue (`translation`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

from ringkeep.drills.report import Report
from ringkeep.drills.steps import STEPS
from ringkeep.phonesystem.checks import words as checked
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it

VERDICTS = {
    "good": _("This phone system would ring again."),
    "degraded": _("It rings, but not everything is right."),
    "bad": _("This phone system would not serve its callers."),
    "unproved": _("This backup was looked through, not booted: no call has proved it."),
}
KINDS = {
    "extensions": _("extensions"), "trunks": _("trunks"), "queues": _("queues"), "mailboxes": _("mailboxes"),
    "contexts": _("dialplan contexts"), "hints": _("hints"), "registered": _("phones registered"),
    "inbound": _("numbers from outside"), "menu": _("menu keys"), "queue": _("queue"), "ring_group": _("ring group"),
    "extension": _("phone to phone"), "voicemail": _("voicemail"), "feature": _("feature codes"), "outbound": _("outbound routes"),
}  # fmt: skip
MISSING = {
    "prompt": _("prompts"), "include": _("included files"), "greeting": _("mailbox greetings"), "script": _("scripts"),
    "certificate": _("certificates"), "module": _("modules"), "database": _("databases"), "moh": _("music on hold"),
    "file": _("files"),
}  # fmt: skip
SEVERITIES = {"bad": _("calls fail"), "degraded": _("wrong, but it rings"), "note": _("worth knowing")}
SOURCES = {
    "root": _("a directory like /"), "etc": _("a directory like /etc/asterisk"), "freepbx-backup": _("FreePBX backup"),
    "issabelpbx-backup": _("IssabelPBX backup"), "issabel-engine-backup": _("Issabel backup"),
}  # fmt: skip
PRODUCTS = {"asterisk": "Asterisk", "freepbx": "FreePBX", "issabel": "Issabel"}  # names: the same in every language

# What `callflow.describe` and `judge` begin a piece of "expected", "got" and "heard" with.
LEADING = {
    "menu": _("menu"), "extension": _("extension"), "queue": _("queue"), "ring group": _("ring group"),
    "voicemail": _("voicemail"), "voicemail menu": _("voicemail menu"), "conference": _("conference"),
    "announcement": _("announcement"), "outbound": _("outbound"), "over": _("over"), "directory": _("directory"),
    "parking": _("parking"), "echo": _("echo"), "record": _("record"), "pickup": _("pickup"), "hangup": _("hangup"),
    "busy": _("busy"), "congestion": _("congestion"), "dead end": _("dead end"), "decided by": _("decided by"),
    "music on hold": _("music on hold"), "listening in": _("listening in"), "tone": _("tone"), "DISA": _("DISA"), "trunk": _("trunk"),
    "refused": _("refused"), "answered by": _("answered by"), "rang": _("rang"), "last step": _("last step"),
    "ended": _("ended"), "the carrier saw": _("the carrier saw"), "nothing": _("nothing"), "somewhere": _("somewhere"),
    "prompt": _("prompt"), "not the prompt": _("not the prompt"), "speech both ways": _("speech both ways"),
    "nobody hears the other": _("nobody hears the other"), "the caller hears nothing": _("the caller hears nothing"),
    "the carrier hears nothing": _("the carrier hears nothing"), "the phone hears nothing": _("the phone hears nothing"),
    "a message left": _("a message left"), "the message played back": _("the message played back"),
    "no message": _("no message"), "paging": _("paging"), "digits": _("digits"), "opening hours": _("opening hours"),
}  # fmt: skip

NOT_HEARD = ("nobody hears", "the caller hears nothing", "the carrier hears nothing", "the phone hears nothing",
             "not the prompt", "no message")  # fmt: skip  # how "heard" begins when something is wrong

# What a defect is, by its code: a title, and what to do about it. Which code is found where: docs/defects.md.
DEFECTS = {
    **checked.TITLES,
    # The calls themselves
    "call-failed": _("A call does not arrive where it should"),
    "other-road": _("A call arrives, but by another road than the files show"),
    "call-refused": _("The phone system does not take the call"),
    "no-audio": _("The call is answered, but somebody hears nothing"),
    "prompt-not-heard": _("A recorded message is not heard"),
    "voicemail-not-played": _("A message left in voicemail is not played back"),
    # Booting and registering
    "boot-failed": _("Asterisk does not start"),
    "crashed": _("Asterisk stopped in the middle of the drill"),
    "not-bootable": _("This backup alone cannot be booted"),
    "phone-refused": _("A phone cannot register"),
    "trunk-unregistered": _("A trunk cannot register at its carrier"),
    "trunks-held": _("Its trunks are held: calls through carriers were not tried"),
    "not-loaded": _("In the files, but Asterisk did not load it"),
    "config-refused": _("Asterisk refuses a configuration file"),
    "object-refused": _("Asterisk refuses a phone or a trunk"),
    "dialplan-line": _("Asterisk complains of a dialplan line"),
    "application-missing": _("The dialplan uses an application this Asterisk does not have"),
    "script-missing": _("A script is missing or does not run"),
    "stand-in": _("The lab gave the answer of a program of the product"),
    "hangs": _("Asterisk hangs"),
    "out-of-time": _("The drill ran out of time"),
    "machine-busy": _("The machine was too busy to be certain"),
    "left-out": _("Something was not taken into the lab"),
    "module-absent": _("A module is not in the lab"),
    "backup-incomplete": _("The backup lacks what it lists"),
}
ADVICE = {
    **checked.ADVICE,
    # The calls themselves
    "call-failed": _("Follow the steps of the call below to the last line that ran, and mend what it leads to."),
    "other-road": _("Nothing has to be done; please report it: Ringkeep read the dialplan differently from Asterisk."),
    "call-refused": _("Compare the trunk's addresses, account and context with what the carrier sends."),
    "no-audio": _("Check codecs, direct_media and NAT settings of the phone or trunk named here."),
    "prompt-not-heard": _("Check that the file is a sound file Asterisk can play and that the call waits for its end."),
    "voicemail-not-played": _("Check the mailbox, its PIN and where messages are stored; what callers say is lost."),
    # Booting and registering
    "boot-failed": _("Mend what the message names first; without a boot nothing else can be tried."),
    "crashed": _("Look at its last words here and at the system's own log at the end of this report."),
    "not-bootable": _("Add /etc/asterisk to what is backed up, or prove a copy of the running system's files."),
    "phone-refused": _("Check that its endpoint, auth and AOR sections exist and agree."),
    "trunk-unregistered": _("Check the account of the registration: user name, password, server."),
    "trunks-held": _(
        "Nothing has to be done: let them go with `ringkeep restore NAME --release-trunks` once the carriers are to reach it."
    ),
    "not-loaded": _("Look in the system's own log for the reason; the section is refused or overridden."),
    "config-refused": _("Mend the line that the message names; everything after it is lost."),
    "object-refused": _("Mend the option that the message names; the whole section is left out."),
    "dialplan-line": _("Look at the line named here and mend or remove it."),
    "application-missing": _("Install its module, or rewrite the line for this version of Asterisk."),
    "script-missing": _("Add the script and what it needs to the backup, or remove the line that runs it."),
    "stand-in": _("Nothing has to be done: the product brings this program along, and no backup holds it."),
    "hangs": _("Look at its last log lines: something blocks it."),
    "out-of-time": _("Give it more with --timeout, or see what keeps it so long."),
    "machine-busy": _("Drill again when this machine has less to do."),
    "left-out": _("See whether the system needs it; links out, devices and the like are never taken."),
    "module-absent": _("Nothing, unless it must work after a restore: then make sure the new machine has it."),
    "backup-incomplete": _("Make the backup again and see why these were left out."),
}


def safe(report: Report) -> Report:
    """The report as it may be shown: every text in it passed through `translation.shown`."""
    cleaned: Report = _safe(report)
    return cleaned


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, tuple):
        return tuple(_safe(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _safe(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _safe(getattr(value, field.name)) for field in fields(value)})
    return value


class Phrase(NamedTuple):
    """A piece of "expected", "got" or "heard"."""

    before: str  # what stands between it and the piece before
    word: str  # for people: "صف انتظار"
    name: str  # as it is in the files: "support"


def phrases(text: str, words: Words) -> list[Phrase]:
    """What `callflow.describe` or `judge` said, in the reader's language: "queue support" -> "صف انتظار", "support".

    What begins with none of the known words is a name as a whole.
    """
    found: list[Phrase] = []
    for piece in text.split("; "):
        parts = re.split(" (?=over )", piece, maxsplit=1) if piece.startswith("outbound ") else [piece]
        separator = words("; ") if found else ""
        for part in parts:
            found.append(_phrase(part, separator, words))
            separator = " "
    return found


def _phrase(piece: str, before: str, words: Words) -> Phrase:
    for lead in LONGEST_FIRST:
        if piece == lead or piece.startswith((f"{lead} ", f"{lead}: ")):
            return Phrase(before, words(LEADING[lead]), piece[len(lead) :].removeprefix(":").strip())
    return Phrase(before, "", piece)


LONGEST_FIRST = sorted(LEADING, key=len, reverse=True)


def verdict_text(report: Report) -> str:
    """The verdict in one English sentence; a backup that cannot be booted has not rung."""
    return VERDICTS["unproved" if report.verdict != "bad" and not report.lab_asterisk else report.verdict]


__all__ = [
    "ADVICE",
    "DEFECTS",
    "KINDS",
    "MISSING",
    "NOT_HEARD",
    "PRODUCTS",
    "SEVERITIES",
    "SOURCES",
    "STEPS",
    "VERDICTS",
    "Phrase",
    "Words",
    "phrases",
    "safe",
    "verdict_text",
]  # fmt: skip
