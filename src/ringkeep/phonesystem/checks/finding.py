"""One thing that is wrong with a phone system, or worth knowing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.sentences import Sentence

SHOWN = 3  # findings of one kind that are told one by one
NAMED = 12  # names in a list before it says how many more there are
ORDER = {"bad": 0, "degraded": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect or advice. Its title, why it matters and what to do follow from the code (`checks.words`)."""

    code: str
    severity: str  # bad | degraded | note
    place: Place
    says: Sentence | str  # a text as it is where Asterisk's own reader speaks
    subject: str = ""  # what it is about, for programs: "201", "CarrierA"
    more: tuple[Place, ...] = ()  # further places of the same finding

    @property
    def what(self) -> str:
        """The sentence in English."""
        return str(self.says)


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once."""
    return tuple({(f.code, f.severity, f.place, f.what): f for f in findings}.values())


def grouped(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, and what repeats itself more than a few times told as one finding with all its places."""
    kinds: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in once(findings):
        template = finding.says.template if isinstance(finding.says, Sentence) else ""
        kinds.setdefault((finding.code, finding.severity, template), []).append(finding)
    told: list[Finding] = []
    for same in kinds.values():
        told += same if len(same) <= SHOWN else [_merged(same)]
    return tuple(sorted(told, key=lambda f: ORDER[f.severity]))


def _merged(same: list[Finding]) -> Finding:
    first = same[0]
    places = tuple(dict.fromkeys(f.place for f in same if f.place != first.place))
    says = Sentence("{first}; and {count} more of the same kind", {"first": first.says, "count": len(same) - 1})
    others = [finding.subject for finding in same[1:]]
    if all(others):
        says = Sentence("{first}; the same for {others}", {"first": first.says, "others": listed(others)})
    return replace(first, says=says, more=(*first.more, *places))


def listed(names: Iterable[str]) -> Sentence | str:
    """Names for a sentence: all of them when they are few, else the first and how many more."""
    given = list(dict.fromkeys(names))
    if len(given) <= NAMED:
        return ", ".join(given)
    shown = ", ".join(given[:NAMED])
    return Sentence("{names} and {count} more", {"names": shown, "count": len(given) - NAMED})
