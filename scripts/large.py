"""A part of `scripts/bench`: a phone system with 1.2 GB of recordings, against rsync and restic used directly."""

from __future__ import annotations

import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from counted import LATEST_S, MOST_RUNS, SAMPLE, Bench, Costs, bench, child, children_s, counted
from figures import Figures

LARGE_BYTES, SHARE_CHANGED = 1200 << 20, 0.02
RECORDING_BYTES = 1 << 20
RECORDINGS = "var/spool/asterisk/monitor"
FOLDERS = ("/etc/asterisk", "/var/lib/asterisk", "/var/spool/asterisk", "/var/log/asterisk")


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
