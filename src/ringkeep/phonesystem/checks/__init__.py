"""What is wrong with a phone system before any call is placed.

`check` finds what cannot work: a drill's verdict counts it. `advise` adds what works but should not be so, or costs
money: `ringkeep check` tells both, by `review`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ringkeep.phonesystem.checks.carriers import check_carriers
from ringkeep.phonesystem.checks.destinations import advise_destinations
from ringkeep.phonesystem.checks.files import PROBLEMS, advise_reading, check_files, check_reading
from ringkeep.phonesystem.checks.finding import Finding, grouped, once
from ringkeep.phonesystem.checks.flows import advise_menus, advise_numbers, advise_unreachable
from ringkeep.phonesystem.checks.fraud import (
    advise_commands,
    advise_direct_access,
    advise_forwards,
    advise_roads,
    own_code,
)
from ringkeep.phonesystem.checks.hours import advise_overrides, advise_times, advise_week, check_hours
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.modules import check_modules
from ringkeep.phonesystem.checks.numbers import advise_emergency
from ringkeep.phonesystem.checks.outbound import advise_limits, advise_routes, advise_shadowed
from ringkeep.phonesystem.checks.phones import check_phones
from ringkeep.phonesystem.checks.queues import advise_queues, check_queues
from ringkeep.phonesystem.checks.rates import Rate, advise_rates
from ringkeep.phonesystem.checks.recordings import Sounds, advise_recordings
from ringkeep.phonesystem.checks.references import check_includes, check_references
from ringkeep.phonesystem.checks.secrets import advise_pins, advise_secrets
from ringkeep.phonesystem.checks.security import (
    advise_disagreements,
    advise_manager,
    advise_peers,
    advise_rest,
    advise_version,
)
from ringkeep.phonesystem.model import PhoneSystem

__all__ = ["PROBLEMS", "Beside", "Finding", "advise", "check", "review"]

DEFECTS = (
    check_reading, check_files, check_modules, check_phones, check_carriers, check_queues, check_references,
    check_includes, check_hours,
)  # fmt: skip
ADVICE = (
    advise_roads, advise_direct_access, advise_commands, advise_forwards, advise_secrets, advise_pins, advise_manager,
    advise_rest, advise_peers, advise_queues, advise_shadowed, advise_routes, advise_limits, advise_unreachable,
    advise_reading, advise_disagreements, advise_destinations, advise_numbers, advise_menus, advise_emergency, advise_times, advise_week, advise_overrides,
)  # fmt: skip

KEPT_ELSEWHERE = ("no-phones", "device-missing", "context-missing")  # cannot be told without the database
FILES_ONLY = (
    "dialplan-missing",
    "modules-missing",
    "file-missing",
    "no-phones",
)  # of a backup that holds settings alone


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the phone system itself."""

    at: datetime  # now, in the phone system's own time
    rates: tuple[Rate, ...] = ()
    version: str | None = None  # of its Asterisk
    sounds: Sounds = field(default_factory=Sounds)


def check(system: PhoneSystem) -> tuple[Finding, ...]:
    """Everything that cannot work, most basic first."""
    known = Known(system)
    return once(finding for part in DEFECTS for finding in part(known))


def advise(system: PhoneSystem, beside: Beside) -> tuple[Finding, ...]:
    """What works but should not be so, or only at some hour, or costs money."""
    return once(_advice(Known(system, beside.at), beside))


def _advice(known: Known, beside: Beside) -> Iterator[Finding]:
    for part in ADVICE:
        yield from part(known)
    yield from advise_rates(known, beside.rates)
    yield from advise_recordings(known, beside.sounds)
    yield from advise_version(beside.version, beside.at)


def review(system: PhoneSystem, beside: Beside) -> tuple[Finding, ...]:
    """Everything, worst first, each thing once; what repeats itself is one finding.

    Notes on a product's own generated code are left out: no owner can mend it.
    """
    known = Known(system, beside.at)
    basic = once(finding for part in DEFECTS for finding in part(known))
    basic = tuple(f for f in basic if f.severity != "note" or own_code(system, f.place))
    if any(problem.code == "kept-elsewhere" for problem in system.problems):
        basic = tuple(f for f in basic if f.code not in KEPT_ELSEWHERE)
    if known.settings_only:
        basic = tuple(f for f in basic if f.code not in FILES_ONLY)
    inverted = {f.subject for f in basic if f.code == "hours-inverted"}
    more = [
        f for f in _advice(known, beside)
        if not (f.code in ("only-voicemail", "hours-gap", "hours-closed") and f.subject in inverted)
    ]  # fmt: skip
    walked = {f.place for f in more if f.code in ("dead-end", "key-nowhere")}  # they say who is cut off there
    basic = tuple(f for f in basic if not (f.code == "goto-nowhere" and f.place in walked))
    return grouped([*basic, *more])
