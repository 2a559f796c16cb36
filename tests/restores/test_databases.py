"""Which login a restore takes on a phone system: real MariaDB, real files of the products; nothing is changed by asking."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import cast

import pytest

from ringkeep.links.ssh import Connection, Result
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.databases import lacking, program
from tests.pbx import conftest as machines
from tests.pbx.machine import Here, Machine
from tests.pbx.mariadb import running

freepbx, here, machine = machines.freepbx, machines.here, machines.machine


def asked(here: Here, *databases: str) -> Sentence | None:
    return asyncio.run(lacking(here, "saba", databases, sudo=True))


def test_the_products_login_is_taken_once_it_may_rename_and_until_then_the_missing_grants_are_named(
    freepbx: Machine, here: Here, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("db")
    with running(folder, machines.SYSTEMS / "freepbx16", machines.PASSWORD) as base:
        freepbx.shared = (folder,)
        freepbx.write("etc/mysql/my.cnf", f"[client]\nsocket={base.socket}\n")
        base.sql("ALTER USER root@localhost IDENTIFIED BY 'canary root'")
        base.password = "canary root"
        before = base.sql("SHOW DATABASES; SELECT COUNT(*) FROM information_schema.tables")
        says = asked(here, "asterisk", "asteriskcdrdb")
        assert says is not None and "canary" not in str(says)
        grants = re.findall(r"GRANT [^;]+;", str(says))
        assert len(grants) == 4 and "`asteriskcdrdb\\_ringkeep\\_old`.* TO 'freepbxuser'@'localhost';" in str(says)
        assert base.sql("SHOW DATABASES; SELECT COUNT(*) FROM information_schema.tables") == before
        base.sql(" ".join(grants[1:]))
        assert "asterisk\\_ringkeep\\_new" in str(asked(here, "asterisk", "asteriskcdrdb"))
        base.sql(grants[0])
        assert asked(here, "asterisk", "asteriskcdrdb") is None
        assert "`other`" in str(asked(here, "other"))
        freepbx.write("etc/issabel.conf", "mysqlrootpwd=canary root\n")  # Issabel's file holds root's own
        assert asked(here, "other") is None
        done = asyncio.run(here.run("sh -s other", stdin=program()))
        assert b'password="canary root"' in done.out and b'user="root"' in done.out
    assert not any("canary" in command for command in here.asked)
    says = asked(here, "asterisk")
    assert says is not None and "does not answer" in str(says)


def test_names_that_are_no_names_are_refused_without_being_said_to_anybody(here: Here) -> None:
    for name in ("a`b", "x" * 52, "$(touch /tmp/x)", "a b"):
        assert "odd name" in str(asked(here, name)) and not here.asked
    assert asked(here) is None and not here.asked


def test_without_a_database_server_there_it_is_said(machine: Machine, here: Here) -> None:
    machine.hidden += ("mariadb", "mysql")
    assert "install it there first" in str(asked(here, "asterisk"))


def test_the_program_is_plain_sh(tmp_path: Path) -> None:
    assert program().startswith(b"#!/bin/sh\n") and b"bash" not in program()


class Lying:
    """A phone system that answers with what no server says; a real one cannot be brought to it."""

    async def run(self, *_: object, **__: object) -> Result:
        return Result(3, b"", f"ringkeep: rights root@localhost\t{'9' * 6000} {'9' * 1990} 2\n")


def test_numbers_without_end_are_no_lines() -> None:
    says = asyncio.run(lacking(cast(Connection, Lying()), "pbx", ["asterisk"], sudo=False))
    assert says is not None and "9999" not in str(says)
