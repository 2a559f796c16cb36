"""Process 1 of the sealed namespaces ends in time, however stubborn it is; files of the sandboxed are opened safely."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ringkeep.lab import namespaces
from ringkeep.lab.tree import Tree


def deaf() -> int:
    """As code that never returns to Python: no signal is answered."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [*namespaces.STOPPING])
    time.sleep(60)
    return 0


def test_what_does_not_end_in_time_is_killed_and_said() -> None:
    started = time.monotonic()
    with pytest.raises(namespaces.Killed, match="did not end within 1 s"):
        namespaces.run_sealed(deaf, give_up_s=1)
    assert time.monotonic() - started < 10


def test_ctrl_c_ends_even_what_does_not_answer_it() -> None:
    program = "import sys; from ringkeep.lab import namespaces; from tests.lab.test_namespaces import deaf; print(flush=True); sys.exit(namespaces.run_sealed(deaf))"
    drill = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    assert drill.stdout and drill.stdout.readline() == b"\n"
    time.sleep(0.5)
    os.killpg(drill.pid, signal.SIGINT)
    assert drill.wait(10) == 130


def test_process_1_that_crashes_is_said() -> None:
    def crash() -> int:
        faulthandler.disable()
        os.abort()

    with pytest.raises(namespaces.Killed, match="killed"):
        namespaces.run_sealed(crash)


def test_memory_of_process_1_has_an_end() -> None:
    def greedy() -> int:
        try:
            return len(bytearray(namespaces.MEMORY_BYTES * 2)) and 1
        except MemoryError:
            return 7

    assert namespaces.run_sealed(greedy) == 7


def test_no_link_pipe_or_folder_is_opened_in_a_running_systems_tree(tmp_path: Path) -> None:
    tree = Tree(tmp_path, {})
    folder = tmp_path / "var/log"
    folder.mkdir(parents=True)
    (folder / "plain").write_text("said")
    (folder / "link").symlink_to("/etc/passwd")
    (tmp_path / "elsewhere").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    with tree.open("/var/log/plain") as file:
        assert file.read() == b"said"
    for inside in (
        "/var/log/link",
        "/elsewhere/passwd",
        "/var/log/pipe",
        "/var/log",
        "/var/log/none",
        "/var/../../etc/passwd",
    ):
        with pytest.raises(OSError, match=r"\[Errno"):
            tree.open(inside)
    assert tree.is_there("/var/log/link") and not tree.is_there("/elsewhere/passwd")
