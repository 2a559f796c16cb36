"""A real Asterisk behind a real sshd: its own way of keeping astdb, its own reload."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ringkeep import pbx
from ringkeep.backups.fetching import fetch
from ringkeep.links.ssh import Connection, Target, connect
from tests.standing import standing, target

WRITTEN_S = 1.5  # Asterisk writes astdb at most once a second (main/db.c)


def test_forwarding_is_noticed_a_reload_and_a_registration_are_not_and_nothing_stays_there(tmp_path: Path) -> None:
    async def say(connection: Connection, *commands: str) -> None:
        for command in commands:
            await connection.run(f"asterisk -rx '{command}'", sudo=True)
        await asyncio.sleep(WRITTEN_S)

    async def work(where: Target) -> None:
        async with connect(where) as connection:
            facts = await pbx.recognise(connection)
            assert (facts.product, facts.asterisk_major, facts.root) == ("asterisk", 22, True)
            first = await pbx.probe(connection, facts)
            await say(connection, "core reload", "database put registrar/contact x sip:x")
            assert await pbx.probe(connection, facts) == first
            await say(connection, "database put CF 101 09121234567")
            assert await pbx.probe(connection, facts) != first
            fetched = await fetch(connection, facts, tmp_path / "mirror")
            assert {part["state"] for part in fetched.parts} == {"ok"}, fetched.parts
            again = await fetch(connection, facts, tmp_path / "mirror")
            assert not again.changed and again.received_bytes < 5000
            left = await connection.run("ls /var/tmp", sudo=True)
            assert left.out == b""

    with standing("pbx") as made:
        asyncio.run(work(target(made)))
