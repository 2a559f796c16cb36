"""The swap on the phone system, killed before every single program it calls: the goal, or what was, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.restores.phone_system_folder import Restore, linked, seen

OWNER = 1234 if os.geteuid() == 0 else os.getuid()


def system(place: Path) -> Path:
    """Files with different modes and owners, a link, a link to a folder, a folder that a file will replace."""
    etc, spool = place / "etc/asterisk", place / "var/spool/voicemail"
    for folder in (etc, spool / "default/201/INBOX", etc / "old.d", place / "elsewhere"):
        folder.mkdir(parents=True)
    for path, text, mode in (
        (etc / "extensions.conf", "[default]\nexten => 201,1,Answer\n", 0o640),
        (etc / "sip.conf", "[201]\nsecret=x\n", 0o600),
        (etc / "added later.conf", "x", 0o644),
        (etc / "old.d/part", "y", 0o644),
        (place / "elsewhere/kept", "never touched", 0o644),
        (spool / "default/201/INBOX/msg0000.txt", "hello", 0o660),
    ):
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, OWNER, OWNER)
    (etc / "linked.conf").symlink_to("sip.conf")
    (etc / "folder.conf").symlink_to(place / "elsewhere")
    return place


def restore(place: Path, state: Path) -> Restore:
    etc, spool = str(place / "etc/asterisk"), str(place / "var/spool/voicemail/default")
    return Restore(
        place,
        state,
        [
            ("put", etc, "extensions.conf"),
            ("put", etc, "linked.conf"),
            ("put", etc, "folder.conf"),
            ("put", etc, "old.d"),
            ("put", etc, "sip.conf"),
            ("put", etc, "new; rm -rf x.conf"),
            ("gone", etc, "added later.conf"),
            ("put", spool, "1064"),
        ],
        {
            f"{etc}/extensions.conf": (b"[default]\nexten => 201,1,Dial(PJSIP/201)\n", 0o600, OWNER),
            f"{etc}/linked.conf": ("extensions.conf", 0o777, OWNER),
            f"{etc}/folder.conf": (b"a file now", 0o644, OWNER),
            f"{etc}/old.d": (b"a file too", 0o644, OWNER),
            f"{etc}/sip.conf/now a folder": (b"", 0o644, OWNER),
            f"{etc}/new; rm -rf x.conf": (b"", 0o644, OWNER),
            f"{spool}/1064/INBOX/msg0000.txt": (b"call me", 0o660, OWNER),
        },
    )


def copied(place: Path, to: Path) -> Path:
    shutil.copytree(place, to, symlinks=True)
    for path in place.rglob("*"):
        at = path.lstat()
        os.chown(to / path.relative_to(place), at.st_uid, at.st_gid, follow_symlinks=False)
    return to


@pytest.fixture
def goal(tmp_path: Path) -> dict[str, tuple[object, ...]]:
    """What an undisturbed restore makes."""
    whole = restore(system(tmp_path / "pbx"), tmp_path / "state/g")
    for verb in (["stage"], ["swap", "60"], ["confirm"]):
        assert whole.run(*verb) == 0, whole.said
    made = seen(whole.place)
    assert made["etc/asterisk/extensions.conf"][1:] == (0o100600, OWNER, OWNER)
    assert made["etc/asterisk/linked.conf"][0] == "extensions.conf"
    assert "etc/asterisk/added later.conf" not in made and "elsewhere/kept" in made
    shutil.rmtree(whole.place)
    return made


@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_killed_before_every_program_of_the_swap_it_completes_or_brings_back_what_was(
    tmp_path: Path, goal: dict[str, tuple[object, ...]], way: str
) -> None:
    place = tmp_path / "pbx"
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        state = tmp_path / f"state/{way}{die_at}"
        one = restore(system(place), state)
        was = seen(place)
        assert one.run("stage") == 0, one.said
        ended = one.run("swap", "60", die_at=die_at) == 0
        phase = one.phase
        if way == "resume":
            assert one.run("resume") == 0, one.said
            if one.phase == "staged":  # it had not begun
                assert one.run("swap", "60") == 0, one.said
            assert one.phase == "swapped" and one.run("confirm") == 0, one.said
            assert seen(place) == goal, (die_at, phase)
        else:
            by_itself = phase != "staged" and die_at % 3 == 0  # as after a restart of the machine; else we ask for it
            if by_itself:
                (state / "deadline").write_text("another-boot 0\n")
            assert one.run("late" if by_itself else "rollback") == 0, one.said
            assert one.phase == "rolled-back" and one.run("clean") == 0, one.said
            assert seen(place) == was, (die_at, phase)
        assert linked(place) == []
        shutil.rmtree(place)
    assert die_at > 10


def test_killed_before_every_program_of_the_rollback_it_still_brings_back_what_was(tmp_path: Path) -> None:
    place = tmp_path / "pbx"
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        one = restore(system(place), tmp_path / f"state/{die_at}")
        was = seen(place)
        assert one.run("stage") == 0 and one.run("swap", "60") == 0, one.said
        ended = one.run("rollback", die_at=die_at) == 0
        if one.phase == "swapped":
            assert one.run("rollback") == 0, one.said
        assert one.run("resume") == 0 and one.phase == "rolled-back", one.said
        assert one.run("clean") == 0 and seen(place) == was, die_at
        shutil.rmtree(place)
    assert die_at > 10


def test_killed_while_staging_nothing_of_the_system_has_changed_and_it_may_be_staged_again(
    tmp_path: Path, goal: dict[str, tuple[object, ...]]
) -> None:
    place = tmp_path / "pbx"
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        one = restore(system(place), tmp_path / f"state/{die_at}")
        was = seen(place)
        ended = one.run("stage", die_at=die_at) == 0
        assert {k: v for k, v in seen(place).items() if ".ringkeep-" not in k} == was
        if die_at % 2:
            assert one.run("stage") == 0 and one.run("swap", "60") == 0 and one.run("confirm") == 0, one.said
            assert seen(place) == goal
        else:
            assert one.run("rollback") == 0 and seen(place) == was
        shutil.rmtree(place)


def test_when_ringkeep_does_not_come_back_the_phone_system_goes_back_by_itself(tmp_path: Path) -> None:
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    was = seen(one.place)
    assert one.run("stage") == 0 and one.run("swap", "1") == 0
    assert one.phase == "swapped" and seen(one.place) != was
    until = time.monotonic() + 15
    while one.phase != "rolled-back" and time.monotonic() < until:
        time.sleep(0.1)
    assert one.run("confirm") == 3 and "late" in one.said  # no success is claimed for what is gone
    assert one.run("clean") == 0 and seen(one.place) == was


def test_what_was_confirmed_stays_and_cannot_be_rolled_back(tmp_path: Path) -> None:
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    assert one.run("stage") == 0 and one.run("swap", "1") == 0 and one.run("confirm") == 0
    now = seen(one.place)
    time.sleep(1.5)
    assert one.run("rollback") == 3 and seen(one.place) == now


def test_files_that_changed_since_the_plan_stop_it_before_anything_is_moved(tmp_path: Path) -> None:
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    file = one.place / "etc/asterisk/extensions.conf"
    sums = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True).stdout
    (one.state / "expected").write_text(sums)
    assert one.run("stage") == 0
    file.write_text("somebody was here")
    was = seen(one.place)
    assert one.run("swap", "60") == 3 and "changed" in one.said
    assert one.phase == "staged" and seen(one.place) == was


def test_what_arrives_damaged_is_not_swapped_in(tmp_path: Path) -> None:
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    was = seen(one.place)
    sent = one.tar.getvalue()
    one.tar.seek(sent.index(b"Dial(PJSIP/201)"))
    one.tar.write(b"Dial(PJSIP/999)")
    assert one.run("stage") == 3 and "damaged" in one.said
    assert one.run("swap", "60") == 3 and one.run("rollback") == 0 and seen(one.place) == was


def test_no_link_on_the_phone_system_leads_a_restore_out_of_its_folders(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    spool = one.place / "var/spool/voicemail/default"
    spool.rename(one.place / "away")
    spool.symlink_to(outside)
    assert one.run("stage") == 3 and "unsafe" in one.said
    assert list(outside.iterdir()) == []


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    one = restore(system(tmp_path / "pbx"), tmp_path / "state/r")
    was = seen(one.place)
    (one.state / "need").write_text(f"{1 << 60}\t{one.place}/etc/asterisk\n")
    assert one.run("stage") == 3 and "no-room" in one.said and "KiB free" in one.said
    assert seen(one.place) == was


def test_messages_left_after_the_swap_stay_when_it_is_rolled_back(tmp_path: Path) -> None:
    place = system(tmp_path / "machine")
    was = seen(place)
    one = restore(place, tmp_path / "state/r1")
    assert one.run("stage") == 0 and one.run("swap", "600") == 0
    mailbox = place / "var/spool/voicemail/default/1064"  # which the restore brought back
    (mailbox / "INBOX/msg0001.txt").write_text("meanwhile")
    (mailbox / "Old").mkdir()
    (mailbox / "INBOX/msg0000.txt").rename(mailbox / "Old/msg0000.txt")
    (mailbox / "INBOX/msg0000.txt").write_text("meanwhile, at a number that was free again")
    assert one.run("rollback") == 0 and one.run("clean") == 0
    left = {str(path.relative_to(mailbox)): path.read_text() for path in mailbox.rglob("*") if path.is_file()}
    assert left == {
        "INBOX/msg0000.txt": "meanwhile, at a number that was free again", "INBOX/msg0001.txt": "meanwhile",
        "Old/msg0000.txt": "call me",
    }  # fmt: skip
    shutil.rmtree(mailbox)
    assert seen(place) == was and linked(place) == []


def test_what_was_made_between_the_plan_and_the_swap_stops_it_and_stays(tmp_path: Path) -> None:
    place = system(tmp_path / "machine")
    one = restore(place, tmp_path / "state/r1")
    assert one.run("stage") == 0
    mailbox = place / "var/spool/voicemail/default/1064"
    mailbox.mkdir()
    (mailbox / "msg0000.txt").write_text("meanwhile")
    was = {path: what for path, what in seen(place).items() if ".ringkeep-" not in path}
    assert one.run("swap", "600") == 3 and "changed" in one.said and one.phase == "staged"
    assert one.run("rollback") == 0 and seen(place) == was
