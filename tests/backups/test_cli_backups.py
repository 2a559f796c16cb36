"""The verbs on what is stored, as they are typed: every one in both languages, and what is left after a disaster."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ringkeep.backups import cli
from tests.backups.world import NOW, PASSWORD, backup, fleet, light_repository, mirror, stored

app = typer.Typer()
app.command()(cli.backups)
app.command()(cli.export)
app.command()(cli.forget)
app.command()(cli.verify)
app.add_typer(cli.repository, name="repository")
app.add_typer(cli.keys, name="keys")


def ringkeep(*arguments: object, code: int = 0, stdin: str = "") -> str:
    ran = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    assert ran.exit_code == code, f"{arguments}: {ran.output} {ran.exception!r}"
    assert "canary" not in ran.output and "Traceback" not in ran.output
    return ran.output


def told(*arguments: object, code: int = 0, stdin: str = "") -> Any:
    return json.loads(ringkeep(*arguments, "--json", code=code, stdin=stdin).splitlines()[-1])


def test_the_life_of_a_repository_from_its_verbs(home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from ringkeep.drills.models import Drill

    caplog.set_level(logging.DEBUG)
    system = fleet()
    row = light_repository(system.customer)
    assert told("backups", "saba")["backups"] == []
    files = mirror(tmp_path / "mirror")
    old = stored(system, files, 40, size_bytes=5 << 20, differences={"changes": [{"text": "x"}]})
    new = stored(system, files, 1)
    Drill.objects.create(backup=new, job_id="d", calls="quick", started_at=NOW, verdict="degraded")
    backup(system, 0.5, "", state="failed", error="no way")

    listed = told("backups", "saba")["backups"]
    assert [(one["id"], one["state"], one["verdict"]) for one in listed][1:] == [
        (new.pk, "complete", "degraded"),
        (old.pk, "complete", None),
    ]
    assert "rings, with faults" in ringkeep("backups", "saba")
    persian = ringkeep("backups", "saba", "--lang", "fa")
    assert "با ایراد زنگ می‌خورد" in persian and "یک تفاوت" in persian
    assert "There is no phone system called sabx. Did you mean saba?" in ringkeep("backups", "sabx", code=2)

    assert told("export", "saba", tmp_path / "out", "--backup", old.pk)["files"] == 4
    assert (tmp_path / "out/files/etc/asterisk/sip.conf").is_file()
    assert told("export", "saba", tmp_path / "out", code=2)["error"]["code"] == "place"
    assert told("export", "saba", tmp_path / "no", "--backup", "x", code=2)["error"]["code"] == "unknown"

    ringkeep("repository", "set", "saba", "directory", row.location, "--keep-last", 1, "--keep-daily", 0,
             "--keep-weekly", 0, "--keep-monthly", 0, "--lang", "fa")  # fmt: skip
    assert told("repository", "show")["repositories"][0]["keep"] == {"last": 1, "daily": 0, "weekly": 0, "monthly": 0}
    assert told("forget", "saba", "--dry-run") == {
        "phone_system": "saba", "dry_run": True, "forgotten": [old.pk], "kept": {new.pk: ["newest", "proven", "last"]},
    }  # fmt: skip
    assert f"{old.pk} would be forgotten" in ringkeep("forget", "saba", "--dry-run")
    assert told("forget", "saba")["forgotten"] == [old.pk]
    assert [one["id"] for one in told("backups", "saba", "--all")["backups"]][-1] == old.pk

    assert "Move that whole folder" in ringkeep("repository", "set", "saba", "directory", tmp_path / "new", code=3)
    assert told("repository", "show")["repositories"][0]["location"] == row.location
    assert told("verify", "saba", "--read", "۵۰٪")["repositories"][0]["problems"] == []
    assert "Did you mean saba?" in ringkeep("verify", "sabaa", code=2)
    assert told("verify", "saba", "--read", "100%")["repositories"][0]["problems"] == []
    assert "هیچ آسیبی نیست" in ringkeep("verify", "--lang", "fa")
    ringkeep("verify", "--read", "a lot", code=2)
    pack = max(Path(row.location).glob("data/*/*"), key=lambda path: path.stat().st_size)
    pack.unlink()
    problems = told("verify", code=1)["repositories"][0]["problems"]
    assert pack.name in problems[0]["said"] and "از میان رفته" in ringkeep("verify", "--lang", "fa", code=1)

    ringkeep("repository", "set", "saba", "directory", row.location, "--append-only")
    assert told("forget", "saba", code=3)["error"]["code"] == "refused"
    assert told("repository", "rotate", "saba", code=3)["error"]["code"] == "append-only"
    assert "canary" not in caplog.text


def test_what_changed_is_told_in_sentences_that_begin_as_sentences_do(home: Path) -> None:
    thing = {"text": "recording {id}", "values": {"id": "en/closed"}}
    says = {"text": "{thing} was added", "values": {"thing": thing}}
    change = {"change": "added", "what": "prompt", "id": "en/closed", "audience": "callers", "says": says}
    backup(fleet(), 0.5, "x", differences={"changes": [change]})
    assert told("backups", "saba", "latest")["changes"][0]["text"] == "Recording en/closed was added"
    assert "  + Recording en/closed was added\n" in ringkeep("backups", "saba", "latest")


def test_before_the_first_backup_there_is_nothing_to_verify_nor_to_restore(home: Path, tmp_path: Path) -> None:
    from ringkeep.backups.models import Repository

    assert "nothing to verify yet" in ringkeep("verify")
    system = fleet()
    assert "make one first, with ringkeep backup saba" in ringkeep("export", "saba", tmp_path / "out", code=2)
    assert told("forget", "saba", "--dry-run")["forgotten"] == []
    assert Repository.objects.count() == 1 and not list(home.glob("repositories/*/config"))  # asked for, not made
    assert "Saba Trading: there is no backup yet" in ringkeep("verify", "saba")
    assert told("verify")["repositories"][0]["empty"] is True
    assert "چیزی برای بررسی" in ringkeep("verify", "--lang", "fa")
    for days in range(7):
        backup(system, days + 1, f"snapshot{days}")
    said = ringkeep("export", "saba", tmp_path / "out", "--backup", "saba-1", code=2)
    assert "There are: saba-20261124-0130, saba-20261123-0130," in said and "and 2 older ones" in said


def test_places_that_cannot_be_are_refused_before_anything_is_changed(home: Path, tmp_path: Path) -> None:
    fleet()
    for place, code in (("relative", 2), ("sftp://a:b@h/c", 2), ("s3://h/bucket", 2), (tmp_path / "x\n", 2)):
        assert "error" in told("repository", "set", "saba", "directory", place, code=code)
    (tmp_path / "file").write_text("")
    assert told("repository", "set", "saba", "directory", tmp_path / "file/in", code=3)["error"]["code"] in (
        "refused",
        "failed",
    )
    ringkeep(
        "repository", "set", "saba", "s3", "s3+http://127.0.0.1:1/bucket", "--credential-file", "-", code=2, stdin="{}"
    )
    refused = told(
        "repository", "set", "saba", "s3", "s3+http://127.0.0.1:1/bucket", "--credential-file", "-", code=3,
        stdin='{"key_id": "k", "secret": "canary-secret"}',
    )  # fmt: skip
    assert refused["error"]["code"] == "unreachable"


def test_after_a_disaster_the_escrow_file_and_the_repository_are_enough(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    system = fleet()
    row = light_repository(system.customer)
    row.location = str((Path(row.location)).rename(tmp_path / "elsewhere"))  # not in what burns
    row.save()
    files = mirror(tmp_path / "mirror")
    first, second = stored(system, files, 2), stored(system, files, 1, state="partial")
    (tmp_path / "pass").write_text("canary correct horse\n")
    (tmp_path / "short").write_text("short\n")
    assert (
        told("keys", "escrow", tmp_path / "e", "--passphrase-file", tmp_path / "short", code=3)["error"]["code"]
        == "escrow"
    )
    assert told("keys", "escrow", tmp_path / "escrow", "--passphrase-file", tmp_path / "pass")["repositories"] == 1
    (tmp_path / "notes").write_text("of somebody else")
    refused = ringkeep("keys", "escrow", tmp_path / "notes", "--passphrase-file", tmp_path / "pass", code=2)
    assert "no escrow file" in refused and (tmp_path / "notes").read_text() == "of somebody else"
    ringkeep("keys", "escrow", tmp_path / "escrow", "--passphrase-file", tmp_path / "pass")  # written anew
    (tmp_path / "odd").write_bytes(b"\xff\xfe of no alphabet")
    assert "holds no text" in ringkeep(
        "keys", "escrow", tmp_path / "escrow", "--passphrase-file", tmp_path / "odd", code=2
    )
    sealed = (tmp_path / "escrow").read_bytes()
    assert PASSWORD.encode() not in sealed and b"saba" not in sealed
    assert (tmp_path / "escrow").stat().st_mode & 0o777 == 0o600

    new_home = tmp_path / "new home"
    new_home.mkdir(mode=0o700)
    monkeypatch.setenv("RINGKEEP_HOME", str(new_home))
    connections.close_all()
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", str(new_home / "ringkeep.sqlite3"))
    assert told("repository", "show")["repositories"] == []
    assert (
        told("keys", "restore", tmp_path / "escrow", "--passphrase-file", tmp_path / "short", code=3)["error"]["code"]
        == "escrow"
    )
    (tmp_path / "damaged").write_bytes(sealed.replace(b'"n": 131072', b'"n": 131070'))
    told("keys", "restore", tmp_path / "damaged", "--passphrase-file", tmp_path / "pass", code=3)
    brought = told("keys", "restore", tmp_path / "escrow", "--passphrase-file", tmp_path / "pass")
    assert brought == {
        "customers": 1,
        "phone_systems": 1,
        "repositories": 1,
        "keys": 1,
        "recovered": 2,
        "unreached": [],
    }
    again = told("keys", "restore", tmp_path / "escrow", "--passphrase-file", tmp_path / "pass")
    assert (again["phone_systems"], again["recovered"]) == (0, 0)
    said = ringkeep("keys", "restore", tmp_path / "escrow", "--passphrase-file", tmp_path / "pass")
    assert "keys 0, phone systems 0, repositories 0; backups in them that were not known here: 0" in said
    listed = told("backups", "saba")["backups"]
    assert [(one["id"], one["state"]) for one in listed] == [(second.pk, "partial"), (first.pk, "complete")]
    ringkeep("export", "saba", tmp_path / "out", "--backup", first.pk, "--lang", "fa")
    assert (tmp_path / "out/files/etc/asterisk/sip.conf").read_bytes() == b"[1001]\nsecret=canary-sip\n"
    from ringkeep.fleet.models import PhoneSystem

    assert PhoneSystem.objects.get().credential == {"password": "canary-login"}
    assert told("keys", "rotate")["secrets"] >= 2 and PhoneSystem.objects.get().credential == {
        "password": "canary-login"
    }
    connections.close_all()
