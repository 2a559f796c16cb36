"""The explaining commands end in order: with nobody to tell, on a terminal without Persian, when they are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
from datetime import datetime
from pathlib import Path

import pytest

from ringkeep.phonesystem.callflow.hours import next_change

SAMPLE = Path(__file__).parents[2] / "samples" / "saba"
RUN = [sys.executable, "-c", "from ringkeep.cli.main import main; main()"]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_closed_output_is_no_fault(more: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *RUN, "read", str(SAMPLE), *more],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_no_persian_is_told_what_it_can_show() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*RUN, "read", str(SAMPLE), "--lang", "fa"], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_that_is_terminated_leaves_no_copy_of_the_phone_system(tmp_path: Path) -> None:
    archive, scratch = tmp_path / "large.tar", tmp_path / "scratch"
    scratch.mkdir()
    with tarfile.open(archive, "w") as tar:
        for number in range(60_000):
            tar.addfile(tarfile.TarInfo(f"etc/asterisk/{number}.conf"))
    running = subprocess.Popen(
        [*RUN, "read", str(archive)], env={**os.environ, "TMPDIR": str(scratch)}, stderr=subprocess.PIPE, text=True
    )
    while not any(scratch.glob("ringkeep-*/*")) and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, list(scratch.iterdir()), said) == (128 + signal.SIGTERM, [], "")


def test_opening_hours_at_the_end_of_the_calendar_have_no_next_change() -> None:
    assert next_change(["08:00-17:00,*,*,*"], datetime(9999, 12, 31, 23, 59)) is None
