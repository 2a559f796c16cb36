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
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE, MS_RDONLY, MS_REMOUNT = (
    2, 4, 8, 4096, 16384, 1 << 18, 1, 32,
)  # fmt: skip
PR_SET_PDEATHSIG = 1


class NoNamespaces(RuntimeError):
    """This machine does not let us make the namespaces the lab needs."""


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


def run_sealed(function: Callable[[], int]) -> int:
    """Run `function` as process 1 of new namespaces and return its exit code.

    The function sees the host's files (to read what it was given and write what it was asked for) but has no
    network but its own loopback. Raises `NoNamespaces` when the kernel refuses.
    """
    refused_read, refused_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    middle = os.fork()
    if middle == 0:
        os.close(refused_read)
        _enter(function, refused_write)  # never returns
    os.close(refused_write)
    forwarded = {s: signal.signal(s, lambda n, _: _forward(middle, n)) for s in (signal.SIGTERM, signal.SIGHUP)}
    # The terminal sends Ctrl-C to everyone in the foreground; the inner process answers it.
    forwarded[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with os.fdopen(refused_read, "rb") as pipe:
            refusal = pipe.read().decode()
        _, status = os.waitpid(middle, 0)
    finally:
        for number, handler in forwarded.items():
            signal.signal(number, handler)
    if refusal:
        raise NoNamespaces(refusal)
    return os.waitstatus_to_exitcode(status)


def _forward(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _enter(function: Callable[[], int], refused: int) -> None:
    """In the first child: make the namespaces, then become their process 1 in a second child."""
    try:
        die_with_parent()
        user, group = os.geteuid(), os.getegid()
        flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID
        unshare(flags if user == 0 else flags | CLONE_NEWUSER)
        if user != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        die_with_parent()
        inner = os.fork()
    except OSError as error:
        os.write(refused, _why(error).encode())
        os._exit(3)
    if inner == 0:
        _inside(function, refused)
    os.close(refused)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: _forward(inner, n))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, status = os.waitpid(inner, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _inside(function: Callable[[], int], refused: int) -> None:
    """In process 1: our own view of processes, then the work."""
    code = 3
    try:
        die_with_parent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        mount("none", "/", None, MS_REC | MS_PRIVATE)
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError as error:
        os.write(refused, _why(error).encode())
        os._exit(3)
    os.close(refused)
    try:
        code = function()
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Nothing was left behind.\n")
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _why(error: OSError) -> str:
    advice = {
        errno.EPERM: "this machine does not allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
        "user.max_user_namespaces>0; on Ubuntu 24.04 kernel.apparmor_restrict_unprivileged_userns=0), or run as root",
        errno.EACCES: "this machine does not allow unprivileged user namespaces to be used "
        "(on Ubuntu 24.04 kernel.apparmor_restrict_unprivileged_userns=0), or run as root",
        errno.ENOSPC: "this machine allows no more namespaces (sysctl user.max_user_namespaces)",
    }
    reason = advice.get(error.errno or 0, "the kernel refused")
    return f"The lab needs namespaces of its own, and could not make them ({error}): {reason}."
