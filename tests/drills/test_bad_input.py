"""Whatever is handed over, however hostile: one clear sentence or a report, in time, with nothing harmed or left."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drills.commands import PJSIP, USERS, User, dialplan, left_over, shell_step, system

BRIEFLY = ("--timeout", "4")  # enough to read and boot; how calls end is not the question


@pytest.fixture(params=USERS, ids=str)
def user(request: pytest.FixtureRequest) -> User:
    """Whoever may run drills on this machine: root, and somebody without any rights."""
    return request.param


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody on this machine may enter."""
    with tempfile.TemporaryDirectory(prefix="bad-input-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def refused(user: User, path: Path | str, *arguments: str, **streams: object) -> tuple[str, str]:
    """(code, message) of a drill that could not be tried; everything else about how it must end is checked here."""
    before = Path("/proc/mounts").read_text()
    done = user.run("prove", str(path), "--json", *arguments, **streams)
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    error = json.loads(done.stdout)["error"]
    assert f"error: {error['message']}" in done.stderr
    assert Path("/proc/mounts").read_text() == before
    return error["code"], error["message"]


def reported(user: User, path: Path | str, *arguments: str) -> dict:
    """The report of a drill that was tried and found something wrong or nothing."""
    with user.start("prove", str(path), "--json", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as drill:
        stdout, stderr = drill.communicate(timeout=100)
    report = json.loads(stdout)
    assert drill.returncode == (0 if report["verdict"] == "good" else 1), stderr
    assert "Traceback" not in stderr
    assert not left_over(drill.pid)
    return report


def codes(report: dict) -> set[str]:
    return {defect["code"] for defect in report["defects"]}


# -- nothing that could be booted -----------------------------------------------------------------------------


def tar(place: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A backup of a small phone system with members of the test's own."""
    path = place / "backup.tgz"
    with system() as made, tarfile.open(path, "w:gz") as archive:
        archive.add(made / "etc", "etc")
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


def member(name: str, content: bytes = b"x", **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for key, value in attributes.items():
        setattr(info, key, value)
    info.size = 0 if "type" in attributes else len(content)
    return info, content


def truncated(place: Path) -> Path:
    path = tar(place)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def bomb(place: Path) -> Path:
    path = place / "bomb.tgz"
    info = tarfile.TarInfo("etc/asterisk/extensions.conf")
    info.size = 4 << 30
    with gzip.open(path, "wb") as out:
        out.write(info.tobuf())
        for _ in range(64):
            out.write(bytes(1 << 20))
    return path


def pipe(place: Path) -> Path:
    os.mkfifo(place / "pipe")
    return place / "pipe"


def text(place: Path) -> Path:
    (place / "letter.txt").write_text("Dear Sir or Madam\n")
    return place / "letter.txt"


def empty(place: Path) -> Path:
    (place / "empty").mkdir()
    return place / "empty"


def strangely_named(place: Path) -> Path:
    path = os.fsencode(place) + b"/new\nline \x1b[31m[bold]lat\xe9n"
    os.mkdir(path)
    return Path(os.fsdecode(path))


@pytest.mark.parametrize(
    ("make", "code"),
    [(text, "not-a-phone-system"), (truncated, "truncated"), (bomb, "bomb"), (pipe, "not-found"),
     (empty, "not-a-phone-system"), (strangely_named, "not-a-phone-system")],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_sentence(
    user: User, place: Path, make: Callable[[Path], Path], code: str
) -> None:
    found, message = refused(user, make(place))
    assert found == code
    assert "\x1b" not in message and message.endswith(".")


def test_a_file_or_folder_that_may_not_be_read_is_named(place: Path) -> None:
    """Only somebody without rights can meet one."""
    user = USERS[-1]
    with system() as made:
        (made / "etc/asterisk/extensions.conf").chmod(0)
        code, message = refused(user, made)
        assert code == "unreadable"
        assert "/etc/asterisk/extensions.conf" in message
        (made / "etc").chmod(0)
        code, message = refused(user, made)
        assert code == "unreadable"
        assert f"{made}/etc" in message
        (made / "etc").chmod(0o755)
    path = tar(place)
    path.chmod(0)
    done = user.run("prove", str(path))
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_path_that_is_not_there_is_a_wrong_command() -> None:
    done = USERS[0].run("prove", "/nowhere")
    assert done.returncode == 2
    assert "/nowhere" in done.stderr


# -- archives and folders that try to reach out, but hold a phone system ---------------------------------------


def test_an_archive_that_reaches_out_reaches_nothing_and_is_still_tried(user: User, place: Path) -> None:
    outside = place / "outside"
    outside.mkdir(mode=0o777)
    secret = place / "secret.conf"
    secret.write_text("[CANARY]\n")
    path = tar(
        place,
        member(f"{outside}/absolute"), member(f"../../../../../..{outside}/dots"),
        member("etc/asterisk/canary.conf", type=tarfile.SYMTYPE, linkname=str(secret)),
        member("etc/asterisk/folder", type=tarfile.SYMTYPE, linkname=str(outside)), member("etc/asterisk/folder/through"),
        member("etc/asterisk/hard.conf", type=tarfile.LNKTYPE, linkname="../../etc/shadow"),
        member("etc/asterisk/disk", type=tarfile.BLKTYPE, devmajor=8), member("etc/asterisk/pipe", type=tarfile.FIFOTYPE),
    )  # fmt: skip
    report = reported(user, path, *BRIEFLY)
    assert report["lab"]["asterisk"]
    assert "CANARY" not in json.dumps(report)
    assert list(outside.iterdir()) == []


def test_nodes_and_strange_names_in_a_folder_are_passed_by(user: User) -> None:
    with system() as made:
        etc = os.fsencode(made / "etc/asterisk")
        os.mkfifo(etc + b"/pipe.conf")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(etc + b"/socket.conf")
        for name in (b"new\nline.conf", b"lat\xe9n.conf", b"\x1b[31m.conf", b"-rf.conf"):
            Path(os.fsdecode(etc + b"/" + name)).write_bytes(b"[x]\n")
        os.symlink("loop.conf", etc + b"/loop.conf")
        os.symlink("/", etc + b"/root")
        report = reported(user, made, *BRIEFLY)
        listener.close()
    left_out = {defect["where"] for defect in report["defects"] if defect["code"] == "left-out"}
    assert {"etc/asterisk/pipe.conf", "etc/asterisk/socket.conf", "etc/asterisk/\\x1b[31m.conf"} <= left_out


# -- configurations -------------------------------------------------------------------------------------------

NUMBER = dialplan("NoOp()")
CONFIGURATIONS = {
    "NUL bytes": ({"extensions.conf": NUMBER + b"\0\0[x]\0\nexten => 1,1,NoOp(\0)\n"}, "not-text"),
    "UTF-16": ({"extensions.conf": NUMBER.decode().encode("utf-16")}, "encoding"),
    "circular includes": (
        {"extensions.conf": NUMBER + b'#include "a.conf"\n', "a.conf": b'#include "b.conf"\n', "b.conf": b'#include "a.conf"\n'},
        "include-loop",
    ),
    "an include of the machine's own files": ({"extensions.conf": NUMBER + b'#include "/etc/passwd"\n'}, "include-missing"),
    "a program to run while reading": (
        {"extensions.conf": NUMBER + b'#exec /bin/sh -c "touch /tmp/ringkeep-was-here"\n', "asterisk.conf": b"[options]\nexecincludes=yes\n"},
        "exec",
    ),
    "templates that inherit in a circle": ({"pjsip.conf": PJSIP + b"[a](!,b)\nx=1\n[b](!,a)\n[c](c)\n"}, "template-missing"),
    "templates that double forty times": (
        {"pjsip.conf": PJSIP + b"[t0](!)\na=b\nc=d\n" + b"".join(b"[t%d](!,t%d,t%d)\n" % (i + 1, i, i) for i in range(40))},
        "too-big",
    ),
    "ten million lines": ({"extensions.conf": NUMBER + b";\n" * 10_000_000}, "too-big"),
    "a module that must be there and is not": ({"modules.conf": b"[modules]\nautoload=yes\nrequire=nothing.so\n"}, "boot-failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_broken_configuration_is_reported_with_its_fault(name: str) -> None:
    files, code = CONFIGURATIONS[name]
    with system(files=files) as made:
        assert code in codes(reported(USERS[0], made, *BRIEFLY))
    assert not Path("/tmp/ringkeep-was-here").exists()


def test_directories_that_are_files_or_the_systems_own_are_replaced_by_the_usual_ones() -> None:
    lines = (
        b"[directories]\nastdbdir => /etc/asterisk/pjsip.conf\nastrundir => /proc/1\nastspooldir => /var/" + b"z" * 300
    )
    with system(files={"asterisk.conf": lines + b"\n"}) as made:
        assert [call["ok"] for call in reported(USERS[0], made)["calls"]] == [True]


def test_latin_1_text_comes_out_as_utf_8() -> None:
    with system(files={"extensions.conf": dialplan("NoOp(caf\xe9)").decode().encode("latin-1")}) as made:
        assert "caf\ufffd" in json.dumps(reported(USERS[0], made), ensure_ascii=False)


def test_a_folder_of_a_hundred_thousand_files_is_read_in_reasonable_time() -> None:
    with system() as made:
        for number in range(100_000):
            (made / f"etc/asterisk/{number}.conf").touch()
        assert reported(USERS[0], made, *BRIEFLY)["lab"]["asterisk"]


# -- dialplans ------------------------------------------------------------------------------------------------

DIALPLANS = {
    "loops for ever": "Goto(1)",
    "forks for ever": shell_step("perl -e 'fork while 1'"),
    "fills the disk": shell_step("for d in /tmp /var /var/spool/asterisk /dev/shm; do dd if=/dev/zero of=$d/x bs=1M; done"),
    "stops its own Asterisk": shell_step("kill -STOP $PPID"),
    "puts a pipe in the place of the log": shell_step("rm /var/log/asterisk/ringkeep.log; mkfifo /var/log/asterisk/ringkeep.log"),
    "puts a link in the place of the log": shell_step("ln -sf /etc/shadow /var/log/asterisk/ringkeep.log"),
    "removes everything": shell_step("rm -rf /var/* /etc/asterisk/* /tmp/*"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALPLANS)
def test_a_dialplan_that_does_harm_is_reported_and_harms_nothing(name: str) -> None:
    free = os.statvfs("/tmp").f_bavail
    started = time.monotonic()
    with system(DIALPLANS[name]) as made:
        report = reported(USERS[-1], made, "--timeout", "6")
    assert report["lab"]["asterisk"] and "root:" not in json.dumps(report)
    assert time.monotonic() - started < 60
    # A disk is filled with gigabytes; other tests may write a few hundred megabytes meanwhile.
    assert (free - os.statvfs("/tmp").f_bavail) * os.statvfs("/tmp").f_frsize < 2 << 30


@pytest.mark.parametrize("user", USERS, ids=str)
def test_many_processes_that_eat_memory_together_are_ended_and_named(user: User) -> None:
    """Each stays below what one process may have."""
    eater = "perl -e '$x=chr(65)x700000000\\; sleep 60'"
    with system(shell_step(f"{eater} & {eater} & {eater} & {eater} & sleep 60").replace("\\\\;", "\\;")) as made:
        report = reported(user, made)
    crashed = [defect["what"] for defect in report["defects"] if defect["code"] == "crashed"]
    assert crashed and "MiB of memory" in crashed[0], report["defects"]


# -- machines -------------------------------------------------------------------------------------------------


def test_no_room_for_the_page_or_the_report_is_said(place: Path) -> None:
    user = USERS[0]
    if os.geteuid() != 0:
        pytest.skip("only root can mount a full disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k,mode=777", "tmpfs"]
    full = place / "full"
    full.mkdir()
    subprocess.run([*mount, str(full)], check=True)
    try:
        (full / "x").write_bytes(bytes(4096))
        with system() as made:
            done = user.run("prove", str(made), "--json", "--html", str(full / "report.html"), *BRIEFLY)
            assert done.returncode == 3
            assert "its disk is full" in done.stderr and "Traceback" not in done.stderr
            assert json.loads(done.stdout)["verdict"]
            assert [path.name for path in full.iterdir()] == ["x"]
            with open("/dev/full", "w") as nowhere:
                done = user.run("prove", str(made), *BRIEFLY, stdout=nowhere)
            assert done.returncode == 3
            assert "could not be printed" in done.stderr and "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_a_cache_that_cannot_be_written_is_named(place: Path) -> None:
    cache = place / "cache"
    cache.write_text("a file is in the way")
    with system() as made:
        code, message = refused(USERS[-1], made, environment={"RINGKEEP_CACHE": str(cache)})
    assert code in ("no-lab", "no-image")
    assert str(cache) in message


def test_an_image_that_is_missing_and_cannot_be_built_is_said(place: Path) -> None:
    """No package mirror: as on a machine without internet."""
    away = {"RINGKEEP_CACHE": str(place), "RINGKEEP_DEBIAN_MIRROR": "file:///nowhere"}
    place.chmod(0o777)
    with system() as made:
        code, message = refused(USERS[0], made, environment=away)
    assert code == "no-image"
    assert "Asterisk 22" in message
    assert {one.name for one in place.glob("images/*")} <= {"asterisk-22.lock"}


def test_a_machine_without_user_namespaces_says_what_to_change() -> None:
    """bubblewrap can forbid them to what it starts, as a machine's administrator can."""
    forbid = ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns", "--dev-bind", "/", "/"]
    with system() as made:
        done = USERS[-1].run("prove", str(made), "--json", before=forbid)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "no-namespaces"
    assert "max_user_namespaces" in done.stderr
