"""A day in the life, with the commands a person types and a server that runs: enrol, a change is noticed, told and proven;
the phone system is broken; it is brought back, and rings.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ringkeep.standing.places import Standing
from tests.standing import standing

RINGKEEP = [str(Path(sys.executable).with_name("ringkeep"))]
PATIENCE_S = 240.0


def ringkeep(*words: str, ends_with: tuple[int, ...] = (0,)) -> Any:
    """What a verb says with --json."""
    done = subprocess.run([*RINGKEEP, *words, "--json"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode in ends_with, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """A server on some free port; ended in order at the end."""
    with (home / "serve.log").open("w") as log:
        server = subprocess.Popen([*RINGKEEP, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout
    said = server.stdout.readline()
    try:
        assert "http://" in said, (home / "serve.log").read_text()
        yield said.split()[-1]
        assert server.poll() is None, (home / "serve.log").read_text()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        assert "Traceback" not in (home / "serve.log").read_text(), (home / "serve.log").read_text()


def until(holds: Callable[[], Any], what: str) -> Any:
    """Wait until something holds, and give it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:.0f} s: {what}"
        time.sleep(0.5)
    return found


def on(system: Standing, command: str) -> str:
    """What an administrator does on the phone system, over its own ssh."""
    return subprocess.run(
        ["ssh", "-q", "-i", system.key, "-p", str(system.port), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         f"{system.user}@{system.host}", command], capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip


def as_root(system: Standing, command: str) -> str:
    """Likewise, by the one way to root that the account has."""
    return on(system, f"sudo -n -- sh -c {shlex.quote(command)}")


def quiet() -> bool:
    return not [job for job in ringkeep("jobs") if job["state"] in ("queued", "running")]


def test_a_change_is_noticed_told_and_proven_and_what_is_broken_is_brought_back(home: Path) -> None:
    with standing("day") as system, serving(home) as address:
        ringkeep("enrol", system.url, "--name", "day", "--key", system.key, "--sudo")
        os.environ["RINGKEEP_HOME"] = str(home)
        subprocess.run(
            [sys.executable, "-c", "from ringkeep.jobs.start import prepared; prepared()\n"
             "from ringkeep.fleet.models import PhoneSystem as P; P.objects.update(probe_every_s=2)"], check=True,
        )  # fmt: skip
        first = ringkeep("backup", "day")["result"]
        assert first["state"] == "complete"
        until(quiet, "the first backup's drill")
        assert ringkeep("status", "day")["systems"][0]["state"] == "proven"

        as_root(system, """sed -i 's/"Sales 3"/"Sales Desk"/' /etc/asterisk/pjsip.d/phones.conf""")
        changed = until(
            lambda: [
                one
                for one in ringkeep("backups", "day")["backups"]
                if one["reason"] == "change" and one["state"] == "complete"
            ],
            "a backup for the change",
        )
        told = ringkeep("backups", "day", changed[0]["id"])
        assert [one["text"] for one in told["changes"] if "Sales Desk" in one["text"]], told["changes"]
        until(quiet, "the drill of the change")
        proven = ringkeep("status", "day")["systems"][0]
        assert proven["last_proven"] == changed[0]["id"] and address

        as_root(
            system, "rm -r /etc/asterisk/extensions.d /etc/asterisk/extensions.conf; asterisk -rx 'core restart now'"
        )
        preview = ringkeep("restore", "day", "--backup", proven["last_proven"], "--dry-run")
        assert preview
        ringkeep("restore", "day", "--backup", proven["last_proven"], "--yes")
        assert "Sales Desk" in as_root(system, "cat /etc/asterisk/pjsip.d/phones.conf")
        assert "numbers" in as_root(system, "asterisk -rx 'dialplan show'")
