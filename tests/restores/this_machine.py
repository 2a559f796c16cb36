"""This machine's own shell where a restore expects a phone system's: the real program, without a network between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ringkeep.links.ssh import Connection, Result


class ThisMachine(Connection):
    """Runs commands here."""

    def __init__(self) -> None:  # no connection is needed
        self.commands: list[str] = []

    async def run(
        self,
        command: str,
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        timeout_s: float = 60.0,
        limit_bytes: int = 8 << 20,
    ) -> Result:
        async def once() -> AsyncIterator[bytes]:
            yield stdin

        return await self.send(command, once(), sudo=sudo)

    async def send(self, command: str, source: AsyncIterator[bytes], *, sudo: bool = False) -> Result:
        self.commands.append(command)
        process = await asyncio.create_subprocess_exec("sh", "-c", command, stdin=-1, stdout=-1, stderr=-1)
        sent = b"".join([piece async for piece in source])
        out, err = await process.communicate(sent)
        assert process.returncode is not None
        return Result(process.returncode, out, err.decode())
