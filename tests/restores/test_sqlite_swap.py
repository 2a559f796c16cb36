"""SQLite databases of a product exchanged while their pages are written to: all rows are the old ones or the new."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.restores.phone_system_folder import Restore

OLD, NEW = [(1, "admin"), (2, "Ana")], [(1, "admin"), (7, "لیلا"), (8, "x" * 5000)]


def made(path: Path, rows: list[tuple[int, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    with base:
        base.execute("CREATE TABLE acl_user (id INTEGER PRIMARY KEY, name TEXT)")
        base.execute("CREATE TABLE samples (at INTEGER)")
        base.executemany("INSERT INTO acl_user VALUES (?, ?)", rows)
    base.close()
    return path


def rows(path: Path) -> list[tuple[int, str]]:
    base = sqlite3.connect(path, timeout=30)
    try:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return base.execute("SELECT id, name FROM acl_user ORDER BY id").fetchall()
    finally:
        base.close()


def restore(work: Path) -> tuple[Restore, Path]:
    """One that is to bring NEW where OLD stands."""
    place = work / "pbx"
    live = made(place / "var/www/db/acl.db", OLD)
    live.chmod(0o644)
    content = made(work / "backup.db", NEW).read_bytes()
    one = Restore(place, work / "s/a", [("base", str(live.parent), "acl.db")], {str(live): (content, 0o600, 0)})
    assert one.run("stage") == 0, one.said
    return one, live


@contextmanager
def written_to(path: Path) -> Iterator[list[int]]:
    """Somebody who writes to it all the time, with the file held open."""
    written: list[int] = []
    ended = threading.Event()

    def write() -> None:
        base = sqlite3.connect(path, timeout=30)
        while not ended.wait(0.002):
            with base:
                base.execute("INSERT INTO samples VALUES (1)")
            written.append(1)
        base.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        ended.set()
        thread.join()


def test_an_sqlite_database_is_exchanged_under_whoever_writes_to_it_and_brought_back(tmp_path: Path) -> None:
    one, live = restore(tmp_path)
    inode = live.stat().st_ino
    with written_to(live) as written:
        while not written:
            pass
        assert one.run("swap", "60") == 0, one.said
        assert rows(live) == NEW
        before = len(written)
        while len(written) < before + 3:  # what he writes now is in the new one
            pass
        assert (live.stat().st_ino, stat.S_IMODE(live.stat().st_mode)) == (inode, 0o644)
        assert one.run("rollback") == 0 and one.run("clean") == 0, one.said
        assert rows(live) == OLD
    assert [path.name for path in live.parent.iterdir()] == ["acl.db"]


@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_killed_before_every_program_it_is_the_old_one_or_the_new(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.restores.phone_system_folder.CALLED", ("mv", "rm", "sqlite3"))
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        one, live = restore(tmp_path / str(die_at))
        ended = one.run("swap", "60", die_at=die_at) == 0
        assert rows(live) in (OLD, NEW)
        if way == "resume":
            assert one.run("resume") == 0, one.said
            if one.phase == "staged":
                assert one.run("swap", "60") == 0, one.said
            assert one.run("confirm") == 0 and rows(live) == NEW, die_at
        else:
            assert one.run("rollback") == 0 and one.run("clean") == 0 and rows(live) == OLD, die_at
        assert [path.name for path in live.parent.iterdir()] == ["acl.db"]
    assert die_at > 5


def test_where_it_is_not_there_it_comes_as_any_file(tmp_path: Path) -> None:
    place = tmp_path / "pbx/var/www/db"
    place.mkdir(parents=True)
    content = made(tmp_path / "backup.db", NEW).read_bytes()
    one = Restore(tmp_path / "pbx", tmp_path / "s/a", [("base", str(place), "acl.db")], {f"{place}/acl.db": (content, 0o600, 0)})  # fmt: skip
    for verb in (["stage"], ["swap", "60"]):
        assert one.run(*verb) == 0, one.said
    assert (place / "acl.db").read_bytes() == content
    assert one.run("rollback") == 0 and not (place / "acl.db").exists()
