"""Edits of configuration files: what is read changes as asked, every other byte stays, the rest is refused with its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.conf import Entry, Section
from ringkeep.asterisk.conf_editor import ConfEditor, EditRefused
from ringkeep.asterisk.conf_lines import BLANK
from tests.oracle.configurations import Folder, real

ETC = "/etc/asterisk"
TEXT = (
    b"; phones\n[phone](!)\ntype=endpoint ; of res_pjsip\n  allow =  ulaw\t; codecs\n\n"
    b'[201](phone)\ncallerid => "Ana" <201>\n; his desk\n[202](phone)\nallow=alaw\n[202]\ntype=aor\n'
)


def editor(text: bytes = TEXT, **others: bytes) -> ConfEditor:
    """An editor of a.conf with other files beside it (`b` is b.conf)."""
    return ConfEditor(
        {f"{ETC}/a.conf": text} | {f"{ETC}/{name}.conf": other for name, other in others.items()}, "a.conf"
    )


def section(made: ConfEditor, index: int) -> Section:
    return made.configuration.sections[index]


def entry(made: ConfEditor, of: int, name: str) -> Entry:
    found = section(made, of).entry(name)
    assert found is not None
    return found


# -- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "value", "after"),
    [
        ("a=1", "2", "a=2"),
        ("  a =\t1  ; why", "2", "  a =\t2  ; why"),
        ("a => 1", "2", "a => 2"),
        ("a=1;x", "2", "a=2;x"),
        ("a=1", "x;y", "a=x\\;y"),
        ("a=x\\;y ; z", "p", "a=p ; z"),
        ("a=1", ">2", "a= >2"),
        ("a=>1", ">2", "a=>>2"),
        ("a=1;c", "x\\", "a=x\\ ;c"),
        ("a=1", "", "a="),
        ("a=", "1", "a=1"),
        ("\\[a=1", "2", "\\[a=2"),
        ("a=1\r", "2", "a=2\r"),
        ("a=سلام", "خوش", "a=خوش"),
    ],
)
def test_a_value_changes_and_the_rest_of_its_line_stays(line: str, value: str, after: str) -> None:
    made = editor(f"[s]\n{line}\nz=9\n".encode())
    made.set_value(section(made, 0).entries[0], value)
    assert made.content == f"[s]\n{after}\nz=9\n".encode()
    assert section(made, 0).entries[0].value == value


def test_heirs_change_with_their_template() -> None:
    made = editor()
    made.set_value(entry(made, 0, "allow"), "g722")
    assert section(made, 1).get("allow") == "g722" and section(made, 2).all("allow") == ["g722", "alaw"]
    assert made.content == TEXT.replace(b"=  ulaw\t;", b"=  g722\t;")


def test_latin_1_stays_latin_1() -> None:
    made = editor(b"[s]\na=caf\xe9\nb=1\n")
    made.set_value(entry(made, 0, "b"), "thé")
    assert made.content == b"[s]\na=caf\xe9\nb=th\xe9\n"
    with pytest.raises(EditRefused, match="Latin-1"):
        made.set_value(entry(made, 0, "b"), "چای")


# -- lines ------------------------------------------------------------------------------------------------------------


def test_an_entry_comes_behind_the_last_of_its_section() -> None:
    made = editor()
    made.add_entry(section(made, 1), "language", "fa")
    assert made.content == TEXT.replace(b"<201>\n", b"<201>\nlanguage = fa\n")


def test_an_entry_of_an_empty_section_comes_behind_its_heading() -> None:
    made = editor(b"[s]\n[t]\nb=2\n")
    made.add_entry(section(made, 0), "a", "1", is_object=True)
    assert made.content == b"[s]\na => 1\n[t]\nb=2\n"


def test_a_second_section_of_the_same_name_is_told_from_the_first() -> None:
    made = editor()
    made.add_entry(section(made, 3), "max_contacts", "2")
    assert made.content == TEXT + b"max_contacts = 2\n"


def test_an_entry_removed_takes_its_line_along() -> None:
    made = editor()
    made.remove_entry(entry(made, 0, "allow"))
    assert made.content == TEXT.replace(b"  allow =  ulaw\t; codecs\n", b"")


def test_a_file_without_a_last_line_end_has_none_afterwards() -> None:
    made = editor(b"[s]\r\na=1")
    made.add_entry(section(made, 0), "b", "2")
    made.add_section("t", [("c", "3")])
    assert made.content == b"[s]\r\na=1\r\nb = 2\r\n\r\n[t]\r\nc = 3"


@pytest.mark.parametrize("name", ["[x]", "#include", ";x", "\\x", "a b", "نام"])
def test_a_name_that_looks_like_something_else_is_escaped(name: str) -> None:
    made = editor()
    made.add_entry(section(made, 3), name, "1")
    assert section(made, 3).entries[-1].name == name


# -- sections and includes --------------------------------------------------------------------------------------------


def test_a_section_is_added_with_its_templates() -> None:
    made = editor()
    made.add_section("203", [("callerid", "Bea <203>"), ("set_var", "A=1;2")], parents=["phone"])
    assert made.content == TEXT + b"\n[203](phone)\ncallerid = Bea <203>\nset_var = A=1\\;2\n"
    assert section(made, 4).get("allow") == "ulaw"


def test_a_section_is_removed_and_comments_around_it_stay() -> None:
    made = editor()
    made.remove_section(section(made, 1))
    assert made.content == TEXT.replace(b'[201](phone)\ncallerid => "Ana" <201>\n', b"")


def test_an_include_is_added() -> None:
    made = editor(b=b"x=1\n")
    made.add_include("b.conf")
    made.add_include("gone.conf", optional=True)
    assert made.content == TEXT + b"#include b.conf\n#tryinclude gone.conf\n"
    assert section(made, 3).get("x") == "1"


# -- refused ----------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[bytes, Callable[[ConfEditor], None], str]] = {
    "an entry of an included file": (b"[s]\n#include b.conf\n", lambda e: e.set_value(entry(e, 0, "from_b"), "2"), "b.conf"),
    "a section of an included file": (b"#include c.conf\n", lambda e: e.remove_section(section(e, 0)), "c.conf"),
    "a section with an include": (b"[s]\n#include b.conf\na=1\n", lambda e: e.remove_section(section(e, 0)), "b.conf"),
    "a template in use": (TEXT, lambda e: e.remove_section(section(e, 0)), "more would change"),
    "a section continued": (b"[s]\na=1\n[t]\n[s](+)\nb=1\n", lambda e: e.remove_section(section(e, 0)), "continued"),
    "a block comment": (b"[s]\na=1;--x--;2\n", lambda e: e.set_value(entry(e, 0, "a"), "2"), "more than this entry"),
    "a value put together": (b"[s]\na=1\na+=2\n", lambda e: e.set_value(entry(e, 0, "a"), "2"), "more than this entry"),
    "the beginning of one": (b"[s]\na=1\nb=1\na+=2\n", lambda e: e.remove_entry(entry(e, 0, "a")), "more would change"),
    "a line break": (TEXT, lambda e: e.set_value(entry(e, 0, "allow"), "a\nb"), "line breaks"),
    "a blank at the end": (TEXT, lambda e: e.add_entry(section(e, 0), "a", "1 "), "blanks"),
    "no name": (TEXT, lambda e: e.add_entry(section(e, 0), "", "1"), "name"),
    "an equals sign in a name": (TEXT, lambda e: e.add_entry(section(e, 0), "a=b", "1"), "name"),
    "a line too long": (TEXT, lambda e: e.add_entry(section(e, 0), "a", "x" * 9000), "longer"),
    "a bracket in a section": (TEXT, lambda e: e.add_section("a]b"), "cannot be written"),
    "a template that is not there": (TEXT, lambda e: e.add_section("a", parents=["gone"]), "more would change"),
    "a section inside a comment": (TEXT + b";--\n", lambda e: e.add_section("a"), "more would change"),
    "an include that is not there": (TEXT, lambda e: e.add_include("gone.conf"), "gone.conf"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_an_edit_that_cannot_be_made_alone_is_refused_and_changes_nothing(what: str) -> None:
    text, edit, why = REFUSED[what]
    made = editor(text, b=b"from_b=1\n", c=b"[c]\nx=1\n")
    with pytest.raises(EditRefused, match=why):
        edit(made)
    assert made.content == text


def test_a_file_that_asterisk_refuses_is_not_edited() -> None:
    with pytest.raises(EditRefused, match="mend"):
        editor(b"a=1\n")


# -- any file, any edit -----------------------------------------------------------------------------------------------

LINES = st.sampled_from(
    ["[s]", "[t](!)", "[u](t)", "[s](+)", "[v](t,s)", "a=1", "a = 2 ; c", "b=>3", "b => x\\;y", "", "; note", ";--", "--;", "a=1;--x--;2",
     "a+=4", "#include b.conf", "#tryinclude gone.conf", "\\[x]=1", "noequals", "نام=۱", "c="]
)  # fmt: skip
TEXTS = st.tuples(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda made: made[1].join(["[s]", *made[0]]) + (made[1] if made[2] else "")
)
WORDS = st.text(st.sampled_from("ab;=>-+[]#\\ \t،é\"'x"), max_size=12).map(lambda text: text.strip(BLANK))
CHOICE = st.integers(0, 30)
Read = list[list[tuple[str, str]]]


def opened(text: str) -> ConfEditor:
    try:
        return editor(text.encode(), b=b"from_b=1\n")
    except EditRefused:
        assume(False)
        raise


def read(made: ConfEditor, change: Callable[[Entry], list[tuple[str, str]]] = lambda e: [(e.name, e.value)]) -> Read:
    """Every section's entries, each as `change` makes it."""
    return [[pair for one in found.entries for pair in change(one)] for found in made.configuration.sections]


def chosen_entry(made: ConfEditor, choice: int) -> Entry:
    entries = [one for found in made.configuration.sections for one in found.entries]
    assume(entries)
    return entries[choice % len(entries)]


def lines(raw: bytes) -> list[bytes]:
    return [line.rstrip(b"\r") for line in raw.split(b"\n")]


@settings(deadline=None)
@given(TEXTS, CHOICE, WORDS)
def test_setting_a_value_changes_that_value_and_that_line_alone(text: str, choice: int, value: str) -> None:
    made = opened(text)
    one = chosen_entry(made, choice)
    intended = read(made, lambda e: [(e.name, value if e.place == one.place else e.value)])
    try:
        made.set_value(one, value)
    except EditRefused:
        return
    assert read(made) == intended
    old, new = text.encode().split(b"\n"), made.content.split(b"\n")
    del old[one.place.line - 1], new[one.place.line - 1]
    assert new == old


@settings(deadline=None)
@given(TEXTS, CHOICE, WORDS, WORDS)
def test_adding_an_entry_adds_that_entry_and_one_line(text: str, choice: int, name: str, value: str) -> None:
    made = opened(text)
    before, sections = read(made), made.configuration.sections
    index = choice % len(sections)
    try:
        made.add_entry(sections[index], name, value)
    except EditRefused:
        return
    old, new = lines(text.encode()), lines(made.content)
    assert any(new[:number] + new[number + 1 :] == old for number in range(len(new)))
    assert (name, value) in read(made)[index]
    assert [len(now) - len(was) for now, was in zip(read(made), before, strict=True)][index] >= 1


@settings(deadline=None)
@given(TEXTS, CHOICE)
def test_removing_an_entry_removes_that_entry_and_that_line_alone(text: str, choice: int) -> None:
    made = opened(text)
    one = chosen_entry(made, choice)
    intended = read(made, lambda e: [] if e.place == one.place else [(e.name, e.value)])
    try:
        made.remove_entry(one)
    except EditRefused:
        return
    assert read(made) == intended
    kept = text.encode().splitlines(keepends=True)
    del kept[one.place.line - 1]
    assert made.content == b"".join(kept)


@settings(deadline=None)
@given(TEXTS, WORDS, WORDS)
def test_adding_a_section_leaves_the_file_before_it_alone(text: str, name: str, value: str) -> None:
    made = opened(text)
    before = read(made)
    try:
        made.add_section(name, [("a", value)])
    except EditRefused:
        return
    assert read(made) == [*before, [("a", value)]] and made.configuration.sections[-1].name == name
    assert made.content.startswith(text.encode())


@settings(deadline=None)
@given(TEXTS, CHOICE)
def test_removing_a_section_removes_it_alone(text: str, choice: int) -> None:
    made = opened(text)
    before = read(made)
    index = choice % len(before)
    try:
        made.remove_section(section(made, index))
    except EditRefused:
        return
    assert read(made) == before[:index] + before[index + 1 :]


def test_real_asterisk_reads_every_edit_as_it_was_meant() -> None:
    values = [
        "1",
        ">x",
        "a;b",
        "x\\",
        "\\;x",
        ";--c--;",
        "--;",
        "=",
        "[x]",
        "#include b.conf",
        "",
        'q"r',
        "نام",
        "x\\;",
        "+=1",
    ]
    made = editor(b"[s]\nfirst=1;c\n")
    for number, value in enumerate(values):
        made.add_entry(section(made, 0), f"n{number}", value)
    made.set_value(entry(made, 0, "first"), "x\\")
    (answer,) = real([Folder("edited", {"a.conf": made.content}, ["a.conf"])], 22)
    (parsed,) = answer["a.conf"]
    assert not isinstance(parsed, str)
    assert list(parsed.lines) == ["first=x\\", *(f"n{number}={value}" for number, value in enumerate(values))]
