"""A lab phone system that stands is a real server with real phones, keeps what is changed, and can reach nothing of ours."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringkeep.cli.commands import app
from ringkeep.lab.watch import descendants
from ringkeep.links.ssh import SUDO_LINE
from ringkeep.standing import control, places, services
from ringkeep.standing.control import Down
from ringkeep.standing.places import Standing, StandingError
from ringkeep.standing.services import Service
from ringkeep.standing.tap import read_log, read_packet

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """The FreePBX-like sample on Asterisk 16, with its database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGKEEP_HOME", str(tmp_path_factory.mktemp("home")))
        yield control.up("clinic", SAMPLES / "narvan", asterisk=16, calls=True)
        control.down("clinic", delete=True)


def run(on: Standing, command: str) -> str:
    """What a command of its shell says; its errors too."""
    where = [f"{on.user}@{on.host}", "-p", str(on.port), "-i", on.key, "-o", "IdentitiesOnly=yes"]
    trust = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    done = subprocess.run(
        ["ssh", *where, *trust, command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.stdout.strip()


def until(on: Standing, command: str, wanted: str, within_s: float = 60.0) -> str:
    """Ask again until the answer holds something; the last answer."""
    deadline = time.monotonic() + within_s
    while wanted not in (said := run(on, command)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return said


def root(command: str) -> str:
    """The command as root, by the one way that the account has."""
    return f"sudo -n -- sh -c {shlex.quote(command)}"


def registered(on: Standing) -> bool:
    """Whether its 14 phones answer, and its carrier has taken its registration."""
    peers = root("asterisk -rx 'sip show peers' | grep -c OK")
    return until(on, peers, "15") == "15" and "Registered" in until(
        on, root("asterisk -rx 'sip show registry'"), "Registered"
    )


def test_phones_and_the_carrier_are_registered(clinic: Standing) -> None:
    assert registered(clinic)


def test_its_account_may_what_the_printed_line_lets_it_and_no_more(clinic: Standing) -> None:
    assert run(clinic, root("cat /etc/sudoers.d/ringkeep")) == SUDO_LINE.format(user=clinic.user)
    assert run(clinic, root("id -u")) == "0"
    assert "password is required" in run(clinic, "sudo -n -- id -u")


def test_calls_are_made(clinic: Standing) -> None:
    assert until(
        clinic, root("asterisk -rx 'core show channels concise'; cat /var/log/asterisk/cdr-csv/Master.csv"), "SIP/"
    )


def test_the_database_is_there_for_root_and_for_the_product(clinic: Standing) -> None:
    assert until(clinic, root("mysql -N -e 'select count(*) from asterisk.users'"), "14") == "14"
    said = run(
        clinic,
        "mysql -N -ufreepbxuser -ponly-in-the-lab-db asterisk -e 'select data from sip where id=301 and keyword=\"dial\"'",
    )
    assert said == "SIP/301"


def test_asterisk_comes_again_when_it_is_killed(clinic: Standing) -> None:
    before = run(clinic, "pidof asterisk")
    run(clinic, root("kill -9 $(pidof asterisk)"))
    assert "Asterisk 16" in until(clinic, root("asterisk -rx 'core show version'"), "Asterisk 16")
    assert run(clinic, "pidof asterisk") not in ("", before)


def test_its_root_can_neither_mount_nor_reach_what_listens_on_this_machine(clinic: Standing) -> None:
    said = run(clinic, root("mount -t tmpfs x /mnt || echo no mount; unshare -Ur true || echo no namespace"))
    assert "no mount" in said and "no namespace" in said
    with socket.create_server(("127.0.0.1", 0)) as here:
        port = here.getsockname()[1]
        assert "reached" not in run(clinic, f"bash -c ': </dev/tcp/127.0.0.1/{port}' 2>&1 && echo reached")


def test_its_root_writes_nowhere_on_this_machine_but_on_its_own_counted_disk(clinic: Standing) -> None:
    said = run(
        clinic, root("touch /run/handed/tree/x && echo wrote; mount -o remount,rw /run/handed/tree && echo ours")
    )
    assert "Read-only" in said and "wrote" not in said and "ours" not in said


def test_no_process_inside_holds_a_socket_of_this_machines_network(clinic: Standing) -> None:
    # It could connect it anew, to anything that listens here (connect to AF_UNSPEC, then to another address).
    with socket.create_connection((clinic.host, clinic.port)) as open_one:
        assert open_one.recv(4) == b"SSH-"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ours = {f"socket:[{row[9]}]" for row in rows if int(row[1].rpartition(":")[2], 16) == clinic.port}
        assert ours
        assert not ours & set(_sockets_inside())


def _sockets_inside() -> Iterator[str]:
    """Sockets that processes in other user namespaces than ours hold."""
    here = os.readlink("/proc/self/ns/user")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "ns/user") != here:
                for entry in (process / "fd").iterdir():
                    yield os.readlink(entry)


def mariadb(on: Standing) -> Service:
    """How its MariaDB is, as told to this machine."""
    (found,) = [one for one in on.services() if one.name == "mariadb"]
    return found


def test_mariadb_comes_again_when_it_is_killed_and_that_is_told(clinic: Standing) -> None:
    count = root("mysql -N -e 'select count(*) from asterisk.users'")
    assert until(clinic, count, "14") == "14" and mariadb(clinic).ends == 0
    run(clinic, root("kill -9 $(pidof mariadbd)"))
    assert until(clinic, count, "14") == "14"
    deadline = time.monotonic() + 60
    while mariadb(clinic).state != "up" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (mariadb(clinic).starts, mariadb(clinic).ends, mariadb(clinic).last_end) == (2, 1, "SIGKILL")
    (told,) = [one for one in clinic.document()["services"] if one["name"] == "mariadb"]
    assert told["last_end"] == "SIGKILL"


def test_services_are_stopped_and_started_as_on_a_server_with_systemd(clinic: Standing) -> None:
    before = run(clinic, "pidof mariadbd")
    assert run(clinic, root("systemctl restart mysqld && systemctl is-active mariadb.service")) == "active"
    assert run(clinic, "pidof mariadbd") not in ("", before)
    assert run(clinic, root("service asterisk stop; systemctl is-active asterisk; pidof asterisk")) == "inactive"
    assert run(clinic, root("service asterisk start && systemctl is-active asterisk")) == "active"
    assert "could not be found" in run(clinic, root("systemctl restart nonesuch"))
    assert "Access denied" in run(clinic, "systemctl restart asterisk")


def test_its_administrator_restarts_asterisk_from_inside_and_the_phones_are_there_again(clinic: Standing) -> None:
    assert registered(clinic)
    before = run(clinic, root("asterisk -rx 'core show settings' | grep 'Startup time'"))
    run(clinic, root("sleep 1; asterisk -rx 'core restart now'"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = run(clinic, root("asterisk -rx 'core show settings' | grep 'Startup time'"))
        if now.startswith("Startup") and now != before:
            break
    assert now != before and registered(clinic)


def test_the_far_end_comes_again_with_its_phones_when_it_is_killed(clinic: Standing) -> None:
    def far_end() -> set[int]:
        return {one for one in descendants(clinic.process) if b"/usr/sbin/asterisk\0-f\0-n\0-C" in cmdline(one)}

    def cmdline(process: int) -> bytes:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{process}/cmdline").read_bytes()
        return b""

    def registers() -> int:
        return sum(one.line == "phones" and one.message == "REGISTER" for one in read_log(clinic.far_log))

    before, had = far_end(), registers()
    for one in before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while registers() == had and time.monotonic() < deadline:
        time.sleep(0.3)
    assert before and far_end() - before and registers() > had
    assert registered(clinic)


def test_a_killed_sshd_ends_its_connection_and_no_more(clinic: Standing) -> None:
    run(clinic, root("kill -9 $(pidof sshd)"))
    assert run(clinic, "echo back") == "back"


def test_what_is_changed_in_it_stays_when_it_ends_in_order(clinic: Standing) -> None:
    run(clinic, root("echo changed >> /etc/asterisk/extensions_custom.conf"))
    with pytest.raises(StandingError, match="up already"):
        control.up("clinic", SAMPLES / "narvan")
    assert control.down("clinic") == Down(was_up=True, in_order=True)
    assert control.down("clinic") == Down(was_up=False)
    again = control.up("clinic")
    assert run(again, root("tail -n 1 /etc/asterisk/extensions_custom.conf")) == "changed"
    assert again.host_key == clinic.host_key and again.port == clinic.port
    consoles = run(again, root("cat /var/log/asterisk.console /var/log/mariadb.console"))
    assert "Asterisk cleanly ending" in consoles and "mariadbd: Shutdown complete" in consoles


def test_a_power_cut_can_be_asked_for_and_the_database_recovers_from_it(clinic: Standing) -> None:
    count = root("mysql -N -e 'select count(*) from asterisk.users'")
    assert until(clinic, count, "14") == "14"
    run(clinic, root(": > /var/log/mariadb.console; sync"))
    assert control.down("clinic", now=True) == Down(was_up=True, in_order=None)
    again = control.up("clinic")
    assert until(again, count, "14") == "14"
    console = run(again, root("cat /var/log/mariadb.console"))
    assert "Shutdown complete" not in console and "crash recovery" in console


def test_a_phone_system_with_a_database_stands_on_22_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path))
    spare = control.up("spare", SAMPLES / "narvan", asterisk=22)
    try:
        assert until(spare, root("mysql -N -e 'select count(*) from asterisk.users'"), "14") == "14"
        assert "Asterisk 22" in until(spare, root("asterisk -rx 'core show version'"), "Asterisk 22")
        # It ends all the same when something in it hangs, and MariaDB in order.
        run(spare, root("kill -STOP $(pidof asterisk); sync"))
        assert control.down("spare") == Down(was_up=True, in_order=False)
        assert {one.name: one.state for one in spare.services()} == {"asterisk": "cut", "mariadb": "ended"}
    finally:
        control.down("spare", delete=True)


def test_what_its_carriers_see_is_written_down_from_the_first_registration_on(clinic: Standing) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(one.method == "INVITE" for one in read_log(clinic.far_log)):
        time.sleep(0.3)
    heard = list(read_log(clinic.far_log))
    asked = next(one for one in heard if one.by == "phone system" and one.message == "REGISTER")
    assert asked.line not in ("phones", "") and asked.called and asked.expires
    granted = next(one for one in heard if one.call == asked.call and one.message == "200 OK")
    assert granted.by == "far end" and granted.line == asked.line and granted.expires
    assert any(one.line == "phones" and one.message == "REGISTER" for one in heard)
    assert str(clinic.far_log) == clinic.document()["far_log"]


def test_what_is_told_from_inside_is_not_trusted(tmp_path: Path) -> None:
    told = os.open(tmp_path, os.O_RDONLY)
    (tmp_path / "asterisk").write_text("up 1764056000 2 1 137\n")
    assert services.read_told(told) == [Service("asterisk", "up", "2025-11-25T07:33:20+00:00", 2, 1, "SIGKILL")]
    for hostile in ("up 99999999999 1 1 1\n", "up\n", "gone 1 1 1 1\n", "up 1 1 1 1\nmore", "up 1 1 1 999\n" * 100):
        (tmp_path / "asterisk").write_text(hostile)
        assert services.read_told(told) == []
    (tmp_path / "asterisk").unlink()
    (tmp_path / "elsewhere").write_text("up 1 1 1 1\n")
    (tmp_path / "asterisk").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "mariadb")
    assert services.read_told(told) == []


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for typed, said in (
        ("/nowhere", "/nowhere: there is no such"),
        ("a/b", "a/b: there is no such"),
        ("x", "no file or fol"),
    ):
        for name in (None, "called"):
            with pytest.raises(StandingError, match=said):
                control.wanted(typed, name)
    (tmp_path / "My Tree_2.tar.gz").touch()
    assert control.wanted("My Tree_2.tar.gz", None) == (tmp_path / "My Tree_2.tar.gz", "my-tree-2")
    assert control.wanted("saba", None) == (SAMPLES / "saba", "saba")


@pytest.mark.parametrize(
    ("words", "ends_with", "code"),
    [
        (["up", "/nowhere"], 2, "unknown"),
        (["down", "nowhere"], 2, "unknown"),
        (["up", "saba", "--name", "No"], 2, "refused"),
        (["up", "saba", "--far-end", "/nowhere"], 2, "refused"),
    ],
)
def test_what_cannot_be_is_one_json_document_with_the_code_of_its_kind(
    words: list[str], ends_with: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(app, ["lab", *words, "--json"])
    assert done.exit_code == ends_with
    assert json.loads(done.stdout)["error"]["code"] == code
    assert not list(tmp_path.glob("home/lab/*")), "asking leaves nothing"


def test_it_is_started_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))
    places.place("twice").mkdir()
    with (places.place("twice") / "starting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StandingError, match="being started by somebody else"):
            control.up("twice", SAMPLES / "saba")


def test_a_packet_that_is_no_message_or_a_mangled_one_is_not_written_down() -> None:
    message = (
        b"REGISTER sip:a SIP/2.0\r\nf: <sip:7@a>\r\nt: <sip:7@a>\r\nCSeq: 1 REGISTER\r\nm: <sip:7@b>;expires=0\r\n\r\n"
    )
    head = bytes([0x45]) + bytes(8) + bytes([17]) + bytes(2) + bytes([192, 0, 2, 1, 192, 0, 2, 2])
    packet = head + (5060).to_bytes(2) + (5062).to_bytes(2) + bytes(4) + message
    heard = read_packet(packet, "phone system", {"192.0.2.2": "carrier"})
    assert heard and (heard.line, heard.called, heard.expires, heard.target) == ("carrier", "7", 0, "192.0.2.2:5062")
    for length in range(len(head) + 8):
        assert read_packet(packet[:length], "phone system", {}) is None
    assert (
        read_packet(packet.replace(b"CSeq: 1 REGISTER", b"CSeq:").replace(b"REGISTER", b"SIP/2.0 200 O"), "", {})
        is None
    )
