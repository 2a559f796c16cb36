"""One real Asterisk running in the lab: started, waited for, asked, read, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ringkeep.lab import namespaces
from ringkeep.lab import sandbox as sandboxes
from ringkeep.lab.image import BOUND_OVER, Image
from ringkeep.lab.manager import Manager, ManagerGone
from ringkeep.lab.sandbox import Limits, Sandbox
from ringkeep.lab.tree import CONF_INSIDE, LOG_FILE, MANAGER_PORT, Tree
from ringkeep.lab.watch import descendants, watch
from ringkeep.phonesystem.sentences import Sentence, Told

LOG_LINE = re.compile(
    r"^\[(?P<at>[^\]]+)\] (?P<level>NOTICE|WARNING|ERROR)\[(?P<thread>\d+)\](?:\[(?P<call>C-[0-9a-f]+)\])? "
    r"(?P<source>[^:]+?)(?:\.c)?: (?P<text>.*)$"
)
LOG_LIMIT_BYTES = 8 << 20  # a system in a loop may log without end; the first part tells enough
CONSOLE_BYTES = 1 << 16


class BootError(Told):
    """Asterisk ended, or did not become ready, while it booted; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One notice, warning or error of Asterisk's own log."""

    at: str
    level: str
    source: str  # C file without ".c": "config", "res_pjsip/pjsip_configuration"
    text: str
    call: str | None


@dataclass(slots=True)
class Server:
    """An Asterisk in its sandbox. `name` is for people: "phone system", "far end"."""

    name: str
    tree: Tree
    image: Image
    network: int
    secret: str
    connect: Callable[[int, float], socket.socket]
    limits: Limits
    hosts: Path  # /etc/hosts for it
    resolver: Path  # /etc/resolv.conf for it
    started_at: float = 0.0
    ready_s: float | None = None
    ended_for: str = ""  # why the lab itself ended it
    _process: subprocess.Popen[bytes] | None = None
    _manager: Manager | None = None

    @property
    def manager(self) -> Manager:
        """The manager connection; only after `ready`."""
        if self._manager is None:
            raise ManagerGone(f"{self.name} is not up")
        return self._manager

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of its outermost process, as we see it."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; returns at once."""
        give_away(self.tree.root)
        command = self._sandbox().command(["/usr/sbin/asterisk", "-f", "-n", "-C", CONF_INSIDE])
        self.started_at = time.monotonic()
        with (self.tree.root / "console.txt").open("wb") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, pass_fds=(self.network,)
            )
        watch(self._process.pid, self.limits.resident_bytes, self._over)

    def _over(self, held_bytes: int) -> None:
        """It uses too much memory: end it."""
        self.ended_for = (
            f"the lab ended it, because its processes together used {held_bytes >> 20} MiB of memory, "
            f"more than the {self.limits.resident_bytes >> 20} MiB they may"
        )
        if self._process is not None:
            self._process.kill()

    def tool(self, command: list[str]) -> list[str]:
        """The command line that runs a program of the image in a sandbox like this server's; pass `network` on."""
        return self._sandbox().command(command)

    def _sandbox(self) -> Sandbox:
        hostname = re.sub(r"[^a-z0-9-]", "-", self.name.lower())
        return Sandbox(self.image, hostname, self.network, self._binds(), self.limits)

    def _binds(self) -> list[tuple[Path, str, bool]]:
        """Which folders of the tree are laid where; all it can write is on the memory disk."""
        root = self.tree.root
        binds = [
            (root / "var", "/var", True),
            (self.tree.outside("/etc/asterisk"), "/etc/asterisk", True),
            (root / "tmp", "/tmp", True),
            (root / "dev/shm", "/dev/shm", True),
            (root / "ringkeep", "/ringkeep", False),
            (self.hosts, "/etc/hosts", False),
            (self.resolver, "/etc/resolv.conf", False),
        ]
        covered = ("/var/", "/etc/asterisk", "/tmp/")
        for inside in sorted(set(self.tree.directories.values())):
            if not f"{inside}/".startswith(covered):
                binds.append((self.tree.outside(inside), inside, True))
        for name in BOUND_OVER[2:]:
            if (root / "etc" / name).is_file():
                binds.append((root / "etc" / name, f"/etc/{name}", False))
        return binds

    async def ready(self, timeout_s: float = 60.0) -> float:
        """Wait until it has booted fully; seconds since the start. Raises `BootError`."""
        deadline = self.started_at + timeout_s
        while self._manager is None:
            self._check_alive(deadline)
            if self.tree.is_there(f"{self.tree.directories['astrundir']}/asterisk.ctl"):
                with contextlib.suppress(OSError):
                    connected = self.connect(MANAGER_PORT, 2.0)
                    self._manager = await asyncio.wait_for(Manager.connect(connected, self.secret), 5.0)
                    break
            await asyncio.sleep(0.01)
        waiting = asyncio.ensure_future(self.manager.action("Command", timeout_s, Command="core waitfullybooted"))
        try:
            while not (await asyncio.wait({waiting}, timeout=0.25))[0]:
                self._check_alive(deadline)
            waiting.result()
        except (ManagerGone, TimeoutError) as error:
            raise BootError(
                Sentence(
                    "{name} ended while it booted. Its last words: {said}",
                    {"name": self.name, "said": self.last_words()},
                )
            ) from error
        finally:
            waiting.cancel()
        self.ready_s = time.monotonic() - self.started_at
        return self.ready_s

    def _check_alive(self, deadline: float) -> None:
        if not self.alive:
            code = self._process.returncode if self._process else None
            how = f"killed by signal {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}"
            raise BootError(
                Sentence(
                    "Asterisk ended while it booted ({how}). Its last words: {said}",
                    {"how": how, "said": self.last_words()},
                )
            )
        if time.monotonic() > deadline:
            raise BootError(
                Sentence(
                    "Asterisk did not become ready in {seconds} s. Its last words: {said}",
                    {"seconds": round(deadline - self.started_at), "said": self.last_words()},
                )
            )

    def last_words(self) -> str:
        """What it said last, on its console or in its log."""
        if self.ended_for:
            return self.ended_for
        with (self.tree.root / "console.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - CONSOLE_BYTES))
            console = file.read().decode("utf-8", "replace").strip().splitlines()
        log = [f"{line.level} {line.source}: {line.text}" for line in self.log() if line.level == "ERROR"]
        words = [line for line in [*log[-3:], *console[-3:]] if line.strip()]
        return " / ".join(words)[:600] or "it said nothing"

    def log(self) -> list[LogLine]:
        """Every notice, warning and error so far; unreadable lines are joined to the one before."""
        lines: list[LogLine] = []
        try:
            with self.tree.open(self.log_inside) as file:
                text = file.read(LOG_LIMIT_BYTES).decode("utf-8", "replace")
        except OSError:
            return lines  # not written yet, or the dialplan put something else in its place
        for raw in text.splitlines():
            if match := LOG_LINE.match(raw):
                lines.append(LogLine(match["at"], match["level"], match["source"], match["text"], match["call"]))
        return lines

    @property
    def log_inside(self) -> str:
        """Its log of notices, warnings and errors, as it sees the path itself."""
        return f"{self.tree.directories['astlogdir']}/{LOG_FILE}"

    def way_in(self) -> str:
        """The command that opens its console from another terminal of this machine, by whoever runs the drill."""
        inside = next((p for p in reversed(descendants(self.pid or 0)) if _program(p) == "asterisk"), self.pid)
        who = "--preserve-credentials" if sandboxes.owner() is None else "-S 1000 -G 1000"
        enter = f"nsenter -t {inside} -U {who} -n -m -p"
        return f"{namespaces.way_in()} {enter} /usr/sbin/asterisk -C {CONF_INSIDE} -rvvv"

    def place(self) -> str:
        """Its tree of files as a path that other processes of this machine can open."""
        return f"/proc/{namespaces.host_pid()}/root{self.tree.root}"

    async def stop(self) -> None:
        """End it now. Nothing in it is worth a graceful end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._manager is not None:
            await self._manager.close()
            self._manager = None


def give_away(root: Path) -> None:
    """Give a tree to whoever the sandbox runs as."""
    user = sandboxes.owner()
    if user is None:
        return
    shutil.chown(root, user, user)
    for folder, names, files in os.walk(root):
        for name in [*names, *files]:
            os.chown(os.path.join(folder, name), user, user, follow_symlinks=False)


def _program(process: int) -> str:
    try:
        return Path("/proc", str(process), "comm").read_text().strip()
    except OSError:
        return ""
