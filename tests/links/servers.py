"""A real sshd on loopback, with keys and an account of its own, and a line to it that can be slow or cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ringkeep.links.ssh import Target, new_key

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
CONFIG = """\
LogLevel VERBOSE
ListenAddress 127.0.0.1:{port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
AllowTcpForwarding {forwarding}
PermitUserEnvironment no
SetEnv PATH={place}/bin:/usr/local/bin:/usr/bin:/bin
MaxStartups 100
Subsystem sftp internal-sftp
"""
PACKET_BYTES, RESENT_S = 1448, 0.2  # of Ethernet; the least time after which Linux sends again
REFUSING_SUDO = "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n"
WILLING_SUDO = '#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 9\nshift 2\nASKED_SUDO=yes exec "$@"\n'


@dataclass
class Server:
    """A running sshd whose only account is `ringkeep`."""

    place: Path
    target: Target
    process: subprocess.Popen[bytes]

    def sudo(self, program: str | None) -> Target:
        """Put a program in sudo's place (this machine has no account that may not); None: there is none."""
        binary = self.place / "bin/sudo"
        binary.unlink(missing_ok=True)
        if program:
            binary.write_text(program)
            binary.chmod(0o755)
        return replace(self.target, sudo=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def this_machine(place: Path, words: list[str]) -> list[str]:
    """The command in a sandbox that is this machine, but for its accounts."""
    return [
        "bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/run", "--dir", "/run/sshd",
        "--ro-bind", str(place / "passwd"), "/etc/passwd", *words,
    ]  # fmt: skip


@contextlib.contextmanager
def sshd(
    place: Path,
    *,
    host_key: tuple[str, str] | None = None,
    port: int | None = None,
    forwarding: str = "no",
    more: str = "",
    inside: Callable[[Path, list[str]], list[str]] = this_machine,
) -> Iterator[Server]:
    """Run it. The account has our own user id, under another name, by a passwd file of the sandbox it runs in."""
    if not Path(SSHD).exists() or not shutil.which("bwrap"):
        pytest.skip("no sshd or bubblewrap here")
    (place / "bin").mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    private, public = new_key("ringkeep test")
    host_private, host_public = host_key or new_key("host")
    (place / "host_key").unlink(missing_ok=True)
    (place / "host_key").write_text(host_private)
    (place / "host_key").chmod(0o600)
    (place / "authorized_keys").write_text(f"restrict{',port-forwarding' if forwarding == 'yes' else ''} {public}\n")
    (place / "sshd_config").write_text(CONFIG.format(place=place, port=port, forwarding=forwarding) + more)
    uid, gid = os.getuid(), os.getgid()
    (place / "passwd").write_text(
        f"ringkeep:x:{uid}:{gid}::{place}:/bin/sh\nsshd:x:65533:65533::/run/sshd:/usr/sbin/nologin\n"
    )
    command = inside(place, [SSHD, "-D", "-e", "-f", str(place / "sshd_config")])
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None and time.monotonic() < until, (place / "log").read_text()
            time.sleep(0.02)
        pinned = " ".join(host_public.split()[:2])
        yield Server(place, Target("127.0.0.1", port, "ringkeep", pinned, key=private), process)
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Line:
    """A line to a server: what has passed, and a knife."""

    port: int
    passed_bytes: int = 0
    cut_after_bytes: int | None = None
    delay_s: float = 0.0
    lost: float = 0.0  # the share of packets that must be sent again


@contextlib.asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """A relay on loopback that adds `delay_s` each way and falls dead, silently, after `cut_after_bytes`."""
    line = Line(0)
    writers: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, piece = await pieces.get()
                packets = -(-len(piece) // PACKET_BYTES)
                if line.lost and dice.random() > (1 - line.lost) ** packets:
                    due += RESENT_S + 2 * line.delay_s  # and what is behind it waits too, as TCP has it
                await asyncio.sleep(max(0.0, due - loop.time()))
                writer.write(piece)

        dice = random.Random(7)
        delivering = asyncio.create_task(deliver())
        try:
            while piece := await reader.read(1 << 16):
                line.passed_bytes += len(piece)
                if line.cut_after_bytes is not None and line.passed_bytes > line.cut_after_bytes:
                    for one in writers:
                        one.transport.abort()
                    return
                pieces.put_nowait((loop.time() + line.delay_s, piece))
        finally:
            await asyncio.sleep(line.delay_s)
            delivering.cancel()
            writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, far_writer))
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for one in writers:
            one.transport.abort()
