"""`--help` of every verb is there in both languages, says something of each option, and its examples can be typed."""

from __future__ import annotations

import re
import shlex

import pytest

from ringkeep.cli.commands import whole
from ringkeep.cli.examples import EXAMPLES
from ringkeep.cli.main import run
from tests.cli.test_errors import verbs

WORDS = ["", "destination", "repository", "keys", "lab", *verbs()]


@pytest.mark.parametrize("verb", WORDS)
def test_help_is_there_in_english_and_persian(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*verb.split(), "--help"]) == 0
    english = capfd.readouterr().out
    assert english.startswith("Usage: ringkeep") and "\nExamples\n" in english and "\nOptions\n" in english
    assert not re.search(r"^  --?\S+$(?!\n {4,}\S)", english, re.MULTILINE), "an option without a word of what it means"
    assert run([*verb.split(), "--help", "--lang", "fa"]) == 0
    persian = capfd.readouterr().out
    assert persian.startswith("شیوهٔ نوشتن: ringkeep") and "\nگزینه‌ها\n" in persian and "\nنمونه‌ها\n" in persian
    said = [line for line in persian.splitlines()[2:] if not line.lstrip().startswith(("ringkeep", "--"))]
    letters = len(re.findall("[آ-ی]", " ".join(said))), len(re.findall("[A-Za-z]", " ".join(said)))
    assert letters[0] > letters[1], "what stands there is not Persian"


def test_every_verb_has_examples_and_each_can_be_typed() -> None:
    assert set(EXAMPLES) == set(WORDS)
    for examples in EXAMPLES.values():
        for line, _ in examples:
            command = whole()
            rest = shlex.split(line.partition(" < ")[0])[1:]
            while getattr(command, "commands", {}) and rest and not rest[0].startswith("-"):
                command = command.commands[rest.pop(0)]
            context = command.context_class(command, info_name="ringkeep")
            _, left, _ = command.make_parser(context).parse_args(rest)
            assert not left or getattr(command, "commands", {}), f"{line}: {left}"


def test_the_whole_command_without_a_verb_shows_its_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2 and capfd.readouterr().out.startswith("Usage: ringkeep COMMAND")


def test_what_is_typed_stays_as_it_is_typed_in_persian(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--help", "--lang", "fa"]) == 0
    assert "[\u2068127.0.0.1\u2069]" in capfd.readouterr().out
    assert run(["restore", "--help"]) == 0
    page = capfd.readouterr().out
    assert "--backup ID" in page and "--only PARTS" in page and "--to NAME" in page
