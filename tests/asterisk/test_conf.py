"""Asterisk's configuration syntax: templates, additions, includes, comments, and bytes that nobody meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.conf import Configuration, Place, read_configuration
from ringkeep.asterisk.conf_lines import LINE_BYTES

ETC = "/etc/asterisk"


def read(text: str | bytes, **others: str) -> Configuration:
    """A configuration a.conf with other files beside it (`b` is b.conf)."""
    raw = text.encode() if isinstance(text, str) else text
    files = {f"{ETC}/a.conf": raw} | {f"{ETC}/{name}.conf": other.encode() for name, other in others.items()}
    configuration = read_configuration(files, "a.conf")
    assert configuration is not None
    return configuration


def pairs(configuration: Configuration, section: str = "s") -> list[tuple[str, str]]:
    found = configuration.section(section)
    assert found is not None
    return [(entry.name, entry.value) for entry in found.entries]


def codes(configuration: Configuration) -> list[str]:
    return [problem.code for problem in configuration.problems]


def test_a_file_that_is_not_there_is_none() -> None:
    assert read_configuration({}, "a.conf") is None


def test_every_entry_knows_its_file_and_line() -> None:
    section = read("\n[s]\n\nname = value\n").section("s")
    assert section is not None
    assert section.place_of("name") == Place(f"{ETC}/a.conf", 4)


def test_an_arrow_marks_an_object_and_is_no_part_of_the_value() -> None:
    entry = read("[s]\nexten => 1\n").sections[0].entries[0]
    assert (entry.value, entry.is_object) == ("1", True)


def test_the_last_of_several_values_counts() -> None:
    assert read("[s]\na=1\na=2\n").sections[0].get("A") == "2"


# -- templates ------------------------------------------------------------------------------------------------


def test_a_template_is_inherited_first_and_is_no_object_itself() -> None:
    configuration = read("[base](!)\na=1\n[s](base)\nb=2\n")
    assert pairs(configuration) == [("a", "1"), ("b", "2")]
    assert [section.name for section in configuration.objects()] == ["s"]
    assert [entry.name for entry in configuration.sections[1].own_entries] == ["b"]


def test_several_templates_are_inherited_in_the_order_named() -> None:
    assert pairs(read("[x](!)\na=1\n[y](!)\na=2\n[s](y,x)\n")) == [("a", "2"), ("a", "1")]


def test_an_inherited_entry_keeps_the_place_where_it_is_written() -> None:
    assert read("[base](!)\na=1\n[s](base)\n").sections[1].place_of("a").line == 2


def test_a_plus_adds_to_the_section_of_that_name() -> None:
    assert pairs(read("[s]\na=1\n[other]\n[s](+)\nb=2\n")) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("heading", ["[s](gone)", "[s](+)", "[s", "[s](base"])
def test_a_heading_asterisk_cannot_follow_refuses_the_file(heading: str) -> None:
    assert read(f"{heading}\na=1\n").refused


def test_an_entry_before_any_section_refuses_the_file() -> None:
    configuration = read("a=1\n[s]\n")
    assert configuration.refused and codes(configuration) == ["entry-before-section"]


# -- additions ------------------------------------------------------------------------------------------------


def test_plus_equals_puts_text_behind_the_value_that_is_there() -> None:
    assert pairs(read("[s]\na=1\na+=,2\n")) == [("a", "1,2")]


def test_plus_equals_without_a_value_is_an_ordinary_entry() -> None:
    assert pairs(read("[s]\na += 2\n")) == [("a", "2")]


def test_plus_equals_in_an_heir_leaves_the_template_alone() -> None:
    configuration = read("[base](!)\na=1\n[s](base)\na+=2\n[t](base)\n")
    assert (pairs(configuration, "s"), pairs(configuration, "t")) == ([("a", "12")], [("a", "1")])


# -- comments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a = 1 ; rest", "1"),
        (r"a = 1\;2", "1;2"),
        (r"a = 1\;2 ; rest", "1;2"),
        ("a = 1;-- gone --;2", "12"),
        ("a = 1 ;--- a line comment, no block", "1"),
    ],
)
def test_a_semicolon_begins_a_comment_unless_escaped(line: str, value: str) -> None:
    assert pairs(read(f"[s]\n{line}\n")) == [("a", value)]


def test_a_block_comment_hides_lines_and_may_nest() -> None:
    assert pairs(read("[s]\na=1\n;--\nb=2\n;-- c=3 --;\nd=4\n--;\ne=5\n")) == [("a", "1"), ("e", "5")]


def test_a_block_comment_that_never_ends_is_named_by_its_first_line() -> None:
    problem = read("[s]\na=1\n;--\nb=2\n").problems[0]
    assert (problem.code, problem.place.line) == ("comment-not-closed", 3)


# -- includes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["b.conf", '"b.conf"', "<b.conf>", f"{ETC}/b.conf", "b*.conf"])
def test_an_include_is_read_where_it_stands(argument: str) -> None:
    configuration = read(f"[s]\na=1\n#include {argument}\nc=3\n", b="b=2\n")
    assert pairs(configuration) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert configuration.files == [f"{ETC}/a.conf", f"{ETC}/b.conf"]


def test_a_missing_include_ends_the_file_but_a_missing_tryinclude_does_not() -> None:
    assert read("[s]\n#include gone.conf\na=1\n").refused
    assert pairs(read("[s]\n#tryinclude gone.conf\na=1\n")) == [("a", "1")]


def test_an_include_that_fails_inside_another_file_ends_only_that_file() -> None:
    configuration = read("[s]\n#include b.conf\nc=3\n", b="b=2\n#include gone.conf\nd=4\n")
    assert pairs(configuration) == [("b", "2"), ("c", "3")] and not configuration.refused


def test_an_include_in_a_circle_ends() -> None:
    assert "include-loop" in codes(read("[s]\n#include b.conf\n", b="#include a.conf\n"))


def test_an_include_cannot_leave_the_files_handed_over() -> None:
    assert codes(read("[s]\n#include ../../../etc/passwd\n")) == ["include-missing"]


def test_an_exec_is_named_and_not_run() -> None:
    configuration = read("[s]\n#exec /bin/false\na=1\n")
    assert codes(configuration) == ["exec"] and pairs(configuration) == [("a", "1")]


# -- bytes ----------------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_text() -> None:
    assert pairs(read(b"\xef\xbb\xbf[s]\na=1\n")) == [("a", "1")]


def test_utf_16_is_refused() -> None:
    assert read("[s]\na=1\n".encode("utf-16")).refused


def test_latin_1_is_read_and_named() -> None:
    configuration = read(b"[s]\na=caf\xe9\n")
    assert pairs(configuration) == [("a", "caf\xe9")] and codes(configuration) == ["encoding"]


def test_a_line_longer_than_asterisks_buffer_is_skipped() -> None:
    configuration = read(f"[s]\na={'x' * LINE_BYTES}\nb=2\n")
    assert pairs(configuration) == [("b", "2")] and codes(configuration) == ["too-long-line"]


def test_templates_that_double_come_to_an_end() -> None:
    text = "[t0](!)\n" + "a=1\n" * 100 + "".join(f"[t{n}](!,t{n - 1},t{n - 1})\n" for n in range(1, 40))
    assert "too-big" in codes(read(text))


MULTIPLYING = {
    "a file that tries itself": b"[s]\n" + b"#tryinclude a.conf\n" * 500,
    "a filter over many entries": b"[s]\nb=1\n" + b"a=1\n" * 20_000 + b"[s](+b=1)\n" * 20_000,
    "a value that grows": b"[s]\n" + b"a+=xxxxxxxx\n" * 50_000,
    "sections without a name": b"[s](!)\n" * 20_000
    + b"[](+TEMPLATES=include)\n" * 20_000
    + b"[](+TEMPLATES=restrict&x=y)\n",
}


@pytest.mark.parametrize("what", MULTIPLYING)
def test_lines_that_multiply_come_to_an_end(what: str) -> None:
    configuration = read(MULTIPLYING[what])
    assert set(codes(configuration)) & {"too-big", "template-missing"} and len(configuration.problems) < 10_000


@pytest.mark.parametrize("heading", ["[s](+a*a*b=x)", "[s](+" + "a?" * 200 + "=" + "a" * 200 + ")", "[s](+a=[)"])
def test_a_filter_that_is_not_understood_ends_the_file(heading: str) -> None:
    assert codes(read(f"[s]\na={'a' * 8000}\n{heading}\n")) == ["bad-line"]


def test_a_section_that_inherits_from_itself_ends_the_file() -> None:
    assert codes(read("[s]\na=1\n[s](+,s)\n")) == ["template-missing"]


def test_comments_too_deep_end_the_file_where_asterisk_hangs() -> None:
    assert codes(read("[s]\n" + ";--\n" * 200)) == ["too-big"]


def test_own_entries_are_those_under_the_section_s_own_headings() -> None:
    configuration = read("[t](!)\na=1\n[s](t)\nb=2\n[u](!)\nc=3\n[s](+,u)\nd=4\n[s](u,+)\ne=5\n")
    section = configuration.section("s")
    assert section is not None
    assert [e.name for e in section.entries] == ["a", "b", "c", "d", "c", "e"]
    assert [e.name for e in section.own_entries] == ["b", "d", "e"]


PIECES = st.sampled_from(
    [b"[", b"]", b"(", b")", b"!", b"+", b"=", b"=>", b";", b";--", b"--;", b"\\", b"\n", b"\r", b"\0", b"#include ",
     b"a.conf", b"b.conf", b"*", b"#exec x", b"name", b",", b" ", b"\t", b"\xff\xfe", b"\xc3", b"\xd9\x85", b'"',
     b"[s](", b"+a=", b"&", b"{a,b}", b"#tryinclude ", b"+=", b"TEMPLATES=include", b"x" * 3000]
)  # fmt: skip
HOSTILE = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join))


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
def test_hostile_bytes_never_raise(first: bytes, second: bytes) -> None:
    assert read_configuration({f"{ETC}/a.conf": first, f"{ETC}/b.conf": second}, "a.conf") is not None


NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=8)
VALUE = st.text("abcXYZ019 ${}()[]&/@,.-\"'=>", max_size=30).map(str.strip).filter(lambda v: not v.startswith(">"))


@settings(deadline=None)
@given(st.lists(st.tuples(NAME, VALUE), max_size=8))
def test_what_is_written_is_read(entries: list[tuple[str, str]]) -> None:
    assert pairs(read("[s]\n" + "".join(f"{name} = {value}\n" for name, value in entries))) == entries
