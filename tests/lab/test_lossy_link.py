"""A backup comes home whole over a line that loses one packet in a hundred and takes 100 ms there and back."""

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
RINGKEEP = str(Path(sys.executable).with_name("ringkeep"))


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


def test_a_backup_over_it_is_complete(saba: Standing, home: Path) -> None:
    with lossy_line(saba) as (way, carried):

        def ringkeep(*words: str) -> Any:
            command = ["nsenter", f"--net={way['net']}", RINGKEEP, *words, "--json"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        url = f"ssh://{saba.user}@{way['host']}:{way['port']}"
        ringkeep("enrol", url, "--name", "far", "--key", saba.key, "--sudo", "--drill", "none")
        first = ringkeep("backup", "far")["result"]
        assert first["state"] == "complete", first
    assert carried["dropped"] >= 1, carried
