"""`ringkeep check` as a command: what it prints, in both languages, and how it ends."""

from __future__ import annotations

import json
import re
import wave
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ringkeep.cli.commands import app
from ringkeep.phonesystem.checks import words
from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, OTHERS, PJSIP
from tests.phonesystem.systems import MODULES

SABA = Path(__file__).parents[2] / "samples/saba"
HOLE = INBOUND + "include => internal\n" + INTERNAL


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def document(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(*arguments, "--json").stdout)
    return found


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A directory like / with a hole in its dialplan."""
    etc = tmp_path / "etc/asterisk"
    etc.mkdir(parents=True)
    for name, text in {"extensions.conf": HOLE, "pjsip.conf": PJSIP, "modules.conf": MODULES, **OTHERS}.items():
        (etc / name).write_text(text)
    return tmp_path


def test_the_sample_is_clean_but_for_a_note() -> None:
    found = document(SABA)
    assert [(f["severity"], f["code"]) for f in found["findings"]] == [("note", "trunk-unlimited")]
    assert found["counts"] == {"bad": 0, "degraded": 0, "note": 1}
    assert check(SABA).exit_code == 0


def test_a_finding_says_what_where_why_and_what_to_do(made: Path) -> None:
    (finding,) = document(made)["findings"]
    assert finding["where"] == "/etc/asterisk/extensions.conf:3"
    assert (finding["severity"], finding["code"]) == ("bad", "outsiders-dial-out")
    assert finding["why"] == words.WHY["outsiders-dial-out"] and finding["advice"] == words.ADVICE["outsiders-dial-out"]
    assert check(made).exit_code == 1


def test_the_terminal_tells_the_same_in_persian(made: Path) -> None:
    said = check(made, "--lang", "fa").stdout
    assert "تماس‌گیرندگان بیرونی می‌توانند به بیرون شماره بگیرند" in said
    assert "/etc/asterisk/extensions.conf:3" in said
    assert "Strangers" not in said


def test_what_is_no_phone_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme").write_text("hello")
    done = check(tmp_path, "--json")
    assert done.exit_code == 3 and set(json.loads(done.stdout)) == {"error"}


def test_rates_are_read_from_a_file(made: Path, tmp_path: Path) -> None:
    out = "exten => _8X.,1,Dial(PJSIP/${FILTER(0-9,${EXTEN:1})}@carrier)\n same => n,Dial(PJSIP/${FILTER(0-9,${EXTEN:1})}@second)\n"
    (made / "etc/asterisk/extensions.conf").write_text(INBOUND + INTERNAL + out)
    table = tmp_path / "rates.csv"
    table.write_text("prefix,trunk,price\n0044,carrier,0.20\n0044,second,0.15\n")
    assert [f["code"] for f in document(made, "--rates", table)["findings"]] == ["route-dearer"]
    table.write_text("prefix,trunk,price\n0044,carrier\n")
    assert check(made, "--rates", table).exit_code == 3


def wav(path: Path, sample: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(sample * 8000)


def test_recordings_that_are_silent_missing_or_unused_are_told(made: Path) -> None:
    plays = "exten => 5550101,1,Playback(custom/mute)\n same => n,Playback(custom/gone)\n same => n,Dial(PJSIP/201)\n"
    (made / "etc/asterisk/extensions.conf").write_text(INBOUND + plays + INTERNAL)
    sounds = made / "var/lib/asterisk/sounds/en/custom"
    wav(sounds / "mute.wav", b"\0\0")
    wav(sounds / "spare.wav", b"\x00\x40\x00\xc0")
    assert {(f["code"], f["what_id"]) for f in document(made)["findings"]} == {
        ("prompt-silent", "/var/lib/asterisk/sounds/en/custom/mute.wav"),
        ("prompt-missing", "custom/gone"),
        ("recording-unused", "spare"),
    }


def test_secrets_are_never_printed(made: Path) -> None:
    weak = PJSIP.replace("password=k3Tq9vXw2LmZb", "password=qwertyui")
    (made / "etc/asterisk/pjsip.conf").write_text(weak)
    (made / "etc/asterisk/voicemail.conf").write_text("[default]\n201 => 8888,Ana\n")
    printed = check(made).stdout + check(made, "--json").stdout
    assert "secret-weak" in printed and "pin-weak" in printed
    assert "qwertyui" not in printed and not re.search(r"\b8888\b", printed)


def test_every_code_has_its_why() -> None:
    assert words.WHY.keys() == words.TITLES.keys() == words.ADVICE.keys()
