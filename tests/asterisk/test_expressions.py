"""`${...}` and `$[...]`: any text has a value or is unknowable, and nothing else happens. Real Asterisk agrees, see
test_same_as_real_asterisk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.expressions import LENGTH_LIMIT, Unknowable, evaluate, expand, is_true, substring


class Table:
    """Variables from a table; the function F repeats its arguments, U cannot be known."""

    def __init__(self, **variables: str) -> None:
        self.variables = variables

    def variable(self, name: str) -> str:
        return self.variables.get(name, "")

    def function(self, name: str, arguments: str) -> str:
        if name == "U":
            raise Unknowable("chance")
        return f"<{arguments}>" if name == "F" else ""


PIECES = st.sampled_from(
    ["${", "}", "$[", "]", "$", "(", ")", "F(", "U(", "A", "B", ":", "-1", "2", "+", "-", "*", "/", "%", "?", "::", "=~",
     "~~", "|", "&", "!", "=", '"', "\\", ",", " ", "0", "9" * 400, ".", "[", "{", "(?", "1e5", "ا", "²", "۵", "9" * 5000, "\0", "\n"]
)  # fmt: skip
HOSTILE = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@settings(deadline=None)
@given(HOSTILE)
def test_any_text_has_a_value_or_is_unknowable(text: str) -> None:
    try:
        assert isinstance(expand(text, Table(A="x", B="${A}")), str)
    except Unknowable:
        return


@settings(deadline=None)
@given(HOSTILE)
def test_any_expression_has_a_value(text: str) -> None:
    assert isinstance(evaluate(text), str)


def test_expressions_nested_without_end_are_unknowable() -> None:
    with pytest.raises(Unknowable):
        expand("${" * 500, Table())


def test_brackets_nested_without_end_have_a_value() -> None:
    assert isinstance(evaluate("(" * 20000), str)


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="$"), max_size=40))
def test_text_without_a_dollar_stays(text: str) -> None:
    assert expand(text, Table()) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "12345"),
        ("${GONE}", ""),
        ("x${A}y", "x12345y"),
        ("${A:1}", "2345"),
        ("${A:-2}", "45"),
        ("${A:1:2}", "23"),
        ("${A:0:-1}", "1234"),
        ("${A:9}", ""),
        ("${${NAME}}", "12345"),
        ("${F(a,b)}", "<a,b>"),
        ("${F(${A}):1:2}", "12"),
        ("${f(${A})}", ""),
        ("${F(a:b)}", "<a:b>"),
        ("$[${A} + 1]", "12346"),
        ("5$", "5$"),
    ],
)
def test_variables_and_functions_are_filled_in(text: str, value: str) -> None:
    assert expand(text, Table(A="12345", NAME="A")) == value


def test_the_reason_of_what_cannot_be_known_is_told() -> None:
    with pytest.raises(Unknowable, match="chance"):
        expand("x${U(1)}", Table())


def test_a_value_never_exceeds_the_limit() -> None:
    assert len(expand("${A}" * 50, Table(A="x" * 1000))) == LENGTH_LIMIT


@settings(deadline=None)
@given(st.text("abc123", max_size=10), st.integers(-12, 12), st.integers(-12, 12))
def test_a_cut_is_a_piece_of_the_value(value: str, offset: int, length: int) -> None:
    assert substring(value, f"{offset}:{length}") in value


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_sums_and_comparisons_of_whole_numbers_are_theirs(a: int, b: int) -> None:
    assert evaluate(f"{a} + {b}") == str(a + b)
    assert evaluate(f"{a} < {b}") == str(int(a < b))
    assert evaluate(f"{a} = {b}") == str(int(a == b))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", False),
        ("0", False),
        ("00", False),
        ("1", True),
        ("-1", True),
        ("a", True),
        (" ", True),
        ("0a", False),
        ("9" * 5000, True),
        ("-0", False),
    ],
)
def test_a_condition_holds_as_in_asterisk(condition: str, holds: bool) -> None:
    assert is_true(condition) is holds


@pytest.mark.parametrize(("cut", "left"), [("0:4", "مر"), ("4", "یم"), ("-2", "م"), ("0", "مریم")])
def test_letters_beyond_ascii_are_cut_by_their_bytes(cut: str, left: str) -> None:
    assert substring("مریم", cut) == left
