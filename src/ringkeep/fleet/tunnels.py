"""Tunnels of phone systems that dial out: who may, and the listener that `ringkeep serve` runs in a thread of its own."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime

import asyncssh
from django.db import connections, transaction

from ringkeep.fleet.models import Tunnel
from ringkeep.fleet.rules import NAME, NO_NAME
from ringkeep.home import folder, made_once
from ringkeep.links.ssh import new_key
from ringkeep.links.tunnel import Tunnels, line, listening
from ringkeep.phonesystem.sentences import Sentence, Told

FIRST_PORT, LAST_PORT = 21_000, 31_000
SERVER = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::([0-9]{1,5}))?")
DEFAULT_PORT = 2222


class TunnelError(Told):
    """A tunnel cannot be set up; the message says what to do."""


def server_address(text: str | None) -> tuple[str, int]:
    """HOST or HOST:PORT by which phone systems reach us. Raises `TunnelError`."""
    found = SERVER.fullmatch(text or "")
    if found is None or not 0 < int(found[2] or DEFAULT_PORT) < 65536:
        raise TunnelError(
            Sentence(
                "Say by which name or address the phone system reaches this Ringkeep: --server care.example.com:2222."
            )
        )
    return found[1], int(found[2] or DEFAULT_PORT)


def host_key() -> tuple[str, str]:
    """Our own (private, public) key that phone systems pin; made when there is none."""
    private = made_once(folder("keys") / "tunnel", lambda: new_key("ringkeep tunnels")[0]).read_text()
    return private, line(asyncssh.import_private_key(private))


def tunnel(name: str, at: datetime) -> Tunnel:
    """The tunnel of that name, with a port of its own; made when there is none. Raises `TunnelError`."""
    if not NAME.fullmatch(name):
        raise TunnelError(NO_NAME)
    with transaction.atomic():
        found = Tunnel.objects.filter(name=name).first()
        if found is None:
            taken = set(Tunnel.objects.values_list("port", flat=True))
            free = next((port for port in range(FIRST_PORT, LAST_PORT) if port not in taken), None)
            if free is None:
                raise TunnelError(
                    Sentence(
                        "All ports for tunnels are taken: close one that is no longer needed, with ringkeep tunnel NAME --forget."
                    )
                )
            found = Tunnel.objects.create(name=name, port=free, made_at=at)
    assert isinstance(found, Tunnel)
    return found


def public_key(text: str) -> str:
    """The phone system's key, as its script printed it. Raises `TunnelError`."""
    try:
        return line(asyncssh.import_public_key(text))
    except (asyncssh.KeyImportError, ValueError):
        raise TunnelError(
            Sentence("That is no public key. Give the whole line that the script printed: 'ssh-ed25519 AAAA...'.")
        ) from None


def let_in(of: Tunnel, text: str) -> None:
    """Let that key of a phone system in. Raises `TunnelError`."""
    key = public_key(text)
    other = Tunnel.objects.filter(public_key=key).exclude(pk=of.pk).first()
    if other is not None:
        raise TunnelError(Sentence("That key belongs to the tunnel {name} already.", {"name": other.name}))
    Tunnel.objects.filter(pk=of.pk).update(public_key=key)


def forget(name: str) -> None:
    """Nobody gets in by that tunnel any more. Raises `TunnelError`."""
    if not Tunnel.objects.filter(name=name).delete()[0]:
        raise TunnelError(Sentence("There is no tunnel called {name}.", {"name": name}))


async def _find_port(public_key: str) -> int | None:
    def look() -> int | None:
        try:
            port: int | None = Tunnel.objects.filter(public_key=public_key).values_list("port", flat=True).first()
            return port
        finally:
            connections.close_all()

    return await asyncio.to_thread(look)


async def _enter(context: AbstractAsyncContextManager[Tunnels]) -> Tunnels:
    return await context.__aenter__()


async def _leave(context: AbstractAsyncContextManager[Tunnels]) -> None:
    await context.__aexit__(None, None, None)


@contextmanager
def serving_tunnels(host: str, port: int) -> Iterator[Tunnels]:
    """Listen for phone systems that dial out, until the block ends. Raises `LinkError` when the address cannot be had."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tunnels", daemon=True)
    thread.start()
    context = listening(host, port, host_key()[0], _find_port)
    try:
        tunnels = asyncio.run_coroutine_threadsafe(_enter(context), loop).result()
        try:
            yield tunnels
        finally:
            asyncio.run_coroutine_threadsafe(_leave(context), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        if not thread.is_alive():
            loop.close()
