from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.sources import php
from ringkeep.sources.php import PhpError, loads


def dumps(value: php.Value) -> bytes:
    """PHP's serialize() for the values that `loads` knows."""
    if value is None:
        return b"N;"
    if isinstance(value, bool):
        return b"b:%d;" % value
    if isinstance(value, int):
        return b"i:%d;" % value
    if isinstance(value, float):
        return b"d:%s;" % repr(value).encode()
    if isinstance(value, str):
        raw = value.encode()
        return b's:%d:"%s";' % (len(raw), raw)
    return b"a:%d:{%s}" % (len(value), b"".join(dumps(k) + dumps(v) for k, v in value.items()))


keys = st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | keys | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(scalars, lambda inner: st.dictionaries(keys, inner, max_size=5), max_leaves=30)


@given(values)
def test_what_php_wrote_comes_back(value: php.Value) -> None:
    assert loads(dumps(value)) == value


@given(st.binary(max_size=200) | st.text('abdisNOCrR:;{}"0123456789').map(str.encode))
def test_any_bytes_give_a_value_or_a_php_error(data: bytes) -> None:
    with contextlib.suppress(PhpError):
        loads(data)


@given(values, st.data())
def test_a_cut_value_is_refused(value: php.Value, data: st.DataObject) -> None:
    whole = dumps(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(PhpError):
        loads(whole[:cut])


@pytest.mark.parametrize(
    "hostile",
    [
        b'O:8:"stdClass":0:{}',
        b'C:3:"Foo":0:{}',
        b'a:2:{i:0;s:1:"a";i:1;r:2;}',
        b"a:1:{i:0;R:1;}",
        b'E:3:"A:B";',
        b'S:1:"\\41";',
    ],
)
def test_objects_and_references_are_never_read(hostile: bytes) -> None:
    with pytest.raises(PhpError, match="object or reference"):
        loads(hostile)


@pytest.mark.parametrize(
    "wrong",
    [b"", b"a:1:{}", b"a:0:{i:0;}", b"a:1:{a:0:{}i:1;}", b"a:1:{N;i:1;}", b's:4:"abc";', b's:2:"abc";', b"i:1;i:2;",
     b"i:;", b"i:99999999999999999999999;", b"b:2;", b"d:1.1.1;", b's:-1:"";', b"a:-1:{}"],
)  # fmt: skip
def test_malformed_values_are_refused(wrong: bytes) -> None:
    with pytest.raises(PhpError):
        loads(wrong)


def test_nesting_is_limited_and_needs_no_stack() -> None:
    with pytest.raises(PhpError, match="deeper"):
        loads(b"a:1:{i:0;" * 100_000)
    assert loads(b"a:1:{i:0;" * php.MAX_DEPTH + b"N;" + b"}" * php.MAX_DEPTH) is not None


def test_a_huge_declared_count_costs_nothing_and_time_is_linear() -> None:
    started = time.perf_counter()
    with pytest.raises(PhpError):
        loads(b"a:9999999999:{i:0;N;")
    value = loads(b"a:200000:{" + b"".join(b'i:%d;s:3:"abc";' % i for i in range(200_000)) + b"}")
    assert isinstance(value, dict) and len(value) == 200_000
    assert time.perf_counter() - started < 10


def test_old_latin_1_names_are_text() -> None:
    assert loads(b's:4:"Jos\xe9";') == "José"
