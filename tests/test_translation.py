"""Every text that people read is there in Persian, and texts and numbers of unknown origin are safe to show."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from ringkeep.cli.commands import app
from ringkeep.cli.help import paragraphs
from ringkeep.drills import logs
from ringkeep.drills.words import ADVICE, DEFECTS, LEADING, MISSING, STEPS
from ringkeep.jobs.words import DOING
from ringkeep.phonesystem import callflow, checks
from ringkeep.phonesystem.callflow.labels import KINDS, LABELS
from ringkeep.phonesystem.callflow.tree import OF_TREES
from ringkeep.translation import LOCALE, Words, shown

SOURCE = Path(__file__).parents[1] / "src/ringkeep"
MARKS = {"_", "words", "_words", "Sentence"}  # _("..."), words("..."), self._words("..."), Sentence("...")
WITH_KIND = {"LinkError", "StoreError", "SwapError", "NotProved", "SourceError"}  # their kind comes first
ENGLISH_STILL = {"lab", "drills", "explanations"}  # the verbs of images, of `prove` and of a phone system as files
MAKERS = {"Defect", "Finding", "Problem", "_problem"}  # whose first argument is a defect's code


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All of a file's syntax."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def calls_with_text(path: Path) -> Iterator[tuple[str, str]]:
    """(name of the called function, its first argument) for every call with a literal text."""
    for node in nodes(path):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if isinstance(node.args[0].value, str):
                yield name, node.args[0].value


def named_outside_words() -> Iterator[str]:
    """Every literal text of the code but those of the tables of words: codes are also handed on as values."""
    for path in SOURCE.rglob("*.py"):
        if path.name != "words.py":
            for node in nodes(path):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def texts() -> set[str]:
    """Every English text marked for translation."""
    marked = {text for path in SOURCE.rglob("*.py") for name, text in calls_with_text(path) if name in MARKS}
    own = {text for name, text in calls_with_text(SOURCE / "translation.py") if name == "self"}
    pages = {
        text for path in SOURCE.rglob("*.html") for text in re.findall(r'{% say "([^"]*)"', path.read_text("utf-8"))
    }
    return marked | own | pages | set(helps(get_command(app)))


def helps(command: Any) -> Iterator[str]:
    """What `--help` says of a command, its options and those below it, as `ringkeep.cli.help` looks it up."""
    yield from filter(None, paragraphs(command.help))
    yield from filter(None, (getattr(command, "rich_help_panel", None), *(one.help for one in command.params)))
    for below in getattr(command, "commands", {}).values():
        yield from helps(below)


def catalogue() -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in (LOCALE / "fa/LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="fa"):
                assert str(message.id) not in texts, f"{path.name}: {message.id} is in two catalogues"
                if message.id:
                    texts[str(message.id)] = str(message.string)
    return texts


def places(text: str) -> set[str | None]:
    """The names to fill in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_has_a_persian_one_and_the_catalogue_holds_nothing_else() -> None:
    persian = {english for english, text in catalogue().items() if text.strip()}
    assert texts() - persian == set()
    assert persian - texts() == set()


def test_a_translation_fills_in_what_its_text_does_and_is_persian() -> None:
    for english, persian in catalogue().items():
        assert places(persian) == places(english), english
        if re.search("[A-Za-z]", re.sub(r"{\w*}", "", english)):
            assert re.search("[آ-ی؛،]", persian), english
        # Without names, paths and addresses, which are written as they are.
        own = re.sub(r"\u2068[^\u2069]*\u2069|[A-Za-z][\w.:/@-]*", "", persian)
        assert not re.search("[يك٠-٩0-9]", own), f"Arabic letters or foreign digits: {persian}"


def test_persian_has_one_word_for_one_thing_and_keeps_options_and_paths_together() -> None:
    """An option's hyphens and a path's slash would be drawn at its other end, where no isolate holds them."""
    for english, persian in catalogue().items():
        assert not re.search("پرونده|مراکز|اپراتور(های)? مخابراتی", persian), f"another word than elsewhere: {persian}"
        own = re.sub("\u2068[^\u2069]*\u2069", "", persian.replace("{", "").replace("}", ""))
        assert not re.search(r"[آ-ی] (--[a-z]|/[a-z])", own), english


def raised(path: Path) -> Iterator[tuple[int, ast.expr | None]]:
    """(line, what is said) of every error of ours that is made in a file; its message stands first, or after its kind."""
    for node in nodes(path):
        name = getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and name in told_errors():
            at = 1 if name in WITH_KIND else 0
            yield node.lineno, node.args[at] if len(node.args) > at else None


@cache
def told_errors() -> frozenset[str]:
    """The errors that people are told: every class that is `Told`, by name."""
    bases = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for path in SOURCE.rglob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
    }
    found: set[str] = set()
    while more := {name for name, above in bases.items() if above & (found | {"Told"})} - found:
        found |= more
    return frozenset(found)


def test_no_error_of_the_live_part_is_raised_with_a_text_that_cannot_be_translated() -> None:
    """A literal or an f-string as an error's message would be English for everybody; `Sentence` can be said in both languages."""
    assert {
        "LinkError",
        "EnrolError",
        "StoreError",
        "JobError",
        "VaultError",
        "StandingError",
        "SwapError",
    } <= told_errors()
    bare = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        for line, says in raised(path)
        if isinstance(says, ast.Constant | ast.JoinedStr | ast.BinOp)
    ]
    assert bare == []


def test_every_sentence_is_written_where_it_is_made_so_that_it_can_be_found() -> None:
    """`Sentence(f"...")` would hide its text from the test of the catalogue; one of a table of marked texts may be looked up."""
    hidden = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Sentence" and node.args
        if isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert hidden == []


def test_no_command_prints_a_text_that_is_not_translated() -> None:
    """What `errors.print`, `typer.echo` and `console.print` say passes through the catalogue, or is a name or a number."""
    bare = []
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] in ENGLISH_STILL:
            continue
        for node in nodes(path):
            name = getattr(node.func, "attr", None) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and name in ("print", "echo") and node.args and _words_in(node.args[0]):
                bare.append(f"{path.relative_to(SOURCE)}:{node.lineno}: {_words_in(node.args[0])}")
    assert bare == []


def _words_in(said: ast.expr) -> list[str]:
    """Two words or more of English in a literal; a command, as people type it, is none."""
    pieces = said.values if isinstance(said, ast.JoinedStr) else [said]
    texts = [one.value for one in pieces if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [
        text for text in texts if re.search(r"[A-Za-z]{2,} [a-z]{2,}", re.sub(r"\bringkeep [a-z ]*|ssh -i", "", text))
    ]


def test_templates_hold_no_text_that_is_not_marked() -> None:
    for path in SOURCE.rglob("*.html"):
        bare = re.sub(r"{%.*?%}|{{.*?}}|<style>.*?</style>|<[^>]*>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        words = set(re.findall(r"[A-Za-z]{2,}", bare)) - {"Ringkeep", "Asterisk"}
        assert not words, f"{path.name}: {words}"


def test_every_defect_code_has_a_title_and_an_advice() -> None:
    codes = {text for path in SOURCE.rglob("*.py") for name, text in calls_with_text(path) if name in MAKERS}
    codes |= set(checks.PROBLEMS) | {code for code, _, _ in logs.RULES}
    assert "include-missing" in codes and "phone-refused" in codes and "goto-nowhere" in codes
    assert codes - DEFECTS.keys() == set()
    assert DEFECTS.keys() - codes - set(named_outside_words()) == set()
    assert ADVICE.keys() == DEFECTS.keys()


def test_every_step_missing_thing_and_stop_has_its_words() -> None:
    """What the code names by a word of its own, a reader meets in theirs."""
    told = [call for path in SOURCE.rglob("*.py") if path.name != "jobs.py" for call in calls_with_text(path)]
    assert {text for name, text in told if name == "step"} <= STEPS.keys()
    jobs = [call for path in SOURCE.rglob("jobs.py") for call in calls_with_text(path)]
    assert {text for name, text in jobs if name in ("step", "step_with_tries")} <= DOING.keys()
    assert {text for name, text in told if name in ("Missing", "MissingItem")} <= MISSING.keys()
    stops = {text for name, text in told if name in ("Stop", "_stop", "_final")}
    assert "menu" in stops and "voicemail_main" in stops
    assert {callflow.WORDS.get(kind, kind) for kind in stops - OF_TREES} - LEADING.keys() == set()
    assert OF_TREES - {"start"} <= KINDS.keys() | LABELS.keys()


# -- numbers and dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "number", "duration", "long", "instant"),
    [
        ("en", "1,234.5", "0.42 s", "10 min 12 s", "Saturday 21 March 2026, 09:05"),
        ("fa", "۱٬۲۳۴٫۵", "۰٫۴۲ ثانیه", "۱۰ دقیقه و ۱۲ ثانیه", "شنبه ۱ فروردین ۱۴۰۵، ۰۹:۰۵"),
    ],
)
def test_numbers_and_dates_are_written_as_the_reader_writes_them(
    lang: str, number: str, duration: str, long: str, instant: str
) -> None:
    words = Words(lang)
    assert words.number(1234.5, 1) == number
    assert words.duration(0.42) == duration
    assert words.duration(612.2) == long
    assert words.instant(datetime(2026, 3, 21, 9, 5)) == instant


# -- texts of unknown origin ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b]0;owned\x07", "\\u001b]0;owned\\u0007"),
        ("a\x00b", "a\\u0000b"),
        ("conf\u202egnp.exe", "conf\\u202egnp.exe"),
        ("200\u200b1", "200\\u200b1"),
        ("\ud800", "\\ud800"),
        ("one\ntwo\u2028three", "one two\\u2028three"),
        ("پاسخ‌گوی ۱", "پاسخ‌گوی ۱"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_a_huge_text_is_cut() -> None:
    assert shown("x" * 10_000_000, 20) == "x" * 20 + "…"


@given(st.text(st.characters(), max_size=50))
def test_a_shown_text_can_be_written_and_steers_nothing(text: str) -> None:
    seen = shown(text)
    seen.encode("utf-8")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", seen)
