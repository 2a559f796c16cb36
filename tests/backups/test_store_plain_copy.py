"""The readable copy: whole or as it was, hostile names harmless, owners beside it, nothing in it that acts."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.backups.plain_copy import Exported, PlaceError, export, harmless_name, make_harmless, refresh, swap
from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location
from ringkeep.translation import Words, shown
from tests.backups.world import NOW, PASSWORD, mirror, repository

HOSTILE = {
    b"a\nb\x1b[31m": "a%0Ab%1B[31m",
    b"caf\xe9.conf": "caf%E9.conf",  # not UTF-8
    b"10%.conf": "10%25.conf",
    b"trailing. ": "trailing.%20",
    b"back\\slash:colon": "back%5Cslash%3Acolon",
    "\u202egnp.exe".encode(): "%E2%80%AEgnp.exe",
}


def what(snapshot: str, backup: str = "saba-1") -> Exported:
    return Exported("saba", "Saba Trading", backup, datetime(2026, 11, 25, tzinfo=UTC), "complete", snapshot)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))
    return Store(Location("directory", str(repository(tmp_path / "repository")), PASSWORD))


def test_a_hostile_backup_becomes_a_harmless_folder_with_its_truth_beside_it(store: Store, tmp_path: Path) -> None:
    files = mirror(tmp_path / "mirror")
    for name in HOSTILE:
        (Path(os.fsdecode(os.fsencode(files) + b"/" + name))).write_text("x")
    (files / "shell").write_text("#!/bin/sh\n")
    (files / "shell").chmod(0o4755)
    (files / "closed").mkdir(mode=0o755)
    (files / "closed/in").write_text("x")
    (files / "closed").chmod(0o500)
    (files / "out").symlink_to("/etc/shadow")
    os.mkfifo(files / "fifo")
    (files / "ringkeep").mkdir()
    owners = {"parts": {"configuration": {"etc/asterisk/sip.conf": ["f", 0o640, 995, 995, 25, 1]}}, "users": {"995": "asterisk"}, "groups": {"995": "asterisk"}}  # fmt: skip
    (files / "ringkeep/owners.json").write_text(json.dumps(owners))
    snapshot = store.save(files, ["saba-1"], NOW).snapshot

    count = export(store, what(snapshot), tmp_path / "out", Words("en"))
    root = tmp_path / "out/files"
    found = list(root.rglob("*"))
    assert count == sum(path.is_file() for path in found) == 4 + len(HOSTILE) + 3
    assert {path.name for path in root.iterdir()} >= set(HOSTILE.values())
    for path in found:
        mode = path.lstat().st_mode
        assert stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        assert not mode & 0o7077
    told = [json.loads(line) for line in (tmp_path / "out/OWNERS.jsonl").read_text("utf-8").splitlines()]
    by_path = {line["path"]: line for line in told[1:]}
    assert told[0] == {"backup": "saba-1", "snapshot": snapshot}
    assert by_path["/out"]["link_to"] == "/etc/shadow" and by_path["/out"]["file"] is None
    assert by_path["/etc/asterisk/sip.conf"] | {"modified_at": ""} == {
        "path": "/etc/asterisk/sip.conf", "file": "etc/asterisk/sip.conf", "mode": "0640", "owner": "asterisk",
        "group": "asterisk", "kind": "file", "modified_at": "",
    }  # fmt: skip
    assert by_path["/shell"]["mode"] == "4755"
    for name, harmless in HOSTILE.items():
        assert by_path["/" + os.fsdecode(name)]["file"] == harmless
    assert "saba-1" in (tmp_path / "out/README.txt").read_text("utf-8")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700 and not (tmp_path / "out.partial").exists()
    with pytest.raises(PlaceError):
        export(store, what(snapshot), tmp_path / "out", Words("en"))

    again = tmp_path / "copies"
    again.mkdir()
    assert refresh(store, what(snapshot), again, Words("fa"))
    assert not refresh(store, what(snapshot), again, Words("fa"))  # the same state: nothing to be done
    (files / "new").write_text("x")
    later = store.save(files, ["saba-2"], NOW).snapshot
    assert refresh(store, what(later, "saba-2"), again, Words("fa"))
    assert (again / "saba/files/new").exists() and [path.name for path in again.iterdir()] == ["saba"]
    (again / "saba").rename(again / ".saba.old")  # as a kill between the two renames leaves it
    assert not refresh(store, what(later, "saba-2"), again, Words("fa"))
    assert [path.name for path in again.iterdir()] == ["saba"]


def test_a_copy_is_not_written_where_a_disk_is_not_mounted(store: Store, tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="mounted"):
        refresh(store, what("ab" * 32), tmp_path / "nowhere", Words("en"))


def test_readers_never_meet_a_copy_that_is_not_whole(tmp_path: Path) -> None:
    place, new = tmp_path / "saba", tmp_path / ".saba.new"
    for folder, content in ((place, "old"), (new, "new")):
        folder.mkdir()
        (folder / "a").write_text(content)
    swap(new, place, tmp_path / ".saba.old")
    assert (place / "a").read_text() == "new" and (new / "a").read_text() == "old"


@given(st.lists(st.binary(min_size=1, max_size=30), unique=True, max_size=5))
def test_harmless_names_are_names_and_stay_apart(names: list[bytes]) -> None:
    names = [name for name in names if not {0, ord("/")} & set(name) and name not in (b".", b"..")]
    taken = set(names)
    made = []
    for name in names:
        harmless = harmless_name(name, taken)
        taken.add(harmless.encode())
        made.append(harmless)
        assert harmless == shown(harmless) and not set(harmless) & set('/\\:*?"<>|') and harmless[-1] not in ". "
        assert harmless not in (".", "..") and len(harmless.encode()) <= 255
    assert len(set(made)) == len(made)


def test_a_name_that_looks_like_anothers_harmless_form_keeps_its_own(tmp_path: Path) -> None:
    for name in (b"a\nb", b"a%0Ab", b"a%250Ab"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    names, count = make_harmless(tmp_path)
    assert count == 3
    for name, (file, _) in names.items():
        assert file is not None and (tmp_path / file).read_bytes() == name
