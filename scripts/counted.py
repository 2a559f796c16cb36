"""A lab phone system with a real sshd, as parts of `scripts/bench` use it, and what work with it costs on both sides.

Each of our processes is counted with all that it started (rsync, restic); the phone system's side is all processes of
its lab, its Asterisk included. Bytes are counted on the wire by a relay, both ways, SSH's own and the login included.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RINGKEEP = str(ROOT / ".venv/bin/ringkeep")
SAMPLE = ROOT / "samples/saba"
WITHIN = Path(__file__).with_name("within.py")
MOST_RUNS = 3  # of what takes half a minute and more: a part is done within six minutes
LATEST_S = 900  # for one step of ours: what hangs is said, and does not hold up what is measured after it


@dataclass
class Costs:
    """What something took."""

    cpu_s: float
    wall_s: float
    there_s: float = 0.0
    wire_bytes: int = 0


@dataclass
class Bench:
    """A lab phone system behind a relay, and a RINGKEEP_HOME of its own."""

    home: Path
    standing: dict[str, Any]
    port: int = 0
    passed: int = field(default=0)  # bytes through the relay

    def ringkeep(self, *words: str) -> dict[str, Any]:
        """A verb that prints a document; ends the measuring when it fails."""
        return ringkeep(self.home, *words)

    def there_s(self) -> float:
        """Processor time of the phone system so far, with what has ended."""
        return sum(_spent_s(one) for one in (self.standing["process"], *_below(self.standing["process"])))

    def ssh(self, port: int | None = None) -> list[str]:
        """The system's own SSH client, to it; through the relay when its port is given."""
        one = self.standing
        return ["ssh", "-q", "-i", one["key"], "-p", str(port or one["port"]), "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"]  # fmt: skip

    def root(self, command: str) -> None:
        """Do something there as root."""
        there = f"{self.standing['user']}@{self.standing['host']}"
        subprocess.run([*self.ssh(), there, f"sudo -n sh -c {shlex.quote(command)}"], check=True)


def ringkeep(home: Path, *words: str) -> dict[str, Any]:
    """Run a verb with --json. Exit code 1 only means that something is wrong with the phone system."""
    done = subprocess.run(
        [RINGKEEP, *words, "--json"], env={**os.environ, "RINGKEEP_HOME": str(home)}, capture_output=True, text=True,
        check=False, timeout=LATEST_S,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        sys.exit(f"bench: ringkeep {words[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout))


@contextmanager
def bench(tree: Path, version: int = 22, enrolled: int = 1) -> Iterator[Bench]:
    """Start the phone system and the relay, enrol it under so many names; nothing is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="ringkeep-bench-"))
    try:
        standing = ringkeep(home, "lab", "up", str(tree), "--name", "bench", "--asterisk", str(version))
        try:
            one = Bench(home, standing)
            with _relayed(one):
                url = f"ssh://{standing['user']}@127.0.0.1:{one.port}"
                one.ringkeep("enrol", url, "--name", "system-0", "--key", standing["key"], "--drill", "none")
                child(one, "ready", {"systems": enrolled})
                yield one
        finally:
            ringkeep(home, "lab", "down", "bench")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _relayed(one: Bench) -> Iterator[None]:
    """A port of this machine that leads to the phone system and counts what passes. In a thread: our own time is a child's."""
    loop = asyncio.new_event_loop()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(1 << 16):
                one.passed += len(piece)
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(one.standing["host"], one.standing["port"])
        await asyncio.gather(copy(reader, forth), copy(back, writer))

    server = loop.run_until_complete(asyncio.start_server(accept, "127.0.0.1", 0))
    one.port = server.sockets[0].getsockname()[1]
    threading.Thread(target=loop.run_forever, daemon=True).start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)


def _spent_s(process: int) -> float:
    with contextlib.suppress(OSError, IndexError, ValueError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(int(x) for x in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _below(process: int) -> list[int]:
    from ringkeep.lab.watch import descendants

    return list(descendants(process))


def child(one: Bench, what: str, arguments: dict[str, Any]) -> Any:
    """One of the functions of within.py in a process with that RINGKEEP_HOME; what it gives."""
    command = [sys.executable, str(WITHIN), what, json.dumps(arguments)]
    done = subprocess.run(
        command, env={**os.environ, "RINGKEEP_HOME": str(one.home)}, stdout=subprocess.PIPE, text=True, check=False,
        timeout=LATEST_S,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"bench: {what} {arguments} ended with {done.returncode}")
    return json.loads(done.stdout.rpartition("\n\n")[2])


def counted(one: Bench, work: Callable[[], Any]) -> tuple[Costs, Any]:
    """What our side, the phone system and the wire gave for it; our side as the work says in its "cpu_s", else a child's."""
    spent, there, passed, began = children_s(), one.there_s(), one.passed, time.monotonic()
    gave = work()
    wall_s = time.monotonic() - began
    time.sleep(0.3)  # until sshd's processes have ended and are counted
    cpu_s = gave["cpu_s"] if isinstance(gave, dict) and "cpu_s" in gave else children_s() - spent
    return Costs(cpu_s, wall_s, one.there_s() - there, one.passed - passed), gave


def children_s() -> float:
    """Processor time of the processes we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def all_s() -> float:
    """The same, with this one's."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + children_s()
