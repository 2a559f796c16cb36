"""What the documents tell a reader to type exists, and what they point at is there."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from ringkeep.cli.commands import app
from ringkeep.drills.words import DEFECTS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
OPEN_PLACE = re.compile(r"[A-Z]{2,}")  # a place to fill in: PATH, FILE
UsageError = typer.BadParameter.__base__  # no such option, no such choice and no value alike


def code(text: str) -> list[str]:
    """Lines of code blocks that are commands, and code spans in the running text."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()] + spans


def commands(program: str) -> list[pytest.param]:
    """Every use of `program` in the documents, as (words after it), once each and named by its document."""
    found = {}
    for document in DOCUMENTS:
        for line in code(document.read_text("utf-8")):
            if re.match(rf"(sudo )?(\S*/)?{program} ", line):
                words = shlex.split(line, comments=True)
                after = tuple(words[next(n for n, word in enumerate(words) if word.endswith(program)) + 1 :])
                found.setdefault(after, document.relative_to(ROOT))
    return [pytest.param(after, id=f"{document}: {' '.join(after)}") for after, document in found.items()]


def check_ringkeep(words: tuple[str, ...]) -> None:
    """Walk the verbs, then let the verb itself read the rest without running; raises on an unknown verb, option, choice."""
    command, rest = get_command(app), list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        verb = rest.pop(0)
        if "|" in verb:  # `ringkeep lab build|list|remove`: all of them are verbs
            assert set(verb.split("|")) <= set(command.commands), f"no such verbs: {verb}"
            return
        assert verb in command.commands, f"no verb {verb!r} among {', '.join(command.commands)}"
        command = command.commands[verb]
    if not rest:
        return  # only the verb is named, not a whole command
    with contextlib.suppress(typer.Exit):  # --help and --version print and end
        command.make_context("ringkeep", [str(ROOT) if OPEN_PLACE.fullmatch(word) else word for word in rest])


@pytest.mark.parametrize("words", commands("ringkeep"))
def test_every_ringkeep_command_in_the_documents_exists(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    check_ringkeep(words)


@pytest.mark.parametrize("words", commands("make"))
def test_every_make_target_in_the_documents_exists(words: tuple[str, ...]) -> None:
    assert {word for word in words if "=" not in word} <= TARGETS


@pytest.mark.parametrize(
    "wrong",
    [
        "rove docs",
        "prove --htlm a.html docs",
        "prove --calls most docs",
        "prove nowhere",
        "lab build|burn",
        "prove docs --html",
        "lab list x",
    ],
)
def test_a_wrong_command_would_be_found(wrong: str) -> None:
    with pytest.raises((AssertionError, UsageError)):
        check_ringkeep(tuple(wrong.split()))


def test_the_readme_begins_with_the_two_commands() -> None:
    first = re.search(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert first is not None
    assert first[1].splitlines() == ["make demo", "make test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))
    dead = [t for t in targets if "://" not in t and not (document.parent / t).exists()]
    assert not dead


def test_every_defect_has_its_line_in_the_documents() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (?:bad|degraded|note|as|not)\b", (ROOT / "docs/defects.md").read_text("utf-8"), re.M
    )
    assert not DEFECTS.keys() - set(rows)
    assert len(rows) == len(set(rows)), "a code has two lines"
