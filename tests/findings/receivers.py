"""Real receivers of alarms on loopback: a mail server and a webhook."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Keeps every mail; refuses all while `refusing`."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refusing = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # aiosmtpd's name
        if self.refusing:
            return "451 canary-of-the-server come back later"
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"

    def texts(self) -> list[tuple[str, str]]:
        """(subject, text) of each mail."""
        return [(str(make_header(decode_header(mail["Subject"]))), _text(mail)) for mail in self.mails]


def _text(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"] or [
        part for part in mail.walk() if part.get_content_maintype() == "text"
    ]
    return parts[0].get_payload(decode=True).decode("utf-8")


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, str]]:
    """A mailbox and the apprise address that leads there."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, f"mailto://127.0.0.1:{port}?from=ringkeep@a.example&to=oncall@a.example&mode=insecure"
    finally:
        controller.stop()


class Hook:
    """Keeps every document posted to it; answers `status` after `slow_s`, or leads to `elsewhere`, or dribbles its answer
    without end until `ended`."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.status = 200
        self.slow_s = 0.0
        self.elsewhere = ""
        self.asked: list[str] = []  # what was fetched with GET
        self.dribbles = False
        self.ended = threading.Event()


@contextmanager
def webhook() -> Iterator[tuple[Hook, str]]:
    """A webhook and its plain web address."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(hook.slow_s)
            if hook.dribbles:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not hook.ended.wait(0.1):
                    self.wfile.write(b"X: y\r\n")
                return
            if hook.status == 200 and not hook.elsewhere:
                hook.documents.append(json.loads(body))
            self.send_response(302 if hook.elsewhere else hook.status)
            if hook.elsewhere:
                self.send_header("Location", hook.elsewhere)
            self.end_headers()

        def do_GET(self) -> None:
            hook.asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hook, f"http://127.0.0.1:{server.server_port}/alarms?key=canary-in-address"
    finally:
        hook.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
