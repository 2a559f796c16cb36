"""A real Asterisk behind a real sshd: broken, restored, Ringkeep killed in the middle, checked by a call it answers."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from ringkeep.links.ssh import connect
from ringkeep.standing.places import Standing
from tests.restores.timed import restored
from tests.standing import standing, target

RINGKEEP = str(Path(sys.executable).with_name("ringkeep"))

SUMS = "cd /etc/asterisk && find . ! -type d -exec ls -ln --time-style=+ {} + -exec sha256sum {} + | sort; ls -d /*/*/.ringkeep*"
REGISTRATIONS = "asterisk -rx 'pjsip show registrations'"
TAKE_UP = """
import time
from ringkeep.jobs.start import prepared
prepared()
from ringkeep.jobs import engine
from ringkeep.jobs.models import ENDED, Job
with engine.working():
    until = time.monotonic() + 90
    while Job.objects.exclude(state__in=ENDED).exists() and time.monotonic() < until:
        time.sleep(0.1)
"""


def ringkeep(home: Path, *words: str, code: int = 0) -> dict[str, object]:
    """Run a verb with --json."""
    done = subprocess.run(
        [RINGKEEP, *words, "--json"],
        env={**os.environ, "RINGKEEP_HOME": str(home)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def on(there: Standing, script: str) -> str:
    """What a root shell of the phone system says."""

    async def work() -> str:
        async with connect(target(there)) as connection:
            done = await connection.run(shlex.join(["sh", "-c", script]), sudo=True)
            return done.out.decode()

    return asyncio.run(work())


def test_a_broken_system_is_restored_although_ringkeep_is_killed_in_the_middle_and_trunks_wait_until_released(
    home: Path, tmp_path: Path
) -> None:
    from ringkeep.restores.models import Restore

    with standing("restored") as there:
        ringkeep(
            home, "enrol", f"ssh://{there.user}@{there.host}:{there.port}", "--name", "saba", "--key", str(there.key),
            "--sudo", "--drill", "none",
        )  # fmt: skip
        backup = ringkeep(home, "backup", "saba")
        name = str((backup.get("result") or backup)["backup"])  # type: ignore[index]
        was = on(there, SUMS)
        on(
            there,
            "cd /etc/asterisk; rm queues.conf; sed -i s/201/299/g extensions.d/30-people.conf; echo x >'left behind.conf'",
        )
        assert on(there, SUMS) != was
        process = subprocess.Popen(
            [RINGKEEP, "restore", "saba", "--backup", name, "--hold-trunks", "--yes"],
            env={**os.environ, "RINGKEEP_HOME": str(home)}, start_new_session=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 90
        while not Restore.objects.filter(state="swapping").exists():
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        subprocess.run([sys.executable, "-c", TAKE_UP], env={**os.environ, "RINGKEEP_HOME": str(home)}, check=True)
        row = Restore.objects.get(preview=False)
        assert row.state == "done" and all(check["ok"] for check in row.checks), (row.error, row.checks)
        assert row.first_answer_s is not None and "call" in {check["what"] for check in row.checks}
        assert row.trunks_held and "carrier" not in on(there, REGISTRATIONS)
        assert any("Queue" in change["text"] and "added" in change["text"] for change in row.plan["changes"])
        ringkeep(home, "restore", "saba", "--release-trunks", "--yes")
        assert on(there, SUMS) == was and "carrier" in on(there, REGISTRATIONS)
        on(there, "rm /etc/asterisk/queues.conf")
        took = restored(home, "saba", name)
        assert on(there, SUMS) == was and 0 < took["first_answer_s"] < min(took["whole_s"], 20)
