"""A phone system's files in a folder of this machine, and the swap program beside it, as Ringkeep sends it."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "src/ringkeep/restores/swap.sh"
# Stands for a program: counts (not the guard's calls), and ends everything of the run before the chosen one does its work.
KILLER = """#!/bin/sh
read -r parent </proc/$PPID/cmdline
case $parent in
*swap.shguard*) ;;
*)
    read -r n <{count}
    n=$((n + 1))
    echo $n >{count}
    [ $n != {last} ] || kill -9 0
    ;;
esac
printf '%s\\n' "$*" >>{count}.arguments
[ ${{0##*/}} != sync ] || exit 0
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec ${{0##*/}} "$@"
"""
CALLED = ("mv", "ln", "rm", "sync", "cat", "date", "mkdir", "tar", "sha256sum", "flock")


def seen(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder, byte for byte: kind, content or target, mode, owner, group."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        at = path.lstat()
        if path.is_symlink():
            what: object = os.readlink(path)
        else:
            what = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(path.relative_to(root))] = (what, at.st_mode, at.st_uid, at.st_gid)
    return found


def linked(root: Path) -> list[str]:
    """Files that have a second name somewhere: none may be left."""
    return [str(path) for path in root.rglob("*") if path.is_file() and path.lstat().st_nlink > 1]


@dataclass
class Restore:
    """One restore of `units` [(op, folder, name)]; `staged` gives what comes: path -> (bytes or link target, mode, uid)."""

    place: Path  # a phone system's /
    state: Path  # where the program works
    units: list[tuple[str, str, str]]
    staged: dict[str, tuple[bytes | str, int, int]]
    console: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        mark = f".ringkeep-{self.state.name}"
        folders = sorted({folder for _, folder, _ in self.units})
        sums, stands, self.tar = list[str](), list[str](), io.BytesIO()
        with tarfile.open(fileobj=self.tar, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path, (content, mode, uid) in sorted(self.staged.items()):
                _, folder, name = next(u for u in self.units if (path + "/").startswith(f"{u[1]}/{u[2]}/"))
                inside = f"{folder}/{mark}/new/{path[len(folder) + 1 :]}"
                info = tarfile.TarInfo(inside.lstrip("/"))
                info.mode, info.uid, info.gid = mode, uid, uid
                if isinstance(content, str):
                    info.type, info.linkname = tarfile.SYMTYPE, content
                    tar.addfile(info)
                else:
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                    sums.append(f"{hashlib.sha256(content).hexdigest()}  {inside.lstrip('/')}\n")
                    stands.append(f"{hashlib.sha256(content).hexdigest()}  {path.lstrip('/')}\n")
        texts = {
            "units": [f"{op}\t{folder}\t{name}\n" for op, folder, name in self.units],
            "folders": [f"{folder}\n" for folder in folders],
            "need": [f"1000\t{folder}\n" for folder in folders],
            "roots": [f"{self.place}\n"],
            "sums": sums, "stands": stands, "expected": [], "owners": [], "databases": [], "astdb": [], "astdb.back": [], "reload": [], **self.console,
        }  # fmt: skip
        for name, lines in texts.items():
            (self.state / name).write_text("".join(lines))
        (self.state / "swap.sh").write_bytes(PROGRAM.read_bytes())
        (self.state / "databases.sh").write_bytes(PROGRAM.with_name("swap_databases.sh").read_bytes())
        self.killer = self.state.parent / "killer"
        self.killer.mkdir(exist_ok=True)

    def run(self, *verb: str, die_at: int = 0) -> int:
        """Run a verb; with `die_at`, kill -9 everything of it before the n-th program it calls. The exit code."""
        count = self.killer / "count"
        count.write_text("0\n")
        for name in CALLED:
            (self.killer / name).unlink(missing_ok=True)
            (self.killer / name).write_text(KILLER.format(count=count, last=die_at or -1))
            (self.killer / name).chmod(0o755)
        done = subprocess.run(
            ["sh", str(self.state / "swap.sh"), *verb],
            input=self.tar.getvalue() if verb[0] == "stage" else b"",
            env={"PATH": f"{self.killer}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.state.parent / "home")},
            start_new_session=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        self.said = done.stderr.decode()
        self.steps = int(count.read_text())
        return done.returncode

    @property
    def phase(self) -> str:
        """What the journal says."""
        return (self.state / "phase").read_text().strip() if (self.state / "phase").exists() else "new"
