"""`ringkeep diff` says what changed, in either language, and tells other programs by its exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ringkeep.explanations.differences import tell
from ringkeep.explanations.opened import answer

SABA = Path(__file__).parents[2] / "samples/saba"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The sample phone system with a phone renamed, a server moved and a member added."""
    copy = tmp_path / "changed"
    shutil.copytree(SABA, copy)
    for name, old, new in (
        ("pjsip.d/phones.conf", '"Reception" <200>', '"Front desk" <200>'),
        ("pjsip.d/trunks.conf", "198.51.100.20", "198.51.100.99"),
        ("queues.conf", "strategy = rrmemory", "strategy = leastrecent"),
    ):
        path = copy / "etc/asterisk" / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    return copy


def test_the_same_system_twice_has_no_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(SABA, SABA, as_json=True, lang="en") == 0
    assert json.loads(capsys.readouterr().out) == {"changes": []}


def test_changes_are_one_document_and_the_exit_code_says_so(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(SABA, changed, as_json=True, lang="en") == 4
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert [(c["what"], c["id"], c["field"], c["from"], c["to"], c["audience"]) for c in changes] == [
        ("queue", "300", "strategy", "rrmemory", "leastrecent", "callers"),
        ("extension", "200", "name", "Reception", "Front desk", "staff"),
        ("trunk", "carrier-b", "server", "198.51.100.20", "198.51.100.99", "carriers"),
    ]
    assert changes[1]["text"] == "Extension 200 is now called Front desk, was Reception"


def test_people_read_them_by_who_notices(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(SABA, changed, as_json=False, lang="en") == 4
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "Callers notice",
        "Staff notice",
        "Towards the carriers",
    ]
    assert "  • Extension 200 is now called Front desk, was Reception" in lines


def test_people_read_them_in_persian(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(SABA, changed, as_json=False, lang="fa") == 4
    out = capsys.readouterr().out
    assert "نام داخلی ۲۰۰ اکنون Front desk است و پیش از این Reception بود" in out
    assert "سوی سرویس‌دهنده‌ها" in out


def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("no phone system")
    assert answer(lambda: tell(SABA, tmp_path, as_json=True, lang="en"), as_json=True) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not-a-phone-system"


def test_a_folder_without_a_database_is_compared_by_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "etc/asterisk").mkdir(parents=True)
    (tmp_path / "etc/asterisk/extensions.conf").write_text("[internal]\nexten => 201,1,Answer()\n")
    assert tell(SABA, tmp_path, as_json=True, lang="en") == 4
    assert any(change["id"] == "200" for change in json.loads(capsys.readouterr().out)["changes"])
