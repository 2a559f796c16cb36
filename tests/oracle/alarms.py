"""False alarms: what a review finds in phone systems that have nothing wrong.

`python -m tests.oracle.alarms` prints the score. Clean are: the sample system at many hours of a year, and small systems that
each come as near to a finding as they can without being one (the near-misses of the tests).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from ringkeep.explanations.opened import opened
from ringkeep.explanations.sounds import listen
from ringkeep.phonesystem.checks import Beside, Finding, review
from ringkeep.phonesystem.model import PhoneSystem
from tests.oracle.score import Score
from tests.phonesystem.checks import test_fraud, test_outbound
from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, OTHERS, PJSIP
from tests.phonesystem.systems import TUESDAY, system

SABA = Path(__file__).parents[2] / "samples/saba"
NOTES = 3  # of a clean system: more would drown what matters


def score() -> Score:
    """One case a system and hour; a difference is a finding that is more than a note, or too many notes."""
    counted = Score("clean systems without a false alarm")
    for case, findings in _cases():
        alarms = [f"{f.code} at {f.place}" for f in findings if f.severity != "note"]
        if len(findings) > NOTES + len(alarms):
            alarms.append(f"{len(findings)} notes")
        counted.count(case, ", ".join(alarms) or None)
    return counted


def _cases() -> Iterator[tuple[str, tuple[Finding, ...]]]:
    with opened(SABA) as sample:
        sounds = listen(sample.source, sample.system)
        for day in range(0, 365, 7):
            at = datetime(2026, 1, 1, 9, 0) + timedelta(days=day)
            yield f"saba on {at:%Y-%m-%d}", review(sample.system, Beside(at=at, sounds=sounds))
    for case, extensions in {"two phones": INBOUND + INTERNAL, **test_fraud.SAFE, **_routes()}.items():
        yield case, review(_small(extensions), Beside(at=TUESDAY))


def _routes() -> dict[str, str]:
    """Routes that look hidden and are not."""
    return {
        case: test_outbound.routes(first, second)
        for case, (first, second, found) in test_outbound.SHADOWED.items()
        if not found
    }


def _small(extensions: str) -> PhoneSystem:
    return system(extensions, pjsip=PJSIP, others=OTHERS)


if __name__ == "__main__":
    counted = score()
    print(counted)
    for line in counted.differing:
        print(" ", line)
