"""What restic starts in place of `ssh`: pipes the SFTP subsystem of a server to its standard input and output.

`python -m ringkeep.links.sftp_pipe N` finds the server, its pinned host key and the login as JSON in file descriptor N,
so that none of them stands in a file or in the process list. Ends with 1 and a line on standard error that begins
with a word of `LinkError`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from typing import Any

import asyncssh

from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence

LOGIN_S = 20.0


def read_login(descriptor: int) -> dict[str, Any]:
    """The document in the descriptor; it may be read more than once."""
    with open(f"/dev/fd/{descriptor}", "rb") as file:
        login = json.load(file)
    assert isinstance(login, dict)
    return login


def _connect(login: dict[str, Any]) -> Any:
    return asyncssh.connect(
        login["host"],
        login["port"],
        username=login["user"],
        client_keys=[asyncssh.import_private_key(login["key"])] if login.get("key") else None,
        password=login.get("password"),
        known_hosts=asyncssh.import_known_hosts(f"* {login['host_key']}\n"),
        server_host_key_algs=_algorithms(login["host_key"]),
        agent_path=None,
        config=None,
        login_timeout=LOGIN_S,
        connect_timeout=LOGIN_S,
        keepalive_interval=15,
    )


async def pipe(login: dict[str, Any]) -> None:
    """Log in and carry bytes both ways until one side ends."""
    async with _connect(login) as connection:
        process = await connection.create_process(
            subsystem="sftp", encoding=None, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer, stderr=asyncssh.DEVNULL
        )
        await process.wait()


async def _log_in(login: dict[str, Any]) -> None:
    async with asyncio.timeout(2 * LOGIN_S), _connect(login) as connection, connection.start_sftp_client():
        pass


def try_login(login: dict[str, Any]) -> None:
    """Log in and out again: restic does not always pass on why its connection failed. Raises `LinkError`."""
    failed: list[LinkError] = []

    def inside() -> None:
        try:
            asyncio.run(_log_in(login))
        except Exception as error:
            failed.append(_meant(error))

    thread = threading.Thread(target=inside)  # the caller's own may have a running loop
    thread.start()
    thread.join()
    if failed:
        raise failed[0] from None


def _meant(error: Exception) -> LinkError:
    if isinstance(error, asyncssh.HostKeyNotVerifiable | asyncssh.KeyExchangeFailed):
        return LinkError("host-key-changed", Sentence("the server's host key is not the pinned one"), permanent=True)
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.ChannelOpenError):
        return LinkError("refused-login", Sentence("the server refuses this login or gives it no SFTP"), permanent=True)
    if isinstance(error, asyncssh.KeyImportError | ValueError | KeyError | TypeError):
        return LinkError("refused-login", Sentence("the stored login is damaged or incomplete"), permanent=True)
    return LinkError(
        "unreachable", Sentence("the server cannot be reached ({why})", {"why": str(error) or type(error).__name__})
    )


def _algorithms(host_key: str) -> list[str]:
    kind = host_key.split()[0]
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


def main(descriptor: int) -> int:
    """Exit code; the reason of a failure goes to standard error without secrets."""
    try:
        asyncio.run(pipe(read_login(descriptor)))
    except Exception as error:
        meant = _meant(error)
        print(f"{meant.kind}: {meant}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        os._exit(main(int(sys.argv[1])))
