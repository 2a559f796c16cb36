"""A real PostgreSQL of the tests' own, that can be stopped and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

PASSWORD = "canary of the database"
NOBODY = 65534  # PostgreSQL refuses to run as root


def program(name: str) -> str | None:
    places = [
        *os.environ["PATH"].split(":"),
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
    ]
    return shutil.which(name, path=":".join(places))


def installed() -> bool:
    return bool(program("postgres") and program("initdb"))


class Postgres:
    """On a port of loopback; what it keeps is in a folder that goes when the test ends."""

    def __init__(self, place: str, port: int) -> None:
        self.place, self.port = place, port
        self.process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://ringkeep:{quote(PASSWORD)}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        word = Path(self.place) / "password"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        subprocess.run(
            [str(program("initdb")), "-D", f"{self.place}/data", "-U", "ringkeep", "--auth=scram-sha-256",
             f"--pwfile={word}", "--no-sync", "--locale=C.UTF-8"],
            check=True, capture_output=True, cwd=self.place, **as_nobody(),
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [str(program("postgres")), "-D", f"{self.place}/data", "-h", "127.0.0.1", "-p", str(self.port),
             "-k", self.place, "-F"],
            stderr=subprocess.DEVNULL, cwd=self.place, **as_nobody(),
        )  # fmt: skip
        for _ in range(400):
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.address()):
                return
            time.sleep(0.05)
        raise AssertionError("PostgreSQL does not answer")

    def stop(self) -> None:
        """As its service does: every session ends at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)


def as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}


@contextmanager
def running() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="ringkeep-postgres-") as place, socket.socket() as free:
        os.chmod(place, 0o777)
        free.bind(("127.0.0.1", 0))
        made = Postgres(place, free.getsockname()[1])
        free.close()
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
