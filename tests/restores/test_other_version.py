"""From Asterisk 16 to a new server with 22: its phones register and ring there; no carrier hears of it until released."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ringkeep.lab import image as images
from ringkeep.standing.places import Standing
from tests.restores.commands import backed_up, enrol, run
from tests.restores.reached import on
from tests.standing import SABA, standing

RUNG = "asterisk -rx 'channel originate Local/211@internal application Wait 2'"


def heard(there: Standing, *, by: str) -> set[tuple[str, str, str]]:
    """What one side sent on the wire between the phone system and its far end: (line, what it belongs to, message)."""
    lines = Path(there.far_log).read_text().splitlines()
    found = (json.loads(line) for line in lines if line.endswith("}"))
    return {(one["line"], one["method"], one["message"]) for one in found if one["by"] == by}


def wait_for(there: Standing, what: tuple[str, str, str], *, by: str, again: str = ":") -> None:
    """Until it was sent; `again` is done on the phone system meanwhile."""
    until = time.monotonic() + 90
    while what not in heard(there, by=by):
        assert time.monotonic() < until, (what, heard(there, by=by))
        on(there, again)
        time.sleep(0.5)


def test_from_16_to_22_the_phones_register_and_ring_there_and_no_carrier_hears_of_it_until_released(home: Path) -> None:
    if images.find(16) is None:
        pytest.skip("no image of Asterisk 16 on this machine")
    with standing("old", SABA, 16) as there:
        enrol(home, "saba", there)
        backup = backed_up(home, "saba")
    spare = home.parent / "spare"
    (spare / "etc/asterisk").mkdir(parents=True)
    (spare / "etc/asterisk/modules.conf").write_text("[modules]\nautoload=yes\n")
    with standing("spare", spare, 22, far_end=SABA) as there:
        enrol(home, "spare", there)
        done = run(home, "restore", "saba", "--to", "spare", "--backup", backup, "--yes")
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr)
        assert "The backup is of Asterisk 16, the target runs 22." in done.stdout and "--release-trunks" in done.stdout
        wait_for(there, ("phones", "INVITE", "180 Ringing"), by="far end", again=RUNG)
        assert {line for line, _, _ in heard(there, by="phone system")} == {"phones"}
        done = run(home, "restore", "spare", "--release-trunks", "--yes")
        assert done.returncode == 0 and "With its trunks let go" in done.stdout, done.stderr
        wait_for(there, ("carrier-a", "REGISTER", "REGISTER"), by="phone system")
