"""What can be wrong with a phone system or its backups: one table, kind -> how bad, its sentence, what to do.

Sentences are filled from `Finding.values` (see `telling`): a value's name ends in `_at` for an instant (ISO 8601),
in `_bytes` for a size, in `_s` for seconds; `system` is always known.
"""

from __future__ import annotations

from dataclasses import dataclass

_ = str  # marks the texts of this module for translation

BAD, DEGRADED = "bad", "degraded"  # bad: after a disaster this system could not be brought back as it is, or not at all


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding."""

    severity: str
    says: str  # English, marked for translation
    advice: str
    over: str  # what is told when it is no longer so
    without: str = ""  # says instead of `says` when a value that it needs is not known


KINDS = {
    "backup-missed": Kind(
        BAD,
        _("The nightly backup of {system} was not made: its window ended at {window_ended_at}"),
        _("See that Ringkeep runs at night and reaches the phone system; make one now with `ringkeep backup`."),
        _("The nightly backup of {system} was made"),
    ),
    "backup-stale": Kind(
        BAD,
        _("{system} has had no complete backup since {since_at}"),
        _("See what its backups say they lack or why they fail; until then a disaster loses all that changed since."),
        _("{system} has a fresh complete backup again"),
        _("{system} has never had a complete backup"),
    ),
    "backup-failed": Kind(
        BAD,
        _("The backup of {system} failed: {why}"),
        _("Look at the job's log; Ringkeep tries again by itself."),
        _("The backup of {system} succeeds again"),
        _("The backup of {system} failed"),
    ),
    "backup-partial": Kind(
        BAD,
        _("The backup {backup} of {system} is only partial: {parts} could not be fetched"),
        _("Look at the reason of each part; most often the account lacks a right that `ringkeep enrol` printed."),
        _("The backup of {system} is complete again"),
        _("The backup {backup} of {system} is only partial"),
    ),
    "backup-shrunken": Kind(
        BAD,
        _("{system} became much smaller: {what}"),
        _("If nobody removed that on purpose, keep the last backups, and look what happened on the phone system."),
        _("{system} has not become smaller any more"),
        _("{system} became much smaller"),
    ),
    "backup-incomplete": Kind(
        DEGRADED,
        _("The backup of {system} lacks things that it refers to ({count}): {what}"),
        _(
            "See all of them with `ringkeep backups`; bring them to the phone system, or give the account the right to read."
        ),
        _("The backup of {system} lacks nothing that it refers to any more"),
        _("The backup of {system} lacks things that it refers to"),
    ),
    "drill-failed": Kind(
        BAD,
        _("The backup {backup} of {system} would not serve its callers: {what}"),
        _("Read the report of the drill; the phone system itself may have the same fault."),
        _("The backups of {system} ring again in the drill"),
        _("The backup {backup} of {system} would not serve its callers"),
    ),
    "drill-degraded": Kind(
        DEGRADED,
        _("The backup {backup} of {system} rings, but not everything is right: {what}"),
        _("Read the report of the drill and mend what it names."),
        _("Everything is right again with the backups of {system} in the drill"),
        _("The backup {backup} of {system} rings, but not everything is right"),
    ),
    "drill-stale": Kind(
        BAD,
        _("No backup of {system} has been proved by a drill since {since_at}"),
        _("See why drills end without a verdict; make one now with `ringkeep drill`."),
        _("A fresh backup of {system} has been proved by a drill"),
        _("No backup of {system} has ever been proved by a drill"),
    ),
    "unreachable": Kind(
        BAD,
        _("{system} cannot be reached: {why}"),
        _("See that it runs, that the network leads there, and that its account and port are as they were."),
        _("{system} can be reached again"),
        _("{system} cannot be reached"),
    ),
    "host-key-changed": Kind(
        BAD,
        _("{system} answers with another host key: nothing was sent to it, and its backups have stopped"),
        _("Ask whoever looks after the server: reinstalled, enrol it anew; otherwise somebody may stand in between."),
        _("{system} answers with its own host key again"),
    ),
    "repository-corrupt": Kind(
        BAD,
        _("The repository {repository} is damaged: {what}"),
        _("Do not remove anything; check its disk, then `ringkeep verify` and make a new backup of each system."),
        _("The repository {repository} is whole again"),
        _("The repository {repository} is damaged"),
    ),
    "repository-full": Kind(
        BAD,
        _("There is no room left in the repository {repository}"),
        _("Make room there or let fewer backups be kept; until then nothing new can be stored."),
        _("There is room again in the repository {repository}"),
    ),
    "plain-copy-failed": Kind(
        DEGRADED,
        _("The readable copy of the backups of {customer} could not be written: {why}"),
        _("See that its folder is there and has room; the backups themselves are not touched by this."),
        _("The readable copy of the backups of {customer} is up to date again"),
        _("The readable copy of the backups could not be written"),
    ),
    "disk-full-here": Kind(
        BAD,
        _("The disk of this machine is nearly full: {free_bytes} left"),
        _("Make room where RINGKEEP_HOME is; until then backups and drills cannot be made."),
        _("There is room again on the disk of this machine"),
        _("The disk of this machine is full"),
    ),
    "clock-off": Kind(
        DEGRADED,
        _("The clock of {system} is off by {off_s}"),
        _("Let it set its clock from the network (NTP); opening hours and call records go by it."),
        _("The clock of {system} is right again"),
        _("The clock of {system} is off"),
    ),
}
