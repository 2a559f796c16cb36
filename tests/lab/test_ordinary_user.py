"""An ordinary user runs a lab phone system with all its users, as root does; where that cannot be, it is said what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringkeep.lab import image as images
from tests.drills.commands import BECOME, ORDINARY, _public

SABA = Path(__file__).parents[2] / "samples/saba"
# Over this machine's own list of accounts, for one command: an account with a range of user ids, or without.
WITH_ACCOUNT = """
for name in passwd subuid subgid; do mount --bind "$0/$name" "/etc/$name"; done
exec "$@"
"""
LIFE = """
import json, subprocess, sys
from pathlib import Path
from ringkeep.standing import control
from ringkeep.standing.places import StandingError
try:
    made = control.up("mine", Path(sys.argv[1]))
except StandingError as error:
    print(json.dumps({"refused": str(error)}))
    raise SystemExit
trust = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i", made.key]
ask = "id -u; sudo -n -- sh -c 'id -u; stat -c %U /etc/asterisk; asterisk -rx \\"core show uptime\\"'"
ssh = ["ssh", *trust, "-p", str(made.port), f"{made.user}@{made.host}", ask]
said = subprocess.run(ssh, capture_output=True, text=True).stdout.split()
down = control.down("mine", delete=True)
left = [entry.name for entry in Path(made.key).parents[1].iterdir()]
print(json.dumps({"said": said, "in_order": down.in_order, "left": left}))
"""


@pytest.fixture
def scratch() -> Iterator[tuple[Path, Path]]:
    """A folder that an ordinary user reaches, as pytest's own is not; and one in memory for an image of 500 MB."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2 << 30 else None
    with (
        tempfile.TemporaryDirectory(prefix="ringkeep-ordinary-", ignore_cleanup_errors=True) as made,
        tempfile.TemporaryDirectory(prefix="ringkeep-ordinary-", ignore_cleanup_errors=True, dir=memory) as image,
    ):
        yield Path(made), Path(image)


def life(scratch: tuple[Path, Path], ranges: str, *, own_image: bool = True) -> dict[str, object]:
    """What becomes of a lab phone system of an ordinary user where these are the lines of subuid(5)."""
    if os.geteuid() != 0:
        pytest.skip("not root: the other tests of lab phone systems are an ordinary user's here")
    place, memory = scratch
    python, path, cache = _public()
    place.chmod(0o755)
    (place / "passwd").write_text(f"{Path('/etc/passwd').read_text()}somebody:x:{ORDINARY}:{ORDINARY}::/:/bin/sh\n")
    for name in ("subuid", "subgid"):
        (place / name).write_text(ranges)
    home = place / "home"
    home.mkdir(mode=0o700)  # nobody else may enter, as on Ubuntu
    if own_image:
        found, cache = images.find(22), str(memory / "cache")
        assert found
        (memory / "cache/images/asterisk-22").mkdir(parents=True)
        for name in ("root", "manifest.json"):
            command = ["cp", "-a", str(found.root.parent / name), str(memory / "cache/images/asterisk-22")]
            subprocess.run(command, check=True)
    for folder in (home, memory):
        subprocess.run(["chown", "-R", f"{ORDINARY}:{ORDINARY}", str(folder)], check=True)
    words = ["unshare", "--mount", "sh", "-c", WITH_ACCOUNT, str(place), *BECOME, python, "-c", LIFE, str(SABA)]
    # As Debian has it for an ordinary user: without /usr/sbin.
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": path, "RINGKEEP_CACHE": cache}
    done = subprocess.run(
        words, env=environment | {"RINGKEEP_HOME": str(home), "HOME": str(home)}, cwd="/",
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def test_it_comes_up_is_logged_in_to_ends_in_order_and_goes(scratch: tuple[Path, Path]) -> None:
    lived = life(scratch, "somebody:1700000000:65536\n")
    said = lived.pop("said")
    assert isinstance(said, list) and said[:4] == ["1000", "0", "asterisk", "System"], lived
    assert lived == {"in_order": True, "left": []}


def test_without_a_range_of_user_ids_it_is_said_who_gives_one(scratch: tuple[Path, Path]) -> None:
    refused = str(life(scratch, "somebodyelse:1700000000:65536\n", own_image=False)["refused"])
    assert "somebody needs a range of user ids; it lacks /etc/subuid, /etc/subgid." in refused
    assert "make setup" in refused


def test_an_image_that_is_somebody_elses_is_refused(scratch: tuple[Path, Path]) -> None:
    refused = str(life(scratch, "somebody:1700000000:65536\n", own_image=False)["refused"])
    assert "is somebody else's" in refused and "ringkeep lab build 22" in refused
