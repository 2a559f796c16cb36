"""Damage of each sort is found at its place; `scripts/score-damage` prints the score of all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.damage import outcome
from tests.drills.mutations import SABA, Mutation

SAMPLE = Path(__file__).resolve().parents[2] / "samples/saba"
CHOSEN = (
    "a prompt deleted in Persian only",  # completeness
    "a bracket lost in pjsip.conf",  # syntax
    "a menu key pointing nowhere",  # dialplan, from the files alone
    "opening hours inverted",  # hours
    "the trunk's name misspelt in a global",  # seen only by calling
    "a phone's AOR gone",  # registration
)


@pytest.mark.parametrize("mutation", [m for m in SABA if m.name in CHOSEN], ids=lambda m: m.name)
def test_damage_is_named_at_its_place(mutation: Mutation) -> None:
    assert outcome(SAMPLE, mutation, frozenset()).found


def test_every_chosen_damage_exists() -> None:
    assert {m.name for m in SABA} >= set(CHOSEN)
