"""Parts of `scripts/bench`: nights, probes, a large system, a restore; on lab phone systems with a real sshd.

Each of our processes is counted with all that it started (rsync, restic); the phone system's side is all processes of
its lab, its Asterisk included. Bytes are counted on the wire by a relay, both ways, SSH's own and the login included.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for tests/restores/timed.py
RINGKEEP = str(ROOT / ".venv/bin/ringkeep")
SAMPLE = ROOT / "samples/saba"
BYTES_GOAL_KB, CPU_GOAL_S = 100.0, 1.0
SYSTEMS = 4  # that share one server, to load a worker as a fleet does
FLEET, WINDOW_S, CORES = 200, 4 * 3600, 2
PROBES = 20
DUE = 16  # at a tick of the scheduler, all at the one lab server
LARGE_BYTES, SHARE_CHANGED = 1200 << 20, 0.02
RECORDING_BYTES = 1 << 20
FREEPBX_RESTORE_S = 23.5  # its own restore took 21 to 26 s: the middle
ANSWER_GOAL_S = 5.0
RECORDINGS = "var/spool/asterisk/monitor"
FOLDERS = ("/etc/asterisk", "/var/lib/asterisk", "/var/spool/asterisk", "/var/log/asterisk")
MOST_RUNS = 3  # of what takes half a minute and more: a part is done within six minutes
LATEST_S = 900  # for one step of ours: what hangs is said, and does not hold up what is measured after it


class Figures(Protocol):
    """What prints a figure."""

    def show(self, name: str, values: list[float], unit: str, reference: float, what: str, digits: int = 2) -> None: ...


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
    """One of the `WITHIN` functions in a process with that RINGKEEP_HOME; what it gives."""
    command = [sys.executable, __file__, what, json.dumps(arguments)]
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


# -- within a process with that RINGKEEP_HOME -----------------------------------------------------------------


def ready(arguments: dict[str, Any]) -> None:
    """So many rows for the one server, each of a customer of its own. No drills and no probes: they are other figures."""
    from ringkeep.fleet.models import Customer, PhoneSystem

    for number in range(1, arguments["systems"]):
        row = PhoneSystem.objects.get(name="system-0")
        row.pk, row.name, row.customer = None, f"system-{number}", Customer.objects.create(name=f"customer {number}")
        row.save()
    PhoneSystem.objects.update(drill="none", full_drill_weekday=None, on_change=False)


def backups(arguments: dict[str, Any]) -> dict[str, Any]:
    """Back every phone system up in a worker that runs already, as the scheduler starts them. {"cpu_s", "wall_s", ...}"""
    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.jobs import engine
    from ringkeep.jobs.actions import start
    from ringkeep.jobs.kinds import kind_of
    from ringkeep.jobs.models import SUCCEEDED, Job

    kind_of("backup")
    with engine.working(engine.SERVING_POLL_S):
        time.sleep(2.0)
        began, spent = time.monotonic(), all_s()
        for system in PhoneSystem.objects.order_by("pk"):
            start(
                "backup", {"reason": "nightly"}, key=f"backup:{system.pk}:{arguments['turn']}", phone_system=system.pk
            )
        while engine.active():
            time.sleep(0.2)
        cpu_s, wall_s = all_s() - spent, time.monotonic() - began
        before = all_s()
        time.sleep(5.0)
        idle = (all_s() - before) / 5.0  # of the worker that waits, which is there anyway
    jobs = list(Job.objects.filter(kind="backup", id__endswith=f":{arguments['turn']}"))
    if failed := [job.error for job in jobs if job.state != SUCCEEDED]:
        raise SystemExit(f"bench: a backup failed: {failed[0]}")
    return {"cpu_s": cpu_s - idle * wall_s, "wall_s": wall_s, "idle": idle}


def probes(arguments: dict[str, Any]) -> dict[str, Any]:
    """Probe the first phone system, one at a time: with a connection of its own, or over one that is kept."""
    from ringkeep import pbx
    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.fleet.queries import target
    from ringkeep.links.ssh import connect

    system = PhoneSystem.objects.order_by("pk").first()
    facts, where = pbx.Facts.from_document(system.facts), target(system)

    async def ask() -> float:
        async with connect(where) as connection:
            await pbx.probe(connection, facts)  # the first, uncounted
            spent = all_s()
            for _ in range(PROBES if arguments["kept"] else 0):
                await pbx.probe(connection, facts)
            kept_s = all_s() - spent
        spent = all_s()
        for _ in range(0 if arguments["kept"] else PROBES):
            async with connect(where) as connection:
                await pbx.probe(connection, facts)
        return kept_s if arguments["kept"] else all_s() - spent

    return {"cpu_s": asyncio.run(ask())}


def tick(arguments: dict[str, Any]) -> dict[str, Any]:
    """What the scheduler itself takes for a tick with so many phone systems due, side by side, its writing included."""
    from datetime import UTC, datetime, timedelta

    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.web.scheduling import probe_due

    for counted_turn in (False, True):  # the first finds everything cold
        now = datetime.now(UTC)
        PhoneSystem.objects.update(on_change=True, next_probe_at=now - timedelta(seconds=1))
        spent, began = all_s(), time.monotonic()
        asked = probe_due(now)
        cpu_s, wall_s = all_s() - spent, time.monotonic() - began
        if asked != PhoneSystem.objects.filter(probed_at=now).count() or asked != arguments["systems"]:
            raise SystemExit(f"bench: {asked} were asked, not all answered")
        if not counted_turn:
            PhoneSystem.objects.update(probed_at=None)
    return {"cpu_s": cpu_s, "wall_s": wall_s}


WITHIN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "ready": ready,
    "backups": backups,
    "probes": probes,
    "tick": tick,
}


# -- the parts ------------------------------------------------------------------------------------------------


def night(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """An unchanged night, one with a change, and what 200 of them would take; the command's own start beside it."""
    del systems
    runs = min(runs, MOST_RUNS)
    with bench(SAMPLE, enrolled=SYSTEMS) as one:
        first, _ = counted(one, lambda: child(one, "backups", {"turn": "first"}))
        figures.show(
            "first backup: our CPU, each", [first.cpu_s / SYSTEMS], "s", CPU_GOAL_S, "goal of an unchanged one"
        )
        same = [counted(one, lambda t=turn: child(one, "backups", {"turn": f"same{t}"})) for turn in range(runs)]
        _night(figures, "unchanged", [costs for costs, _ in same])
        figures.show(
            "a worker that waits: CPU a minute", [gave["idle"] * 60 for _, gave in same], "s", 3.0, "5 % of a core"
        )
        changed = []
        for turn in range(runs):
            one.root(f"echo '; night {turn}' >> /etc/asterisk/extensions.conf")
            changed.append(counted(one, lambda t=turn: child(one, "backups", {"turn": f"changed{t}"})))
        _night(figures, "one line changed", [costs for costs, _ in changed])
        walls = [gave["wall_s"] for _, gave in changed]
        figures.show(
            f"{SYSTEMS} changed at once: wall", walls, "s", WINDOW_S * SYSTEMS / FLEET, "share of a window of 4 h"
        )
        share = [costs.cpu_s / SYSTEMS * FLEET for costs, _ in changed]
        figures.show(f"{FLEET} systems changed (by their CPU)", share, "s", WINDOW_S * CORES, "two processors, 4 h", 0)
        whole = [counted(one, lambda: one.ringkeep("backup", "system-0"))[0] for _ in range(runs)]
        figures.show("`ringkeep backup`, unchanged: our CPU", [x.cpu_s for x in whole], "s", CPU_GOAL_S, "goal")
        figures.show("`ringkeep backup`, unchanged: wall", [x.wall_s for x in whole], "s", median(
            x.cpu_s for x in whole), "its CPU")  # fmt: skip
        bare = [_program_s([RINGKEEP, "--version"]) for _ in range(runs)]
        figures.show(
            "`ringkeep --version`: CPU", bare, "s", _program_s([sys.executable, "-c", ""]), "Python that does nothing"
        )


def _night(figures: Figures, what: str, nights: list[Costs]) -> None:
    each = SYSTEMS
    figures.show(f"{what}: our CPU, each", [x.cpu_s / each for x in nights], "s", CPU_GOAL_S, "goal")
    figures.show(f"{what}: phone system's CPU", [x.there_s / each for x in nights], "s", CPU_GOAL_S, "our goal for us")
    figures.show(f"{what}: on the wire", [x.wire_bytes / each / 1e3 for x in nights], "kB", BYTES_GOAL_KB, "goal", 1)


def _program_s(command: list[str]) -> float:
    before = children_s()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return children_s() - before


def probe(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """A probe on both sides, with a connection of its own and over one that is kept; 10,000 every four minutes."""
    del systems
    runs = min(runs, MOST_RUNS)
    with bench(SAMPLE, enrolled=DUE) as one:
        for kept, what in ((False, "own connection"), (True, "kept connection")):
            costs = [counted(one, lambda k=kept: child(one, "probes", {"kept": k}))[0] for _ in range(runs)]
            ours = [x.cpu_s / PROBES * 1e3 for x in costs]
            asked = PROBES + 1
            figures.show(f"probe, {what}: our CPU", ours, "ms", 1e3 * CPU_GOAL_S, "goal of a backup", 1)
            figures.show(
                f"probe, {what}: phone system's CPU", [x.there_s / asked * 1e3 for x in costs], "ms", 500, "goal", 1
            )
            figures.show(
                f"probe, {what}: on the wire", [x.wire_bytes / asked / 1e3 for x in costs], "kB", 4.0, "a few KB", 1
            )
        ticks = [child(one, "tick", {"systems": DUE}) for _ in range(runs)]
        each = [gave["cpu_s"] / DUE * 1e3 for gave in ticks]
        figures.show(f"{DUE} due at a tick: our CPU, each", each, "ms", 1e3 * CPU_GOAL_S, "goal of a backup", 1)
        cores = [x / 1e3 * 10_000 / 240 for x in each]
        figures.show("10,000 every 240 s: our CPU", cores, "cores", 1.0, "all that one process has")


def large(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """1.2 GB with 2 % more a night, against rsync over the system's own ssh and restic on the tree itself."""
    del systems
    work = Path(tempfile.mkdtemp(prefix="ringkeep-bench-"))
    try:
        with bench(SAMPLE) as one:
            recordings(work / "new/2026/11/01", LARGE_BYTES, 1)
            _send(one, work / "new")
            shutil.rmtree(work / "new")
            _large(figures, one, work, runs)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _large(figures: Figures, one: Bench, work: Path, runs: int) -> None:
    copy = work / "rsync"
    restic = Restic(work)
    ours, gave = counted(one, lambda: child(one, "backups", {"turn": "first"}))
    ours.wall_s = gave["wall_s"]
    _compare(figures, "1.2 GB, first", [(ours, _rsync(one, copy), restic.save(copy))])
    nights = []
    for turn in range(min(runs, MOST_RUNS)):
        recordings(work / "new" / "2026/11" / f"{turn + 2:02}", int(LARGE_BYTES * SHARE_CHANGED), turn + 2)
        _send(one, work / "new")
        ours, gave = counted(one, lambda t=turn: child(one, "backups", {"turn": f"night{t}"}))
        ours.wall_s = gave["wall_s"]
        nights.append((ours, _rsync(one, copy), restic.save(copy)))
        shutil.rmtree(work / "new")
    _compare(figures, "1.2 GB, 2 % more", nights)


def _compare(figures: Figures, what: str, nights: list[tuple[Costs, Costs, Costs]]) -> None:
    """Ours fetches and stores: the reference is rsync and restic together, of the same night."""
    for name in ("cpu_s", "wall_s"):
        ours = [getattr(one, name) for one, _, _ in nights]
        plain = median(getattr(rsync, name) for _, rsync, _ in nights)
        both = median(getattr(rsync, name) + getattr(restic, name) for _, rsync, restic in nights)
        label = "CPU" if name == "cpu_s" else "wall"
        figures.show(f"{what}: our {label}", ours, "s", plain, "rsync -az over ssh alone")
        figures.show(f"{what}: our {label}", ours, "s", both, "rsync, then restic on its copy")
    there = [one.there_s for one, _, _ in nights]
    figures.show(f"{what}: its CPU", there, "s", median(rsync.there_s for _, rsync, _ in nights), "rsync -az")
    sent = [one.wire_bytes / 1e6 for one, _, _ in nights]
    figures.show(
        f"{what}: on the wire", sent, "MB", median(rsync.wire_bytes for _, rsync, _ in nights) / 1e6, "rsync -az", 1
    )


def _rsync(one: Bench, into: Path) -> Costs:
    """The same folders, plainly, compressed on the way as ours are."""
    into.mkdir(parents=True, exist_ok=True)
    first, *others = FOLDERS
    folders = [f"{one.standing['user']}@127.0.0.1:{first}", *(f":{folder}" for folder in others)]
    command = ["rsync", "-aRz", "--rsync-path=sudo -n rsync", "-e", shlex.join(one.ssh(one.port)), *folders, str(into)]

    def fetch() -> None:
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, timeout=LATEST_S)
        if done.returncode not in (0, 23, 24):  # sockets, and files that went meanwhile
            sys.exit(f"bench: rsync ended with {done.returncode}: {done.stderr[-300:]}")

    return counted(one, fetch)[0]


def _send(one: Bench, folder: Path) -> None:
    """Calls of a day, recorded there."""
    there = f"{one.standing['user']}@127.0.0.1:/{RECORDINGS}/"
    command = ["rsync", "-a", "--rsync-path=sudo -n rsync", "-e", shlex.join(one.ssh()), f"{folder}/", there]
    subprocess.run(command, check=True)


class Restic:
    """A repository of its own, used directly."""

    def __init__(self, work: Path) -> None:
        (work / "password").write_text("bench")
        self._words = [
            "restic",
            "-q",
            "-r",
            str(work / "restic"),
            "--password-file",
            str(work / "password"),
            "--no-cache",
        ]
        subprocess.run([*self._words, "init"], check=True)

    def save(self, tree: Path) -> Costs:
        """Back a tree up."""
        spent, began = children_s(), time.monotonic()
        subprocess.run([*self._words, "backup", str(tree)], check=True)
        return Costs(children_s() - spent, time.monotonic() - began)


def recordings(folder: Path, size: int, seed: int) -> None:
    """Files of a megabyte with the same bytes for the same seed, that shrink to about half, as recordings do."""
    folder.mkdir(parents=True)
    source, quieter = random.Random(seed), bytes(0x70 | (byte & 0x0F) for byte in range(256))
    for number in range(size // RECORDING_BYTES):
        content = source.randbytes(RECORDING_BYTES).translate(quieter)
        (folder / f"external-{number:05}-20261101-120000-{seed}.{number}.wav").write_bytes(content)


def restore(figures: Figures, systems: Mapping[str, Path], runs: int) -> None:
    """A restore of a broken phone system until a call is answered, against FreePBX's own restore of such a one."""
    from tests.restores.timed import freepbx_tree

    with tempfile.TemporaryDirectory(prefix="ringkeep-bench-") as work:
        for name, path in systems.items():
            kept = (path / "etc-asterisk").is_dir()  # a FreePBX as files, tables and astdb, each on its own
            tree = freepbx_tree(path, Path(work) / name) if kept else path
            with bench(tree, 16 if name == "system" else 22) as one:
                _restore(figures, name, one, min(runs, MOST_RUNS))


def _restore(figures: Figures, name: str, one: Bench, runs: int) -> None:
    from tests.restores.timed import restored

    made = one.ringkeep("backup", "system-0")["result"]["backup"]
    took, costs = [], []
    for _ in range(runs):
        one.root("for f in /etc/asterisk/extensions*.conf; do : > $f; done; asterisk -rx 'dialplan reload'")
        cost, gave = counted(one, lambda: restored(one.home, "system-0", made))
        took.append(gave)
        costs.append(cost)
    if not (answered := [gave["first_answer_s"] for gave in took if gave["first_answer_s"] is not None]):
        sys.exit(f"bench: no call was answered after a restore of {name}")
    own = "FreePBX's own restore of 200 extensions"
    figures.show(f"{name}: restore, swap to first answer", answered, "s", ANSWER_GOAL_S, "goal")
    figures.show(f"{name}: restore, swap to first answer", answered, "s", FREEPBX_RESTORE_S, own)
    figures.show(f"{name}: restore, the whole command", [x.wall_s for x in costs], "s", FREEPBX_RESTORE_S, own)
    figures.show(
        f"{name}: restore, our CPU", [x.cpu_s for x in costs], "s", median(x.wall_s for x in costs), "its wall"
    )


if __name__ == "__main__":
    from ringkeep.jobs.start import prepared

    prepared()
    print(f"\n\n{json.dumps(WITHIN[sys.argv[1]](json.loads(sys.argv[2])))}")
