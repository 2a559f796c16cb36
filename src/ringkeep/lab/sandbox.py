"""The sandbox one Asterisk runs in: bubblewrap around a read-only image.

A restored configuration is untrusted code: its dialplan may run any command. So the process gets its own
user, process, mount, IPC and host-name namespaces, the sealed network of the drill (`network`), a read-only
system, a few writable folders on a size-limited memory disk, no capabilities, and limits on memory,
processes, file size and time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.lab.image import Image

NOBODY = 65534  # when Ringkeep runs as root, what it boots runs as nobody
STOCK = "/stock"  # inside: what the image brings under /usr/share/asterisk


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandbox may use."""

    memory_bytes: int = 8 << 30  # address space of one process: each of hundreds of threads reserves a stack
    resident_bytes: int = 1536 << 20  # all its processes together (watched)
    processes: int = 3000  # processes and threads
    file_bytes: int = 256 << 20
    disk_bytes: int = 512 << 20  # the memory disk that holds everything it can write
    open_files: int = 8192


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How to start one Asterisk; `binds` are (outside, inside, writable)."""

    image: Image
    hostname: str
    network: int  # open descriptor of the network namespace it lives in
    binds: Sequence[tuple[Path, str, bool]]
    limits: Limits = field(default_factory=Limits)

    def command(self, inside: Sequence[str]) -> list[str]:
        """The full command line; pass `network` through to the child."""
        return [*self._outer(), *self._bubblewrap(), *self._root(), *self._folders(), "--", *inside]

    def _outer(self) -> list[str]:
        limits = self.limits
        enter = ["nsenter", f"--net=/proc/self/fd/{self.network}"]
        if _can_be_nobody():
            enter += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
        return [
            *enter, "prlimit", f"--as={limits.memory_bytes}", f"--nproc={limits.processes}", f"--fsize={limits.file_bytes}",
            f"--nofile={limits.open_files}", "--core=0", "--memlock=65536",
        ]  # fmt: skip

    def _bubblewrap(self) -> list[str]:
        return [
            "bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-pid", "--unshare-ipc",
            "--unshare-uts", "--unshare-cgroup-try", "--disable-userns", "--hostname", self.hostname, "--die-with-parent",
            "--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
            "--setenv", "HOME", "/tmp", "--setenv", "MALLOC_ARENA_MAX", "4", "--setenv", "LANG", "C.UTF-8",
        ]  # fmt: skip

    def _root(self) -> list[str]:
        """A system that cannot be written: the image's programs, an empty /var, our own /proc and /dev."""
        root, words = self.image.root, []
        for name in ("bin", "sbin", "lib", "lib32", "lib64"):
            place = root / name
            if place.is_symlink():
                words += ["--symlink", os.readlink(place), f"/{name}"]
            elif place.is_dir():
                words += ["--ro-bind", str(place), f"/{name}"]
        return [
            *words, "--ro-bind", str(root / "usr"), "/usr", "--ro-bind", str(root / "etc"), "/etc",
            "--ro-bind", str(root / "usr/share/asterisk"), STOCK, "--proc", "/proc", "--dev", "/dev",
        ]  # fmt: skip

    def _folders(self) -> list[str]:
        words: list[str] = []
        for outside, inside, writable in self.binds:
            words += ["--bind" if writable else "--ro-bind", str(outside), inside]
        # The last word: what is not bound writable above is read-only, the root of the sandbox included.
        return [*words, "--remount-ro", "/dev", "--remount-ro", "/"]


def _can_be_nobody() -> bool:
    """Whether the user nobody exists in our user namespace; not when it maps only ourselves.

    Nor when it is an ordinary user's with their whole range of ids (this machine's root is not ours then): their nobody may
    not enter their home folder, where the images are.
    """
    if os.stat("/").st_uid != 0:
        return False
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = (int(word) for word in line.split())
        if first <= NOBODY < first + count:
            return os.geteuid() == 0
    return False


def owner() -> int | None:
    """Whom writable folders must be given to, or None when they are ours already."""
    return NOBODY if _can_be_nobody() else None


def missing_tools() -> list[str]:
    """Programs the sandbox needs and this machine lacks."""
    return [tool for tool in ("bwrap", "nsenter", "prlimit", "setpriv", "ip") if shutil.which(tool) is None]
