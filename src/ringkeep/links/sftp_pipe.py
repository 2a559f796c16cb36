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
from typing import Any

import asyncssh

LOGIN_S = 20.0


def read_login(descriptor: int) -> dict[str, Any]:
    """The document in the descriptor; it may be read more than once."""
    with open(f"/dev/fd/{descriptor}", "rb") as file:
        login = json.load(file)
    assert isinstance(login, dict)
    return login


async def pipe(login: dict[str, Any]) -> None:
    """Log in and carry bytes both ways until one side ends."""
    known = asyncssh.import_known_hosts(f"* {login['host_key']}\n")
    key = [asyncssh.import_private_key(login["key"])] if login.get("key") else None
    async with asyncssh.connect(
        login["host"],
        login["port"],
        username=login["user"],
        client_keys=key,
        password=login.get("password"),
        known_hosts=known,
        server_host_key_algs=_algorithms(login["host_key"]),
        agent_path=None,
        config=None,
        login_timeout=LOGIN_S,
        connect_timeout=LOGIN_S,
        keepalive_interval=15,
    ) as connection:
        process = await connection.create_process(
            subsystem="sftp", encoding=None, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer, stderr=asyncssh.DEVNULL
        )
        await process.wait()


def _algorithms(host_key: str) -> list[str]:
    kind = host_key.split()[0]
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


def main(descriptor: int) -> int:
    """Exit code; the reason of a failure goes to standard error without secrets."""
    try:
        asyncio.run(pipe(read_login(descriptor)))
    except asyncssh.HostKeyNotVerifiable:
        print("host-key-changed: the server's host key is not the pinned one", file=sys.stderr)
    except asyncssh.PermissionDenied:
        print("refused-login: the server refuses this login", file=sys.stderr)
    except (OSError, asyncssh.Error, TimeoutError) as error:
        print(f"unreachable: {type(error).__name__}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        os._exit(main(int(sys.argv[1])))
