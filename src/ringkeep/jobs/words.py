"""What jobs and their steps are called for people: every name that a job of ours gives a step stands here."""

from __future__ import annotations

from ringkeep.translation import Words, shown

_ = str  # marks the texts of this module for translation

DOING = {
    "backup": _("backup"),
    "drill": _("drill"),
    "restore": _("restore"),
    "upkeep": _("upkeep of the repository"),
    "alarms": _("alarms"),
    "freezing": _("freezing databases and listing files"),
    "databases": _("fetching databases"),
    "files": _("fetching files"),
    "sent": _("everything is sent"),
    "restore from the repository": _("bringing it out of the repository"),
    "begin": _("beginning"),
    "ask what it is": _("asking what it is"),
    "fetch what changed": _("fetching what changed"),
    "store": _("storing"),
    "look at what is in it": _("looking at what is in it"),
    "say how it went": _("writing down how it went"),
    "say that it failed": _("writing down that it failed"),
    "see to what follows": _("seeing to what follows"),
    "forget by the rules": _("forgetting by the rules"),
    "check the repository": _("checking the repository"),
    "restore and call": _("booting and calling it"),
    "keep the verdict": _("keeping the verdict"),
    "say that it could not be tried": _("writing down that it could not be tried"),
    "tell": _("telling people"),
    "see whether there is anything to do": _("seeing whether there is anything to do"),
    "compare with the backup": _("comparing with the backup"),
    "send": _("sending files"),
    "swap and check": _("swapping and checking"),
    "leave the phone system as it was": _("leaving the phone system as it was"),
    "report": _("writing the report"),
}


def doing(step: str, words: Words) -> str:
    """What a job or its step is called."""
    return words(DOING[step]) if step in DOING else shown(step, 80)
