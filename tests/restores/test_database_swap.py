"""The product's database swapped in one go by a real MariaDB: killed anywhere, all tables are the old ones or the new."""

from __future__ import annotations

import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringkeep.restores.databases import program
from ringkeep.restores.dumps import leaves_programs, reduce
from ringkeep.restores.planning import State, plan
from ringkeep.restores.selection import Wanted
from ringkeep.restores.trees import state
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
    sql(options, "SET PASSWORD = PASSWORD('canary#1')")
    options.write_text(f"[client]\nsocket={place}/s\nuser=root\npassword='canary#1'\n")
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
    file = place / "users.conf"
    file.write_text("Ana")
    staged: dict[str, tuple[bytes | str, int, int]] = {str(file): (b"1064", 0o640, 0)}
    one = Restore(place, state, [("put", str(place), file.name)], staged, {"databases": ["asterisk\n"]})
    (state / "databases.d").mkdir()
    (state / "databases.d/asterisk.sql").write_text(dump.format(canary=canary))
    (state / "databases.d/asterisk.gone").write_text("added_later\n")
    (state / "login.sh").write_bytes(program())
    (state.parent / "home").mkdir(exist_ok=True)
    (state.parent / "home/.my.cnf").write_bytes(options.read_bytes())
    return one


@pytest.fixture(autouse=True)
def _mysql_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.restores.phone_system_folder.CALLED", ("mysql", "mariadb", "mv"))


def test_the_tables_change_together_and_the_way_back_brings_every_row(mariadb: Path, tmp_path: Path) -> None:
    dump = NEW.replace("\\! touch {canary}\nCREATE", "CREATE")
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "canary", dump)
    was = held(mariadb)
    assert one.run("stage") == 0, one.said
    assert held(mariadb) == was and databases(mariadb) == {"asterisk", "asterisk_ringkeep_new", "asterisk_ringkeep_old"}
    assert one.run("swap", "60") == 0, one.said
    assert stat.S_IMODE((one.state / "my.cnf").stat().st_mode) == 0o600
    assert "1064" in held(mariadb) and "added_later" not in held(mariadb) and "devices" in held(mariadb)
    assert "same:\n7" in held(mariadb)  # what does not differ is not touched
    assert one.run("rollback") == 0 and not (one.state / "my.cnf").exists() and one.run("clean") == 0, one.said
    assert held(mariadb) == was and databases(mariadb) == {"asterisk"}
    again = restore(mariadb, tmp_path / "s/b", tmp_path / "canary", dump)
    for verb in (["stage"], ["swap", "60"], ["confirm"]):
        assert again.run(*verb) == 0, again.said
    assert "1064" in held(mariadb) and databases(mariadb) == {"asterisk"}
    assert not (tmp_path / "canary").exists() and not list(tmp_path.rglob("my.cnf"))
    assert "RENAME" in (again.killer / "count.arguments").read_text()
    assert "canary#1" not in (again.killer / "count.arguments").read_text()


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


FROM_MYSQL = """-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: asterisk
-- ------------------------------------------------------
-- Server version\t9.7.4-2
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;

--
-- GTID state at the beginning of the backup
--

SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a087fa2e-e8a3-11f1-a293-02fc00000001:1-7,
b187fa2e-e8a3-11f1-a293-02fc00000001:1-3';

DROP TABLE IF EXISTS `fk`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `fk` (
  `id` varchar(20) DEFAULT NULL,
  KEY `id` (`id`),
  CONSTRAINT `fk_ibfk_1` FOREIGN KEY (`id`) REFERENCES `users` (`extension`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
DROP TABLE IF EXISTS `users`;
CREATE TABLE `users` (
  `extension` varchar(20) NOT NULL,
  `name` text,
  `j` json DEFAULT NULL,
  `at` timestamp NULL DEFAULT CURRENT_TIMESTAMP,
  `h` int DEFAULT NULL /*!80023 INVISIBLE */,
  `x` int DEFAULT ((1 + 1)),
  PRIMARY KEY (`extension`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `users` WRITE;
INSERT INTO `users` (`extension`,`name`,`j`) VALUES ('201','utf8mb4_0900_ai_ci','{\\"a\\": 1}'),('202','لیلا',NULL);
UNLOCK TABLES;

--
-- Dumping routines for database 'asterisk'
--
/*!50003 DROP PROCEDURE IF EXISTS `p` */;
DELIMITER ;;
CREATE DEFINER=`nobody`@`nowhere` PROCEDURE `p`()
DROP TABLE IF EXISTS `users` ;;
DELIMITER ;
SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;
-- Dump completed
"""  # as MySQL writes it; shortened, and with two transactions' origins


def test_a_dump_of_mysql_8_or_of_a_newer_mariadb_is_loaded_by_an_older_one(mariadb: Path, tmp_path: Path) -> None:
    one = restore(mariadb, tmp_path / "s/a", tmp_path / "canary")
    backup, place = tmp_path / "backup.sql", one.state / "databases.d/asterisk.sql"
    backup.write_text("/*M!999999\\- enable the sandbox mode */ \n" + FROM_MYSQL)
    assert reduce(backup, None, place) and "sandbox" not in place.read_text() and "GTID_PURGED" not in place.read_text()
    assert "DEFINER" not in place.read_text() and leaves_programs(backup, None) and not leaves_programs(backup, backup)
    for verb in (["stage"], ["swap", "60"], ["confirm"]):
        assert one.run(*verb) == 0, one.said
    assert "201\tutf8mb4_0900_ai_ci\t" in held(mariadb) and "لیلا" in held(mariadb)
    assert databases(mariadb) == {"asterisk"} and reduce(backup, backup, tmp_path / "none.sql") is None
    unknown = "CREATE TABLE t (u varchar(9) COLLATE utf8mb4_uca9999_ai_ci);"
    again = restore(mariadb, tmp_path / "s/b", tmp_path / "canary", unknown)
    assert again.run("stage") == 3 and "Unknown collation: 'utf8mb4_uca9999_ai_ci'" in again.said
    assert again.run("rollback") == 0 and databases(mariadb) == {"asterisk"}
    twice = "CREATE TABLE t (s varchar(9) PRIMARY KEY, id int);\nINSERT INTO t VALUES ('canary', 1);\nINSERT INTO t VALUES ('canary', 1);"
    third = restore(mariadb, tmp_path / "s/c", tmp_path / "x", twice)
    assert third.run("stage") == 3 and "ERROR 1062 (23000) at line 3" in third.said and "canary" not in third.said
    assert third.run("rollback") == 0 and databases(mariadb) == {"asterisk"}


OLD_CLIENT = """#!/bin/sh
case "$*" in *--binary-mode*) echo "unknown option '--binary-mode'" >&2; exit 7 ;; *--help*) exit 0 ;; esac
exec /usr/bin/mariadb "$@"
"""


def test_a_client_that_would_obey_commands_in_a_dump_gets_none(
    mariadb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    rows = (
        "CREATE TABLE `users` (`name` text);\nINSERT INTO `users` VALUES ('it\\'s \\\\! touch {canary} ; x'),(NULL);\n"
    )
    attacks = (
        f"system touch {canary};\n", f"  system touch {canary}\n", f"SET @a=1; system touch {canary};\n", f"tee {canary}\n",
        f"INSERT INTO `users` VALUES ('a'); system touch {canary};\n",
        f"\\! touch {canary}\n", f"-- '\n\\! touch {canary}\n-- '\n", f"INSERT INTO `users` VALUES ('a'); \\! touch {canary}\n",
        f"INSERT INTO `users` VALUES /* ' */ ('b') \\! touch {canary} -- '\n", f"INSERT INTO `x' y` VALUES ('a') \\! touch {canary} -- '\n",
    )  # fmt: skip
    monkeypatch.setattr("tests.restores.phone_system_folder.CALLED", ("mv",))
    for number, attack in enumerate(("", *attacks)):
        one = restore(mariadb, tmp_path / f"s/{number}", canary)
        (one.killer / "mariadb").write_text(OLD_CLIENT)
        (one.killer / "mariadb").chmod(0o755)
        (one.state / "login.sh").unlink()
        backup = tmp_path / "backup.sql"
        backup.write_text(rows.format(canary=canary) + attack)
        assert reduce(backup, None, one.state / "databases.d/asterisk.sql")
        if attack:
            assert one.run("stage") == 3 and "newer client" in one.said, attack
        else:
            assert one.run("stage") == 0 and one.run("swap", "60") == 0, one.said
            assert f"it's \\\\! touch {canary} ; x" in held(mariadb)
            assert one.run("confirm") == 0
        assert not canary.exists() and one.run("rollback") in (0, 3)


def test_one_content_dumped_by_two_versions_is_the_same(tmp_path: Path) -> None:
    table = "DROP TABLE IF EXISTS `t`;\n{set}CREATE TABLE `t` (\n  `a` int\n);\n{begin}LOCK TABLES `t` WRITE;\n{rows}UNLOCK TABLES;\n{end}"
    old = {"set": "/*!40101 SET character_set_client = utf8 */;\n", "begin": "", "rows": "INSERT INTO `t` VALUES (1),(2);\n", "end": ""}  # fmt: skip
    new = {
        "set": "/*!40101 SET character_set_client = utf8mb4 */;\n",
        "begin": "SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;\n",
        "rows": "INSERT INTO `t` VALUES\n(1),\n(2);\n",
        "end": "COMMIT;\nSET AUTOCOMMIT=@OLD_AUTOCOMMIT;\n/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;\n",
    }  # as MariaDB 10.5.23 and 11.8.9 write it
    of_old, of_new, other = (tmp_path / name for name in ("10.sql", "11.sql", "other.sql"))
    of_old.write_text(table.format(**old))
    of_new.write_text("/*M!999999\\- enable the sandbox mode */ \n" + table.format(**new))
    other.write_text(table.format(**{**new, "rows": "INSERT INTO `t` VALUES\n(1),\n(3);\n"}))
    assert reduce(of_old, of_new, tmp_path / "none.sql") is None is reduce(of_new, of_old, tmp_path / "none.sql")
    assert reduce(of_old, other, tmp_path / "some.sql") is not None


def test_a_database_of_call_records_without_a_row_is_one_to_be_filled(mariadb: Path, tmp_path: Path) -> None:
    restore(mariadb, tmp_path / "s/a", tmp_path / "c")
    place = tmp_path / "ringkeep/databases/asteriskcdrdb.sql"
    place.parent.mkdir(parents=True)
    full = state(tmp_path, {}) if dumped(mariadb, place) else None
    sql(mariadb, "DELETE FROM users; DELETE FROM same; DELETE FROM trunks", "asterisk")
    dumped(mariadb, place)
    assert full and full.databases["asteriskcdrdb"] > 0 and state(tmp_path, {}).databases == {"asteriskcdrdb": 0}
    everything = (Wanted("everything"),)
    assert plan(full, state(tmp_path, {}), everything).databases == full.databases
    assert plan(full, full, everything).databases == plan(state(tmp_path, {}), full, everything).databases == {}
    assert plan(state(tmp_path, {}), state(tmp_path, {}), everything).databases == {}
    assert plan(state(tmp_path, {}), State({}), everything).databases == {"asteriskcdrdb": 0}


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
def test_killed_before_every_program_the_database_and_the_files_are_both_the_old_ones_or_the_new(
    mariadb: Path, tmp_path: Path, way: str
) -> None:
    dump = NEW.replace("\\! touch {canary}\nCREATE", "CREATE")
    die_at, ended = 0, False
    while not ended:
        die_at += 1
        one = restore(mariadb, tmp_path / f"s/{way}{die_at}", tmp_path / "canary", dump)
        (
            one.state / "login.sh"
        ).unlink()  # found while it is staged, as the first test proves; here only the swap counts
        was, file = held(mariadb), one.place / "users.conf"
        assert one.run("stage") == 0, one.said
        ended = one.run("swap", "60", die_at=die_at) == 0
        if way == "resume":
            assert one.run("resume") == 0, one.said
            if one.phase == "staged":
                assert one.run("swap", "60") == 0, one.said
            assert one.run("confirm") == 0 and "1064" in held(mariadb) and "Ana" not in held(mariadb), die_at
            assert file.read_text() == "1064", die_at
        else:
            assert one.run("rollback") == 0 and one.run("clean") == 0 and held(mariadb) == was, die_at
            assert file.read_text() == "Ana", die_at
        assert databases(mariadb) == {"asterisk"}
    assert die_at > 5


def test_a_dump_brings_no_file_of_the_machine_into_a_table(mariadb: Path, tmp_path: Path) -> None:
    canary = tmp_path / "only-roots"
    canary.write_text("canary#2")
    dump = "CREATE TABLE `users` (name text);\nLOAD DATA LOCAL INFILE '{canary}' INTO TABLE `users`;\n"
    one = restore(mariadb, tmp_path / "s/a", canary, dump)
    assert one.run("stage") != 0
    assert "canary#2" not in sql(mariadb, "SELECT * FROM asterisk_ringkeep_new.users")
    assert one.run("rollback") == 0 and databases(mariadb) == {"asterisk"}, one.said
