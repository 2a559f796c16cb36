"""Real `ringkeep serve` processes for tests."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SERVE = [sys.executable, "-m", "tests.web.server"]


class Server:
    """A running one; what it says is gathered in `said`. `within`: a command that runs it somewhere else."""

    def __init__(self, home: Path, *options: str, within: Sequence[str] = (), **environment: str) -> None:
        self.home = home
        self.environment = {**os.environ, "RINGKEEP_HOME": str(home), **environment}
        self.process = subprocess.Popen(
            [*within, *SERVE, *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line

    def until(self, found: Callable[[], object], what: str, within_s: float = 60) -> None:
        """Wait until it is so; the server must not end meanwhile."""
        deadline = time.monotonic() + within_s
        while not found():
            assert self.process.poll() is None, f"ended before {what}:\n{self.said}"
            assert time.monotonic() < deadline, f"no {what}:\n{self.said}"
            time.sleep(0.05)

    def ready(self) -> Server:
        self.until(lambda: re.search(r"^Ringkeep (serves|works)", self.said, re.M), "readiness")
        return self

    @property
    def url(self) -> str:
        found = re.search(r"http://\S+", self.said)
        assert found, self.said
        return found[0]

    def ended(self, within_s: float = 60) -> int:
        code = self.process.wait(within_s)
        self.reader.join(10)
        return code


@contextlib.contextmanager
def serving(home: Path, *options: str, within: Sequence[str] = (), **environment: str) -> Iterator[Server]:
    server = Server(home, *options, within=within, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait(10)


def there(home: Path, code: str, *, within: Sequence[str] = (), **environment: str) -> str:
    """What Python code prints that runs as a command of that home does."""
    start = (
        "from ringkeep.jobs.start import prepared; prepared()\n"
        "from django.conf import settings; settings.JOBS.append('tests.jobs.sample_jobs')\n"
        "from ringkeep.jobs.actions import start\nfrom ringkeep.jobs.models import Job, Worker\n"
    )
    done = subprocess.run(
        [*within, sys.executable, "-c", start + code], env={**os.environ, "RINGKEEP_HOME": str(home), **environment},
        text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
