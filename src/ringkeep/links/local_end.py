"""The other end of `pipe`: a socket, in a folder that only we may enter, behind which commands run on a phone system."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ringkeep.links import pipe

PIECE_BYTES = 1 << 16
COMMAND_BYTES = 1 << 17


class Program:
    """A command that runs over there, and where its standard output is read."""

    def __init__(self, process: Any, stdout: Any) -> None:
        self.process, self.stdout = process, stdout


class LocalEnd:
    """An async context; `command` is what a local program starts. `count` is told how many bytes came for it."""

    def __init__(self, start: Callable[[str], Awaitable[Program]], count: Callable[[int], object] = int) -> None:
        self._start, self._count = start, count
        self._folder = ""
        self._server: asyncio.AbstractServer | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> LocalEnd:
        self._folder = tempfile.mkdtemp(prefix="ringkeep-")  # 0700
        self._socket = str(Path(self._folder) / "end")
        self._server = await asyncio.start_unix_server(self._accept, self._socket, limit=COMMAND_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for task in self._serving:  # a command that says nothing would not notice that its program is gone
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def command(self) -> str:
        """As rsync splits it: words apart by blanks."""
        return " ".join(shlex.quote(word) for word in (sys.executable, "-S", "-E", pipe.__file__, self._socket))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process = None
        tasks: list[asyncio.Task[None]] = []
        try:
            command = json.loads(await reader.readline())
            program = await self._start(command)
            process = program.process
            tasks = [
                asyncio.create_task(self._up(reader, process)),
                asyncio.create_task(self._down(b"o", program.stdout, writer)),
                asyncio.create_task(self._down(b"e", process.stderr, writer)),
            ]
            await asyncio.gather(*tasks[1:])
            await process.wait_closed()
            code = process.exit_status if process.exit_status is not None else 255
            writer.write(b"x" + (4).to_bytes(4, "big") + code.to_bytes(4, "big"))
            await writer.drain()
        except Exception:  # the connection broke or the program went away: it sees its socket close
            pass
        finally:
            for task in tasks:
                task.cancel()
            if process is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    process.terminate()
                process.close()
            with contextlib.suppress(Exception):
                writer.close()

    async def _up(self, reader: asyncio.StreamReader, process: Any) -> None:
        with contextlib.suppress(Exception):
            while piece := await reader.read(PIECE_BYTES):
                process.stdin.write(piece)
                await process.stdin.drain()
            process.stdin.write_eof()

    async def _down(self, kind: bytes, source: Any, writer: asyncio.StreamWriter) -> None:
        while piece := await source.read(PIECE_BYTES):
            self._count(len(piece))
            writer.write(kind + len(piece).to_bytes(4, "big") + piece)
            await writer.drain()
