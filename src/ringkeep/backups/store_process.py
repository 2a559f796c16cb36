"""Runs restic (>= 0.14) as a process of ours and says in our words why it failed.

What is secret reaches it by file descriptors and its environment only, never by its arguments, which everybody on this
machine can read; and no part of it comes back in an error. It ends when we do: a process killed with -9 leaves no
restic behind that still writes (PR_SET_PDEATHSIG, set by `setpriv`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ringkeep.backups import store_stall
from ringkeep.home import folder
from ringkeep.phonesystem.sentences import Sentence, Told

STDERR_BYTES = 64 << 10
STDOUT_BYTES = 64 << 20
PASSED_ON = ("PATH", "LANG", "TMPDIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")

# What restic 0.14 to 0.19 and the systems below it say -> what it means. The first that fits.
REASONS = (
    ("wrong-password", True, "wrong password or no key found|The repository password is wrong"),
    ("no-room", False, "no space left on device|disk quota exceeded|EntityTooLarge|QuotaExceeded"),
    ("host-key-changed", True, "host-key-changed"),
    ("refused", True, "AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|signature we calculated does not match|Access Denied|403 Forbidden|[Pp]ermission denied|refused-login|[Rr]ead-only file system"),
    ("locked", False, "repository is already locked"),
    ("unreachable", False, r"connection refused|no such host|i/o timeout|no route to host|unreachable|connection reset|unable to start the sftp session|error talking to the sftp|\bEOF\b"),
    ("no-repository", True, "config file: .*(no such file|not exist|NoSuchKey|NoSuchBucket)|repository does not exist"),
    ("no-snapshot", True, "no matching ID|no snapshot found|not found in repository"),
    ("damaged", True, "invalid data returned|ciphertext verification failed|does not match|is damaged|contains errors|LoadIndex returned errors"),
)  # fmt: skip
SAID = {
    "wrong-password": Sentence("its password is wrong"),
    "locked": Sentence("another process works on it"),
    "no-room": Sentence("there is no room left where it is kept"),
    "host-key-changed": Sentence("the server shows another host key than the pinned one"),
    "refused": Sentence("access was refused"),
    "unreachable": Sentence("it cannot be reached"),
    "no-repository": Sentence("there is none at its place"),
    "no-snapshot": Sentence("it does not hold this backup"),
    "damaged": Sentence("it is damaged"),
    "interrupted": Sentence("the work on it was stopped"),
    "timeout": Sentence("it took too long"),
}


class StoreError(Told):
    """`kind` is one word of `SAID` or: stalled, no-restic, append-only, unread, bad-location, failed. No secrets in the message."""

    def __init__(self, kind: str, says: Sentence, *, permanent: bool = False) -> None:
        super().__init__(says)
        self.kind, self.permanent = kind, permanent


@dataclass(frozen=True, slots=True)
class Access:
    """What one repository is opened with."""

    repository: str  # as restic names it: /path, sftp:host:/path, s3:https://host/bucket/path
    password: str = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: tuple[str, ...] = ()  # -o KEY=VALUE
    handed: tuple[bytes, ...] = field(
        default=(), repr=False
    )  # each in a memory file; {fd0}, {fd1} in options name them

    def secrets(self) -> list[str]:
        """What must not come back in any message."""
        known = [self.password, *(value for name, value in self.environment.items() if "SECRET" in name)]
        for document in self.handed:
            with contextlib.suppress(ValueError):
                known += [
                    str(value) for value in json.loads(document).values() if isinstance(value, str) and len(value) > 5
                ]
        return known


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run gave. `cpu_s` is what it cost this machine, the programs that it started included."""

    code: int
    out: bytes
    err: str
    cpu_s: float


Line = Callable[[bytes], None]


def restic() -> str:
    """The program. Raises `StoreError("no-restic")`."""
    program = shutil.which("restic")
    if program is None:
        raise StoreError(
            "no-restic",
            Sentence("restic is not installed on the machine that Ringkeep runs on: install the package restic."),
            permanent=True,
        )
    return program


def run(
    access: Access,
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    each_line: Line | None = None,
    into: IO[bytes] | None = None,
    new_password: str | None = None,
    timeout_s: float = 3600.0,
    expected: tuple[int, ...] = (0,),
) -> Ran:
    """Run restic to its end. `each_line` sees every line of its output (an error that it raises stops restic in order),
    `into` takes the output whole; otherwise it is in `Ran.out`. Raises `StoreError` ("stalled": see store_stall.py)."""
    with contextlib.ExitStack() as open_files:
        handed = [_memory_file(content, open_files) for content in access.handed]
        command = [
            restic(),
            "-r",
            access.repository,
            "--password-file",
            f"/dev/fd/{_memory(access.password, handed, open_files)}",
        ]
        for option in access.options:
            command += ["-o", option.format(**{f"fd{i}": fd for i, fd in enumerate(handed[: len(access.handed)])})]
        if new_password is not None:
            arguments = [*arguments, "--new-password-file", f"/dev/fd/{_memory(new_password, handed, open_files)}"]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "INT", "--", *command]
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=into or subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=_environment(access),
            pass_fds=handed,
            start_new_session=True,  # Ctrl-C reaches us, and we tell restic to end in order
        )
        ran = _follow(process, each_line, timeout_s, place_of(access))
    if ran.code not in expected:
        raise failure(ran.err or ran.out[-4096:].decode(errors="replace"), access)
    return ran


def _memory(text: str, handed: list[int], open_files: contextlib.ExitStack) -> int:
    fd = _memory_file(text.encode(), open_files)
    handed.append(fd)
    return fd


def _memory_file(content: bytes, open_files: contextlib.ExitStack) -> int:
    """A file that is nowhere but in memory; whoever opens /dev/fd/N reads it from its start."""
    fd = os.memfd_create("ringkeep", 0)
    open_files.callback(os.close, fd)
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _environment(access: Access) -> dict[str, str]:
    ours = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        **ours,
        "HOME": str(folder("cache")),
        "RESTIC_CACHE_DIR": str(folder("cache", "restic")),
        "RESTIC_PROGRESS_FPS": "1",
        "TZ": "UTC",  # --time is read in it
        **access.environment,
    }


def _follow(process: subprocess.Popen[bytes], each_line: Line | None, timeout_s: float, place: str) -> Ran:
    err, out, said = bytearray(), bytearray(), 0

    def drain() -> None:
        for line in process.stderr or ():
            if len(err) < STDERR_BYTES:
                err.extend(line[:4096])

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    watch = store_stall.Watch(process.pid, lambda: end(process), timeout_s=timeout_s, said=lambda: said + len(err))
    try:
        for line in process.stdout or ():
            said += len(line)
            if each_line is not None:
                each_line(line)
            elif len(out) + len(line) <= STDOUT_BYTES:
                out += line
            else:
                raise StoreError("failed", Sentence("restic's answer is too long to be right."), permanent=True)
        cpu_s = _ended(process)
    except BaseException:
        end(process)
        raise
    finally:
        watch.end()
        reader.join(5)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    said_why = err.decode(errors="replace")
    # restic 0.17 and later try again for 15 minutes even where access was refused: then that is the reason
    if not any(permanent and re.search(pattern, said_why) for _, permanent, pattern in REASONS):
        if watch.stalled:
            raise _stalled(place, watch.stall_s)
        if watch.late:
            raise _late(timeout_s)
    return Ran(process.returncode, bytes(out), said_why, cpu_s)


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Wait for its end; what it and its programs cost, in seconds of a processor."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except ChildProcessError:  # the watch has ended it and knows its code
        process.wait()
        return 0.0
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _stalled(place: str, stall_s: float) -> StoreError:
    return StoreError(
        "stalled",
        Sentence(
            "The repository {place} has taken and given nothing for {minutes} min, so the work was stopped. Does its server or "
            "its disk hang?",
            {"place": place, "minutes": max(1, round(stall_s / 60))},
        ),
    )


def _late(timeout_s: float) -> StoreError:
    return StoreError(
        "timeout",
        Sentence(
            "The work on the repository did not end within {seconds} s: is the disk or the network below it too slow?",
            {"seconds": round(timeout_s)},
        ),
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Let it end in order, releasing its lock; by force when it does not."""
    if process.returncode is not None:
        return
    for sign, wait_s in ((signal.SIGINT, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
            return


def failure(said: str, access: Access) -> StoreError:
    """The error that restic's words mean, without secrets."""
    text = cleaned(said, access)
    fitting = ((kind, permanent) for kind, permanent, pattern in REASONS if re.search(pattern, text))
    kind, permanent = next(fitting, ("failed", False))
    line = last_words(text)
    reason = SAID.get(kind, Sentence("restic failed"))
    return StoreError(
        kind,
        Sentence(
            "The repository {place}: {reason} ({said}).",
            {"place": place_of(access), "reason": reason, "said": line[:300]},
        ),
        permanent=permanent,
    )


def place_of(access: Access) -> str:
    """Where it is, for people."""
    return access.repository


def cleaned(text: str, access: Access) -> str:
    """Without anything secret that a program below may have repeated."""
    for secret in access.secrets():
        for line in {secret, *secret.split("\n")}:
            if len(line) > 3:
                text = text.replace(line, "***")
    return text


def last_words(text: str) -> str:
    """The line that says what failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal:")]
    return (fatal or lines or ["it said nothing"])[-1].removeprefix("Fatal: ")


def documents(out: bytes) -> Iterator[dict[str, Any]]:
    """restic's JSON lines; other lines are passed over."""
    for line in out.splitlines():
        if line.startswith(b"{"):
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def python() -> str:
    """Our own interpreter, for the programs that restic starts."""
    return sys.executable
