"""Runs the real `ringkeep` command as root and as an ordinary user, on small phone systems made for a test."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from ringkeep.lab import image as images

SOURCE = Path(__file__).parents[2] / "src"
ORDINARY = 54321  # a user id that owns nothing on this machine
# setpriv itself still has root's capabilities when it starts something; env has none.
BECOME = ("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "env")
MAIN = "import sys; sys.argv[0] = 'ringkeep'; from ringkeep.cli.main import main; main()"

PJSIP = b"""\
[udp]
type=transport
protocol=udp
bind=0.0.0.0
[201]
type=endpoint
context=internal
disallow=all
allow=ulaw
auth=201
aors=201
[201]
type=auth
username=201
password=Ka3ooMie9uth
[201]
type=aor
max_contacts=2
[carrier]
type=endpoint
context=from-carrier
disallow=all
allow=ulaw
aors=carrier
[carrier]
type=aor
contact=sip:198.51.100.7
[carrier]
type=identify
endpoint=carrier
match=198.51.100.7
"""
DIALPLAN = """\
[internal]
exten => 201,1,Dial(PJSIP/201,10)
[from-carrier]
exten => 982188880000,1,%s
 same => n,Goto(internal,201,1)
"""


@dataclass(frozen=True)
class User:
    """Whom the command runs as. Root's tests make an ordinary user of their own."""

    name: str
    change: bool = False  # we are root and this is somebody else

    def __str__(self) -> str:
        return self.name

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """Start the command in a session of its own.

        `terminal`: stdin is its terminal, where Ctrl-C comes from. `before`: words that start it.
        """
        words, python, environment = self._means()
        terminal = streams.pop("terminal", False)
        if terminal:
            words = ["setsid", "--ctty", *words]
        words += streams.pop("before", [])
        streams.setdefault("stdin", subprocess.DEVNULL)
        environment |= streams.pop("environment", {})
        return subprocess.Popen(
            [*words, python, "-c", MAIN, *arguments], env=environment, text=True, cwd="/",
            start_new_session=not terminal, **streams,
        )  # fmt: skip

    def run(self, *arguments: str, timeout_s: float = 100.0, **streams: Any) -> subprocess.CompletedProcess[str]:
        """Run the command to its end; what it prints must be UTF-8."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        with self.start(*arguments, **streams) as running:
            try:
                stdout, stderr = running.communicate(timeout=timeout_s)
            except BaseException:
                running.kill()
                raise
        return subprocess.CompletedProcess(arguments, running.returncode, stdout, stderr)

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell as this user."""
        words, _, environment = self._means()
        return subprocess.run([*words, "sh", "-c", line], env=environment, capture_output=True, text=True, check=False,
                              timeout=20)  # fmt: skip

    def _means(self) -> tuple[list[str], str, dict[str, str]]:
        """(words before a command, Python interpreter, environment)."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        kept |= {"LANG": "C.UTF-8", "COLUMNS": "200", "TERM": "xterm", "PYTHONPATH": str(SOURCE)}
        if not self.change:
            return [], sys.executable, kept | {"RINGKEEP_CACHE": str(images.cache_dir())}
        python, path, cache = _public()
        return list(BECOME), python, kept | {"HOME": "/nonexistent", "PYTHONPATH": path, "RINGKEEP_CACHE": cache}


USERS = [User("root"), User("ordinary user", change=True)] if os.geteuid() == 0 else [User("ordinary user")]


@cache
def _public() -> tuple[str, str, str]:
    """(interpreter, PYTHONPATH, image cache) that an ordinary user can reach: our own, or copies of them."""
    place = Path(tempfile.mkdtemp(prefix="ringkeep-tests-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    place.chmod(0o755)
    path = ":".join(str(_reachable(Path(one), place / one.name)) for one in (SOURCE, Path(typer.__file__).parents[1]))
    (place / "cache").mkdir()
    os.chown(place / "cache", ORDINARY, ORDINARY)
    _copy(images.cache_dir() / "images", place / "cache/images")
    for python in (os.path.realpath(sys.executable), f"/usr/bin/python3.{sys.version_info.minor}"):
        tried = subprocess.run([*BECOME, python, "-c", "import numpy, typer"], env={"PYTHONPATH": path}, cwd="/",
                               capture_output=True, check=False)  # fmt: skip
        if tried.returncode == 0:
            return python, path, str(place / "cache")
    pytest.skip(f"no Python 3.{sys.version_info.minor} that an ordinary user may execute")


def _reachable(path: Path, copy: Path) -> Path:
    if all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents)):
        return path
    _copy(path, copy)
    return copy


def _copy(path: Path, to: Path) -> None:
    if subprocess.run(["cp", "-al", path, to], capture_output=True, check=False).returncode != 0:  # another disk
        subprocess.run(["cp", "-a", path, to], check=True)


@contextlib.contextmanager
def system(step: str = "NoOp()", files: Mapping[str, bytes] = {}) -> Iterator[Path]:
    """A small phone system on disk whose only number runs a dialplan step first; `files` are in /etc/asterisk."""
    with tempfile.TemporaryDirectory(prefix="phone-system-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        etc = root / "etc/asterisk"
        etc.mkdir(parents=True)
        base = {"pjsip.conf": PJSIP, "extensions.conf": dialplan(step), "modules.conf": b"[modules]\nautoload=yes\n"}
        for name, content in (base | dict(files)).items():
            (etc / name).write_bytes(content)
        yield root


def dialplan(step: str) -> bytes:
    """The dialplan of `system`."""
    return (DIALPLAN % step).encode()


def shell_step(command: str) -> str:
    """A dialplan step that runs a shell command."""
    return f"System({command})".replace(";", "\\;")


def left_over(session: int, timeout_s: float = 5.0) -> set[str]:
    """Command lines of processes that a drill left behind: of its session, or in a sandbox that nobody owns."""
    deadline = time.monotonic() + timeout_s
    while (found := _of_session(session) or orphans() - ORPHANS_BEFORE) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _of_session(session: int) -> set[str]:
    return {line for process, _, its_session, line in _processes() if its_session == session != process}


def orphans() -> set[str]:
    """bubblewrap gives each sandbox a session of its own; left alone it would belong to process 1."""
    return {f"{process} {line}" for process, parent, _, line in _processes() if parent == 1 and line.startswith(BOOTED)}


def _processes() -> Iterator[tuple[int, int, int, str]]:
    """(process, parent, session, command line) of everything that lives."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent, _, session, *_ = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if state not in (b"Z", b"X"):
                    yield int(entry.name), int(parent), int(session), line


BOOTED = ("bwrap ", "/usr/sbin/asterisk ")
ORPHANS_BEFORE = orphans()
