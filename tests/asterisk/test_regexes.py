"""Regular expressions of hostile dialplans: any has an answer in bounded time, and it is POSIX's."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.expressions import Unknowable, evaluate
from ringkeep.asterisk.regexes import BadPattern, TooCostly, groups, search


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "((a*)*)*b", "(a?){25}a{25}", "[a-z]+@[a-z]+[0-9]+$"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    start = time.process_time()
    with contextlib.suppress(TooCostly):
        search(pattern, "a" * 300)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("pattern", ["(a{255}){255}", "a{9999}", "(" * 200 + ")" * 200, "(a)\\1"])
def test_what_cannot_be_bounded_is_refused(pattern: str) -> None:
    with pytest.raises(TooCostly):
        search(pattern, "a")


def test_an_expression_with_such_a_pattern_is_unknowable() -> None:
    with pytest.raises(Unknowable, match="too long"):
        evaluate('"a" =~ "(a)\\1"')


@pytest.mark.parametrize("pattern", ["(", "[", "[b-a]", "*", "a{2", "a{x}", "a{3,2}", "\\", "[[:none:]]", "(*)", "a|*"])
def test_what_the_c_library_refuses_is_no_pattern(pattern: str) -> None:
    with pytest.raises(BadPattern):
        search(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "text", "span", "group"),
    [
        ("a|ab", "xab", (1, 3), None),
        ("(a|ab)(c|bcd)", "abcd", (0, 4), "a"),
        ("(b)?c", "ac", (1, 2), None),
        ("(ab)*", "ababx", (0, 4), "ab"),
        ("a)", "a)", (0, 2), None),
        ("[]a]+", "]a", (0, 2), None),
        ("[^a]", "ab", (1, 2), None),
        ("\\<b", "ab b", (3, 4), None),
        ("x{0}y", "xy", (1, 2), None),
    ],
)
def test_the_leftmost_then_longest_match_is_found(
    pattern: str, text: str, span: tuple[int, int], group: str | None
) -> None:
    found = search(pattern, text)
    assert found is not None and (found.start, found.end) == span and found.group == group


SIMPLE = st.recursive(
    st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "^", "$"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "?", "+", "{2}", "{1,2}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(SIMPLE, st.text("abc", max_size=8))
def test_whether_there_is_a_match_and_where_it_starts_is_as_in_python(pattern: str, text: str) -> None:
    wanted = re.search(pattern, text)
    found = search(pattern.replace("(?:", "("), text)
    assert (found is None) == (wanted is None)
    assert found is None or wanted is None or (found.start == wanted.start() and found.end >= wanted.end())


@settings(deadline=None)
@given(st.text("ab()[]{}*+?|^$\\.,19-:é", max_size=25), st.text("abé1", max_size=12))
def test_any_text_is_a_pattern_or_refused(pattern: str, text: str) -> None:
    try:
        found = search(pattern, text)
        assert found is None or groups(pattern) or found.group is None
    except (BadPattern, TooCostly):
        return
