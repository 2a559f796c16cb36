"""The phone system's own server: a root of its own over the lab image, and its process 1.

It runs in a user namespace: its root is nobody on this machine, and sees none of this machine's files, processes or
networks. Started by root, its users are 65,536 ids that nobody else has; started by an ordinary user, that user's own
range of /etc/subuid.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.lab import namespaces
from ringkeep.lab.image import Image

SHIFT = 1_610_612_736  # where root's 65,536 ids begin: above what users and other containers take
IDS = 65_536
START_S = 60.0
# Powers that a phone system's root needs inside; without the rest it can neither mount nor make namespaces or devices.
POWERS = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
          "sys_chroot", "audit_write", "setfcap")  # fmt: skip
BOUNDED = ("setpriv", "--inh-caps=-all", f"--bounding-set=-all,{','.join(f'+{power}' for power in POWERS)}", "--")
LIMITS = ("--nproc=3000", "--nofile=8192", f"--fsize={4 << 30}", "--core=0")  # for prlimit
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

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

# Process 1: what an init would start. Asterisk comes again when it ends, as under safe_asterisk.
FIRST = r"""
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
ulimit -S -v unlimited
mkdir -p /run/sshd /run/asterisk /run/lock /run/mysqld /var/log/asterisk
cp /run/handed/hosts /etc/hosts; cp /run/handed/resolv.conf /etc/resolv.conf
[ -e /var/lib/ringkeep-lab/settled ] || sh /run/handed/settle > /var/log/settling 2>&1
chown asterisk:asterisk /run/asterisk
if [ -d /var/lib/mysql/mysql ]; then
  chown mysql:mysql /run/mysqld
  mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock --datadir=/var/lib/mysql > /var/log/mariadb 2>&1 &
fi
: > /run/handed/up
while :; do
  asterisk -f -U asterisk -G asterisk > /var/log/asterisk/console 2>&1 < /dev/null
  sleep 0.5
done
"""

# Once: the phone system's files over the image's, an account to come in by, and its databases.
SETTLE = r"""
set -x
mkdir -p /var/lib/ringkeep-lab
rm -rf /etc/asterisk /var/lib/asterisk/astdb.sqlite3
cp -a --no-preserve=ownership /run/handed/tree/. /
rm -rf /ringkeep
data=$(cat /run/handed/data); modules=$(cat /run/handed/modules)
for name in documentation sounds agi-bin static-http firmware images keys; do
  [ -e "$data/$name" ] || { [ -e /usr/share/asterisk/$name ] && mkdir -p "$data" && cp -a /usr/share/asterisk/$name "$data/"; }
done
[ -d "$data/sounds/en" ] || { mkdir -p "$data/sounds"; cp -a /usr/share/asterisk/sounds/. "$data/sounds/"; }
if [ -s /run/handed/named-modules ] && [ ! -d "$(cat /run/handed/named-modules)" ]; then
  mkdir -p "$(dirname "$(cat /run/handed/named-modules)")"; ln -s "$modules" "$(cat /run/handed/named-modules)"
fi
mkdir -p /var/spool/asterisk/voicemail /var/spool/asterisk/monitor /var/spool/asterisk/outgoing /var/spool/asterisk/tmp
mkdir -p /var/log/asterisk/cdr-csv /var/log/asterisk/cdr-custom /var/log/asterisk/cel-custom
chown -R asterisk:asterisk /etc/asterisk /var/lib/asterisk /var/spool/asterisk /var/log/asterisk
chmod 1777 /var/tmp; chmod u+s /usr/bin/sudo; chmod 440 /etc/sudoers; chmod 755 /etc/sudoers.d
id -u ringkeep > /dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' ringkeep
install -d -m 700 -o ringkeep -g ringkeep /home/ringkeep/.ssh
install -m 600 -o ringkeep -g ringkeep /run/handed/authorized_keys /home/ringkeep/.ssh/authorized_keys
if grep -q '^NoNewPrivs:.*1' /proc/self/status; then install -D -m 600 /run/handed/authorized_keys /root/.ssh/authorized_keys; chmod 700 /root /root/.ssh; fi
printf 'ringkeep ALL=(root) NOPASSWD: ALL\n' > /etc/sudoers.d/ringkeep; chmod 440 /etc/sudoers.d/ringkeep
install -m 600 /run/handed/host_key /etc/ssh/ringkeep_host_key
cat > /etc/ssh/ringkeep_sshd <<END
HostKey /etc/ssh/ringkeep_host_key
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
Subsystem sftp internal-sftp
END
# The image has these empty, for drills; here they would say that this is the product they belong to.
for name in freepbx.conf amportal.conf issabelpbx.conf odbc.ini odbcinst.ini; do [ -s /etc/$name ] || rm -f /etc/$name; done
if ls /run/handed/databases/*.sql > /dev/null 2>&1; then
  id -u mysql > /dev/null 2>&1 || useradd --system --home-dir /var/lib/mysql --no-create-home --shell /usr/sbin/nologin mysql
  mkdir -p /var/lib/mysql /etc/mysql/conf.d; chown mysql:mysql /var/lib/mysql /run/mysqld
  printf '[mysqld]\ninnodb_log_file_size=8M\ninnodb_buffer_pool_size=24M\n' > /etc/mysql/conf.d/small.cnf
  mysql_install_db --user=mysql --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=socket > /dev/null
  mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock --datadir=/var/lib/mysql &
  turn=0; until mysqladmin ping > /dev/null 2>&1 || [ $turn = 200 ]; do sleep 0.1; turn=$((turn + 1)); done
  for dump in /run/handed/databases/*.sql; do
    name=$(basename "$dump" .sql); mysql -e "create database if not exists \`$name\`"; mysql "$name" < "$dump"
  done
  said() { sed -n "s/^ *\$amp_conf\[.$1.\] *= *['\"]\([A-Za-z0-9_.-]*\)['\"].*/\1/p" /etc/freepbx.conf 2> /dev/null; }
  [ -z "$(said AMPDBUSER)" ] || mysql <<END
grant all on asterisk.* to '$(said AMPDBUSER)'@'localhost' identified by '$(said AMPDBPASS)';
grant all on asteriskcdrdb.* to '$(said AMPDBUSER)'@'localhost';
END
  mysqladmin shutdown; wait
fi
touch /var/lib/ringkeep-lab/settled
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

    def stop(self) -> None:
        """End it, and with it everything inside."""
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
        "host_key": handed.host_key, "first": FIRST, "settle": SETTLE,
    }  # fmt: skip
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


def namespaces_own_all() -> bool:
    """Whether we are this machine's root, and so have ids to give that are nobody's."""
    return Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


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
    """Make that copy; as root, outside the namespaces."""
    copy = image.root.parent / "standing"
    if copy.exists() or not namespaces_own_all():
        return
    fresh = copy.with_name(f"standing.{os.getpid()}")
    shutil.copytree(image.root, fresh, symlinks=True)
    for folder, names, files in os.walk(fresh):
        for name in (*names, *files):
            os.chown(os.path.join(folder, name), SHIFT, SHIFT, follow_symlinks=False)
    os.chown(fresh, SHIFT, SHIFT)
    try:
        fresh.rename(copy)
    except OSError:  # another made it meanwhile
        shutil.rmtree(fresh)


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
        Path(f"/proc/{keeper.pid}/{kind}_map").write_text(f"0 {base} {IDS}")
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
