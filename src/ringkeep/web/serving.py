"""`ringkeep serve`: web, scheduler, workers and watchers in one process; or web and work apart, over one PostgreSQL."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn
from django.core.asgi import get_asgi_application

from ringkeep.fleet.tunnels import TunnelError, server_address, serving_tunnels
from ringkeep.home import home
from ringkeep.jobs import engine
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, Told, reason
from ringkeep.translation import Words
from ringkeep.web.api import token
from ringkeep.web.scheduling import scheduling

LOOPBACK = ("127.0.0.1", "::1", "localhost")
GRACE_S = 5


class ServeError(Told):
    """The server cannot be started; the message says what to do."""


def serve(host: str, port: int, words: Words, *, web: bool, work: bool, tunnels: str | None = None) -> None:
    """Serve until SIGINT or SIGTERM; phone systems that dial out may reach us at `tunnels`. Raises `ServeError`, `engine.Busy`."""
    _log_to(sys.stderr)
    if host not in LOOPBACK:
        raise ServeError(
            Sentence(
                "Ringkeep has no accounts yet, so it listens on this machine only, not on {host}. Let a "
                "web server with a sign-in of its own stand before it.",
                {"host": host},
            )
        )
    if web and not work and not os.environ.get("RINGKEEP_DATABASE_URL"):
        raise ServeError(
            Sentence(
                "--only web needs RINGKEEP_DATABASE_URL: over SQLite one process does both. Set it, or "
                "leave --only out."
            )
        )
    token()  # so that it is there to be read
    with contextlib.ExitStack() as stack:
        listening = _listen(host, port) if web else None
        if work:
            stack.enter_context(engine.working(engine.SERVING_POLL_S))
            stack.enter_context(scheduling())
            if tunnels:
                _take_in_tunnels(stack, tunnels, words)
        if listening is not None:
            stack.callback(listening.close)
            address = f"http://{host}:{listening.getsockname()[1]}"
            print(words("Ringkeep serves {home} on {address}").format(home=home(), address=address), flush=True)
            _serve_web(listening)
        else:
            print(words("Ringkeep works on {home}").format(home=home()), flush=True)
            _wait_for_the_end()
    _leave()


def _take_in_tunnels(stack: contextlib.ExitStack, address: str, words: Words) -> None:
    try:
        host, port = server_address(address)
    except TunnelError:
        raise ServeError(
            Sentence("--tunnels must be HOST:PORT of this machine, such as {example}.", {"example": "0.0.0.0:2222"})
        ) from None
    try:
        stack.enter_context(serving_tunnels(host, port))
    except (LinkError, TunnelError) as error:
        raise ServeError(error.says) from error
    print(words("Phone systems may dial in at {address}").format(address=address), flush=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ServeError(
            Sentence(
                "Port {port} of {host} cannot be had ({why}). Is a Ringkeep running already? Else choose "
                "another: --port.",
                {"port": port, "host": host, "why": reason(error)},
            )
        ) from error
    return listening


def _serve_web(listening: socket.socket) -> None:
    config = uvicorn.Config(
        get_asgi_application(), log_level="warning", access_log=False, server_header=False, lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    _Web(config).run(sockets=[listening])


class _Web(uvicorn.Server):
    """uvicorn's own sends itself the signal once more at the end, which would kill us before workers are told to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield


def _wait_for_the_end() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def _leave() -> None:
    """End now: Python would wait for the threads of running jobs, which may take hours. They go on at the next start, as
    after any kill.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _log_to(stream) -> None:  # type: ignore[no-untyped-def]
    logging.basicConfig(
        stream=stream, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for name in ("dbos", "asyncssh", "apprise", "httpx", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
