"""Whatever is wrong with a command: one sentence on standard error, with --json one document on standard output as well,
and the exit code that docs/cli.md gives it. Every verb is asked something wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringkeep.cli.commands import whole
from ringkeep.cli.main import run
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import KeysMissing

WITHOUT_JSON = {"serve"}  # it runs until it is stopped, and prints lines
# What each verb is asked that cannot be, with the code for programs that it must answer with.
WRONG: dict[str, tuple[list[str], str]] = {
    "prove": (["EMPTY"], "not-a-phone-system"),
    "read": (["EMPTY"], "not-a-phone-system"),
    "route": (["EMPTY"], "usage"),
    "check": (["EMPTY"], "not-a-phone-system"),
    "diff": (["EMPTY", "EMPTY"], "not-a-phone-system"),
    "serve": (["--only", "web"], "refused"),
    "status": (["nobody"], "unknown"),
    "enrol": (["ssh://r@127.0.0.1:1", "--name", "a", "--password-stdin"], "unreachable"),
    "account": (["ssh://r@h", "--name", "Ä"], "refused"),
    "tunnel": (["a", "--forget"], "refused"),
    "systems": (["too", "much"], "usage"),
    "retire": (["nobody"], "unknown"),
    "alarms": (["too", "much"], "usage"),
    "jobs": (["too", "much"], "usage"),
    "job": (["nobody:1"], "unknown"),
    "backup": (["nobody"], "unknown"),
    "backups": (["nobody"], "unknown"),
    "drill": (["nobody"], "unknown"),
    "drills": (["nobody"], "unknown"),
    "restore": (["nobody", "--dry-run"], "restore"),
    "export": (["nobody", "EMPTY"], "unknown"),
    "verify": (["nobody"], "unknown"),
    "forget": (["nobody"], "unknown"),
    "destination add": (["oncall", "no address"], "refused"),
    "destination test": (["nobody"], "unknown"),
    "destination list": (["too much"], "usage"),
    "destination remove": (["nobody"], "unknown"),
    "repository set": (["nobody", "directory", "/tmp/x"], "unknown"),
    "repository show": (["nobody"], "unknown"),
    "repository rotate": (["nobody"], "unknown"),
    "keys escrow": (["FILE"], "refused"),
    "keys restore": (["FILE"], "refused"),
    "keys rotate": (["too much"], "usage"),
    "lab build": (["7"], "unknown"),
    "lab list": (["too much"], "usage"),
    "lab remove": (["7"], "unknown"),
    "lab up": (["/nowhere/at/all"], "unknown"),
    "lab down": (["nobody"], "unknown"),
    "lab systems": (["too much"], "usage"),
}


def verbs(command: Any = None, path: str = "") -> Iterator[str]:
    """Every verb of the command line, "repository set"."""
    below = getattr(command or whole(), "commands", {})
    for name, one in below.items():
        yield from verbs(one, f"{path} {name}".strip()) if getattr(one, "commands", {}) else [f"{path} {name}".strip()]


def test_every_verb_is_asked_something_wrong() -> None:
    assert set(verbs()) == WRONG.keys()


@pytest.mark.parametrize("verb", WRONG)
def test_an_error_is_a_sentence_and_one_document_with_the_same_code_in_both_languages(
    verb: str, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr("sys.stdin", (tmp_path / "nothing").open("w+"))
    words, code = WRONG[verb]
    words = [str(tmp_path / "empty") if word == "EMPTY" else str(tmp_path / "file") if word == "FILE" else word for word in words]  # fmt: skip
    for lang in ("en", "fa"):
        line = [*verb.split(), *words, "--lang", lang] if lang == "fa" else [*verb.split(), *words]
        ended = run([*line, *([] if verb in WITHOUT_JSON else ["--json"])])
        out, err = capfd.readouterr()
        assert ended == (3 if code in ("not-a-phone-system", "unreachable") or verb == "serve" else 2), (out, err)
        said = err.splitlines()[-1]  # before it may stand what was done so far
        assert said.startswith("error: " if lang == "en" else "خطا: ") and "Traceback" not in err
        assert lang == "en" or re.search("[آ-ی]", said.removeprefix("خطا: ")), err
        if verb not in WITHOUT_JSON:
            (document,) = [json.loads(line) for line in out.splitlines()]
            assert document["error"]["code"] == code
            assert document["error"]["message"] in err


@pytest.mark.parametrize("verb", WRONG)
def test_an_option_that_is_not_there_is_told_likewise(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*verb.split(), "--nonsense", "--json"]) == 2
    out, err = capfd.readouterr()
    assert json.loads(out)["error"]["code"] == "usage" and "--nonsense" in err


TYPED = [
    (["backupp"], "There is no command backupp. Did you mean backup; backups?"),
    (["zzz"], "There is no command zzz: ringkeep --help lists them."),
    (["repository", "sett"], "There is no command sett. Did you mean set?"),
    (["enrol", "--nane", "x"], "There is no option --nane here. Did you mean --lang; --name; --zone?"),
    (["backup"], "NAME is missing: ringkeep backup --help says more."),
    (["backup", "--lang"], "--lang needs a value after it."),
    (["backup", "--json=yes", "x"], "--json takes no value."),
    (["serve", "--port", "x"], "--port must be a number from 0 to 65535."),
    (["enrol", "--bandwidth", "1"], "--bandwidth must be a number, at least 8."),
    (["enrol", "--drill", "some"], "--drill must be one of: quick; full; none."),
    (["enrol", "--key", "/"], "/ is a folder: --key must be a file."),
    (["prove", "/nowhere"], "There is no /nowhere: PATH must be a file or folder that is there."),
    (["lab", "build", "x"], "VERSIONS must be a whole number."),
    (["route", "/", "1", "--at", "noon"], "--at must be a moment, such as 2026-11-25T10:30."),
    (
        ["jobs", "a", "\x1b[2Jb"],
        "There is a word too many: a \\x1b[2Jb. ringkeep jobs --help shows how it is written.",
    ),
]


@pytest.mark.parametrize(("line", "said"), TYPED)
def test_what_was_typed_wrongly_is_told_in_a_sentence(
    line: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == 2
    assert capfd.readouterr().err == f"error: {said}\n"
    assert run(["--lang", "fa", *line]) == 2
    assert not re.search(r"\b(must|there is|needs|takes)\b", capfd.readouterr().err)


def test_a_fault_of_ours_is_one_sentence_too(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ZeroDivisionError("of our own")

    monkeypatch.setattr("ringkeep.jobs.start.prepared", fails)
    assert run(["alarms", "--json"]) == 3
    out, err = capfd.readouterr()
    assert json.loads(out)["error"]["code"] == "internal" and "of our own" in err and "Traceback" not in err


@pytest.mark.parametrize("verb", ["alarms", "systems"])
def test_every_verb_calls_a_home_without_its_keys_by_the_code_of_the_document(
    verb: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise KeysMissing(Sentence("The keys are gone."))

    monkeypatch.setattr("ringkeep.jobs.start.prepared", fails)
    assert run([verb, "--json"]) == 3
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "home"


def test_a_name_that_is_no_text_is_told(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for verb in ("backup", "backups", "job"):
        assert run([verb, os.fsdecode(b"saba\xff\xfe"), "--json"]) == 2
        out, err = capfd.readouterr()
        assert "no text in UTF-8" in err and json.loads(out)["error"]["code"] == "usage"


@pytest.mark.parametrize("words", ["backups nobody --json", "systems --json", "--help"])
def test_where_there_is_no_room_for_the_answer_it_is_a_sentence_too(words: str, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [Path(sys.executable).with_name("ringkeep"), *words.split()], stdout=full, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "RINGKEEP_HOME": str(tmp_path)}, timeout=60, check=False,
        )  # fmt: skip
    assert ended.returncode in (2, 3) and ended.stderr.startswith("error: "), ended.stderr
    assert "Traceback" not in ended.stderr and "ignored" not in ended.stderr


def test_the_codes_are_those_of_the_document() -> None:
    from ringkeep.backups.store_process import SAID

    text = (Path(__file__).parents[2] / "docs/cli.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", text, re.MULTILINE)
    listed = [code for row in rows for code in re.findall(r"`([a-z-]+)`", row)]
    assert len(listed) == len(set(listed)), "a code has two lines"
    assert {code for _, code in WRONG.values()} | {"internal", "home", "cancelled", "failed"} | SAID.keys() <= set(
        listed
    )
