"""The difference between two phone systems, as people who use them would tell it.

One function for drift, the preview of a change, "what changed last night" and a drill's verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs."""

    change: str  # added | removed | changed
    # extension mailbox queue ring_group menu time_condition night_switch inbound_route outbound_route trunk announcement
    # conference feature_code follow_me paging_group parking_lot music setting file dialplan
    what: str
    id: str  # "1060", "CarrierA", "1"
    field: str | None  # None: the thing as a whole
    before: str | None  # in words; None for a secret and for nothing
    after: str | None
    audience: str  # callers | staff | carriers | inner: who would notice
    says: Sentence

    @property
    def text(self) -> str:
        """The sentence in English."""
        return str(self.says)


def compare(a: PhoneSystem, b: PhoneSystem) -> tuple[Change, ...]:
    """What `b` has that `a` had not, and the other way round; empty when a user of either would notice nothing."""
    raise NotImplementedError
