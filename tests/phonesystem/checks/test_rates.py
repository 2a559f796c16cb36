"""A rate table is read, and a costlier trunk that is tried first is found with what it costs more."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.phonesystem.checks import Beside
from ringkeep.phonesystem.checks.rates import BadRates, Rate, Tariff, read_rates
from tests.phonesystem.checks.reviewed import INBOUND, reviewed
from tests.phonesystem.systems import TUESDAY

BOTH = "{pattern},1,Set(GROUP()=out)\n same => n,Dial(PJSIP/{number}@carrier)\n same => n,Dial(PJSIP/{number}@second)\n"


def found(table: str, pattern: str = "_0X.", number: str = "${EXTEN}") -> list[str]:
    route = "exten => " + BOTH.format(pattern=pattern, number=number)
    text = INBOUND + "[internal]\nexten => 201,1,Dial(PJSIP/201)\n" + route
    seen = reviewed(text, beside=Beside(at=TUESDAY, rates=read_rates(table)))
    return [f.what for f in seen if f.code == "route-dearer"]


def test_the_dearer_trunk_first_is_found_with_the_difference() -> None:
    assert found("prefix,trunk,price\n0044,carrier,0.12\n0044,second,0.045\n") == [
        "route internal sends calls to 0044… over carrier at 0.12, though second takes 0.045: 0.075 more a minute"
    ]


@pytest.mark.parametrize(
    "table",
    [
        "0044,carrier,0.04\n0044,second,0.12\n",
        "0044,carrier,1\n0044,second,1\n",
        "0044,carrier,5\n",
        "0044,carrier,5\n0033,second,1\n",
    ],
)
def test_the_cheaper_or_only_trunk_first_is_right(table: str) -> None:
    assert found(table) == []


def test_the_longest_prefix_counts() -> None:
    table = "00,carrier,1\n00,second,5\n0044,carrier,9\n0044,second,2\n"
    assert [what.split(" over")[0] for what in found(table)] == ["route internal sends calls to 0044…"]


def test_the_price_is_that_of_what_the_carrier_sees() -> None:
    assert found("44,carrier,3\n44,second,1\n", "_900.", "${EXTEN:3}") != []
    assert found("44,carrier,3\n44,second,1\n", "_0X.", "${EXTEN:1}") != []


def test_a_number_with_a_plus_is_priced_by_its_country() -> None:
    assert Tariff((Rate("44", "a", Decimal(1)),)).price("A", "+442079460000") == ("44", Decimal(1))


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("prefix,trunk,price\n44,a,0.10\n", [("44", "a", "0.10")]),
        ("44;a;0,10\n45;b;1\n", [("44", "a", "0.10"), ("45", "b", "1")]),
        ("# mine\n\n+44,a,5\n", [("44", "a", "5")]),
        ("\ufeff44,a,5\n", [("44", "a", "5")]),
    ],
)
def test_a_table_is_read_as_people_write_it(text: str, rates: list[tuple[str, str, str]]) -> None:
    assert read_rates(text) == tuple(Rate(prefix, trunk, Decimal(price)) for prefix, trunk, price in rates)


@pytest.mark.parametrize(
    "text", ["44,a\n", "44,a,1\nabc,a,1\n", "44,a,1\n45,a,cheap\n", "44,a,1\n45,a,-1\n", "1,a,1\n1,a,nan\n"]
)
def test_a_table_that_is_none_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(BadRates, match="line"):
        read_rates(text)


@given(st.text())
def test_any_text_is_a_table_or_refused(text: str) -> None:
    with contextlib.suppress(BadRates):
        assert all(rate.price >= 0 for rate in read_rates(text))
