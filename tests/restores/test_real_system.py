"""A real Asterisk behind a real sshd: broken, restored, Ringkeep killed in the middle, checked by a call it answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.restores.commands import RINGKEEP, backed_up, enrol, ringkeep
from tests.restores.reached import SUMS, on
from tests.restores.timed import restored
from tests.standing import standing

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


def test_a_broken_system_is_restored_although_ringkeep_is_killed_in_the_middle_and_trunks_wait_until_released(
    home: Path, tmp_path: Path
) -> None:
    from ringkeep.restores.models import Restore

    with standing("restored") as there:
        enrol(home, "saba", there)
        name = backed_up(home, "saba")
        was = on(there, SUMS)
        on(
            there,
            "cd /etc/asterisk; rm queues.conf; sed -i s/201/299/g extensions.d/30-people.conf; echo x >'left behind.conf'",
        )
        assert on(there, SUMS) != was
        process = subprocess.Popen(
            [RINGKEEP, "restore", "saba", "--backup", name, "--hold-trunks", "--yes"],
            env={**os.environ, "RINGKEEP_HOME": str(home)}, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        until = time.monotonic() + 90
        while not Restore.objects.filter(state="swapping").exists():
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[0]
        assert "Queue sales (300) was added" in said and "Files: " in said  # what it changes was shown before
        subprocess.run([sys.executable, "-c", TAKE_UP], env={**os.environ, "RINGKEEP_HOME": str(home)}, check=True)
        row = Restore.objects.get(preview=False)
        assert row.state == "done" and all(check["ok"] for check in row.checks), (row.error, row.checks)
        assert row.first_answer_s is not None and "call" in {check["what"] for check in row.checks}
        assert row.trunks_held and "carrier" not in on(there, REGISTRATIONS)
        ringkeep(home, "restore", "saba", "--release-trunks", "--yes")
        assert on(there, SUMS) == was and "carrier" in on(there, REGISTRATIONS)
        on(there, "rm /etc/asterisk/queues.conf")
        took = restored(home, "saba", name)
        assert on(there, SUMS) == was and 0 < took["first_answer_s"] < min(took["whole_s"], 20)
