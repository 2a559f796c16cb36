"""What belongs in a backup comes home whole over a line that loses one packet in a hundred and takes 100 ms there and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ringkeep.standing.places import Standing

LOST, DELAY_S = 100, 0.05
# What of a backup crosses the line: it is seen what it is, and fetched.
FETCH = """
import asyncio, json, sys
from pathlib import Path
from ringkeep.backups.fetching import fetch
from ringkeep.links.ssh import Target, connect
from ringkeep.pbx import recognise

async def main(host, port, user, host_key, key, mirror):
    target = Target(host, int(port), user, host_key, key=Path(key).read_text(), sudo=True)
    async with connect(target) as connection:
        fetched = await fetch(connection, await recognise(connection), Path(mirror))
    print(json.dumps([part["state"] for part in fetched.parts]))

asyncio.run(main(*sys.argv[1:]))
"""


@contextmanager
def lossy_line(to: Standing) -> Iterator[tuple[dict[str, Any], dict[str, int]]]:
    """How to reach it over such a line; and, at the end, what went over it."""
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun for us: no line that loses packets")
    command = [sys.executable, "-m", "tests.lab.lossy", str(to.port), str(LOST), str(DELAY_S)]
    carried: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as wire:
        assert wire.stdout
        try:
            yield json.loads(wire.stdout.readline()), carried
        finally:
            wire.terminate()
            carried |= json.loads(wire.stdout.readline() or "{}")


def test_everything_comes_home_over_it(saba: Standing, tmp_path: Path) -> None:
    with lossy_line(saba) as (way, carried):
        words = [
            sys.executable,
            "-c",
            FETCH,
            way["host"],
            str(way["port"]),
            saba.user,
            saba.host_key,
            saba.key,
            str(tmp_path),
        ]
        done = subprocess.run(
            ["nsenter", f"--net={way['net']}", *words], capture_output=True, text=True, timeout=280, check=False
        )
        assert done.returncode == 0, done.stderr
        assert set(json.loads(done.stdout)) <= {"ok", "skipped"}
    assert (tmp_path / "etc/asterisk/extensions.conf").exists()
    assert carried["dropped"] >= 1, carried
