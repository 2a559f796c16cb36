"""SSH to a phone system, on asyncssh: host keys pinned, keys and passwords from the vault, one jump host if need be.

Nothing of this machine's own SSH set-up is used: no agent, no known_hosts, no configuration file.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shlex
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncssh

from ringkeep.links import LinkError
from ringkeep.links.failures import as_link_errors, last_line
from ringkeep.links.host_keys import CIPHERS, algorithms, exchanges, host_keys
from ringkeep.links.host_keys import fingerprint as fingerprint
from ringkeep.links.host_keys import new_key as new_key
from ringkeep.links.listening import Listening
from ringkeep.links.local_end import LocalEnd, Program
from ringkeep.phonesystem.sentences import Sentence, amount

KEEPALIVE_S, KEEPALIVES_MISSED = 15, 3
PIECE_BYTES = 1 << 16
STDERR_BYTES = 64 << 10
# What sudo writes, by its own sources, when it will not do it for us: https://www.sudo.ws/docs/man/sudo.man/
NO_SUDO = (
    "a password is required",
    "may not run sudo",
    "is not in the sudoers file",
    "is not allowed to",
    "not allowed to execute",
    "you must have a tty",
    "sudo: not found",
    "sudo: command not found",
)
SUDO_LINE = "{user} ALL=(root) NOPASSWD: /bin/sh, /usr/bin/sh, /usr/bin/rsync"


@dataclass(frozen=True, slots=True)
class Target:
    """How one phone system is reached. Secrets stay out of `repr`."""

    host: str
    port: int
    user: str
    host_key: str | None  # "ssh-ed25519 AAAA..."; None only while enrolling
    key: str | None = field(default=None, repr=False)  # OpenSSH or PEM private key
    password: str | None = field(default=None, repr=False)
    sudo: bool = False  # whether `run(..., sudo=True)` goes through `sudo -n`
    jump: Target | None = None
    old: bool = False  # whether SSH that rests on SHA-1 will do: asked for by a person, never taken by itself

    @property
    def address(self) -> str:
        """For people: user@host:port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}" if self.user else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Result:
    """What a command on the phone system gave."""

    code: int
    out: bytes
    err: str


class Connection:
    """One phone system's shell. Everything it says is hostile: sizes and times are limited."""

    def __init__(self, connection: asyncssh.SSHClientConnection, target: Target) -> None:
        self._connection, self._target = connection, target
        self._received = 0
        self._mark = f"ringkeep-{secrets.token_hex(8)}"

    async def run(
        self,
        command: str,
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        timeout_s: float = 60.0,
        limit_bytes: int = 8 << 20,
    ) -> Result:
        """Run a command line of its shell to the end. Raises `LinkError` (timeout, cut, no-sudo, failed when too long)."""

        async def once() -> AsyncIterator[bytes]:
            yield stdin

        return await self._talk(command, once(), sudo, timeout_s, limit_bytes)

    async def send(
        self, command: str, source: AsyncIterator[bytes], *, sudo: bool = False, timeout_s: float = 3600.0
    ) -> Result:
        """Run a command that reads `source` on its standard input; what `source` raises comes out here.

        The command cannot tell a broken line from the end: it must check what came before it uses it.
        """
        return await self._talk(command, source, sudo, timeout_s, 8 << 20)

    async def stream(self, command: str, *, sudo: bool = False, timeout_s: float = 3600.0) -> AsyncIterator[bytes]:
        """What a command writes, in pieces as it comes; raises `LinkError("failed")` when it ends with an error.

        Each wait has its end: a timeout around the whole would strike while the caller works on a piece.
        """
        until = asyncio.get_running_loop().time() + timeout_s
        with self._errors():
            async with self._started(command, sudo) as process:
                said = asyncio.create_task(self._stderr(process))
                try:
                    process.stdin.write_eof()
                    out = self._listen(process)
                    while piece := await _before(until, out.read(PIECE_BYTES)):
                        self._received += len(piece)
                        yield piece
                    code = await _before(until, self._ended(process))
                    err = await _before(until, said)
                finally:
                    said.cancel()
        self._check_sudo(sudo, code, err)
        if code != 0:
            raise LinkError(
                "failed",
                Sentence(
                    "A command on {address} ended with {code}: {why}",
                    {"address": self._target.address, "code": code, "why": last_line(err)},
                ),
                permanent=True,
            )

    async def _talk(
        self, command: str, source: AsyncIterator[bytes], sudo: bool, timeout_s: float, limit_bytes: int
    ) -> Result:
        with self._errors():
            async with asyncio.timeout(timeout_s), self._started(command, sudo) as process:
                feeding = asyncio.create_task(self._feed(process, source))
                reading = asyncio.create_task(self._stdout(process, limit_bytes))
                said = asyncio.create_task(self._stderr(process))
                try:
                    await asyncio.wait((feeding, reading), return_when=asyncio.FIRST_COMPLETED)
                    if feeding.done():
                        feeding.result()  # the source failed: the command would wait for the rest
                    out = await reading
                    code = await self._ended(process)
                    err = await said
                finally:
                    for task in (feeding, reading, said):
                        task.cancel()
                    await asyncio.gather(feeding, reading, said, return_exceptions=True)
        self._check_sudo(sudo, code, err)
        return Result(code, out, err)

    @asynccontextmanager
    async def _started(self, command: str, sudo: bool) -> AsyncIterator[asyncssh.SSHClientProcess[bytes]]:
        if sudo and self._target.sudo and self._target.user != "root":
            # In English, so that a refusal is understood; `env`, for not every account's shell is a Bourne one.
            command = f"env LC_ALL=C sudo -n -- sh -c {shlex.quote(command)}"
        process = await self._begun(command)
        try:
            yield process
        finally:
            _end(process)

    async def _begun(self, command: str) -> asyncssh.SSHClientProcess[bytes]:
        return await self._connection.create_process(f"echo {self._mark}; {command}", encoding=None)

    def _listen(self, process: asyncssh.SSHClientProcess[bytes]) -> Listening:
        return Listening(process, self._mark, self._target.address)

    async def _feed(self, process: asyncssh.SSHClientProcess[bytes], source: AsyncIterator[bytes]) -> None:
        async for piece in source:
            try:
                process.stdin.write(piece)
                await process.stdin.drain()
            except (OSError, asyncssh.Error):
                return  # it ended without reading all
        with contextlib.suppress(OSError, asyncssh.Error):
            process.stdin.write_eof()

    async def _stdout(self, process: asyncssh.SSHClientProcess[bytes], limit_bytes: int) -> bytes:
        pieces, size = [], 0
        out = self._listen(process)
        while piece := await out.read(PIECE_BYTES):
            size += len(piece)
            self._received += len(piece)
            if size > limit_bytes:
                raise LinkError(
                    "failed",
                    Sentence(
                        "{address} answered more than {size} to one question.",
                        {"address": self._target.address, "size": amount(limit_bytes)},
                    ),
                    permanent=True,
                )
            pieces.append(piece)
        return b"".join(pieces)

    async def _stderr(self, process: asyncssh.SSHClientProcess[bytes]) -> str:
        """The first part of what it says there; the rest is read and forgotten, or it would wait for us."""
        kept = b""
        while piece := await process.stderr.read(PIECE_BYTES):
            self._received += len(piece)
            kept += piece[: STDERR_BYTES - len(kept)]
        return kept.decode("utf-8", "replace")

    async def _ended(self, process: asyncssh.SSHClientProcess[bytes]) -> int:
        await process.wait_closed()
        if process.exit_signal is not None:  # as a shell has it
            return 128 + getattr(signal, f"SIG{process.exit_signal[0]}", 0)
        if process.exit_status is None:
            raise LinkError("cut", Sentence("The connection to {address} was cut.", {"address": self._target.address}))
        return process.exit_status

    def _check_sudo(self, sudo: bool, code: int, err: str) -> None:
        there_is_none = code == 127 and err.startswith("env: ") and "sudo" in err
        if sudo and self._target.sudo and code != 0 and (there_is_none or any(words in err for words in NO_SUDO)):
            raise LinkError(
                "no-sudo",
                Sentence(
                    "{address} may not use sudo without a password ({why}). Put this line into "
                    "/etc/sudoers.d/ringkeep there: {line}",
                    {
                        "address": self._target.address,
                        "why": last_line(err),
                        "line": SUDO_LINE.format(user=self._target.user),
                    },
                ),
                permanent=True,
            )

    @asynccontextmanager
    async def remote_shell(self) -> AsyncIterator[str]:
        """For rsync's `-e`: a command by which local programs run commands on the phone system over this connection.

        Holds no key and no password; only we can use it.
        """
        async with LocalEnd(self._open_for_program, self._count) as end:
            yield end.command

    async def _open_for_program(self, command: str) -> Program:
        process = await self._begun(command)
        return Program(process, self._listen(process))

    def _count(self, size_bytes: int) -> None:
        self._received += size_bytes

    def received_bytes(self) -> int:
        """What has come over the network so far: what commands wrote, without SSH's own framing."""
        return self._received

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return as_link_errors(self._target)


def _end(process: asyncssh.SSHClientProcess[bytes]) -> None:
    """Let it not run on over there. Closing takes its pipes away; a command that is silent needs the signal, too.

    OpenSSH passes signals on since 7.9, but not to what runs as root: such a command ends when it next writes.
    """
    with contextlib.suppress(OSError):  # it has ended, or the line has
        process.terminate()
    process.close()


T = TypeVar("T")


async def _before(until: float, waited_for: Awaitable[T]) -> T:
    async with asyncio.timeout_at(until):
        value = await waited_for
    if asyncio.get_running_loop().time() > until:  # what is there at once never waits, so nothing interrupts it
        raise TimeoutError
    return value


def connect(target: Target, *, timeout_s: float = 20.0) -> AbstractAsyncContextManager[Connection]:
    """Connect and log in. Raises `LinkError` (host-key-changed, refused-login, unreachable, timeout)."""
    return _connect(target, timeout_s)


@asynccontextmanager
async def _connect(target: Target, timeout_s: float) -> AsyncIterator[Connection]:
    async with contextlib.AsyncExitStack() as stack:
        tunnel = None
        if target.jump:
            tunnel = await stack.enter_async_context(_opened(target.jump, timeout_s, None))
        try:
            connection = await stack.enter_async_context(_opened(target, timeout_s, tunnel))
        except LinkError as error:
            if error.kind == "host-key-changed":
                raise await _explained(target, error, timeout_s) from error
            raise
        yield Connection(connection, target)


async def _told_why(greet: Callable[[], Awaitable[T]], times: int = 3) -> T:
    """A server that has no kind of SSH in common with us closes at once, and what it said is often lost with that."""
    while True:
        try:
            return await greet()
        except (asyncssh.ConnectionLost, ConnectionResetError):
            times -= 1
            if times == 0:
                raise
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _opened(
    target: Target, timeout_s: float, tunnel: asyncssh.SSHClientConnection | None
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    host_key = target.host_key
    if host_key is None:
        raise LinkError(
            "host-key-changed",
            Sentence(
                "No host key of {address} is pinned: enrol it again with `ringkeep enrol --again`.",
                {"address": target.address},
            ),
            permanent=True,
        )
    with as_link_errors(target):
        async with asyncio.timeout(timeout_s):
            connection = await _told_why(lambda: asyncssh.connect(
                target.host, target.port, tunnel=tunnel or (), username=target.user,
                known_hosts=([asyncssh.import_public_key(host_key)], [], []),
                server_host_key_algs=algorithms(host_key, target.old), kex_algs=exchanges(target.old),
                encryption_algs=CIPHERS, client_keys=[asyncssh.import_private_key(target.key)] if target.key else None,
                password=target.password, agent_path=None, config=None, gss_kex=False, gss_auth=False, x509_trusted_certs=None,
                preferred_auth="publickey,password,keyboard-interactive", login_timeout=timeout_s,
                keepalive_interval=KEEPALIVE_S, keepalive_count_max=KEEPALIVES_MISSED, compression_algs=None,
                request_pty=False,
            ))  # fmt: skip
    try:
        yield connection
    finally:
        connection.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await connection.wait_closed()


async def _explained(target: Target, error: LinkError, timeout_s: float) -> LinkError:
    """Which key it shows instead, and what to do."""
    shown = "unknown"
    with contextlib.suppress(LinkError):
        shown = fingerprint(
            await ask_host_key(target.host, target.port, jump=target.jump, old=target.old, timeout_s=timeout_s)
        )
    return LinkError(
        error.kind,
        Sentence(
            "{address} shows another host key ({shown}) than the one pinned at enrolment "
            "({pinned}). Nothing was sent to it. If the server was reinstalled, pin the new one "
            "with `ringkeep enrol --again --name NAME`; otherwise somebody may stand between you and "
            "it.",
            {"address": target.address, "shown": shown, "pinned": fingerprint(target.host_key or "")},
        ),
        permanent=True,
    )


async def ask_host_key(
    host: str, port: int, *, jump: Target | None = None, old: bool = False, timeout_s: float = 20.0
) -> str:
    """The host key that answers there, for pinning at enrolment: "ssh-ed25519 AAAA..."."""
    target = Target(host, port, "", None, old=old)
    async with contextlib.AsyncExitStack() as stack:
        tunnel: Any = ()
        if jump:
            tunnel = await stack.enter_async_context(_opened(jump, timeout_s, None))
        with as_link_errors(target):
            async with asyncio.timeout(timeout_s):
                key = await _told_why(
                    lambda: asyncssh.get_server_host_key(
                        host,
                        port,
                        tunnel=tunnel,
                        config=None,
                        server_host_key_algs=host_keys(old),
                        kex_algs=exchanges(old),
                    )
                )
    if key is None:
        raise LinkError("unreachable", Sentence("{host}:{port} shows no host key.", {"host": host, "port": port}))
    return " ".join(key.export_public_key().decode().split()[:2])
