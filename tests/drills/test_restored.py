"""What a drill boots is the backup itself, without recordings, and nothing of it stays."""

from __future__ import annotations

import os
from pathlib import Path

from ringkeep.drills.restored import without
from tests.drills.drilled import enrolled, mirror_of, stored


def test_everything_but_recordings_and_call_records_is_named_by_the_fewest_paths() -> None:
    paths = [
        ("etc", True), ("etc/asterisk", True), ("etc/asterisk/sip.conf", False), ("var", True), ("var/lib", True),
        ("var/lib/asterisk", True), ("var/spool", True), ("var/spool/asterisk", True),
        ("var/spool/asterisk/monitor", True), ("var/spool/asterisk/monitor/a.wav", False),
        ("var/spool/asterisk/voicemail", True), ("var/log", True), ("var/log/asterisk", True),
    ]  # fmt: skip
    left = ("var/spool/asterisk/monitor", "var/log")
    assert list(without(paths, left)) == ["etc", "var/lib", "var/spool/asterisk/voicemail"]


def test_a_large_backup_comes_back_without_its_recordings(home: Path, tmp_path: Path) -> None:
    from ringkeep.drills import restored

    system = enrolled()
    mirror_of(system)
    backup = stored(system)
    backup.size_bytes = restored.WHOLE_BYTES + 1
    restored.restored(backup, tmp_path / "into")
    assert (tmp_path / "into/etc/asterisk/pjsip.conf").is_file()
    assert not (tmp_path / "into/var/spool/asterisk/monitor").exists()


def test_the_mirror_is_taken_only_while_it_is_that_very_backup(home: Path, tmp_path: Path) -> None:
    from ringkeep.drills import restored

    system = enrolled()
    mirror = mirror_of(system)
    backup = stored(system)
    assert restored.copied(backup, tmp_path / "one") and (tmp_path / "one/etc/asterisk/pjsip.conf").is_file()
    assert not (tmp_path / "one/var/spool/asterisk/monitor").exists()
    (mirror.parent / "stored").write_text("another")
    assert not restored.copied(backup, tmp_path / "two")
    (mirror.parent / "stored").unlink()
    assert not restored.copied(backup, tmp_path / "two")


def test_folders_of_drills_that_are_over_go_however_they_forbid_it(home: Path) -> None:
    from ringkeep.drills import restored

    system = enrolled()
    backup = type("Backup", (), {"phone_system_id": system.pk})()
    for number in (7, 8):
        place = restored.place_of(backup, number)
        (place / "etc/locked").mkdir(parents=True)
        (place / "etc/link").symlink_to("/etc")
        os.chmod(place / "etc/locked", 0)
        os.chmod(place / "etc", 0o500)
    restored.clean(system.pk, [8])
    assert [path.name for path in (home / f"systems/{system.pk}/drilling").iterdir()] == ["8"]
