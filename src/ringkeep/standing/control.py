"""Starting and ending lab phone systems."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ringkeep.home import ONLY_OURS
from ringkeep.lab import image as images
from ringkeep.lab.image import Image
from ringkeep.links.ssh import new_key
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.sources.errors import SourceError
from ringkeep.standing import machine, places, services, trees
from ringkeep.standing.machine import make_own_image
from ringkeep.standing.places import USER, NoImage, NotKnown, NotSo, Standing, StandingError, is_running

SAMPLES = Path(__file__).parents[3] / "samples"  # beside the code, as a checkout has them
START_S = machine.START_S + 60.0  # the supervisor waits that long for the server, and then for the far end


def up(
    name: str,
    path: Path | None = None,
    *,
    asterisk: int = 22,
    port: int = 0,
    calls: bool = False,
    far_end: Path | None = None,
) -> Standing:
    """Start a lab phone system, the first time from a tree; what was changed in it since stays.

    Raises `StandingError`. `port` 0: the one it had, else any free one. `far_end`: the tree whose carriers and phones are
    at its other end, when not its own.
    """
    with _alone(name):
        return _up(name, path, asterisk, port, calls, far_end)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Only one at a time starts it: two would write to one disk. Where nothing came of the first start, nothing is left."""
    work = places.place(name)
    work.mkdir(mode=ONLY_OURS, exist_ok=True)
    with (work / "starting").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotSo(Sentence("{name} is being started by somebody else at this moment.", {"name": name})) from None
        try:
            yield
        finally:
            if places.read(name) is None:
                shutil.rmtree(work, ignore_errors=True)


def _up(name: str, path: Path | None, asterisk: int, port: int, calls: bool, far_end: Path | None) -> Standing:
    work, known = places.place(name), places.read(name)
    if known and is_running(known):
        raise NotSo(
            Sentence(
                "{name} is up already, at {url}. End it with: {command}",
                {"name": name, "url": known.url, "command": f"ringkeep lab down {name}"},
            )
        )
    if known:
        asterisk, port = known.asterisk, port or known.port
    elif path is None:
        raise NotKnown(
            Sentence(
                "There is no sample, no lab phone system and no file or folder here called {name}.", {"name": name}
            )
        )
    if refused := _refused():
        raise StandingError(refused)
    images.sweep()
    with images.held(asterisk) as image:
        if image is None:
            raise NoImage(
                Sentence(
                    "The image of Asterisk {asterisk} is missing. Build it with: {command}",
                    {"asterisk": asterisk, "command": f"ringkeep lab build {asterisk}"},
                )
            )
        if image.root.stat().st_uid != os.geteuid() != 0:
            raise NoImage(
                Sentence(
                    "The image in {place} is somebody else's. A lab phone system needs one of your own: without {variable}, build "
                    "it with {command}",
                    {
                        "place": image.root.parent,
                        "variable": "RINGKEEP_CACHE",
                        "command": f"ringkeep lab build {asterisk}",
                    },
                )
            )
        make_own_image(image)
        if known is None:
            assert path is not None
            _keep(path, work, far_end)
        return _started(name, work, image, port, calls)


def _keep(path: Path, work: Path, far_end: Path | None) -> None:
    """What it is made from, and keys for it."""
    for tree, kept in ((path, work), (far_end, work / trees.FAR_END)):
        try:
            if tree is not None:
                trees.keep(tree, kept)
        except (SourceError, OSError) as error:
            raise NotSo(Sentence("{path} cannot be used: {why}", {"path": tree, "why": error})) from error
    for name, comment in (("key", "ringkeep lab"), ("host_key", "lab phone system")):
        private, public = new_key(comment)
        (work / name).touch(mode=0o600)
        (work / name).write_text(private)
        (work / f"{name}.pub").write_text(public + "\n")


def sample(name: str) -> Path | None:
    """The sample of that name, where there is one."""
    found = SAMPLES / name
    return found if places.NAME.fullmatch(name) and found.is_dir() else None


@dataclass(frozen=True, slots=True)
class Down:
    """How a lab phone system ended. `in_order`: everything inside by itself; None where its power was cut on purpose."""

    was_up: bool
    in_order: bool | None = None


def wanted(what: str, name: str | None) -> tuple[Path | None, str]:
    """(tree to make it from, what it is called) of what was typed: a sample's name, that of a lab phone system, or a path.

    Raises `StandingError` where it is none of them.
    """
    if path := sample(what):
        return path, name or what
    if name is None and places.NAME.fullmatch(what) and places.read(what):
        return None, what
    if Path(what).exists():
        path = Path(what).absolute()
        return path, name or re.sub(r"[^a-z0-9]+", "-", path.name.lower().split(".")[0]).strip("-")[:40] or "lab"
    if "/" in what:
        raise NotKnown(Sentence("{path}: there is no such file or folder.", {"path": what}))
    raise NotKnown(
        Sentence("There is no sample, no lab phone system and no file or folder here called {name}.", {"name": what})
    )


def down(name: str, *, now: bool = False, delete: bool = False) -> Down:
    """End a lab phone system, and with `delete` forget its disk. Raises `StandingError`.

    Asterisk and MariaDB end in order first, for which they have `machine.END_S`; with `now` its power is cut.
    """
    known = places.read(name)
    if known is None:
        raise NotKnown(
            Sentence("There is no lab phone system called {name}: ringkeep lab systems lists them.", {"name": name})
        )
    done = Down(was_up=is_running(known))
    if done.was_up:
        inner = None if now else places.inner(name)
        if inner:
            with contextlib.suppress(ProcessLookupError):
                os.kill(inner, signal.SIGUSR1)
            _wait(known, machine.END_S + 15)
        if is_running(known):
            os.kill(known.process, signal.SIGTERM)
            _wait(known, 10)
            done = Down(True, False if inner else None)  # None: one that a Ringkeep before this started knows no order
        else:
            done = Down(True, all(one.state in ("ended", "off") for one in known.services()))
        while is_running(known):
            os.kill(known.process, signal.SIGKILL)
            time.sleep(0.05)
    if delete:
        _delete(places.place(name))
    images.sweep()
    return done


def _wait(of: Standing, most_s: float) -> None:
    until = time.monotonic() + most_s
    while is_running(of) and time.monotonic() < until:
        time.sleep(0.05)


def _started(name: str, work: Path, image: Image, port: int, calls: bool) -> Standing:
    for old in ("ready", places.INNER, services.FILE):
        (work / old).unlink(missing_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening, (work / "log").open("ab") as log:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise StandingError(
                Sentence(
                    "Port {port} cannot be had ({why}); choose another with --port.",
                    {"port": port, "why": error.strerror},
                )
            ) from error
        listening.listen(64)
        descriptor = listening.fileno()
        words = [str(work), str(image.root.parent), "calls" if calls else "quiet", str(descriptor)]
        command = [*_full_range(), sys.executable, "-m", "ringkeep.standing.supervisor", *words]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(descriptor,),
            start_new_session=True,
            cwd="/",
        )
        host_key = " ".join((work / "host_key.pub").read_text().split()[:2])
        made = Standing(
            name,
            "127.0.0.1",
            listening.getsockname()[1],
            _login(),
            str(work / "key"),
            host_key,
            image.version,
            process.pid,
            calls,
        )
    places.write(made)
    until = time.monotonic() + START_S
    while not (work / "ready").exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise StandingError(
                Sentence(
                    "{name} did not start. Its last words, from {file}: {said}",
                    {"name": name, "file": work / "log", "said": _last(work / "log")},
                )
            )
        time.sleep(0.05)
    return made


def _login() -> str:
    """Whom one comes in as. Where no program may gain rights (no_new_privs, as in a container), there is no sudo inside: root."""
    held = "NoNewPrivs:\t1" in Path("/proc/self/status").read_text()
    return "root" if held else USER


def _full_range() -> list[str]:
    """As an ordinary user: first into a user namespace with one's whole range of ids."""
    return [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--map-auto", "--"]


def _refused() -> Sentence | None:
    """Why this machine does not let an ordinary user be several users, as a server has them; None where it does."""
    if os.geteuid() == 0:
        return None
    try:
        account = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        account = str(os.geteuid())
    done = subprocess.run(
        [*_full_range(), "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return None
    lacking = [name for name in ("newuidmap", "newgidmap") if shutil.which(name) is None]
    lacking += [name for name in ("/etc/subuid", "/etc/subgid") if not _has_range(Path(name), account)]
    if lacking:
        return Sentence(
            "A lab phone system has users of its own, for which {user} needs a range of user ids; it lacks {lacking}. "
            "make setup prints the command for an administrator; or run this as root.",
            {"user": account, "lacking": ", ".join(lacking)},
        )
    return Sentence(
        "This machine does not let {user} make user namespaces ({said}). An administrator may allow them ({settings}), or run "
        "this as root.",
        {
            "user": account,
            "said": done.stderr.strip(),
            "settings": "sysctl user.max_user_namespaces; on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0",
        },
    )


def _has_range(file: Path, account: str) -> bool:
    """Whether subuid(5) or subgid(5) has a line for the account."""
    with contextlib.suppress(OSError):
        return any(line.split(":")[0] in (account, str(os.geteuid())) for line in file.read_text().splitlines())
    return False


def _last(log: Path) -> str:
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    return " / ".join(text.strip().splitlines()[-3:])[:500] or "it said nothing"


def _delete(work: Path) -> None:
    """Its files belong to the ids inside; as an ordinary user they are deleted by one who has these ids."""
    if os.geteuid() == 0:
        shutil.rmtree(work)
    else:
        subprocess.run([*_full_range(), "rm", "-rf", "--one-file-system", str(work)], check=True)
