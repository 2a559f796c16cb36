"""A sealed place to work in: our own user, network, mount, process, IPC and host-name namespaces.

`run_sealed(function)` forks, enters new namespaces and runs the function as process 1 of them. When that
process ends, or Ringkeep is killed in any way, the kernel ends every process inside and forgets the
namespaces, mounts and network with them: nothing has to be cleaned up, so nothing can be left behind.

As an ordinary user this needs unprivileged user namespaces; as root it needs none (and whatever runs inside
the sandbox is given to the user nobody, see `sandbox`).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence, Told, sentence

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE, MS_RDONLY, MS_REMOUNT = (
    2, 4, 8, 4096, 16384, 1 << 18, 1, 32,
)  # fmt: skip
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANSWER_S = 3.0  # within which process 1 must answer a signal, before it is killed
_host_pid: list[int] = []
MEMORY_BYTES = 4 << 30  # what process 1 may take in addition to what it came with
ENTER_USER = " -U --preserve-credentials"  # words for nsenter: keep who we are
TOOK_TOO_LONG, KILLED = 124, 137  # exit codes of the middle process


class NoNamespaces(Told):
    """This machine does not let us make the namespaces the lab needs."""


class Killed(Told):
    """What ran in the namespaces was killed before it ended by itself."""


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """unshare(2)."""
    _call("unshare", ctypes.c_int(flags))


def setns(descriptor: int, flags: int) -> None:
    """setns(2)."""
    _call("setns", ctypes.c_int(descriptor), ctypes.c_int(flags))


def mount(source: str, target: Path | str, kind: str | None, flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    _call(
        "mount",
        source.encode(),
        str(target).encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )


def die_with_parent() -> None:
    """Be killed when the parent process ends, however it ends."""
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def run_sealed(function: Callable[[], int], *, give_up_s: float | None = None) -> int:
    """Run `function` as process 1 of new namespaces and return its exit code.

    The function sees the host's files (to read what it was given and write what it was asked for) but has no
    network but its own loopback. Ctrl-C and SIGTERM end it at once, with 128 + the signal's number. Raises
    `NoNamespaces` when the kernel refuses, and `Killed` when it was killed or took longer than `give_up_s`.

    Three processes: the outer one waits, the middle one enters the namespaces, the inner one is their process 1.
    """
    refused_read, refused_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    outer = os.getpid()
    # No signal may come between a fork and the handlers of its two sides.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    middle = os.fork()
    if middle == 0:
        os.close(refused_read)
        _enter(function, outer, refused_write, give_up_s)  # never returns
    os.close(refused_write)
    # The terminal sends Ctrl-C to all three, anybody else to the outer one alone: told twice does no harm.
    handlers = {s: signal.signal(s, lambda n, _: _forward(middle, n)) for s in STOPPING}
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        with os.fdopen(refused_read, "rb") as pipe:
            refusal = pipe.read().decode("utf-8", "replace")
        _, status = os.waitpid(middle, 0)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if refusal:
        raise NoNamespaces(sentence(json.loads(refusal)))
    code = os.waitstatus_to_exitcode(status)
    if code == TOOK_TOO_LONG:
        raise Killed(
            Sentence(
                "The drill did not end within {seconds} s and was stopped. Nothing was left behind.",
                {"seconds": round(give_up_s or 0)},
            )
        )
    if code < 0 or code == KILLED:
        raise Killed(
            Sentence("The drill was killed from outside, or this machine ran out of memory. Nothing was left behind.")
        )
    return code


def _forward(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _enter(function: Callable[[], int], outer: int, refused: int, give_up_s: float | None) -> None:
    """In the middle process: make the namespaces, then become their process 1 in a second child."""
    try:
        die_with_parent()
        if os.getppid() != outer:  # it ended before we asked
            os._exit(KILLED)
        user, group = os.geteuid(), os.getegid()
        flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID
        unshare(flags if user == 0 else flags | CLONE_NEWUSER)
        if user != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        die_with_parent()  # a change of user forgets it
        lives_read, lives_write = os.pipe()
        inner = os.fork()
    except OSError as error:
        os.write(refused, json.dumps(_why(error).document()).encode())
        os._exit(3)
    if inner == 0:
        os.close(lives_write)
        _inside(function, lives_read, refused)
    os.close(refused)
    os.close(lives_read)
    _wait_for(inner, give_up_s)


def _wait_for(inner: int, give_up_s: float | None) -> None:
    """In the middle process: pass signals on, kill what does not answer them in time, end as the inner one ends."""
    asked: list[int] = []  # the signal that began the end; SIGALRM: it took too long

    def stop(number: int, _: object) -> None:
        if number == signal.SIGALRM:
            asked[:1] = asked[:1] or [number]
            _forward(inner, signal.SIGKILL)
            return
        asked[:1] = asked[:1] or [number]
        _forward(inner, number)
        signal.setitimer(signal.ITIMER_REAL, ANSWER_S, ANSWER_S)

    for number in (*STOPPING, signal.SIGALRM):
        signal.signal(number, stop)
    if give_up_s is not None:
        signal.setitimer(signal.ITIMER_REAL, give_up_s, ANSWER_S)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    _, status = os.waitpid(inner, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL and asked:
        code = TOOK_TOO_LONG if asked[0] == signal.SIGALRM else 128 + asked[0]
    os._exit(code if code >= 0 else KILLED)


def _inside(function: Callable[[], int], lives: int, refused: int) -> None:
    """In process 1: our own view of processes, then the work."""
    code = 3
    try:
        die_with_parent()
        if select.select([lives], [], [], 0)[0]:  # the middle process ended before we asked
            os._exit(KILLED)
        for number in STOPPING:
            signal.signal(number, _stopped)
        _host_pid.append(int(os.readlink("/proc/self")))
        mount("none", "/", None, MS_REC | MS_PRIVATE)
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        # So that whoever started us may enter with nsenter (--keep): a change of user namespace forbids it.
        _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)
        _be_modest()
    except OSError as error:
        os.write(refused, json.dumps(_why(error).document()).encode())
        os._exit(3)
    os.close(refused)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        code = function()
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def host_pid() -> int:
    """In process 1: its number as the rest of the machine sees it."""
    return _host_pid[0]


def way_in() -> str:
    """In process 1: the nsenter command by which whoever started us may come in from another terminal."""
    own_user = "" if Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"] else ENTER_USER
    return f"nsenter -t {host_pid()}{own_user} -n -m -p"


def _be_modest() -> None:
    """What is read in here is hostile: it may not make us grow without end, and goes first when memory runs short."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = now + MEMORY_BYTES
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
    with contextlib.suppress(OSError):  # it is higher already
        Path("/proc/self/oom_score_adj").write_text("500")


def _stopped(number: int, _: object) -> None:
    """Ctrl-C or SIGTERM: end at once, whatever runs. The kernel removes all of the lab with us."""
    show_cursor = "\r\x1b[2K\x1b[?25h" if os.isatty(2) else "\n"
    with contextlib.suppress(OSError):
        os.write(2, f"{show_cursor}Stopped. Nothing was left behind.\n".encode())
    os._exit(128 + number)


def _why(error: OSError) -> Sentence:
    advice = {
        errno.EPERM: Sentence(
            "this machine does not allow unprivileged user namespaces ({settings}; on Ubuntu {ubuntu}); allow them, or run as "
            "root",
            {
                "settings": "sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0",
                "ubuntu": "24.04: kernel.apparmor_restrict_unprivileged_userns=0",
            },
        ),
        errno.EACCES: Sentence(
            "this machine does not allow unprivileged user namespaces to be used (on Ubuntu {ubuntu}); allow it, or run as root",
            {"ubuntu": "24.04: kernel.apparmor_restrict_unprivileged_userns=0"},
        ),
        errno.ENOSPC: Sentence("this machine allows no more namespaces (sysctl user.max_user_namespaces)"),
    }
    return Sentence(
        "The lab needs namespaces of its own, and could not make them ({error}): {reason}.",
        {"error": error, "reason": advice.get(error.errno or 0, Sentence("the kernel refused"))},
    )
