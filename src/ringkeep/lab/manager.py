"""A connection to one lab Asterisk's manager interface (AMI), over a socket that is already connected."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable

from ringkeep.asterisk.ami import AmiError, Decoder, Message, encode

USER = "ringkeep"


class ManagerGone(ConnectionError):
    """The Asterisk at the other end ended or closed the connection."""


class Manager:
    """Sends actions, hands every event to the listeners, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._lists: dict[str, list[Message]] = {}
        self.listeners: list[Callable[[Message], None]] = []
        self._task = asyncio.create_task(self._read())
        self.gone = False

    @classmethod
    async def connect(cls, connected: socket.socket, secret: str) -> Manager:
        """Log in over a connected socket. Raises `ManagerGone` or `AmiError` when it is refused."""
        connected.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=connected, limit=1 << 22)
        manager = cls(reader, writer)
        answer = await manager.action("Login", Username=USER, Secret=secret)
        if answer.get("Response") != "Success":
            await manager.close()
            raise AmiError(f"the manager refused our login: {answer.get('Message')}")
        return manager

    async def action(self, name: str, timeout_s: float = 20.0, **fields: str | list[str]) -> Message:
        """Send an action and return its response; for a list action the events follow in `collect`."""
        return (await self._exchange(name, timeout_s, fields, listed=False))[0]

    async def collect(self, name: str, timeout_s: float = 30.0, **fields: str | list[str]) -> list[Message]:
        """Send an action that answers with a list of events and return those events."""
        return (await self._exchange(name, timeout_s, fields, listed=True))[1]

    async def command(self, line: str) -> str:
        """Run a CLI command and return what it printed."""
        return (await self.action("Command", Command=line)).output

    async def _exchange(
        self, name: str, timeout_s: float, fields: dict[str, str | list[str]], *, listed: bool
    ) -> tuple[Message, list[Message]]:
        if self.gone:
            raise ManagerGone(f"Asterisk ended before {name}")
        number = f"r{next(self._numbers)}"
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        if listed:
            self._lists[number] = []
        self._writer.write(encode(name, {"ActionID": number, **fields}))
        try:
            answer = await asyncio.wait_for(future, timeout_s)
            return answer, self._lists.get(number, [])
        finally:
            self._waiting.pop(number, None)
            self._lists.pop(number, None)

    async def _read(self) -> None:
        decoder = Decoder()
        try:
            while data := await self._reader.read(1 << 18):
                for message in decoder.feed(data):
                    self._take(message)
        except (OSError, AmiError):
            pass
        finally:
            self.gone = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ManagerGone("Asterisk closed the manager connection"))

    def _take(self, message: Message) -> None:
        number = message.get("ActionID")
        waiting = self._waiting.get(number)
        if message.event is None:
            if waiting is None or waiting.done():
                return
            if number in self._lists and message.get("Response") == "Success" and not _is_empty(message):
                return  # the list follows; its last event ends it
            waiting.set_result(message)
            return
        if waiting is not None and number in self._lists:
            if message.get("EventList").lower() in ("complete", "cancelled"):
                if not waiting.done():
                    waiting.set_result(message)
            else:
                self._lists[number].append(message)
            return
        for listener in self.listeners:
            listener(message)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


def _is_empty(answer: Message) -> bool:
    """Whether a list action answers that there is nothing to list, and so sends no event: VoicemailUsersList does."""
    return answer.get("Message").startswith("There are no ")
