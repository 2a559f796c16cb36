"""The dialplan as Asterisk compiles and searches it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.dialplan import Dialplan, parse_goto, split_arguments
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.asterisk.patterns import pattern_key, pattern_matches, plain


def read(text: str) -> Dialplan:
    return read_dialplan({"/etc/asterisk/extensions.conf": text.encode()})


def steps(dialplan: Dialplan, number: str, context: str = "c") -> list[tuple[int, str | None, str, str]]:
    found = dialplan.find(context, number)
    assert found is not None
    return [(s.priority, s.label, s.application, s.arguments) for s in found[1].steps]


def codes(dialplan: Dialplan) -> list[str]:
    return [problem.code for problem in dialplan.problems]


def ran(dialplan: Dialplan, number: str, *, context: str = "c", callerid: str | None = None) -> str | None:
    """The arguments of the first step that a number runs."""
    found = dialplan.find(context, number, callerid=callerid)
    step = found[1].step(1) if found else None
    return step.arguments if step else None


# -- lines ----------------------------------------------------------------------------------------------------


def test_same_goes_on_with_the_extension_before_it() -> None:
    dialplan = read("[c]\nexten => 1,1,Answer()\n same => n,Hangup(16)\n")
    assert steps(dialplan, "1") == [(1, None, "Answer", ""), (2, None, "Hangup", "16")]


def test_same_without_an_extension_is_ignored_and_named() -> None:
    assert codes(read("[c]\nsame => n,Answer()\n")) == ["no-extension"]


def test_n_with_an_offset_skips_priorities() -> None:
    dialplan = read("[c]\nexten => 1,1,A()\nexten => 1,n+10,B()\nexten => 1,n,C()\n")
    assert [s[0] for s in steps(dialplan, "1")] == [1, 12, 13]


def test_a_label_names_a_priority_and_offsets_count_from_it() -> None:
    dialplan = read("[c]\nexten => 1,1(start),A()\nexten => 1,n,B()\nexten => 1,start+101,C()\n")
    assert [s[:2] for s in steps(dialplan, "1")] == [(1, "start"), (2, None), (102, None)]


def test_a_hint_is_no_priority() -> None:
    found = read("[c]\nexten => 1,hint,PJSIP/1\nexten => 1,1,A()\n").find("c", "1")
    assert found is not None
    assert (found[1].hint, len(found[1].steps)) == ("PJSIP/1", 1)


def test_a_priority_given_twice_keeps_the_first() -> None:
    dialplan = read("[c]\nexten => 1,1,A()\nexten => 1,1,B()\n")
    assert [s[2] for s in steps(dialplan, "1")] == ["A"] and codes(dialplan) == ["priority-duplicate"]


def test_priorities_are_run_in_order_however_they_are_written() -> None:
    assert [s[2] for s in steps(read("[c]\nexten => 1,2,B()\nexten => 1,1,A()\n"), "1")] == ["A", "B"]


def test_the_sections_of_one_context_are_one_context() -> None:
    dialplan = read("[c]\nexten => 1,1,A()\n[d]\nexten => 3,1,C()\n[c]\nexten => 2,1,B()\n")
    assert [s[2] for number in "12" for s in steps(dialplan, number)] == ["A", "B"]


def test_a_template_is_no_context() -> None:
    assert list(read("[t](!)\nexten => 1,1,A()\n[c](t)\n").contexts) == ["c"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("exten => 1", "bad-line"),
        ("exten => 1,x,A()", "bad-priority"),
        ("exten => 1,²,A()", "bad-priority"),
        (f"exten => 1,{'9' * 5000},A()", "bad-priority"),
        ("exten => 1,1(a,A()", "bad-line"),
        ("exten => 1,1,A(", "not-closed"),
        ("exten => 1,1", "bad-line"),
        ("exten => 1,2,A()", "no-first-priority"),
        ("extne => 1,1,A()", "unknown-line"),
    ],
)
def test_a_line_asterisk_would_not_run_is_named(line: str, code: str) -> None:
    assert code in codes(read(f"[c]\n{line}\n"))


def test_a_global_may_stand_in_an_extension_and_in_another_global() -> None:
    dialplan = read("[globals]\nHEAD=20\nDESK=${HEAD}1\n[c]\nexten => ${DESK},1,A()\n")
    assert dialplan.find("c", "201") is not None


@settings(deadline=None)
@given(st.text('exten=>same,1n()[]{}${}\\"/_X.!-+& \n[c]', max_size=120))
def test_no_dialplan_makes_the_reader_raise(text: str) -> None:
    dialplan = read("[c]\n" + text)
    for context in dialplan.contexts:
        dialplan.find(context, "12")


# -- patterns -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("_X", "0 9", "a 00"),
        ("_Z", "1 9", "0"),
        ("_N", "2 9", "0 1"),
        ("_[13-5]", "1 3 4 5", "2 6"),
        ("_9.", "90 9x", "9"),
        ("_9!", "9 90", "8"),
        ("_+X.", "+49", "49"),
        ("_n", "2", "n 1"),
        ("_2-0-X", "201", "2-0"),
        ("_[12", "", "1 ["),
        ("201", "201 2-01", "2010"),
    ],
)
def test_a_pattern_matches_what_asterisk_matches(pattern: str, matching: str, other: str) -> None:
    assert [n for n in matching.split() if not pattern_matches(pattern, n)] == []
    assert [n for n in other.split() if pattern_matches(pattern, n)] == []


def test_the_most_specific_pattern_comes_first_in_whatever_order_they_are_written() -> None:
    wanted = ["_201", "_20X", "_2[01]1", "_2XX", "_2X.", "_XXX", "_X.", "_!"]
    assert sorted(set(wanted), key=pattern_key) == wanted


PATTERNS = ["_2XX", "_20X", "_2[0-5]X", "_X.", "_2!", "_ZXX", "_NXX"]


@settings(deadline=None)
@given(st.permutations(PATTERNS), st.from_regex(r"\A2[0-9]{2}\Z"))
def test_which_pattern_is_run_does_not_depend_on_the_order_written(written: list[str], number: str) -> None:
    dialplan = read("[c]\n" + "".join(f"exten => {pattern},1,Log({pattern})\n" for pattern in written))
    fixed = read("[c]\n" + "".join(f"exten => {pattern},1,Log({pattern})\n" for pattern in PATTERNS))
    assert ran(dialplan, number) == ran(fixed, number)


def test_a_number_without_pattern_comes_before_every_pattern() -> None:
    assert ran(read("[c]\nexten => _201,1,Log(pattern)\nexten => 201,1,Log(number)\n"), "201") == "number"


def test_a_pattern_without_the_wanted_priority_is_passed_over() -> None:
    dialplan = read("[c]\nexten => _20X,1,Log(a)\nexten => _2XX,1,Log(b)\nexten => _2XX,2,Log(c)\n")
    found = dialplan.find("c", "201", priority=2)
    assert found is not None and found[1].pattern == "_2XX"


def test_hyphens_mean_nothing_in_extension_names() -> None:
    dialplan = read("[c]\nexten => s-BUSY,1,Log(busy)\nexten => s-,1,Log(other)\n")
    assert (ran(dialplan, "sBUSY"), ran(dialplan, "s"), ran(dialplan, "s-")) == ("busy", "other", "other")


@settings(deadline=None)
@given(st.text("12-s", max_size=8))
def test_a_number_with_hyphens_is_the_number_without(number: str) -> None:
    assert pattern_matches(number, plain(number))


# -- callers --------------------------------------------------------------------------------------------------

CALLERS = "[c]\nexten => 1,1,Log(all)\nexten => 1/301,1,Log(one)\nexten => 1/_4XX,1,Log(pattern)\n"


@pytest.mark.parametrize(("caller", "wanted"), [("301", "one"), ("444", "pattern"), ("302", "all"), (None, "all")])
def test_an_extension_for_one_caller_comes_before_the_one_for_all(caller: str | None, wanted: str) -> None:
    assert ran(read(CALLERS), "1", callerid=caller) == wanted


# -- includes -------------------------------------------------------------------------------------------------


def test_a_context_comes_before_its_includes_even_with_a_worse_match() -> None:
    dialplan = read("[c]\ninclude => d\nexten => _X.,1,Log(own)\n[d]\nexten => 201,1,Log(included)\n")
    assert ran(dialplan, "201") == "own"


def test_includes_are_searched_in_the_order_written_and_in_depth() -> None:
    dialplan = read(
        "[c]\ninclude => d\ninclude => e\n[d]\ninclude => f\n[e]\nexten => 1,1,Log(e)\n[f]\nexten => 1,1,Log(f)\n"
    )
    assert ran(dialplan, "1") == "f"
    assert [context.name for context in dialplan.includes_of("c")] == ["c", "d", "f", "e"]


def test_includes_in_a_circle_end() -> None:
    dialplan = read("[c]\ninclude => d\n[d]\ninclude => c\n")
    assert dialplan.find("c", "1") is None
    assert len(list(dialplan.includes_of("c"))) == 2


def test_an_include_may_be_limited_in_time() -> None:
    (include,) = read("[c]\ninclude => d,9:00-17:00,mon-fri,*,*\n").contexts["c"].includes
    assert (include.context, include.times) == ("d", "9:00-17:00,mon-fri,*,*")


OPENING = """\
[c]
include => day,09:00-17:00,mon-fri,*,*
include => night,*,*,*,*
include => day
[day]
exten => 1,1,Log(day)
exten => 2,1,Log(day)
[night]
exten => 1,1,Log(night)
"""
NOON, EVENING = datetime(2026, 11, 24, 12, 0), datetime(2026, 11, 24, 20, 0)


@pytest.mark.parametrize(("at", "wanted"), [(NOON, "day"), (EVENING, "night"), (None, "day")])
def test_a_closed_include_is_passed_over(at: datetime | None, wanted: str) -> None:
    dialplan = read(OPENING)
    for _ in range(2):  # the second time from what is remembered
        found = dialplan.find("c", "1", at=at)
        assert found is not None and found[0].name == wanted


def test_a_context_that_is_closed_at_one_place_may_be_open_at_another() -> None:
    found = read(OPENING).find("c", "2", at=EVENING)
    assert found is not None and found[0].name == "day"


def test_only_open_includes_are_walked_through() -> None:
    dialplan = read(OPENING.replace("include => day\n", ""))
    assert [context.name for context in dialplan.includes_of("c", at=EVENING)] == ["c", "night"]
    assert [context.name for context in dialplan.includes_of("c", at=NOON)] == ["c", "day", "night"]


# -- hostile and large ----------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["[c]\n", "[d](c)\n", "[globals]\n", "exten => ", "same => ", "include => ", "switch => ", "ignorepat => ", "hint", "n", "1", "_X", "_[", "]", "_", ".", "!",
     ",", "(", ")", "${", "}", "$[", "+", "-", "/", "\\", ";", " ", "\n", "\n", "\n", "A=", "${A}", "é", "\0", "9" * 40, "c,9:00-17:00,*,*,*", "|", "\ud800", "EVAL(", "2147483647"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=6), st.text(max_size=6))
def test_any_text_is_a_dialplan_in_which_any_number_can_be_looked_for(text: str, number: str, context: str) -> None:
    dialplan = read_dialplan({"/etc/asterisk/extensions.conf": text.encode("utf-8", "replace")})
    for name in (*dialplan.contexts, context):
        dialplan.find(name, number, priority=number, callerid=context, at=NOON)
        list(dialplan.includes_of(name))
    for one in dialplan.contexts.values():
        assert len(one.ordered) == len(one.extensions)


@settings(deadline=None)
@given(st.text("_[]-XZN.!09ab é/", max_size=20), st.text("_[]-XZN.!09ab é/", max_size=20))
def test_any_two_names_have_an_order_and_match_or_not(one: str, other: str) -> None:
    assert pattern_matches(one, other) in (True, False)
    assert pattern_matches(one, one)  # Asterisk finds a pattern by its own name
    assert (pattern_key(one) < pattern_key(other)) + (pattern_key(other) < pattern_key(one)) <= 1


def seconds(work: Callable[[], object]) -> float:
    """Of this process's own time, the better of two tries."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def phones(count: int) -> str:
    """A dialplan of so many extensions, in which the last priority of each is the tenth."""
    return "[c]\n" + "".join(
        f"exten => {number},1,NoOp()\n" + f" same => n,Dial(PJSIP/{number})\n" * 9 for number in range(count)
    )


def test_reading_takes_time_in_proportion() -> None:
    small, large = seconds(lambda: read(phones(300))), seconds(lambda: read(phones(3000)))
    assert large < 25 * small


def test_an_exact_number_is_found_without_looking_at_the_others() -> None:
    small, large = read(phones(100)), read(phones(5000))
    for dialplan in (small, large):
        dialplan.find("c", "1")
    few, many = (
        seconds(lambda d=d: [d.find("c", "77", callerid=str(n)) for n in range(2000)])  # type: ignore[misc]
        for d in (small, large)
    )
    assert many < 10 * few + 0.05


def test_labels_that_are_nowhere_do_not_make_reading_quadratic() -> None:
    text = "[c]\n" + "".join(f"exten => _{n}X,1,A()\nexten => {n}5,nowhere,B()\n" for n in range(4000))
    assert seconds(lambda: read(text)) < 10


# -- arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        ("F(a,b),c", ["F(a,b)", "c"]),
        ("${F(a,b)},c", ["${F(a,b)}", "c"]),
        ('"a,b",c', ["a,b", "c"]),
        (r"a\,b,c", ["a,b", "c"]),
        ("a),b", ["a)", "b"]),
    ],
)
def test_arguments_are_split_where_asterisk_splits(text: str, parts: list[str]) -> None:
    assert split_arguments(text) == parts


@settings(deadline=None)
@given(st.lists(st.text("abc012 /&@$.", max_size=8), min_size=1, max_size=6))
def test_what_is_joined_by_commas_is_split_again(parts: list[str]) -> None:
    assert split_arguments(",".join(parts)) == parts


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_split(text: str) -> None:
    assert split_arguments(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("5", ("c", "e", 5)),
        ("label", ("c", "e", "label")),
        ("2,1", ("c", "2", 1)),
        ("d,2,1", ("d", "2", 1)),
        ("d,,1", ("d", "e", 1)),
        (" d , 2 , go ", ("d", "2", "go")),
        ("d|2|1", ("d", "2", 1)),
        ("²", ("c", "e", "²")),
        ("9" * 5000, ("c", "e", "9" * 5000)),
    ],
)
def test_a_goto_is_relative_to_where_the_call_is(text: str, target: tuple[str, str, int | str]) -> None:
    assert parse_goto(text, "c", "e") == target


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_some_goto(text: str) -> None:
    parse_goto(text, "c", "e")


def test_ael_and_lua_are_named_as_not_read() -> None:
    files = {"/etc/asterisk/extensions.conf": b"[c]\n", "/etc/asterisk/extensions.ael": b"context x {}\n"}
    assert codes(read_dialplan(files)) == ["not-read"]
