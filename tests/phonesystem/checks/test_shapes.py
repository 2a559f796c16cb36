"""Sets of numbers agree with Asterisk's own matching of patterns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.asterisk.patterns import pattern_matches
from ringkeep.phonesystem.checks.shapes import EVERYTHING, Shape, example, holds, meet, shape_of

LETTERS = st.sampled_from(["X", "Z", "N", "1", "9", "[2-4]", "[05]"])
PATTERNS = st.builds(
    lambda parts, end: "_" + "".join(parts) + end,
    st.lists(LETTERS, min_size=1, max_size=6),
    st.sampled_from(["", "", ".", "!"]),
)
NUMBERS = st.text("0123456789", min_size=1, max_size=8)


@given(PATTERNS, NUMBERS)
def test_a_number_is_in_the_shape_exactly_when_asterisk_matches_it(pattern: str, number: str) -> None:
    assert holds(shape_of(pattern), shape_of(number)) == pattern_matches(pattern, number)


@given(PATTERNS)
def test_an_example_matches_its_pattern(pattern: str) -> None:
    assert pattern_matches(pattern, example(shape_of(pattern)))


@given(PATTERNS, PATTERNS, NUMBERS)
def test_patterns_that_share_a_number_meet(one: str, other: str, number: str) -> None:
    if pattern_matches(one, number) and pattern_matches(other, number):
        assert meet(shape_of(one), shape_of(other))


@given(PATTERNS, PATTERNS, NUMBERS)
def test_a_pattern_that_holds_another_takes_all_its_numbers(outer: str, inner: str, number: str) -> None:
    if holds(shape_of(outer), shape_of(inner)) and pattern_matches(inner, number):
        assert pattern_matches(outer, number)


@pytest.mark.parametrize(
    ("shape", "cut", "left"),
    [
        ("_9X.", (1, None), "_X."),
        ("_55502XX", (4, None), "_2XX"),
        ("_5550XXX", (-3, None), "_XXX"),
        ("_5550XXX", (0, 4), "5550"),
    ],
)
def test_digits_are_cut_as_asterisk_cuts_them(shape: str, cut: tuple[int, int | None], left: str) -> None:
    assert shape_of(shape).cut(*cut) == shape_of(left)


@given(st.text("_XZN[]-.!0123456789 ", max_size=60))
def test_any_text_is_some_shape(pattern: str) -> None:
    shape = shape_of("_" + pattern)
    assert isinstance(shape, Shape) and meet(EVERYTHING, shape) in (True, False)
