"""FastAGI scripts that a product brings as a service of the machine, played by the lab.

FreePBX asks `agi://127.0.0.1/dialparties.agi` which phones a ring group rings. The service behind it belongs to the
product, not to the customer's configuration, and no backup holds it: the lab gives its answer. Every other script that
is asked for is remembered and refused.

Protocol: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Gateway-Interface-AGI/
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Mapping

from ringkeep.phonesystem import freepbx

PORT = 4573
LINE_BYTES = 1 << 16
PATIENCE_S = 10.0
REFUSED_LIMIT = 200  # a dialplan may ask for any number of names


class ScriptService:
    """Answers the phone system's FastAGI requests on its own 127.0.0.1. `database` is the restored astdb."""

    def __init__(self, database: Mapping[str, str]) -> None:
        self.played: set[str] = set()  # scripts the lab stood in for
        self.refused: set[str] = set()  # scripts that nobody can run here
        self._database = database
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Serve on a socket that is bound inside the phone system's network namespace."""
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=LINE_BYTES)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            request = await asyncio.wait_for(reader.readuntil(b"\n\n"), PATIENCE_S)
            script = _script(request)
            if script == freepbx.RING_SCRIPT:
                self.played.add(script)
                await self._ring_script(_Conversation(reader, writer))
            elif len(self.refused) < REFUSED_LIMIT:
                self.refused.add(script)
        writer.close()

    async def _ring_script(self, call: _Conversation) -> None:
        seconds, options, members = [await call.variable(f"ARG{number}") for number in (1, 2, 3)]
        forwarding = not await call.variable("CFIGNORE")
        devices, left = freepbx.phones_to_ring(members, self._database, forwarding=forwarding)
        if devices:
            await call.set("ds", f"{devices},{seconds},{options}")
            await call.set("FILTERED_DIAL", left)
            await call.set("MACRODIALGOTO_PRI", freepbx.RING_LABEL)


class _Conversation:
    """Commands and answers of one AGI session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def variable(self, name: str) -> str:
        """A channel variable; "" when it is unset."""
        match = re.match(r"200 result=1 \((.*)\)$", await self._ask(f"GET VARIABLE {name}"))
        return match[1] if match else ""

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable."""
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        await self._ask(f'SET VARIABLE {name} "{quoted}"')

    async def _ask(self, command: str) -> str:
        self._writer.write(f"{command}\n".encode())
        answer = await asyncio.wait_for(self._reader.readline(), PATIENCE_S)
        return answer.decode("utf-8", "replace").rstrip("\n")


def _script(request: bytes) -> str:
    """The script's name in `agi_network_script: dialparties.agi`."""
    for line in request.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(": ")
        if name == "agi_network_script":
            return value.partition("?")[0].strip()[:200]
    return ""
