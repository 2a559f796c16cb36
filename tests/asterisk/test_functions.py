"""Functions of text and numbers on hostile input; their values are compared with real Asterisk's in
tests/phonesystem/test_same_as_real_asterisk.py."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.expressions import LENGTH_LIMIT, Unknowable, expand
from ringkeep.asterisk.functions import TextFunctions


def functions(**variables: str) -> TextFunctions:
    """Functions over variables of their own."""
    return TextFunctions(lambda name: variables.get(name, ""), variables.__setitem__)


@pytest.mark.parametrize("text", ["${EVAL(${A})}", "${CUT(A,-,1)}${EVAL(${EVAL(${A})})}", "${LEN(${EVAL(${A})})}"])
def test_variables_that_lead_into_themselves_are_unknowable(text: str) -> None:
    with pytest.raises(Unknowable, match="nested"):
        expand(text, functions(A="${EVAL(${A})}"))


@pytest.mark.parametrize(
    "text",
    ["${STRREPLACE(A,a,${A})}", "${STRBETWEEN(A,${A})}", "${SPRINTF(%99999999d,1)}", "${SPRINTF(%.99999999f,1)}",
     "${MATH(9^99999999)}", "${MATH(1<<9999999999,int)}", "${FILTER(\\x00-\\xff,${A})}", "$[9999999 * 9999999 * 9999999]",
     "${URIENCODE(${A})}", "${REPLACE(A,a,b)}"],
)  # fmt: skip
def test_no_value_grows_or_takes_without_end(text: str) -> None:
    start = time.process_time()
    assert len(expand(text, functions(A="a" * 4000))) <= LENGTH_LIMIT
    assert time.process_time() - start < 2


NAMES = st.sampled_from(
    [name.removeprefix("_read_").upper() for name in dir(TextFunctions) if name.startswith("_read_")]
)
PIECES = st.sampled_from(
    [*'abc019,-?:&()[]"\\ .*+²۵%^=<>', "A", "B", "${A}", "$[", "]", ",int", "\\x2", "\\0777", "9" * 400, "%5s", "%", "é", "\0", "\ud800", "AND", "1e999"]
)  # fmt: skip


@settings(deadline=None)
@given(NAMES, st.lists(PIECES, max_size=15).map("".join))
def test_no_argument_makes_a_function_raise_anything_but_unknowable(name: str, arguments: str) -> None:
    made = functions(A="x-y,z", B="${A}")
    try:
        assert isinstance(made.read(name, arguments), str)
        made.write(name, arguments, arguments)
        assert isinstance(expand(f"${{{name}({arguments})}}", made), str)
    except Unknowable:
        return


def test_a_function_is_known_by_its_capitals_only() -> None:
    assert functions().read("LEN", "abc") == "3" and functions().read("len", "abc") == ""
