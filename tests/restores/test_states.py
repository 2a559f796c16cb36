"""Asterisk's own database (astdb) damaged or gone: the backup's comes as a whole, also killed on the way, and Asterisk runs with it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ringkeep.restores.planning import FOLDER, Entry, Plan, State, plan
from ringkeep.restores.selection import parse
from ringkeep.restores.sending import lists, staged_at
from ringkeep.restores.states import with_whole_astdb
from ringkeep.sources.astdb import read_sqlite, write_astdb
from tests.restores.commands import backed_up, enrol, ringkeep, run
from tests.restores.phone_system_folder import Restore, seen
from tests.restores.reached import SUMS, on
from tests.standing import standing

STATES = {"/CF/201": "09121234567", "/registrar/contact/201;@1": "{}", "/pbx/UUID": "1"}
FILE = "var/lib/asterisk/astdb.sqlite3"
DAMAGED = b"garbage\n"


def made(
    tmp_path: Path, live: bytes | None, only: str = "", *, is_another: bool = False, knows_gone: bool = True
) -> tuple[Plan, list[str]]:
    """The plan that restores STATES where `live` is, and what is said of it."""
    roots = (tmp_path / "backup", tmp_path / "mirror")
    for root in roots:
        (root / FILE).parent.mkdir(parents=True, exist_ok=True)
        (root / FILE).unlink(missing_ok=True)
    write_astdb(roots[0] / FILE, STATES)
    if live is not None:
        (roots[1] / FILE).write_bytes(live)
    tree = {"/var/lib/asterisk/moh": Entry(FOLDER, "", 0, 0o755)}
    sides, wanted = (State(tree, astdb=STATES), State(tree)), parse([only] if only else [])
    one, told = with_whole_astdb(
        plan(*sides, wanted), sides, roots, wanted, is_another=is_another, knows_gone=knows_gone, major=22
    )
    return one, [str(each) for each in told]


@pytest.mark.parametrize(("live", "word"), [(DAMAGED, "damaged"), (None, "gone")])
def test_a_damaged_or_missing_one_comes_as_a_whole_with_a_restart(
    tmp_path: Path, live: bytes | None, word: str
) -> None:
    one, told = made(tmp_path, live)
    assert [each.path for each in one.units] == [f"/{FILE}"] and one.restart and not one.astdb and not one.astdb_back
    assert one.staged[0].content == (tmp_path / "backup" / FILE).read_bytes() and word in told[0]
    texts = lists(one, "/var/lib/ringkeep/restore/a", {}, cron=None)
    assert texts["units"] == "state\t/var/lib/asterisk\tastdb.sqlite3\n"
    assert texts["owners"] == f"{staged_at(one.units[0], f'/{FILE}', 'a')}\t/var/lib/asterisk\n"


def test_a_whole_one_and_one_that_is_not_known_to_be_gone_are_set_by_the_console(tmp_path: Path) -> None:
    write_astdb(tmp_path / "other", {"/CF/202": "1"})
    for live, knows_gone in (((tmp_path / "other").read_bytes(), True), (None, False)):
        one, told = made(tmp_path, live, knows_gone=knows_gone)
        assert not one.units and one.astdb and not told


def test_another_server_gets_no_phones_of_this_one(tmp_path: Path) -> None:
    one, _ = made(tmp_path, DAMAGED, is_another=True)
    (tmp_path / "came").write_bytes(one.staged[0].content or b"")
    assert read_sqlite(tmp_path / "came") == {"/CF/201": "09121234567"}


def test_a_damaged_one_that_was_not_asked_for_is_told_of(tmp_path: Path) -> None:
    one, told = made(tmp_path, DAMAGED, "configuration")
    assert not one.units and "Add astdb to --only" in told[0]


def restore(work: Path, *, there: bool) -> tuple[Restore, Path]:
    """One that is to bring b"new" where a damaged one is, or none, with a journal of before."""
    live = work / "pbx" / FILE
    live.parent.mkdir(parents=True)
    if there:
        live.write_bytes(DAMAGED)
    live.with_name("astdb.sqlite3-journal").write_bytes(b"of the old one")
    one = Restore(work / "pbx", work / "s/a", [("state", str(live.parent), live.name)], {str(live): (b"new", 0o644, 0)})
    (one.killer / "asterisk").write_text("#!/bin/sh\necho success\n")  # none of this machine is asked
    (one.killer / "asterisk").chmod(0o755)
    assert one.run("stage") == 0, one.said
    return one, live


@pytest.mark.parametrize("there", [True, False], ids=["damaged", "gone"])
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_killed_before_every_program_it_is_the_new_one_without_a_journal_or_all_as_it_was(
    tmp_path: Path, way: str, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.restores.phone_system_folder.CALLED", ("mv", "rm"))
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        work = tmp_path / str(die_at)
        one, live = restore(work, there=there)
        was = {path: what for path, what in seen(work / "pbx").items() if ".ringkeep-" not in path}
        ended = one.run("swap", "60", die_at=die_at) == 0
        if way == "resume":
            assert one.run("resume") == 0, one.said
            if one.phase == "staged":
                assert one.run("swap", "60") == 0, one.said
            assert one.run("confirm") == 0 and live.read_bytes() == b"new", die_at
            assert [path.name for path in live.parent.iterdir()] == [live.name]
            assert stat.S_IMODE(live.stat().st_mode) == 0o644
        else:
            assert one.run("rollback") == 0 and one.run("rollback") == 0 and one.run("clean") == 0, one.said
            assert seen(work / "pbx") == was, die_at
    assert die_at > 5


def test_an_asterisk_that_is_down_is_started(tmp_path: Path) -> None:
    live = tmp_path / "pbx/etc/asterisk/modules.conf"
    live.parent.mkdir(parents=True)
    one = Restore(tmp_path / "pbx", tmp_path / "s/a", [("put", str(live.parent), live.name)], {str(live): (b"new", 0o644, 0)})  # fmt: skip
    for name, does in (("asterisk", "[ -e $0.up ]"), ("service", "ASTERISK"), ("systemctl", "ASTERISK")):
        (one.killer / name).write_text(f"#!/bin/sh\n{does.replace('ASTERISK', f': >{one.killer}/asterisk.up')}\n")
        (one.killer / name).chmod(0o755)
    assert one.run("stage") == 0 and not (one.killer / "asterisk.up").exists()
    assert one.run("swap", "60") == 0 and (one.killer / "asterisk.up").exists(), one.said
    assert one.run("rollback") == 0, one.said


def test_a_real_asterisk_that_does_not_start_any_more_because_of_it_is_restored_and_answers(home: Path) -> None:
    with standing("states") as there:
        on(there, "asterisk -rx 'database put CF 201 09121234567'")
        enrol(home, "saba", there)
        backup, was = backed_up(home, "saba"), on(there, SUMS)
        on(there, f"echo garbage >/{FILE}; rm -r /etc/asterisk/*; /usr/local/bin/systemctl stop asterisk")
        done = run(home, "restore", "saba", "--backup", backup, "--yes")
        assert done.returncode == 0 and "(astdb) is damaged there: the backup's comes as a whole" in done.stdout, done
        assert on(there, SUMS) == was
        assert "09121234567" in on(there, "asterisk -rx 'database show CF'")
        assert "success" in on(there, "asterisk -rx 'database put CF 202 1'")
        assert on(there, f"stat -c %U:%G /{FILE}") == "asterisk:asterisk\n"
        assert "partial" in str(ringkeep(home, "backups", "saba"))
