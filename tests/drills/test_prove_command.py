"""`ringkeep prove` as a command: how it ends, what it prints, how one looks around. All on real Asterisk."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.commands import USERS, User, left_over, system

QUIET_S = 5.0  # the kernel has ended everything by then


@pytest.fixture(params=USERS, ids=str)
def user(request: pytest.FixtureRequest) -> User:
    """Whoever may run drills on this machine: root, and somebody without any rights."""
    return request.param


@pytest.fixture
def plain() -> Iterator[Path]:
    """A phone system with one phone, one trunk and one number."""
    with system() as made:
        yield made


def test_with_keep_the_report_comes_first_and_the_printed_commands_open_both_asterisks(user: User, plain: Path) -> None:
    terminal, theirs = pty.openpty()
    drill = user.start("prove", str(plain), "--keep", terminal=True, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = read_until(terminal, "until you press Ctrl-C")
    assert said.index("calls: numbers from outside") < said.index("nsenter")
    commands = re.findall(r"^ +(nsenter .*) -rvvv\s*$", said, re.M)
    assert len(commands) == 2, said
    for command in commands:
        done = user.shell(f"{command} -rx 'core show version'")
        assert done.stdout.startswith("Asterisk 22."), done
    logs = re.findall(r"its log (\S+):\s+(/proc/\S+)", said)
    for log, place in logs:
        assert user.shell(f"head -c 200 {place}{log}").stdout, place
    os.write(terminal, b"\x03")  # Ctrl-C
    said += read_until(terminal, "Nothing was left behind")
    assert drill.wait(QUIET_S) in (0, 1)  # the verdict: it ended as it was asked to
    assert not left_over(drill.pid)


def read_until(terminal: int, words: str, timeout_s: float = 60.0) -> str:
    """What a terminal shows, up to and with some words."""
    shown, deadline = "", time.monotonic() + timeout_s
    while words not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 1 << 16).decode("utf-8", "replace").replace("\r\n", "\n")
            except OSError:  # the last one has left the terminal
                break
    assert words in shown, shown
    return shown


@pytest.mark.parametrize("after_s", [0.02, 0.1, 0.25, 0.5, 0.7, 0.9, 1.2, 2.0])
def test_ctrl_c_at_any_moment_ends_it_at_once_and_without_a_traceback(user: User, plain: Path, after_s: float) -> None:
    drill = user.start("prove", str(plain), "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(after_s)
    os.killpg(drill.pid, signal.SIGINT)
    stdout, stderr = drill.communicate(timeout=QUIET_S)
    # In its first instants the interpreter itself answers: a shell shows that as 130 too. Before `main` runs it does so
    # with its own traceback, which no program can help.
    begun = re.search(r'cli/main\.py", line \d+, in main', stderr) or not stderr.startswith(
        ("Fatal Python error: init_", "Traceback")
    )
    if begun:
        assert drill.returncode in (130, -signal.SIGINT), stderr
        assert "Traceback" not in stderr
    assert stdout == ""
    assert not left_over(drill.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_outer_process_alone_ends_all(user: User, plain: Path, number: int) -> None:
    drill = user.start("prove", str(plain), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    booted_family(drill.pid)  # before that a signal ends it as it ends any program
    drill.send_signal(number)
    _, stderr = drill.communicate(timeout=QUIET_S)
    assert drill.returncode == 128 + number
    assert "Nothing was left behind" in stderr
    assert not left_over(drill.pid)


@pytest.mark.parametrize("which", ["outer", "middle", "inner"])
def test_kill_9_of_any_of_the_three_processes_leaves_nothing(user: User, plain: Path, which: str) -> None:
    drill = user.start("prove", str(plain), "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    family = booted_family(drill.pid)
    os.kill(family[("outer", "middle", "inner").index(which)], signal.SIGKILL)
    stdout, stderr = drill.communicate(timeout=QUIET_S)
    assert not left_over(drill.pid)
    if which == "outer":
        assert drill.returncode == -signal.SIGKILL
        return
    assert drill.returncode == 3, stderr
    assert json.loads(stdout)["error"]["code"] == "killed"
    assert "killed from outside" in stderr


def booted_family(outer: int) -> list[int]:
    """Outer, middle, inner and what that one started first, once it has started something."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        family = [outer]
        with contextlib.suppress(FileNotFoundError):  # the last one was short-lived, such as `ip`
            while below := Path("/proc", str(family[-1]), "task", str(family[-1]), "children").read_text().split():
                family.append(int(below[0]))
        if len(family) > 3:
            return family
        time.sleep(0.02)
    raise AssertionError(f"nothing was started within 20 s: {family}")


def test_a_drill_out_of_time_reports_what_it_has(plain: Path) -> None:
    done = USERS[0].run("prove", str(plain), "--json", "--timeout", "1")  # enough to boot, not to call
    report = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert "out-of-time" in {defect["code"] for defect in report["defects"]}
    assert report["lab"]["asterisk"].startswith("22.")


def test_the_page_replaces_an_older_one_whole_or_not_at_all(tmp_path: Path, plain: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("older")
    done = USERS[0].run("prove", str(plain), "--json", "--html", str(page), "--timeout", "4")
    assert done.returncode in (0, 1), done.stderr
    assert page.read_text("utf-8") != "older"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_reader_that_leaves_early_is_no_fault(plain: Path) -> None:
    drill = USERS[0].start("prove", str(plain), "--timeout", "4", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert drill.stdout and drill.stderr
    drill.stdout.close()
    assert "Traceback" not in drill.stderr.read()
    assert drill.wait(30) in (0, 1)
