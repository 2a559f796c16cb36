"""Numbers that stand for a pattern."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.patterns import pattern_matches, sample_number

DIGIT = st.sampled_from("0123456789")
RANGES = st.tuples(DIGIT, DIGIT).map(lambda ends: f"[{min(ends)}-{max(ends)}]")
SETS = st.text("0123456789", min_size=1, max_size=4).map(lambda members: f"[{members}]")
POSITION = st.one_of(st.sampled_from(list("XZN0123456789*#+")), RANGES, SETS)
ENDS = st.sampled_from(["", ".", "!"])


@settings(deadline=None)
@given(st.lists(POSITION, min_size=1, max_size=9), ENDS, st.integers(0, 50))
def test_a_sample_number_matches_its_own_pattern(positions: list[str], end: str, salt: int) -> None:
    pattern = f"_{''.join(positions)}{end}"
    number = sample_number(pattern, salt)
    assert number is not None
    assert pattern_matches(pattern, number), number


@settings(deadline=None)
@given(st.text("_XZN.![]019-*#+ sit", max_size=12))
def test_any_pattern_gives_a_number_that_matches_or_none(pattern: str) -> None:
    assume("[]" not in pattern)  # a set without members matches nothing
    number = sample_number(pattern)
    assert number is None or pattern_matches(pattern, number)


@pytest.mark.parametrize("name", ["s", "t", "i", "h", "start", "_[12", ""])
def test_what_nobody_can_dial_has_no_sample_number(name: str) -> None:
    assert sample_number(name) is None


def test_two_routes_of_one_shape_are_tried_with_different_numbers() -> None:
    assert sample_number("_9X.", 1) != sample_number("_9X.", 2)
