"""The phone system's own server: a root of its own over the lab image, and its process 1.

It runs in a user namespace: its root is nobody on this machine, and sees none of this machine's files, processes or
networks. Started by root, its users are 65,536 ids that nobody else has; started by an ordinary user, that user's own
range of /etc/subuid.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.lab import namespaces, shelf
from ringkeep.lab.image import Image

SHIFT = 1_610_612_736  # where root's 65,536 ids begin: above what users and other containers take
IDS = 65_536
START_S = 180.0  # for its process 1 to have all of it up
END_S = 30.0  # for an orderly end; first.sh gives Asterisk 10 s of it and MariaDB 15
# Powers that a phone system's root needs inside; without the rest it can neither mount nor make namespaces or devices.
POWERS = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
          "sys_chroot", "audit_write", "setfcap")  # fmt: skip
BOUNDED = ("setpriv", "--inh-caps=-all", f"--bounding-set=-all,{','.join(f'+{power}' for power in POWERS)}", "--")
LIMITS = ("--nproc=3000", "--nofile=8192", f"--fsize={4 << 30}", "--core=0")  # for prlimit
SCRIPTS = {"first": "first.sh", "settle": "settle.sh", "systemctl": "systemctl.sh", "service": "systemctl.sh"}
TOLD = "told"  # in what it is handed: where process 1 tells how its services are

# In a user namespace of its own, and its root once the ids are mapped from outside: before that, exec would take all rights.
BECOME_ROOT = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
    sys.exit("no user namespace: " + os.strerror(ctypes.get_errno()))
os.write(1, b"up\\n")
os.read(0, 1)
os.setgroups([])
os.setresgid(0, 0, 0)
os.setresuid(0, 0, 0)
nowhere = os.open("/dev/null", os.O_RDWR)
os.dup2(nowhere, 0)
os.dup2(nowhere, 1)
os.execv(sys.argv[1], sys.argv[1:])
"""

# Runs as root of the namespaces, before anything of the phone system does: makes its root and leaves this machine behind.
ENTER = rf"""
set -e
PATH=$PATH:/usr/sbin:/sbin # where an ordinary user on Debian finds neither pivot_root nor chroot
place=$1
hostname "$(cat "$place/handed/hostname")"
echo 0 > /proc/sys/user/max_user_namespaces
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$place/image,upperdir=$place/disk/upper,workdir=$place/disk/work,userxattr" "$place/root"
cd "$place/root"
mkdir -p dev proc run tmp mnt sys
mount -t tmpfs -o mode=755,size=1m tmpfs dev
for name in null zero full random urandom tty; do : > dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777,size=256m tmpfs dev/shm
ln -s /proc/self/fd dev/fd
mount -t proc proc proc
mount -t tmpfs -o mode=755,size=64m tmpfs run
mount -t tmpfs -o mode=1777,size=512m tmpfs tmp
mkdir run/handed; mount --rbind "$place/handed" run/handed
pivot_root . mnt
exec chroot . /bin/sh -c 'umount -l /mnt; exec {" ".join(BOUNDED)} /bin/sh /run/handed/first'
"""


@dataclass(slots=True)
class Machine:
    """A phone system's server that runs; `first` is its process 1 as we see it."""

    keeper: subprocess.Popen[bytes]
    first: int
    base: int

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program inside, as its root."""
        enter = ["nsenter", "-t", str(self.first), "-U", "-S", "0", "-G", "0", "-m", "-p", "-n", "-i", "-u", "-r", "-w"]
        return ["prlimit", *LIMITS, *enter, "--", *BOUNDED, *words]

    @property
    def alive(self) -> bool:
        """Whether process 1 still runs."""
        return self.keeper.poll() is None

    def end(self) -> bool:
        """Have everything inside end in order; False when that takes longer than `END_S`."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.first, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.keeper.wait(END_S)
            return True
        return False

    def stop(self) -> None:
        """End it at once, and with it everything inside."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.first, signal.SIGKILL)
        self.keeper.kill()
        self.keeper.wait()


@dataclass(frozen=True, slots=True)
class Handed:
    """What a machine is handed when it starts; small files that it reads in /run/handed."""

    hostname: str
    hosts: str
    resolver: str
    modules: str  # the image's folder of modules
    named_modules: str  # the one that asterisk.conf names
    data: str  # its astdatadir
    authorized_key: str
    host_key: str
    sudoers: str


def prepare(place: Path, work: Path, image: Image, tree: Path, databases: Mapping[str, bytes], handed: Handed) -> None:
    """Lay out what `boot` needs: the image at place/image, its own disk, and what it is handed.

    `work` stays from one start to the next and holds the disk; `place` is in memory.
    """
    for name in ("image", "root", "handed", "disk"):
        (place / name).mkdir(parents=True, exist_ok=True)
    namespaces.mount(str(own_image(image)), place / "image", None, namespaces.MS_BIND)
    for name in ("upper", "work"):
        (work / "disk" / name).mkdir(parents=True, exist_ok=True)
        os.chmod(work / "disk" / name, 0o755)
    namespaces.mount(str(work / "disk"), place / "disk", None, namespaces.MS_BIND)
    files = {
        "hostname": handed.hostname, "hosts": handed.hosts, "resolv.conf": handed.resolver, "modules": handed.modules,
        "named-modules": handed.named_modules, "data": handed.data, "authorized_keys": handed.authorized_key + "\n",
        "host_key": handed.host_key, "sudoers": handed.sudoers,
        **{name: Path(__file__).with_name(script).read_text() for name, script in SCRIPTS.items()},
    }  # fmt: skip
    (place / "handed" / TOLD).mkdir()
    for name, text in files.items():
        (place / "handed" / name).write_text(text)
    for name, dump in databases.items():
        (place / "handed" / "databases").mkdir(exist_ok=True)
        (place / "handed" / "databases" / f"{name}.sql").write_bytes(dump)
    (place / "handed" / "tree").mkdir()
    handed_tree = place / "handed" / "tree"
    namespaces.mount(str(tree), handed_tree, None, namespaces.MS_BIND)
    for folder, names, plain in os.walk(place / "handed"):
        if folder.startswith(str(place / "handed" / "tree")):
            continue
        for name in (*names, *plain):
            if name != "tree":
                os.chown(os.path.join(folder, name), base_id(), base_id())
    give(tree)
    # Only to be read: what is written there would be on this machine's disk without being counted as the disk is.
    read_only = namespaces.MS_BIND | namespaces.MS_REMOUNT | namespaces.MS_RDONLY
    namespaces.mount("none", handed_tree, None, read_only | namespaces.MS_NOSUID | namespaces.MS_NODEV)
    for path in (place / "handed", place / "root", work / "disk" / "upper", work / "disk" / "work"):
        os.chown(path, base_id(), base_id())


def base_id() -> int:
    """The id of this machine that is root inside."""
    return SHIFT if namespaces_own_all() else 0


def _id_map(kind: str) -> str:
    """Which of our ids the inside has, in the words of user_namespaces(7): 65,536 of root's, or all that an ordinary user has.

    These come in several stretches (oneself, and a range of /etc/subuid), and the kernel takes none that reaches over two.
    """
    if namespaces_own_all():
        return f"0 {SHIFT} {IDS}"
    stretches = [line.split() for line in Path(f"/proc/self/{kind}_map").read_text().splitlines()]
    return "".join(f"{first} {first} {count}\n" for first, _, count in stretches)


def namespaces_own_all() -> bool:
    """Whether we are this machine's root, and so have ids to give that are nobody's."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def give(tree: Path) -> None:
    """Give a tree to the root inside."""
    base = base_id()
    os.chown(tree, base, base)
    for folder, names, files in os.walk(tree):
        for name in (*names, *files):
            os.chown(os.path.join(folder, name), base, base, follow_symlinks=False)


def own_image(image: Image) -> Path:
    """The image as the inside sees it: for root a copy whose files belong to the ids inside, made once."""
    if not namespaces_own_all():
        return image.root
    copy = image.root.parent / "standing"
    # The copy stands beside a mount of the image: the image's own folder is elsewhere.
    if not copy.exists():
        raise FileNotFoundError(copy)
    return copy


def make_own_image(image: Image) -> None:
    """Make that copy; as root, outside the namespaces, by somebody who holds the image."""
    copy = image.root.parent / "standing"
    if copy.exists() or not namespaces_own_all():
        return
    with copy.with_name("standing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if copy.exists():  # another made it meanwhile
            return
        for left in copy.parent.glob("standing.[0-9]*"):  # by one that was killed
            shelf.delete(left)
        fresh = copy.with_name(f"standing.{os.getpid()}")
        shutil.copytree(image.root, fresh, symlinks=True)
        for folder, names, files in os.walk(fresh):
            for name in (*names, *files):
                os.chown(os.path.join(folder, name), SHIFT, SHIFT, follow_symlinks=False)
        os.chown(fresh, SHIFT, SHIFT)
        fresh.rename(copy)


def boot(place: Path, network: int) -> Machine:
    """Start process 1 in namespaces of its own, on the wire's end `network`. Raises `TimeoutError`."""
    base = base_id()
    inside = [
        shutil.which("unshare") or "unshare",
        "--mount",
        "--pid",
        "--ipc",
        "--uts",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        ENTER,
        "enter",
    ]
    command = [
        "prlimit",
        *LIMITS,
        "nsenter",
        f"--net=/proc/self/fd/{network}",
        sys.executable,
        "-S",
        "-E",
        "-c",
        BECOME_ROOT,
        *inside,
        str(place),
    ]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(network,))
    assert keeper.stdin and keeper.stdout
    keeper.stdout.readline()
    for kind in ("uid", "gid"):
        Path(f"/proc/{keeper.pid}/{kind}_map").write_text(_id_map(kind))
    keeper.stdin.write(b"\n")
    keeper.stdin.close()
    up = place / "handed" / "up"
    until = time.monotonic() + START_S
    while not up.exists():
        if keeper.poll() is not None or time.monotonic() > until:
            raise TimeoutError("The lab phone system's server did not start.")
        time.sleep(0.02)
    return Machine(keeper, _child(keeper.pid), base)


def _child(process: int) -> int:
    """The only child of a process: process 1 of the inside."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])
