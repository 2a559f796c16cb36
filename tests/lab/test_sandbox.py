"""What a restored system may not do: leave, see, stay, or use up the machine. All on real Asterisk."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.sealed import boot, lab, sealed


def evil(command: str) -> dict[str, bytes]:
    """A phone system whose dialplan runs a shell command when x@evil is called."""
    line = f"({command}) > /tmp/out 2>&1; touch /tmp/done".replace(";", "\\;")
    text = f"[evil]\nexten => x,1,System({line})\n same => n,Wait(1)\n"
    return {"/etc/asterisk/extensions.conf": text.encode()}


def run_evil(command: str, seconds: float = 8.0) -> str:
    """Boot a phone system that runs a command, and return what the command printed."""

    async def work() -> str:
        pbx, _ = await boot(lab(), evil(command))
        await pbx.manager.command("channel originate Local/x@evil application Wait 1")
        done, out = pbx.tree.root / "tmp/done", pbx.tree.root / "tmp/out"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not done.exists():
            await asyncio.sleep(0.05)
        return out.read_text("utf-8", "replace") if out.exists() else ""

    return sealed(work)


@pytest.fixture
def listener() -> object:
    """A web server on this machine's loopback that counts who comes."""

    class Listener:
        def __init__(self) -> None:
            self.server = socket.create_server(("127.0.0.1", 0))
            self.port = self.server.getsockname()[1]
            self.visits = 0
            threading.Thread(target=self._accept, daemon=True).start()

        def _accept(self) -> None:
            while True:
                try:
                    connection, _ = self.server.accept()
                except OSError:
                    return
                self.visits += 1
                connection.close()

    made = Listener()
    yield made
    made.server.close()


def test_a_curl_in_the_dialplan_cannot_reach_this_machine_or_anybody(listener) -> None:
    said = run_evil(f"curl -sS -m 2 http://127.0.0.1:{listener.port}/; curl -sS -m 2 http://192.0.2.80/; echo end")
    assert "end" in said
    assert said.count("curl: (7)") == 2, said
    assert listener.visits == 0


def test_a_dns_question_is_answered_with_no_such_name_at_once() -> None:
    said = run_evil("getent hosts example.org; echo code $?; curl -sS -m 4 http://example.org/; echo end")
    assert "code 2" in said
    assert "Could not resolve host" in said


def test_voicemail_mail_does_not_leave() -> None:
    said = run_evil(
        "echo hi | /usr/sbin/sendmail -t someone@example.org; echo code $?; (exec 3<>/dev/tcp/127.0.0.1/25) ; echo end"
    )
    assert "code 0" not in said
    assert "end" in said


def test_an_outbound_registration_to_a_stranger_stays_inside() -> None:
    pjsip = (
        b"[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0\n"
        b"[out]\ntype=registration\ntransport=udp\nserver_uri=sip:203.0.113.9\nclient_uri=sip:me@203.0.113.9\nretry_interval=1\n"
    )

    async def work() -> tuple[str, str]:
        pbx, _ = await boot(lab(), {"/etc/asterisk/pjsip.conf": pjsip})
        await pbx.manager.command("pjsip send register *all")
        await asyncio.sleep(1.5)
        state = await pbx.manager.command("pjsip show registrations")
        routes = subprocess.run(
            ["nsenter", f"--net=/proc/self/fd/{pbx.network}", "ip", "route", "show", "table", "all"],
            capture_output=True, text=True, pass_fds=(pbx.network,), check=True,
        ).stdout  # fmt: skip
        return state, routes

    state, routes = sealed(work)
    assert "Registered" not in state.replace("Unregistered", "")
    assert "default" not in routes


def test_nothing_of_the_host_can_be_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY-OF-THE-HOST")
    tmp_path.chmod(0o755)
    said = run_evil(
        f"cat {secret} /etc/shadow {Path.home()}/.bashrc /proc/1/environ 2>&1; ls / /home /root /work 2>&1; "
        f"cat {__file__} 2>&1; find / -xdev -name secret 2>/dev/null; echo end",
    )
    assert "end" in said
    assert "CANARY" not in said
    assert "root:" not in said
    assert "No such file" in said


def test_the_system_cannot_be_written() -> None:
    said = run_evil("touch /usr/bin/x /etc/x /x /dev/x; mount -t tmpfs none /tmp; unshare -U true; echo end")
    assert said.count("Read-only file system") >= 3, said
    assert "end" in said


def test_the_network_cannot_be_changed_from_inside() -> None:
    said = run_evil("cat /proc/self/status | grep CapEff; ip route add default dev eth0 2>&1; echo end")
    assert "0000000000000000" in said


def test_a_disk_filler_meets_the_limit_and_the_machine_does_not() -> None:
    before = os.statvfs("/tmp").f_bavail
    said = run_evil("for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/tmp/fill$i bs=1M count=400; done; echo end", 30)
    assert "end" in said or "No space" in said or "File too large" in said or said == ""
    # It wrote 3.2 GB; the rest of the machine, other tests included, may write meanwhile.
    assert (before - os.statvfs("/tmp").f_bavail) * os.statvfs("/tmp").f_frsize < 2 << 30


def test_a_fork_bomb_ends_with_the_drill() -> None:
    mark = f"bomb-{os.getpid()}"
    said = run_evil(f"perl -e '$0=\"{mark}\"; while(1){{ last unless defined fork }} sleep 30' ", 4)
    del said
    assert not _processes(mark)


def test_killing_ringkeep_leaves_no_process_mount_or_namespace() -> None:
    mark = f"mark{os.getpid()}"
    program = (
        "import asyncio, sys\nfrom tests.sealed import boot, lab, sealed\n"
        "async def work():\n"
        f"    pbx, far = await boot(lab(), {{'/etc/asterisk/extensions.conf': b'[{mark}]\\n'}})\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "sealed(work)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "up"
    ours = _below(child.pid) & (_processes("/usr/sbin/asterisk") | _processes("bwrap"))
    assert len(ours) >= 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 10
    while _running(ours) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(ours)
    assert not [line for line in Path("/proc/mounts").read_text().splitlines() if "ringkeep" in line.split()[1]]


def _running(processes: set[int]) -> set[int]:
    """Those of them that are not only waiting to be taken notice of."""
    return {one for one in processes if (state := _stat(one)) and state[0] != "Z"}


def _below(process: int) -> set[int]:
    """What it started, and what that started. Other tests run labs at the same time."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found, waiting = set(), [process]
    while waiting:
        above = waiting.pop()
        below = [one for one, stat in parents.items() if stat and int(stat[1]) == above]
        found |= set(below)
        waiting += below
    return found


def _stat(process: int) -> list[str]:
    """State, parent and the rest of proc(5)'s stat; empty when it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processes(words: str) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if line.startswith(words):
                found.add(int(entry.name))
    return found
