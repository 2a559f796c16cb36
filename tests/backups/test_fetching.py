"""A mirror becomes and stays what the phone system is, whatever lies there, and at the price of what changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringkeep import pbx
from ringkeep.backups import fetch_mirror, fetching
from ringkeep.backups.fetch_listing import FetchLimits
from ringkeep.backups.fetching import Fetched, fetch
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import sentence
from tests.pbx import conftest as machines
from tests.pbx.machine import Here, Machine

freepbx, here, machine = machines.freepbx, machines.here, machines.machine
WAYS = pytest.mark.parametrize("rsync", [True, False], ids=["rsync", "tar"])
STRANGER = 54321
SOUND = "var/lib/asterisk/sounds/custom"


def bring(here: Here, mirror: Path, rsync: bool = True, **more: Any) -> Fetched:
    facts = asyncio.run(pbx.recognise(here))
    return asyncio.run(fetch(here, replace(facts, has_rsync=rsync), mirror, **more))


def part(fetched: Fetched, name: str) -> dict[str, Any]:
    """One part, with its reason in English."""
    found = next(each for each in fetched.parts if each["name"] == name)
    return found | {"why": str(sentence(found["why"] or ""))}


def tree(root: Path) -> dict[str, str]:
    """Every file's digest and every link's target, of what belongs to the phone system."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [*files, *folders]:
            path = Path(folder, name)
            if path.is_symlink():
                found[str(path.relative_to(root))] = "-> " + os.readlink(path)
            elif path.is_file():
                found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@WAYS
def test_the_mirror_is_what_the_phone_system_is_and_follows_it(
    freepbx: Machine, here: Here, tmp_path: Path, rsync: bool
) -> None:
    mirror = tmp_path / "mirror"
    freepbx.write(f"{SOUND}/پیام خوش‌آمد.wav", b"RIFF" * 1000)
    freepbx.write(f"{SOUND}/old.wav", b"RIFF")
    first = bring(here, mirror, rsync)
    assert {each["name"] for each in first.parts if each["state"] != "ok"} == {"database"}, "there is no server"
    there, ours = tree(freepbx.root), tree(mirror)
    for path in there:
        if path.startswith(("etc/asterisk", "var/lib/asterisk/sounds", "var/www")):
            assert ours[path] == there[path], path
    assert ours["etc/asterisk/extensions.conf"].startswith("-> /var/www/html/admin/modules/core")
    with sqlite3.connect(mirror / "var/lib/asterisk/astdb.sqlite3") as base:
        assert base.execute("SELECT value FROM astdb WHERE key = '/CF/1000'").fetchone() == ("555",)
    owners = json.loads((mirror / "ringkeep/owners.json").read_text())
    assert owners["parts"]["configuration"]["etc/asterisk/queues.conf"][0] == "f"
    assert json.loads((mirror / "ringkeep/facts.json").read_text())["product"] == "freepbx"
    assert not list((freepbx.root / "var/tmp").iterdir())

    freepbx.write("etc/asterisk/queues_custom.conf", "[9]\n")
    freepbx.write(f"{SOUND}/new.wav", b"RIFF")
    (freepbx.root / SOUND / "old.wav").unlink()
    second = bring(here, mirror, rsync)
    assert (second.moved, second.removed, second.changed) == (2, 1, True)
    assert not (mirror / SOUND / "old.wav").exists() and (mirror / SOUND / "new.wav").exists()


def test_an_unchanged_night_costs_a_few_kilobytes(freepbx: Machine, here: Here, tmp_path: Path) -> None:
    bring(here, tmp_path / "mirror")
    facts = asyncio.run(pbx.recognise(here))
    again = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert again.received_bytes < 5000 and not again.changed and again.moved == 0


@WAYS
def test_what_was_lost_here_is_fetched_again(machine: Machine, here: Here, tmp_path: Path, rsync: bool) -> None:
    mirror = tmp_path / "mirror"
    bring(here, mirror, rsync)
    (mirror / "etc/asterisk/extensions.conf").unlink()
    (mirror / "var/lib/asterisk/astdb.sqlite3").write_bytes(b"cut")
    (mirror / "ringkeep/owners.json").write_text("{damaged")
    bring(here, mirror, rsync)
    assert "Dial" in (mirror / "etc/asterisk/extensions.conf").read_text()
    assert (mirror / "var/lib/asterisk/astdb.sqlite3").read_bytes().startswith(b"SQLite format 3")


@WAYS
def test_names_that_break_others_come_through_and_devices_do_not(
    machine: Machine, here: Here, tmp_path: Path, rsync: bool
) -> None:
    names = [b"two\nlines.wav", b"-rf", b"*", b"$(touch x)", b"'\"", b"\xff\xfe.wav", b" blank ", b"..wav", b"#x"]
    sound = os.fsencode(machine.root / SOUND)
    for name in names:
        Path(os.fsdecode(sound + b"/" + name)).write_bytes(name)
    os.mkfifo(machine.root / SOUND / "pipe")
    fetched = bring(here, tmp_path / "mirror", rsync)
    ours = os.fsencode(tmp_path / "mirror" / SOUND)
    assert sorted(os.listdir(ours)) == sorted(names)
    assert all(Path(os.fsdecode(ours + b"/" + name)).read_bytes() == name for name in names)
    assert part(fetched, "sounds")["state"] == "ok" and "1 devices, pipes" in part(fetched, "sounds")["why"]


@WAYS
def test_a_link_out_of_the_mirror_is_kept_as_a_link_and_never_followed(
    machine: Machine, here: Here, tmp_path: Path, rsync: bool
) -> None:
    """First a link to one of our folders, then a real folder of that name with files in it."""
    ours = tmp_path / "ours"
    ours.mkdir()
    inside = machine.root / SOUND / "x"
    inside.symlink_to(ours)
    mirror = tmp_path / "mirror"
    bring(here, mirror, rsync)
    assert os.readlink(mirror / SOUND / "x") == str(ours)
    inside.unlink()
    machine.write(f"{SOUND}/x/authorized_keys", "evil")
    bring(here, mirror, rsync)
    assert (mirror / SOUND / "x/authorized_keys").read_text() == "evil"
    assert not (mirror / SOUND / "x").is_symlink() and not list(ours.iterdir())


@WAYS
def test_a_part_that_begins_with_a_link_is_entered_when_it_is_a_folder_and_kept_when_not(
    machine: Machine, here: Here, tmp_path: Path, rsync: bool
) -> None:
    (machine.root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Tehran")
    machine.write("var/large/2026/call.wav", b"RIFF")
    (machine.root / "var/spool/asterisk/monitor").rmdir()
    (machine.root / "var/spool/asterisk/monitor").symlink_to("/var/large")
    fetched, mirror = bring(here, tmp_path / "mirror", rsync), tmp_path / "mirror"
    assert os.readlink(mirror / "etc/localtime") == "/usr/share/zoneinfo/Asia/Tehran"
    assert (mirror / "var/spool/asterisk/monitor/2026/call.wav").read_bytes() == b"RIFF"
    assert part(fetched, "recordings")["files"] == 1 and not bring(here, mirror, rsync).changed


def test_a_huge_sparse_file_fails_its_part_and_no_other(machine: Machine, here: Here, tmp_path: Path) -> None:
    machine.write(f"{SOUND}/small.wav", b"RIFF")
    with machine.write(f"{SOUND}/huge.wav", b"").open("r+b") as file:
        file.truncate(1 << 42)
    fetched = bring(here, tmp_path / "mirror")
    assert part(fetched, "sounds")["state"] == "failed" and "larger than 16 GiB" in part(fetched, "sounds")["why"]
    assert part(fetched, "configuration")["state"] == "ok"
    assert (tmp_path / "mirror" / SOUND / "small.wav").exists() and not (
        tmp_path / "mirror" / SOUND / "huge.wav"
    ).exists()


def test_too_many_files_fail_their_part_and_keep_what_was_here(machine: Machine, here: Here, tmp_path: Path) -> None:
    machine.write(f"{SOUND}/a.wav", b"RIFF")
    bring(here, tmp_path / "mirror")
    for number in range(60):
        machine.write(f"{SOUND}/{number}.wav", b"RIFF")
    fetched = bring(here, tmp_path / "mirror", limits=FetchLimits(entries=50))
    assert part(fetched, "sounds")["state"] == "failed" and "more than 50" in part(fetched, "sounds")["why"]
    assert (tmp_path / "mirror" / SOUND / "a.wav").exists()


def test_parts_left_out_stay_as_they_were(machine: Machine, here: Here, tmp_path: Path) -> None:
    monitor, mirror = "var/spool/asterisk/monitor/2026/11/24", tmp_path / "mirror"
    machine.write(f"{monitor}/1.wav", b"RIFF")
    bring(here, mirror)
    machine.write(f"{monitor}/2.wav", b"RIFF")
    (machine.root / monitor / "1.wav").unlink()
    skipped = bring(here, mirror, leave_out=frozenset({"recordings"}))
    assert part(skipped, "recordings") | {"why": ""} == {
        "name": "recordings", "state": "skipped", "files": 1, "bytes": 4, "why": "", "required": True}  # fmt: skip
    assert os.listdir(mirror / monitor) == ["1.wav"]
    bring(here, mirror)
    assert os.listdir(mirror / monitor) == ["2.wav"]


def test_a_full_disk_here_stops_it_with_what_to_do(
    machine: Machine, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ROOM_KEPT_BYTES", 1 << 60)
    with pytest.raises(LinkError, match="no room on Ringkeep's own disk") as error:
        bring(here, tmp_path / "mirror")
    assert error.value.kind == "no-room" and not list((machine.root / "var/tmp").iterdir())


def test_a_full_disk_there_stops_it_with_what_to_do(machine: Machine, here: Here, tmp_path: Path) -> None:
    (machine.root / "var/tmp").rmdir()
    with pytest.raises(LinkError, match="database dumps: its disk is full") as error:
        bring(here, tmp_path / "mirror")
    assert error.value.kind == "no-room"


def test_what_a_cut_run_left_there_is_removed_by_the_next(machine: Machine, here: Here, tmp_path: Path) -> None:
    """And what another Ringkeep, which may be at work there, has made is left to it for a day."""
    whose = hashlib.sha256(os.fsencode(tmp_path / "mirror")).hexdigest()[:8]
    for name in (f"{whose}-abcdefghij", "00000000-abcdefghij", "00000000-ofyesterday"):
        machine.write(f"var/tmp/ringkeep-freeze.{name}/m/ringkeep/databases/asterisk.sql", "secret")
    os.utime(machine.root / "var/tmp/ringkeep-freeze.00000000-ofyesterday", (1, 1))
    machine.write("var/tmp/somebody-else/file", "x")
    bring(here, tmp_path / "mirror")
    assert sorted(os.listdir(machine.root / "var/tmp")) == ["ringkeep-freeze.00000000-abcdefghij", "somebody-else"]


@WAYS
def test_a_file_of_holes_stays_one(machine: Machine, here: Here, tmp_path: Path, rsync: bool) -> None:
    with machine.write(f"{SOUND}/holes.wav", b"RIFF").open("r+b") as file:
        file.seek(300 << 20)
        file.write(b"end")
    bring(here, tmp_path / "mirror", rsync)
    came = tmp_path / "mirror" / SOUND / "holes.wav"
    assert came.stat().st_size == (300 << 20) + 3 and came.stat().st_blocks * 512 < 10 << 20
    with came.open("rb") as file:
        assert file.read(4) == b"RIFF" and file.seek(300 << 20) and file.read() == b"end"


def test_a_find_that_lists_nothing_is_told_for_good(machine: Machine, here: Here, tmp_path: Path) -> None:
    """BusyBox, as in a container of Alpine."""
    machine.write(
        "local/find", "#!/bin/sh\ncase \"$*\" in *-printf*) echo 'find: unrecognized: -printf' >&2; exit 1;; esac\n"
    ).chmod(0o755)
    with pytest.raises(LinkError, match="BusyBox") as error:
        bring(here, tmp_path / "mirror")
    assert error.value.permanent


class Cut(Here):
    """Loses its connection at the given command."""

    def __init__(self, machine: Machine, after: int) -> None:
        super().__init__(machine)
        self.after = after

    async def _start(self, command: str) -> asyncio.subprocess.Process:
        self.after -= 1
        if self.after < 0:
            raise LinkError("cut", "The connection was cut.")
        return await super()._start(command)


@WAYS
def test_a_connection_cut_at_any_command_leaves_a_mirror_that_the_next_run_completes(
    machine: Machine, tmp_path: Path, rsync: bool
) -> None:
    for number in range(20):
        machine.write(f"{SOUND}/{number}.wav", b"RIFF" * number)
    facts = replace(asyncio.run(pbx.recognise(Here(machine))), has_rsync=rsync)
    wanted: dict[str, str] = {}
    kinds: set[str] = set()
    for after in (0, 4, *range(11, 60)):  # 1 to 10 are the lists of the parts
        mirror = tmp_path / f"mirror{after}"
        try:
            asyncio.run(fetch(Cut(machine, after), facts, mirror))
            break
        except LinkError as error:
            kinds.add(error.kind)
        asyncio.run(fetch(Here(machine), facts, mirror))
        wanted = wanted or tree(mirror)
        assert tree(mirror) == wanted
    assert 11 < after < 50 and kinds == {"cut"}


class Busy(Here):
    """A file is written while it is read: whenever files are moved, and `times` at most."""

    times, path = 1, f"{SOUND}/busy.wav"

    async def _start(self, command: str) -> asyncio.subprocess.Process:
        if "maxdepth 0" in command and self.times > 0:
            self.times -= 1
            with (self.machine.root / self.path).open("ab") as file:
                file.write(b"more")
        return await super()._start(command)


@WAYS
def test_a_file_that_changes_while_it_is_read_is_read_again_and_then_named(
    machine: Machine, tmp_path: Path, rsync: bool
) -> None:
    machine.write(Busy.path, b"RIFF")
    busy, mirror = Busy(machine), tmp_path / "mirror"
    fetched = bring(busy, mirror, rsync)
    assert (mirror / Busy.path).read_bytes() == b"RIFFmore" and part(fetched, "sounds")["why"] == ""
    busy.times = 9
    machine.write(Busy.path, b"OTHER")
    fetched = bring(busy, mirror, rsync)
    assert part(fetched, "sounds")["state"] == "ok" and "changed while it was read" in part(fetched, "sounds")["why"]
    busy.times = 0
    assert part(bring(busy, mirror, rsync), "sounds")["why"] == ""
    assert (mirror / Busy.path).read_bytes() == (machine.root / Busy.path).read_bytes()


def test_astdb_is_copied_whole_without_sqlite_there(machine: Machine, here: Here, tmp_path: Path) -> None:
    machine.hidden += ("sqlite3", "python3")
    fetched = bring(here, tmp_path / "mirror")
    assert part(fetched, "state")["state"] == "ok"
    with sqlite3.connect(tmp_path / "mirror/var/lib/asterisk/astdb.sqlite3") as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("content", [b"garbage\n", b""])
def test_a_damaged_astdb_is_fetched_as_it_is_and_fails_its_part_each_time(
    machine: Machine, here: Here, tmp_path: Path, content: bytes
) -> None:
    bring(here, tmp_path / "mirror")
    (machine.root / "var/lib/asterisk/astdb.sqlite3").write_bytes(content)
    (machine.root / "var/lib/asterisk/astdb.sqlite3-journal").write_bytes(b"left by a crash")
    for _ in range(2):
        fetched = bring(here, tmp_path / "mirror")
        assert part(fetched, "state")["state"] == "failed" and part(fetched, "configuration")["state"] == "ok"
        assert "astdb.sqlite3 is damaged on the phone system" in part(fetched, "state")["why"]
        assert (tmp_path / "mirror/var/lib/asterisk/astdb.sqlite3").read_bytes() == content


def test_what_our_account_may_not_read_fails_its_part(machine: Machine, here: Here, tmp_path: Path) -> None:
    """A real account's refusal is in tests/fleet/test_account.py."""
    secret = machine.write("etc/asterisk/secret.conf", "x")
    secret.chmod(0)
    if os.getuid() == 0:  # of an owner that the machine's namespace does not know: there even root may not read it
        os.chown(secret, STRANGER, STRANGER)
    fetched = bring(here, tmp_path / "mirror")
    assert part(fetched, "configuration")["state"] == "failed"
    assert "may not be read" in part(fetched, "configuration")["why"]


def test_a_link_in_place_of_our_own_folder_is_replaced(machine: Machine, here: Here, tmp_path: Path) -> None:
    mirror, ours = tmp_path / "mirror", tmp_path / "ours"
    ours.mkdir()
    mirror.mkdir()
    (mirror / fetch_mirror.OURS).symlink_to(ours)
    bring(here, mirror)
    assert not list(ours.iterdir()) and (mirror / "ringkeep/facts.json").is_file()
