"""The same over the real link: sshd, rsync lent our connection, a line that is slow, and a knife in it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep import pbx
from ringkeep.backups.fetching import Fetched, fetch
from ringkeep.links import LinkError
from ringkeep.links.ssh import Target, connect
from tests.links.servers import Server, line_to, sshd
from tests.pbx import conftest as machines
from tests.pbx.machine import Machine

freepbx, machine = machines.freepbx, machines.machine
SOUND = "var/lib/asterisk/sounds/en"


@pytest.fixture
def server(machine: Machine, tmp_path: Path) -> Iterator[Server]:
    with sshd(tmp_path / "sshd", inside=machine.sshd) as running:
        yield running


async def bring(target: Target, mirror: Path, rsync: bool = True) -> Fetched:
    async with connect(target) as connection:
        facts = replace(await pbx.recognise(connection), has_rsync=rsync)
        return await fetch(connection, facts, mirror)


def test_an_unchanged_night_of_3000_files_costs_little_on_the_wire_and_here(
    freepbx: Machine, server: Server, tmp_path: Path
) -> None:
    """Counted on the wire by a relay, both ways, SSH's own bytes and the login included."""
    for number in range(3000):
        freepbx.write(f"{SOUND}/{number}.gsm", b"%d" % number * 99)

    async def night() -> tuple[Fetched, int, float]:
        async with line_to(server.target.port) as line:
            began = time.process_time()
            fetched = await bring(replace(server.target, port=line.port), tmp_path / "mirror")
            return fetched, line.passed_bytes, time.process_time() - began

    first, _, _ = asyncio.run(night())
    assert first.moved > 3000
    assert {part["name"] for part in first.parts if part["state"] != "ok"} == {"database"}, "there is no server"
    again, wire_bytes, cpu_s = asyncio.run(night())
    print(f"unchanged: {again.received_bytes} bytes received, {wire_bytes} on the wire, {cpu_s:.2f} s of our CPU")
    assert not again.changed and wire_bytes < 100_000 and cpu_s < 1.0


@pytest.mark.parametrize("rsync", [True, False], ids=["rsync", "tar"])
def test_a_line_cut_in_the_middle_of_a_transfer_is_named_and_the_next_run_goes_on(
    machine: Machine, server: Server, tmp_path: Path, rsync: bool
) -> None:
    for number in range(200):
        machine.write(f"{SOUND}/{number}.gsm", random.Random(number).randbytes(9000))

    async def cut() -> None:
        async with line_to(server.target.port) as line:
            line.cut_after_bytes = 300_000
            await bring(replace(server.target, port=line.port), tmp_path / "mirror", rsync)

    with pytest.raises(LinkError) as error:
        asyncio.run(cut())
    assert error.value.kind in ("cut", "unreachable") and not error.value.permanent
    fetched = asyncio.run(bring(server.target, tmp_path / "mirror", rsync))
    assert {part["state"] for part in fetched.parts} == {"ok"}
    for number in range(200):
        assert (tmp_path / f"mirror/{SOUND}/{number}.gsm").read_bytes() == (
            machine.root / f"{SOUND}/{number}.gsm"
        ).read_bytes()
    assert not list((machine.root / "var/tmp").iterdir())
