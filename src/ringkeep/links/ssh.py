"""SSH to a phone system, on asyncssh: host keys pinned, keys and passwords from the vault, one jump host if need be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Result:
    """What a command on the phone system gave."""

    code: int
    out: bytes
    err: str


class Connection:
    """One phone system's shell. Everything it says is hostile: sizes and times are limited."""

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
        raise NotImplementedError

    def stream(self, command: str, *, sudo: bool = False, timeout_s: float = 3600.0) -> AsyncIterator[bytes]:
        """What a command writes, in pieces as it comes; raises `LinkError("failed")` when it ends with an error."""
        raise NotImplementedError

    async def send(self, command: str, source: AsyncIterator[bytes], *, sudo: bool = False) -> Result:
        """Run a command that reads `source` on its standard input."""
        raise NotImplementedError

    def remote_shell(self) -> AbstractAsyncContextManager[str]:
        """For rsync's `-e`: a command by which local programs run commands on the phone system over this connection.

        Holds no key and no password; only we can use it.
        """
        raise NotImplementedError

    def received_bytes(self) -> int:
        """What has come over the network so far."""
        raise NotImplementedError


def connect(target: Target, *, timeout_s: float = 20.0) -> AbstractAsyncContextManager[Connection]:
    """Connect and log in. Raises `LinkError` (host-key-changed, refused-login, unreachable, timeout)."""
    raise NotImplementedError


async def ask_host_key(host: str, port: int, *, jump: Target | None = None, timeout_s: float = 20.0) -> str:
    """The host key that answers there, for pinning at enrolment: "ssh-ed25519 AAAA..."."""
    raise NotImplementedError


def new_key(comment: str) -> tuple[str, str]:
    """A fresh Ed25519 pair: (private key in OpenSSH form, public line)."""
    raise NotImplementedError
