from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.sources import astdb
from ringkeep.sources.astdb import AstdbError

ENTRIES = {"/AMPUSER/1000/cidname": "Ana García", "/DND/1001": "YES", "/x": "", "/پیام/۱": "سلام"}


def test_written_entries_are_read_back_from_asterisk_own_schema(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    path.write_bytes(b"an older file")
    astdb.write_astdb(path, ENTRIES)
    assert astdb.read_sqlite(path) == ENTRIES
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT sql FROM sqlite_master WHERE type='table'").fetchall() == [(astdb.SCHEMA,)]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW astdb AS WITH RECURSIVE n(key, value) AS (SELECT 1,1 UNION ALL SELECT key+1,1 FROM n) SELECT * FROM n",
        "CREATE TABLE other(key, value)",
        "CREATE TABLE astdb(key)",
    ],
)
def test_hostile_or_foreign_databases_are_refused(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "astdb.sqlite3"
    with sqlite3.connect(path) as base:
        base.execute(sql)
    with pytest.raises(AstdbError):
        astdb.read_sqlite(path)


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "astdb.sqlite3"
    path.write_bytes(data)
    with pytest.raises(AstdbError):
        astdb.read_sqlite(path)


def test_damage_is_told_from_what_asterisk_can_work_with(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    astdb.write_astdb(path, {f"/CF/{n}": "x" * 200 for n in range(500)})
    assert astdb.damage_of(path) is None
    whole = path.read_bytes()
    for damaged in (b"", b"garbage\n", whole[:20000], whole[:4096] + bytes(8192) + whole[12288:]):
        path.write_bytes(damaged)
        assert astdb.damage_of(path)
    path.unlink()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE astdb(key)")
    assert "value" in str(astdb.damage_of(path))


keys = st.lists(st.text("abzAZ019_-:|.", min_size=1), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])).map(lambda v: v.rstrip())


@given(st.dictionaries(keys, texts))
def test_what_database_show_prints_is_read_back(entries: dict[str, str]) -> None:
    shown = "".join(f"{key:<50}: {value:<25}\n" for key, value in entries.items()) + f"{len(entries)} results found.\n"
    assert astdb.read_show(shown) == entries


def test_squeezed_lines_and_values_of_several_lines_are_read() -> None:
    assert astdb.read_show("Asterisk 16\n/DND/1001 : YES\n/a/b: x\n/long/value: one\ntwo\n3 results found.\n") == {
        "/DND/1001": "YES", "/a/b": "x", "/long/value": "one\ntwo",
    }  # fmt: skip


def test_php_families_and_module_files_give_the_same_keys() -> None:
    assert astdb.read_php(b'a:1:{s:3:"DND";a:1:{i:1001;s:3:"YES";}}') == {"/DND/1001": "YES"}
    assert astdb.from_modules([{"astdb": [{"AMPUSER": {"1/device": "1"}}]}, {"astdb": {"/DND/1001": "YES"}}, {"astdb": 3}]) == {
        "/AMPUSER/1/device": "1", "/DND/1001": "YES",
    }  # fmt: skip
    with pytest.raises(AstdbError):
        astdb.read_php(b'O:1:"x":0:{}')
