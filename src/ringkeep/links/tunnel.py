"""Where phone systems behind NAT dial in: an SSH server that does one thing, carrying one port of each to our loopback.

A phone system logs in with its own key (`ssh -N -R 127.0.0.1:PORT:127.0.0.1:22`) and may listen on its own port, on
loopback, and nothing else: no shell, no command, no file, no connection to anywhere (RFC 4254, section 7). Who then dials
that port still meets the phone system's own SSH server, whose host key is pinned.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncssh

from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, reason

log = logging.getLogger("ringkeep.tunnel")

USER = "tunnel"
LOGIN_S = 20.0
KEEPALIVE_S, KEEPALIVES_MISSED = 20, 3
LOOK_AGAIN_S = 20.0  # whether those who are there still may be
LOOPBACK = ("127.0.0.1", "localhost")
TWINS_S, TWINS_TIMES = 600.0, 5
STRANGERS = 100  # connections that have not logged in yet; the oldest goes when one more comes

FindPort = Callable[[str], Awaitable[int | None]]


@dataclass
class Tunnels:
    """The server's state: on which port it listens, and who is there (port of loopback -> connection)."""

    port: int = 0
    there: dict[int, asyncssh.SSHServerConnection] = field(default_factory=dict)
    strangers: dict[asyncssh.SSHServerConnection, None] = field(default_factory=dict)  # oldest first
    keys: dict[int, str] = field(default_factory=dict)  # port -> the public key that was let in
    taken_over: dict[int, list[float]] = field(default_factory=dict)  # port -> when one that was there had to make way


class _Guard(asyncssh.SSHServer):
    """One connection. All that is not allowed here is refused by `SSHServer` itself."""

    def __init__(self, tunnels: Tunnels, find_port: FindPort) -> None:
        self._tunnels, self._find_port = tunnels, find_port
        self._connection: asyncssh.SSHServerConnection | None = None
        self._port: int | None = None
        self._key = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._tunnels.strangers[conn] = None
        if len(self._tunnels.strangers) > STRANGERS:
            oldest = next(iter(self._tunnels.strangers))
            del self._tunnels.strangers[oldest]
            oldest.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._tunnels.strangers.pop(self._connection, None)
        if self._port is not None and self._tunnels.there.get(self._port) is self._connection:
            del self._tunnels.there[self._port]
            log.info("The phone system of port %d has gone.", self._port)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if username != USER:
            return False
        port = await self._find_port(line(key))
        self._port, self._key = port, line(key)  # a key that is only offered is followed by the one that signs
        return port is not None

    def auth_completed(self) -> None:
        assert self._port is not None and self._connection is not None
        self._tunnels.strangers.pop(self._connection, None)
        before = self._tunnels.there.get(self._port)
        if before is not None:  # it lost its line and dials anew: what is left of the old one must not hold the port
            before.abort()
            self._tell_twins(self._port)
        self._tunnels.there[self._port] = self._connection
        self._tunnels.keys[self._port] = self._key

    def _tell_twins(self, port: int) -> None:
        """A line that was lost is dialled anew now and then; two systems with one key put each other out all the time."""
        now = time.monotonic()
        lately = [at for at in self._tunnels.taken_over.get(port, []) if now - at < TWINS_S]
        self._tunnels.taken_over[port] = [*lately, now]
        if len(lately) + 1 == TWINS_TIMES:
            log.warning(
                "Two phone systems seem to dial in with the key of port %d and put each other out: is one a copy of the other? "
                "Make a new key on the copy, and let it in by a tunnel of its own.",
                port,
            )

    def server_requested(self, listen_host: str, listen_port: int) -> bool:
        allowed = listen_host in LOOPBACK and listen_port == self._port
        log.info("Port %s: %s.", listen_port, "carried" if allowed else "refused")
        return allowed


def line(key: asyncssh.SSHKey) -> str:
    """A public key as it is kept: "ssh-ed25519 AAAA..."."""
    return " ".join(key.export_public_key().decode().split()[:2])


@asynccontextmanager
async def listening(host: str, port: int, host_key: str, find_port: FindPort) -> AsyncIterator[Tunnels]:
    """Take in phone systems that dial out. `find_port` says which port a public key may have; None: unknown key.

    It is asked again now and then, so that who may no more is put out.

    `host_key` is our private one. Raises `LinkError` when the address cannot be had.
    """
    tunnels = Tunnels()
    try:
        server = await asyncssh.listen(
            host, port, server_factory=lambda: _Guard(tunnels, find_port),
            server_host_keys=[asyncssh.import_private_key(host_key)], config=None, login_timeout=LOGIN_S,
            keepalive_interval=KEEPALIVE_S, keepalive_count_max=KEEPALIVES_MISSED, backlog=STRANGERS,
            allow_pty=False, agent_forwarding=False, x11_forwarding=False, password_auth=False, kbdint_auth=False,
            host_based_auth=False, gss_host=None, allow_scp=False, sftp_factory=None, compression_algs=None,
        )  # fmt: skip
    except OSError as error:
        raise LinkError(
            "failed",
            Sentence(
                "Port {port} of {host} for tunnels cannot be had ({why}). Choose another with --tunnels.",
                {"port": port, "host": host, "why": reason(error)},
            ),
            permanent=True,
        ) from error
    tunnels.port = server.get_port()
    looking = asyncio.create_task(_put_out(tunnels, find_port))
    try:
        yield tunnels
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        server.close()
        for connection in list(tunnels.there.values()):
            connection.abort()
        await server.wait_closed()


async def _put_out(tunnels: Tunnels, find_port: FindPort) -> None:
    """End the connections of keys that have lost their port: another phone system may get it."""
    while True:
        await asyncio.sleep(LOOK_AGAIN_S)
        for port, connection in list(tunnels.there.items()):
            try:
                may = await find_port(tunnels.keys[port]) == port
            except Exception:  # the database is busy: the next look will tell
                log.warning("Whether port %d may stay could not be looked up.", port, exc_info=True)
                continue
            if not may and tunnels.there.get(port) is connection:
                log.info("Port %d: put out.", port)
                connection.abort()
