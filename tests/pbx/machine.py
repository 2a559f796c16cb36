"""A phone system's machine made of a folder: real sh, find, sqlite3 and rsync see it as `/`, and think they are root.

What a link does over a network, `Here` does with a process of this machine; the real link is tested where it lives.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ringkeep.links import LinkError
from ringkeep.links.local_end import LocalEnd, Program
from ringkeep.links.ssh import Connection, Result
from ringkeep.phonesystem.sentences import verbatim

ASTERISK = """#!/bin/sh
[ "$1" = -V ] && echo 'Asterisk 16.28.0~dfsg-0+deb11u4'
[ "$2" = 'core show version' ] && echo 'Asterisk 16.28.0~dfsg-0+deb11u4 built by nobody @ nowhere'
exit 0
"""
POLITE = ("nice", "ionice")  # as they mean it, we would wait for everything else that this machine does


class Machine:
    """Folders `etc` and `var` of its own; the programs are this machine's. `hidden` programs are not there."""

    def __init__(self, root: Path, *, hidden: tuple[str, ...] = POLITE, shared: tuple[Path, ...] = ()) -> None:
        self.root, self.hidden, self.shared = root, hidden, shared
        self.sees_ours = False  # whether this machine's processes are its own: other tests run an Asterisk meanwhile
        for folder in ("etc/asterisk", "var/lib/asterisk/sounds/custom", "var/spool/asterisk/voicemail/default/1000/INBOX",
                       "var/spool/asterisk/monitor", "var/log/asterisk/cdr-csv", "var/tmp", "local"):  # fmt: skip
            (root / folder).mkdir(parents=True, exist_ok=True)
        self.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nasterisk:x:995:995::/:/bin/false\n")
        self.write("etc/group", "root:x:0:\nasterisk:x:995:\n")
        self.write("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n')
        (root / "etc/alternatives").mkdir(exist_ok=True)
        for link in Path("/etc/alternatives").iterdir():  # awk is one of them
            if link.is_symlink() and not (root / "etc/alternatives" / link.name).is_symlink():
                os.symlink(os.readlink(link), root / "etc/alternatives" / link.name)
        self.write("local/asterisk", ASTERISK).chmod(0o755)

    def write(self, path: str, text: str | bytes) -> Path:
        """A file of it."""
        there = self.root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(text.encode() if isinstance(text, str) else text)
        return there

    def set_state(self, **values: str) -> None:
        """Entries of its astdb: `CF__1000="555"` is /CF/1000."""
        with sqlite3.connect(self.root / "var/lib/asterisk/astdb.sqlite3") as base:
            base.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
            for key, value in values.items():
                base.execute("REPLACE INTO astdb VALUES (?, ?)", ("/" + key.replace("__", "/"), value))
        base.close()

    def command(self, line: str) -> list[str]:
        """What runs a line of its shell."""
        own = ("--unshare-user", "--uid", "0", "--gid", "0", "--setenv", "PATH", "/opt/bin:/usr/bin:/usr/sbin")
        return [*self.sandbox(), *own, "sh", "-c", line]

    def sshd(self, place: Path, words: list[str]) -> list[str]:
        """An sshd in it, for `tests.links.servers.sshd`; its programs are found in `place/bin`."""
        (place / "bin/asterisk").write_text(ASTERISK)
        (place / "bin/asterisk").chmod(0o755)
        where = str(place)
        return [*self.sandbox(), "--bind", where, where, "--tmpfs", "/run", "--dir", "/run/sshd",
                "--ro-bind", f"{where}/passwd", "/etc/passwd", *words]  # fmt: skip

    def sandbox(self) -> list[str]:
        """The words before a command that runs in it."""
        programs = [
            f"{folder}/{name}" for name in self.hidden for folder in ("/usr/bin", "/usr/sbin", "/usr/local/bin")
        ]
        blocked = [w for p in programs if os.path.exists(p) for w in ("--ro-bind", "/dev/null", os.path.realpath(p))]
        shared = [word for path in self.shared for word in ("--bind", str(path), str(path))]
        return [
            "bwrap", "--ro-bind", "/usr", "/usr", *blocked,
            "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib",
            "--symlink", "usr/lib64", "/lib64", "--bind", str(self.root / "etc"), "/etc",
            "--bind", str(self.root / "var"), "/var", "--ro-bind", str(self.root / "local"), "/opt/bin",
            *([] if self.sees_ours else ["--unshare-pid"]),
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *shared,
            "--unsetenv", "LANG", "--die-with-parent", "--chdir", "/",
        ]  # fmt: skip


class _Process:
    """A process of this machine as `LocalEnd` expects one of asyncssh's."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self.stdin, self.stdout, self.stderr = process, process.stdin, process.stdout, process.stderr

    @property
    def exit_status(self) -> int | None:
        return self.process.returncode

    async def wait_closed(self) -> None:
        await self.process.wait()

    def terminate(self) -> None:
        self.close()

    def close(self) -> None:
        if self.process.returncode is None:
            self.process.kill()


class Here(Connection):
    """A connection to a `Machine`; counts what comes as the real one does."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.came = machine, 0
        self.asked: list[str] = []

    async def _start(self, command: str) -> asyncio.subprocess.Process:
        self.asked.append(command)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *self.machine.command(command), stdin=pipe, stdout=pipe, stderr=pipe
        )

    async def run(
        self,
        command: str,
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        timeout_s: float = 60.0,
        limit_bytes: int = 8 << 20,
    ) -> Result:
        process = await self._start(command)
        out, err = await process.communicate(stdin)
        self.came += len(out) + len(err)
        return Result(process.returncode or 0, out, err.decode(errors="replace"))

    async def stream(self, command: str, *, sudo: bool = False, timeout_s: float = 3600.0) -> AsyncIterator[bytes]:
        process = await self._start(command)
        assert process.stdin and process.stdout and process.stderr
        process.stdin.close()
        while piece := await process.stdout.read(1 << 16):
            self.came += len(piece)
            yield piece
        if await process.wait():
            raise LinkError("failed", verbatim((await process.stderr.read()).decode(errors="replace")))

    @asynccontextmanager
    async def remote_shell(self) -> Any:
        async def start(command: str) -> Program:
            process = _Process(await self._start(command))
            return Program(process, process.stdout)

        async with LocalEnd(start, self._count) as end:
            yield end.command

    def _count(self, size: int) -> None:
        self.came += size

    def received_bytes(self) -> int:
        return self.came


def usable() -> bool:
    """Whether this machine can make one."""
    return shutil.which("bwrap") is not None and subprocess.run(
        ["bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
