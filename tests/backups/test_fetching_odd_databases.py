"""Databases as they are found in the field: a stale password, a lock that nobody lets go, a crashed table, old programs."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringkeep import pbx
from ringkeep.backups import fetch_freezing
from ringkeep.backups.fetching import Fetched, fetch
from tests.pbx import conftest as machines
from tests.pbx.machine import Here, Machine
from tests.pbx.mariadb import Base, running

freepbx, here, machine = machines.freepbx, machines.here, machines.machine


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    if not machines.SYSTEMS.is_dir():
        pytest.skip("the real systems are not beside this checkout")
    with running(tmp_path_factory.mktemp("db"), machines.SYSTEMS / "freepbx16", machines.PASSWORD) as made:
        made.sql("SET PASSWORD FOR root@localhost = PASSWORD('of root')")
        made.password = "of root"
        yield made


@pytest.fixture
def joined(freepbx: Machine, base: Base) -> Machine:
    freepbx.shared = (base.folder,)
    freepbx.write("etc/mysql/my.cnf", f"[client]\nsocket={base.socket}\n[mysqldump]\nskip-comments\n")
    return freepbx


def why(fetched: Fetched, name: str = "database") -> tuple[str, str]:
    part: dict[str, Any] = next(each for each in fetched.parts if each["name"] == name)
    return part["state"], str(part["why"])


def dump_of(mirror: Path) -> str:
    return (mirror / "ringkeep/databases/asterisk.sql").read_text()


def test_a_password_that_is_no_longer_right_gives_way_to_one_that_is(
    joined: Machine, here: Here, tmp_path: Path
) -> None:
    """An Issabel whose root password was changed, and a FreePBX beside whose file an old one of another age lies."""
    joined.write("etc/issabel.conf", "mysqlrootpwd=of yesterday\n")
    joined.write("etc/amportal.conf", "AMPDBUSER=freepbxuser\nAMPDBPASS=of last year\n")
    joined.write("etc/issabelpbx.conf", (joined.root / "etc/freepbx.conf").read_text())
    facts = asyncio.run(pbx.recognise(here))
    assert facts.product == "issabel" and facts.databases == ("asterisk", "asteriskcdrdb")
    (joined.root / "etc/issabelpbx.conf").unlink()
    joined.write("etc/issabel.conf", "mysqlrootpwd=of root \n")
    assert asyncio.run(pbx.recognise(here)).databases == facts.databases
    assert why(asyncio.run(fetch(here, facts, tmp_path / "mirror")))[0] == "ok"
    joined.write("etc/issabel.conf", "mysqlrootpwd=of yesterday\n")
    wrong = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert why(wrong)[0] == "failed" and "Access denied" in why(wrong)[1] and "yesterday" not in why(wrong)[1]
    for name in ("issabel.conf", "amportal.conf"):
        (joined.root / "etc" / name).unlink()
    joined.write("etc/amportal.conf", "AMPDBUSER=freepbxuser\nAMPDBPASS=of last year\n")
    assert asyncio.run(pbx.recognise(here)).product == "freepbx"
    assert asyncio.run(pbx.recognise(here)).databases == facts.databases
    assert not any("of root" in command or "canary" in command for command in here.asked)


def test_a_lock_that_nobody_lets_go_ends_the_dump_and_not_the_backup(
    joined: Machine, here: Here, base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_freezing, "LOOK_S", 1)
    monkeypatch.setattr(fetch_freezing, "LOOKS", 2)
    facts = asyncio.run(pbx.recognise(here))
    with base.session("LOCK TABLES asterisk.users WRITE"):
        stuck = asyncio.run(asyncio.wait_for(fetch(here, facts, tmp_path / "mirror"), 120))
    assert why(stuck)[0] == "failed" and "locked" in why(stuck)[1]
    assert why(stuck, "configuration")[0] == why(stuck, "records")[0] == "ok"
    assert not list((joined.root / "var/tmp").iterdir())
    assert why(asyncio.run(fetch(here, facts, tmp_path / "mirror")))[0] == "ok"


def test_a_crashed_table_is_named(joined: Machine, here: Here, base: Base, tmp_path: Path) -> None:
    """MyISAM, as FreePBX 13 and Issabel have it; its index is cut as by a power failure."""
    base.sql(
        "CREATE TABLE broken (a INT, KEY (a)) ENGINE=MyISAM; INSERT INTO broken VALUES (1), (2); FLUSH TABLES",
        "asterisk",
    )
    index = base.folder / "data/asterisk/broken.MYI"
    index.write_bytes(index.read_bytes()[:200])
    try:
        fetched = asyncio.run(fetch(here, asyncio.run(pbx.recognise(here)), tmp_path / "mirror"))
    finally:
        base.sql("DROP TABLE asterisk.broken")
    assert why(fetched)[0] == "failed" and "broken" in why(fetched)[1], why(fetched)


OLD_DUMP = """#!/bin/sh
for word; do case "$word" in
  --no-tablespaces) echo "mysqldump: unknown option '$word'" >&2; exit 2;;
  *utf8mb4) echo "mysqldump: Character set 'utf8mb4' is not a compiled character set" >&2; exit 2;;
esac; done
exec /usr/bin/mariadb-dump "$@"
"""
OLD_SQLITE = """#!/bin/sh
case "$1" in -readonly) echo "sqlite3: Error: unknown option: -readonly" >&2; exit 1;; esac
exec /usr/bin/sqlite3 "$@"
"""


def test_programs_as_old_as_centos_6_are_asked_in_their_own_words(joined: Machine, here: Here, tmp_path: Path) -> None:
    """What MySQL 5.1 and SQLite 3.7 say to words that they do not know; the rest is done by the real ones."""
    for name, text in (("mariadb-dump", OLD_DUMP), ("sqlite3", OLD_SQLITE)):
        joined.write(f"local/{name}", text).chmod(0o755)
    facts = asyncio.run(pbx.recognise(here))
    fetched = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert why(fetched)[0] == why(fetched, "state")[0] == "ok", fetched.parts
    assert "-- Dump completed" in dump_of(tmp_path / "mirror")[-40:]
    before = asyncio.run(pbx.probe(here, facts))
    joined.set_state(CF__1000="556")
    assert asyncio.run(pbx.probe(here, facts)) != before


def test_a_database_that_is_down_fails_its_part_and_says_so(joined: Machine, here: Here, tmp_path: Path) -> None:
    facts = asyncio.run(pbx.recognise(here))
    joined.write("etc/mysql/my.cnf", "[client]\nsocket=/nowhere\n")
    began = time.monotonic()
    fetched = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert why(fetched)[0] == "failed" and "connect" in why(fetched)[1] and time.monotonic() - began < 60
    assert why(fetched, "configuration")[0] == "ok"


def test_a_database_that_takes_every_caller_and_answers_none_keeps_only_its_own_part(
    freepbx: Machine, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_freezing, "LOOK_S", 1)
    monkeypatch.setattr(fetch_freezing, "LOOKS", 2)
    freepbx.write("etc/mysql/my.cnf", "[client]\nsocket=/var/hung\n")
    freepbx.write("etc/amportal.conf", "AMPDBUSER=freepbxuser\nAMPDBPASS=of last year\n")
    with socket.socket(socket.AF_UNIX) as hung:
        monkeypatch.chdir(freepbx.root / "var")  # a socket's path is short
        hung.bind("hung")
        hung.listen()
        began = time.monotonic()
        facts = asyncio.run(pbx.recognise(here))
        asyncio.run(pbx.probe(here, facts))
        fetched = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert facts.product == "freepbx" and why(fetched)[0] == "failed" and "nothing came" in why(fetched)[1]
    assert why(fetched, "configuration")[0] == "ok" and time.monotonic() - began < 100
