"""Dialplan functions on a fresh call: what each reads, what it leaves behind, and what it cannot know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.expressions import Unknowable
from ringkeep.phonesystem.functions import UNKNOWABLE, Functions, time_holds
from tests.phonesystem.systems import TUESDAY, system


def call(variables: dict[str, str] | None = None, *, database: Mapping[str, str] | None = None) -> Functions:
    """The functions of a call from 301; `variables` is what it sets and reads."""
    table = {} if variables is None else variables
    functions = Functions(system(database=database), TUESDAY, "301", "Ana", "PJSIP/301-00000001")
    functions.variable = lambda name: table.get(name, "")
    functions.set_variable = table.__setitem__
    return functions


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("1?yes:no", "yes"),
        ("0?yes:no", "no"),
        ("0?yes", ""),
        ('1?"a:b":c', "a:b"),
        ('0?a:"b"', '"b"'),
        ("1?F(a:b):c", "F(a:b)"),
        ("?yes:no", ""),
    ],
)
def test_if_takes_the_quotes_off_its_first_side_only(arguments: str, value: str) -> None:
    assert call().read("IF", arguments) == value


@pytest.mark.parametrize(
    ("arguments", "value"),
    [("V,-,1", "a"), ("V,-,2-3", "b-c"), ("V,-,2-", "b-c-d"), ("V,-,-2", "a-b"), ("V,-,1&4", "a-d"), ("V,-,9", ""),
     ("V,,2", "b"), ("W,\\,,2", "y")],
)  # fmt: skip
def test_cut_takes_fields(arguments: str, value: str) -> None:
    assert call({"V": "a-b-c-d", "W": "x,y"}).read("CUT", arguments) == value


@settings(deadline=None)
@given(st.lists(st.text("abc01", max_size=4), min_size=1, max_size=6), st.data())
def test_cut_and_fieldqty_agree_on_what_a_field_is(fields: list[str], data: st.DataObject) -> None:
    functions = call({"V": "-".join(fields)})
    if "-".join(fields):
        assert functions.read("FIELDQTY", "V,-") == str(len(fields))
    wanted = data.draw(st.integers(1, len(fields)))
    assert functions.read("CUT", f"V,-,{wanted}") == fields[wanted - 1]


def test_fieldqty_of_nothing_is_none() -> None:
    assert call().read("FIELDQTY", "V,-") == "0"


@pytest.mark.parametrize(("allowed", "value"), [("0-9", "49305"), ("0-9+", "+49305"), ("a-c", "ab"), ("", "")])
def test_filter_keeps_what_is_allowed(allowed: str, value: str) -> None:
    assert call().read("FILTER", f"{allowed},+49 (30) 5ab") == value


def test_hashkeys_names_the_newest_first() -> None:
    functions = call()
    for key in ("one", "two", "three"):
        functions.write("HASH", f"H,{key}", "x")
    assert functions.read("HASHKEYS", "H") == "three,two,one"


def test_a_cleared_hash_holds_nothing_and_others_stay() -> None:
    functions = call()
    functions.write("HASH", "H,a", "1")
    functions.write("HASH", "HH,a", "2")
    functions.clear_hash("H")
    assert (functions.read("HASH", "H,a"), functions.read("HASH", "HH,a")) == ("", "2")


def test_shift_and_pop_take_from_the_ends_and_leave_the_rest() -> None:
    variables = {"V": "a-b-c"}
    functions = call(variables)
    assert (functions.read("SHIFT", "V,-"), functions.read("POP", "V,-"), variables["V"]) == ("a", "c", "b")


@pytest.mark.parametrize(
    ("arguments", "value"),
    [("internal", "1"), ("gone", "0"), ("internal,201", "1"), ("internal,777", "0"), ("internal,201,1", "1"),
     ("internal,201,7", "0"), ("internal,201,label", "0")],
)  # fmt: skip
def test_dialplan_exists_asks_for_a_context_an_extension_or_a_priority(arguments: str, value: str) -> None:
    assert call().read("DIALPLAN_EXISTS", arguments) == value


@pytest.mark.parametrize(
    ("arguments", "value"), [("CustomPresence:201", "away"), ("CustomPresence:201,message", "back soon"),
                             ("CustomPresence:201,subtype", ""), ("CustomPresence:999", "not_set")],
)  # fmt: skip
def test_presence_is_as_it_was_saved(arguments: str, value: str) -> None:
    assert call(database={"/CustomPresence/201": "away,,back soon"}).read("PRESENCE_STATE", arguments) == value


@pytest.mark.parametrize(("path", "value"), [("/var/x", "1"), ("/var/y", "0")])
def test_stat_knows_the_files_that_were_handed_over(path: str, value: str) -> None:
    functions = Functions(system(paths={"/var/x"}), TUESDAY, "", "", "")
    assert functions.read("STAT", f"e,{path}") == value


@pytest.mark.parametrize("arguments", ["e,/var/x", "s,/var/x"])
def test_stat_without_known_paths_is_unknowable(arguments: str) -> None:
    with pytest.raises(Unknowable):
        call().read("STAT", arguments)


@pytest.mark.parametrize("name", [*UNKNOWABLE, "ODBC_USER", "MYSQL"])
def test_what_only_the_running_system_knows_is_unknowable(name: str) -> None:
    with pytest.raises(Unknowable):
        call().read(name, "x")


# -- database and caller --------------------------------------------------------------------------------------


def test_the_database_is_read_written_and_deleted() -> None:
    functions = call(database={"/CF/201": "305"})
    functions.write("DB", "DND/201", "YES")
    assert (functions.read("DB", "CF/201"), functions.read("DB_EXISTS", "DND/201")) == ("305", "1")
    assert functions.read("DB_DELETE", "CF/201") == "305"
    assert functions.read("DB", "CF/201") == ""


def test_the_callers_number_and_name_are_read_and_replaced() -> None:
    functions = call()
    assert functions.read("CALLERID", "all") == '"Ana" <301>'
    functions.write("CALLERID", "all", '"Bea" <302>')
    assert (functions.read("CALLERID", "num"), functions.read("CALLERID", "name")) == ("302", "Bea")
    functions.write("CALLERID", "number", "303")
    assert functions.read("CALLERID", "num") == "303"


def test_a_variable_is_set_without_its_marks_of_inheritance() -> None:
    variables: dict[str, str] = {}
    call(variables).assign("__X", "1")
    assert variables == {"X": "1"}


def test_array_sets_several_at_once() -> None:
    variables: dict[str, str] = {}
    call(variables).write("ARRAY", "A,B,C", "1,2")
    assert variables == {"A": "1", "B": "2", "C": ""}


NAMES = st.sampled_from([name.removeprefix("_read_").upper() for name in dir(Functions) if name.startswith("_read_")])


PIECES = st.sampled_from([*'abc019,-?:&()[]"\\ .*+²۵', ",int", "9" * 400, "9" * 5000])


@settings(deadline=None)
@given(NAMES, st.lists(PIECES, max_size=15).map("".join))
def test_no_argument_makes_a_function_raise_anything_but_unknowable(name: str, arguments: str) -> None:
    try:
        assert isinstance(call().read(name, arguments), str)
    except Unknowable:
        return


# -- time -----------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("spec", "inside", "outside"),
    [
        ("09:00-17:00,*,*,*", "2026-01-06T09:00 2026-01-06T17:00", "2026-01-06T08:59 2026-01-06T17:01"),
        ("22:00-06:00,*,*,*", "2026-01-06T23:00 2026-01-06T05:59", "2026-01-06T12:00"),
        ("*,mon-fri,*,*", "2026-01-05T01:00 2026-01-09T23:00", "2026-01-10T12:00 2026-01-11T12:00"),
        ("*,sat-wed,*,*", "2026-01-10T12:00 2026-01-07T12:00", "2026-01-08T12:00 2026-01-09T12:00"),
        ("*,sat&tue,*,*", "2026-01-10T12:00 2026-01-06T12:00", "2026-01-05T12:00"),
        ("*,*,24-26,dec", "2026-12-24T12:00 2026-12-26T12:00", "2026-12-27T12:00 2026-11-25T12:00"),
        ("*,*,*,nov-feb", "2026-12-01T12:00 2026-01-01T12:00", "2026-03-01T12:00"),
        ("*,*,30-2,*", "2026-01-31T12:00 2026-01-01T12:00", "2026-01-15T12:00"),
        ("09:00-12:00&14:00-17:00,*,*,*", "2026-01-06T10:00 2026-01-06T15:00", "2026-01-06T13:00"),
        ("9:00-17:00|mon-fri|*|*", "2026-01-06T10:00", "2026-01-10T10:00"),
    ],
)
def test_a_time_holds_inside_and_not_outside(spec: str, inside: str, outside: str) -> None:
    assert [one for one in inside.split() if not time_holds(spec, at(one))] == []
    assert [one for one in outside.split() if time_holds(spec, at(one))] == []


MINUTES = st.integers(0, 24 * 60 - 1)


@settings(deadline=None)
@given(MINUTES, MINUTES, MINUTES)
def test_a_range_holds_when_counting_from_its_start_comes_to_the_minute_before_its_end(
    start: int, end: int, now: int
) -> None:
    spec = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02},*,*,*"
    wanted = (now - start) % (24 * 60) <= (end - start) % (24 * 60)
    assert time_holds(spec, at("2026-01-06") + timedelta(minutes=now)) is wanted


@settings(deadline=None)
@given(st.text("0123456789:-,*&|monsatjan ²۵", max_size=40) | st.just("9" * 5000 + ":1-2:2"))
def test_any_text_is_a_time_that_holds_or_not(spec: str) -> None:
    assert time_holds(spec, TUESDAY) in (True, False)
