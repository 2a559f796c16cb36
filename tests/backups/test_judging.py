"""A fetched backup says what it lacks, what shrank and what changed, on real phone systems, without asking them again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ringkeep.backups.judging_apart import judge_apart
from ringkeep.backups.judging_content import Judgement, judge_files, not_fetched
from ringkeep.backups.judging_counts import TOLERANCES, call_records, shrinkage
from ringkeep.findings.telling import sentence as said
from ringkeep.phonesystem.sentences import Document, sentence
from ringkeep.translation import Words
from tests.backups.mirrors import freepbx_nights
from tests.phonesystem.systems import EXTENSIONS, MODULES, PJSIP

FACTS: Document = {"asterisk_major": 16}


def plain_mirror(folder: Path, extensions: str = EXTENSIONS, **others: bytes) -> Path:
    """A small plain Asterisk."""
    mirror = folder / "mirror"
    texts = {"extensions.conf": extensions, "pjsip.conf": PJSIP, "modules.conf": MODULES}
    files = {f"etc/asterisk/{name}": text.encode() for name, text in texts.items()} | others
    for name, content in files.items():
        path = mirror / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return mirror


def texts(sentences: list[Document]) -> list[str]:
    return [str(sentence(one)) for one in sentences]


def judged(mirror: Path, previous: Path | None = None, keep_as: Path | None = None) -> Judgement:
    return judge_files(mirror, previous, [], FACTS, mirror.parent, keep_as)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return freepbx_nights(tmp_path_factory.mktemp("nights"))


def test_twelve_changes_on_a_real_freepbx_are_told_from_what_was_kept_and_no_secret_with_them(
    nights: tuple[Path, Path], tmp_path: Path
) -> None:
    before, after = nights
    first = judge_files(before, None, [], FACTS, before.parent, before.parent / "kept")
    assert first.differences is None and first.summary["extensions"] == 200
    assert os.stat(before.parent / "kept").st_mode & 0o077 == 0
    found = judge_files(after, before.parent / "kept", [], FACTS, after.parent, None)
    assert found.differences is not None
    changes = {str(sentence(change["says"])) for change in found.differences["changes"]}
    for part in (
        "key 0 of menu IVR 1",
        "1060",
        "1061",
        "1062",
        "1064",
        "rrmemory",
        "12125559999",
        "127.0.0.77",
        "1150",
    ):
        assert any(part in text for text in changes), part
    assert not any("only one of the two" in text.lower() for text in texts(found.differences["notes"]))
    secrets = [line.split(b"=")[1].strip() for line in (after / "etc/asterisk/pjsip.auth.conf").read_bytes().splitlines()
               if line.startswith(b"password=") and len(line) > 14]  # fmt: skip
    kept = json.dumps(found.differences).encode()
    assert len(secrets) > 100 and not any(secret in kept for secret in secrets)
    assert found.shrunken == []
    persian = [said(change["says"], Words("fa")) for change in found.differences["changes"]]
    assert any("داخلی" in text for text in persian)


def test_a_kept_reading_is_the_same_as_the_mirror_it_was_made_of(nights: tuple[Path, Path], tmp_path: Path) -> None:
    before, _ = nights
    kept = before.parent / "kept-again"
    judge_files(before, None, [], FACTS, before.parent, kept)
    found = judge_files(before, kept, [], FACTS, before.parent, None)
    assert found.differences == {"changes": [], "notes": []}
    assert [path.name for path in before.parent.iterdir() if path.name.startswith("reading-")] == []


def test_what_callers_would_hear_and_is_not_in_the_backup_is_named(tmp_path: Path) -> None:
    dialplan = (
        "[from-carrier]\nexten => 5550100,1,Answer()\n same => n,Playback(custom/welcome)\n same => n,AGI(billing.agi)\n"
        " same => n,Goto(internal,201,1)\n[internal]\nexten => 201,1,Dial(PJSIP/201)\n"
    )
    music, queues = b"[sales]\nmode=files\ndirectory=moh-sales\n", b"#include sales.conf\n"
    named = {"etc/asterisk/musiconhold.conf": music, "etc/asterisk/queues.conf": queues}
    found = texts(judged(plain_mirror(tmp_path, dialplan, **named)).missing)
    for part in ("custom/welcome", "billing.agi", "sales.conf", "class sales"):
        assert sum(part in text for text in found) == 1, (part, found)
    whole = {
        **named, "var/lib/asterisk/sounds/custom/welcome.wav": b"RIFF",
        "var/lib/asterisk/agi-bin/billing.agi": b"#!", "etc/asterisk/sales.conf": b"",
        "var/lib/asterisk/moh-sales/a.wav": b"RIFF",
    }  # fmt: skip
    (tmp_path / "whole").mkdir()
    assert texts(judged(plain_mirror(tmp_path / "whole", dialplan, **whole)).missing) == []


def test_parts_that_failed_and_what_our_account_may_not_read_are_named() -> None:
    parts = [
        {"name": "voicemail", "state": "failed", "why": "permission denied"},
        {"name": "recordings", "state": "skipped", "why": "every 7 days"},
        {"name": "configuration", "state": "ok"},
    ]
    assert [str(one) for one in not_fetched(parts, {"not_readable": ["/etc/asterisk/keys"]})] == [
        "Not in it: voicemail, because it failed: permission denied",
        "Not fetched anew: recordings (every 7 days)",
        "/etc/asterisk/keys may not be read by Ringkeep's account there",
    ]


def test_what_became_much_less_is_told_and_a_few_that_went_are_not(tmp_path: Path) -> None:
    full = {name: 10_000 if name != "bytes" else 10 << 30 for name in TOLERANCES}
    assert shrinkage({**full, "extensions": 9_995, "recordings": 9_000}, full) == []
    assert [str(one) for one in shrinkage({**full, "extensions": 5_000}, full)] == ["10000 extensions became 5000"]
    assert [str(one) for one in shrinkage({"mailboxes": 0}, {"mailboxes": 3})] == ["3 mailboxes became 0"]
    assert shrinkage({"mailboxes": 0}, {"mailboxes": 2}) == []
    assert shrinkage(full, {}) == []


def test_half_of_the_phones_gone_is_found_from_the_files(tmp_path: Path) -> None:
    phones = "".join(f"[{n}]\ntype=endpoint\ncontext=internal\naors={n}\n[{n}]\ntype=aor\n" for n in range(300, 340))
    mirror = plain_mirror(tmp_path)
    pjsip = mirror / "etc/asterisk/pjsip.conf"
    pjsip.write_text(PJSIP + phones)
    judged(mirror, keep_as=tmp_path / "kept")
    pjsip.write_text(PJSIP)
    assert "42 extensions became 2" in texts(judged(mirror, tmp_path / "kept").shrunken)


def test_a_system_whose_configuration_is_gone_is_compared_with_the_night_on_which_it_is_back(tmp_path: Path) -> None:
    whole, empty = plain_mirror(tmp_path / "whole"), tmp_path / "empty"
    (empty / "etc/asterisk").mkdir(parents=True)
    gone = judge_files(empty, None, [], FACTS, tmp_path, tmp_path / "kept")
    back = judge_files(whole, tmp_path / "kept", [], FACTS, tmp_path)
    assert gone.summary["extensions"] == 0 and not any("looked through" in text for text in texts(back.missing))
    assert back.differences is not None
    said_of = [str(sentence(change["says"])) for change in back.differences["changes"]]
    assert "configuration files came back, all 3 of them" in said_of and back.differences["notes"] == []


def test_call_records_are_counted_in_dumps_and_in_csv(tmp_path: Path) -> None:
    databases = tmp_path / "ringkeep/databases"
    databases.mkdir(parents=True)
    (databases / "asteriskcdrdb.sql").write_text(
        "INSERT INTO `cdr` VALUES (1,'a'),(2,'b');\nINSERT INTO `cel` VALUES (1);\n"
    )
    (tmp_path / "var/log/asterisk/cdr-csv").mkdir(parents=True)
    (tmp_path / "var/log/asterisk/cdr-csv/Master.csv").write_text("a\nb\nc\n")
    assert call_records(tmp_path) == 5


def test_a_hostile_mirror_reads_nothing_of_this_machine_and_ends_in_a_sentence(tmp_path: Path) -> None:
    outside = tmp_path / "outside.conf"
    outside.write_text("[canary-of-this-machine]\nexten => 1,1,Answer()\n")
    mirror = plain_mirror(tmp_path)
    (mirror / "etc/asterisk/extensions.conf").unlink()
    (mirror / "etc/asterisk/extensions.conf").symlink_to(outside)
    (mirror / "ringkeep").mkdir()
    (mirror / "ringkeep/databases").symlink_to(tmp_path)
    found = judged(mirror, keep_as=tmp_path / "kept")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert b"canary" not in kept and "canary" not in json.dumps(found.missing)
    shutil.rmtree(mirror / "etc")
    assert "It could not be looked through" in texts(judged(mirror).missing)[0]


def test_a_mirror_that_takes_too_long_costs_only_the_process_that_reads_it(tmp_path: Path) -> None:
    mirror = plain_mirror(tmp_path)
    found = judge_apart(mirror, None, [], FACTS, tmp_path, tmp_path / "kept")
    assert found.summary["extensions"] == 2 and (tmp_path / "kept").is_dir()
    late = judge_apart(mirror, None, [], FACTS, tmp_path, None, timeout_s=0.01)
    assert texts(late.missing) == ["It could not be looked through: reading it takes too long"]
