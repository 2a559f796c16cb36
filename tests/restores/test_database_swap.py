"""The product's database swapped in one go by a real MariaDB: killed anywhere, all tables are the old ones or the new."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringkeep.restores.dumps import reduce
from tests.restores.phone_system_folder import Restore

OLD = """CREATE TABLE users (extension varchar(20) PRIMARY KEY, name text);
INSERT INTO users VALUES ('201','Ana'),('202','Leyla');
CREATE TABLE added_later (id int);
CREATE TABLE same (id int); INSERT INTO same VALUES (7);
CREATE TABLE trunks (id int, secret text); INSERT INTO trunks VALUES (1,'x');"""
NEW = """CREATE TABLE `users` (extension varchar(20) PRIMARY KEY, name text);
INSERT INTO `users` VALUES ('1064','Ringkeep \\\\! touch {canary} \\n\\\\! touch {canary}');
CREATE TABLE `devices` (id varchar(20));
\\! touch {canary}
CREATE TABLE `trunks` (id int, secret text);
"""


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A MariaDB of this test's own; gives the option file that reaches it."""
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("MariaDB is not installed")
    place = tmp_path_factory.mktemp("db")
    place.chmod(0o755)
    common = ["--no-defaults", f"--datadir={place}/data", "--user=root"]
    subprocess.run([install, *common, "--skip-test-db", "--auth-root-authentication-method=normal"], check=True, capture_output=True)  # fmt: skip
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [server, *common, f"--socket={place}/s", "--skip-networking", "--innodb-buffer-pool-size=8M", f"--pid-file={place}/pid"],
            stdout=log, stderr=log,
        )  # fmt: skip
    options = place / "my.cnf"
    options.write_text(f"[client]\nsocket={place}/s\nuser=root\n")
    until = time.monotonic() + 30
    while subprocess.run(["mysql", f"--defaults-file={options}", "-e", "SELECT 1"], capture_output=True, check=False).returncode:  # fmt: skip
        assert time.monotonic() < until and process.poll() is None, (place / "log").read_text()
        time.sleep(0.1)
    yield options
    process.terminate()
    process.wait(20)


def sql(options: Path, text: str, *database: str) -> str:
    return subprocess.run(
        ["mysql", f"--defaults-file={options}", "-N", "-B", *database], input=text, text=True, capture_output=True, check=True
    ).stdout  # fmt: skip


def held(options: Path) -> str:
    """Every table of the product's database with its rows."""
    tables = sql(options, "SHOW TABLES", "asterisk").split()
    return "".join(f"{table}:\n" + sql(options, f"SELECT * FROM `{table}`", "asterisk") for table in tables)


def databases(options: Path) -> set[str]:
    return {name for name in sql(options, "SHOW DATABASES").split() if name.startswith("asterisk")}


def restore(options: Path, state: Path, canary: Path, dump: str = NEW) -> Restore:
    sql(options, "DROP DATABASE IF EXISTS asterisk; CREATE DATABASE asterisk")
    sql(options, OLD, "asterisk")
    place = state.parent / "pbx"
    place.mkdir(parents=True, exist_ok=True)
    one = Restore(place, state, [], {}, {"databases": ["asterisk\n"]})
    (state / "databases.d").mkdir()
    (state / "databases.d/asterisk.sql").write_text(dump.format(canary=canary))
    (state / "databases.d/asterisk.gone").write_text("added_later\n")
    (state / "my.cnf").write_bytes(options.read_bytes())
    return one


@pytest.fixture(autouse=True)
def _mysql_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.restores.phone_system_folder.CALLED", ("mysql", "mv"))


def test_the_tables_change_together_and_the_way_back_brings_every_row(mariadb: Path, tmp_path: Path) -> None:
    dump = NEW.replace("\\! touch {canary}\nCREATE", "CREATE")
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "canary", dump)
    was = held(mariadb)
    assert one.run("stage") == 0, one.said
    assert held(mariadb) == was and databases(mariadb) == {"asterisk", "asterisk_ringkeep_new", "asterisk_ringkeep_old"}
    assert one.run("swap", "60") == 0, one.said
    assert "1064" in held(mariadb) and "added_later" not in held(mariadb) and "devices" in held(mariadb)
    assert "same:\n7" in held(mariadb)  # what does not differ is not touched
    assert one.run("rollback") == 0 and one.run("clean") == 0, one.said
    assert held(mariadb) == was and databases(mariadb) == {"asterisk"}
    again = restore(mariadb, tmp_path / "s/b", tmp_path / "canary", dump)
    for verb in (["stage"], ["swap", "60"], ["confirm"]):
        assert again.run(*verb) == 0, again.said
    assert "1064" in held(mariadb) and databases(mariadb) == {"asterisk"}
    assert not (tmp_path / "canary").exists()


def dumped(options: Path, to: Path) -> Path:
    """As a backup has it."""
    with to.open("wb") as file:
        subprocess.run(["mysqldump", f"--defaults-file={options}", "--single-transaction", "asterisk"], check=True, stdout=file)  # fmt: skip
    return to


def test_only_tables_that_differ_are_loaded_and_the_result_is_the_whole_backup(mariadb: Path, tmp_path: Path) -> None:
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "canary")
    backup, was = dumped(mariadb, tmp_path / "backup.sql"), held(mariadb)
    damage = "DELETE FROM users; DROP TABLE trunks; CREATE TABLE hacked (id int); INSERT INTO same VALUES (8), (NULL);"
    sql(
        mariadb,
        damage + "INSERT INTO users VALUES ('9', 'CREATE TABLE `x`\n-- and\nDROP TABLE IF EXISTS `y`')",
        "asterisk",
    )
    live = dumped(mariadb, tmp_path / "live.sql")
    place = one.state / "databases.d/asterisk.sql"
    assert reduce(backup, live, place) and place.with_suffix(".gone").read_text() == "hacked\n"
    assert reduce(backup, backup, tmp_path / "none.sql") is None
    assert "CREATE TABLE `added_later`" not in place.read_text()
    for verb in (["stage"], ["swap", "60"], ["confirm"]):
        assert one.run(*verb) == 0, one.said
    assert held(mariadb) == was


def test_a_command_for_the_client_in_a_dump_is_not_obeyed_and_nothing_changes(mariadb: Path, tmp_path: Path) -> None:
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "canary")
    was = held(mariadb)
    assert one.run("stage") == 3 and "could not be loaded" in one.said
    assert not (tmp_path / "canary").exists()
    assert one.run("rollback") == 0 and held(mariadb) == was and databases(mariadb) == {"asterisk"}


def test_what_cannot_be_swapped_in_one_go_is_refused(mariadb: Path, tmp_path: Path) -> None:
    one = restore(
        mariadb, tmp_path / "s/a", tmp_path / "c", "CREATE TABLE t (id int); CREATE VIEW v AS SELECT * FROM t;"
    )
    assert one.run("stage") == 3 and "views" in one.said
    assert one.run("rollback") == 0 and databases(mariadb) == {"asterisk"}


def test_what_an_earlier_restore_left_is_never_dropped(mariadb: Path, tmp_path: Path) -> None:
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "c", "CREATE TABLE t (id int);")
    sql(mariadb, "CREATE DATABASE asterisk_ringkeep_old; CREATE TABLE asterisk_ringkeep_old.users (id int)")
    assert one.run("stage") == 3 and "busy" in one.said and one.run("rollback") == 0
    assert "asterisk_ringkeep_old" in databases(mariadb)
    sql(mariadb, "DROP DATABASE asterisk_ringkeep_old")


@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_killed_before_every_program_the_database_is_whole_again(mariadb: Path, tmp_path: Path, way: str) -> None:
    dump = NEW.replace("\\! touch {canary}\nCREATE", "CREATE")
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        one = restore(mariadb, tmp_path / f"s/{way}{die_at}", tmp_path / "canary", dump)
        was = held(mariadb)
        assert one.run("stage") == 0, one.said
        ended = one.run("swap", "60", die_at=die_at) == 0
        if way == "resume":
            assert one.run("resume") == 0, one.said
            if one.phase == "staged":
                assert one.run("swap", "60") == 0, one.said
            assert one.run("confirm") == 0 and "1064" in held(mariadb) and "Ana" not in held(mariadb), die_at
        else:
            assert one.run("rollback") == 0 and one.run("clean") == 0 and held(mariadb) == was, die_at
        assert databases(mariadb) == {"asterisk"}
    assert die_at > 5
