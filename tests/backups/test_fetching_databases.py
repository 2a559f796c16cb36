"""Databases of a real MariaDB: dumped in one consistent moment, sent only when they changed, without a trace there."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from ringkeep import pbx
from ringkeep.backups.fetching import Fetched, fetch
from ringkeep.phonesystem.sentences import sentence
from tests.pbx import conftest as machines
from tests.pbx.machine import Here, Machine
from tests.pbx.mariadb import running

freepbx, here, machine = machines.freepbx, machines.here, machines.machine


def part(fetched: Fetched, name: str) -> dict[str, Any]:
    """One part, with its reason in English."""
    found = next(each for each in fetched.parts if each["name"] == name)
    return found | {"why": str(sentence(found["why"] or ""))}


def test_databases_are_probed_dumped_and_kept_out_of_every_command(
    freepbx: Machine, here: Here, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One test for all of it: the server is what costs time."""
    folder = tmp_path_factory.mktemp("db")
    with running(folder, machines.SYSTEMS / "freepbx16", machines.PASSWORD) as base:
        freepbx.shared = (folder,)
        freepbx.write("etc/mysql/my.cnf", f"[client]\nsocket={base.socket}\n")
        facts = asyncio.run(pbx.recognise(here))
        assert facts.databases == ("asterisk", "asteriskcdrdb") and facts.modules["framework"] == "16.0.33"

        first = asyncio.run(pbx.probe(here, facts))
        base.sql("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'", "asterisk")
        base.sql("INSERT INTO cdr (src, dst) VALUES ('1000', '1001')", "asteriskcdrdb")
        assert asyncio.run(pbx.probe(here, facts)) == first, "a reload and a call are no change"
        base.sql("INSERT INTO users (extension, name) VALUES ('1999', 'New')", "asterisk")
        assert asyncio.run(pbx.probe(here, facts)) != first

        mirror = tmp_path / "mirror"
        fetched = asyncio.run(fetch(here, facts, mirror))
        assert {part(fetched, name)["state"] for name in ("database", "records", "state")} == {"ok"}
        dump = (mirror / "ringkeep/databases/asterisk.sql").read_text()
        assert "'1999'" in dump and "-- Dump completed" in dump[-40:]
        assert "'1001'" in (mirror / "ringkeep/databases/asteriskcdrdb.sql").read_text()

        again = asyncio.run(fetch(here, facts, mirror))
        assert not again.changed and again.received_bytes < 5000
        base.sql("UPDATE users SET name = 'Other' WHERE extension = '1999'", "asterisk")
        again = asyncio.run(fetch(here, facts, mirror))
        assert again.moved == 1 and again.received_bytes < len(dump) / 5, "only changed blocks come"
        assert "'Other'" in (mirror / "ringkeep/databases/asterisk.sql").read_text()

        base.sql("INSERT INTO cdr (src, dst) VALUES ('1000', '1002')", "asteriskcdrdb")
        records = mirror / "ringkeep/databases/asteriskcdrdb.sql"
        without = asyncio.run(fetch(here, facts, mirror, leave_out=frozenset({"records"})))
        assert part(without, "records")["state"] == "skipped" and "'1001'" in records.read_text()
        assert "'1002'" not in records.read_text()
        asyncio.run(fetch(here, facts, mirror))
        assert "'1002'" in records.read_text()

        base.sql("DROP TABLE asterisk.trunks; CREATE VIEW asterisk.trunks AS SELECT 1 AS one FROM asterisk.users")
        base.sql("RENAME TABLE asterisk.users TO asterisk.gone")
        broken = asyncio.run(fetch(here, facts, mirror))
        assert part(broken, "database")["state"] == "failed" and part(broken, "records")["state"] == "ok"
        assert "asterisk.sql could not be dumped" in part(broken, "database")["why"]
        assert "'Other'" in (mirror / "ringkeep/databases/asterisk.sql").read_text(), "the last good one stays"
    assert not any("canary" in command for command in here.asked)
    assert not os.listdir(freepbx.root / "var/tmp")


def test_a_disk_there_without_room_for_a_dump_fails_that_part_and_says_so(
    freepbx: Machine, here: Here, tmp_path: Path
) -> None:
    facts = pbx.Facts("freepbx", databases=("asterisk",), database_bytes={"asterisk": 1 << 60}, has_rsync=True)
    fetched = asyncio.run(fetch(here, facts, tmp_path / "mirror"))
    assert part(fetched, "database")["state"] == "failed" and "/var/tmp" in part(fetched, "database")["why"]
    assert part(fetched, "configuration")["state"] == "ok"
