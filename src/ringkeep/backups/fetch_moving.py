"""Brings the contents of named plain files over the network: by rsync, or as one tar stream where there is none.

Either way only names that we asked for are written, only as plain files, and only inside the mirror: rsync runs in a
bubblewrap that can write nowhere else, the tar is read by `ringkeep.sources.tarstream`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shlex
import shutil
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE

from ringkeep.backups.fetch_mirror import Mirror, no_room
from ringkeep.backups.fetch_walls import confined, limit
from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection
from ringkeep.pbx.sections import plain
from ringkeep.phonesystem.sentences import Sentence, verbatim
from ringkeep.sources.errors import Limits, SourceError
from ringkeep.sources.tarstream import BLOCK, CHUNK, Member, Stream, members

SLACK_BYTES = 64 << 20  # more than was listed may come: a log grew
ZEROS = bytes(CHUNK)
NAME_BYTES = 256  # of rsync for each file, beside its name
MAX_STDERR = 1 << 16
IDLE_S = 300
TAR_TIME_S = 24 * 3600.0
TRICKLE_S, TRICKLE_BYTES = 1800, 1000  # rsync's own time-out is content with one byte now and then
LAST_ROOM_BYTES = 16 << 20  # of our disk: here rsync is stopped, whatever it was told to expect
# As root where `sudo` is how we are root; politely to calls that are going on.
POLITE = "$(ionice -c 3 true 2>/dev/null && echo ionice -c 3) $(nice -n 19 true 2>/dev/null && echo nice -n 19)"
AS_ROOT = '$([ "$(id -u)" = 0 ] || echo sudo -n)'

Report = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Way:
    """How things are moved."""

    connection: Connection
    mirror: Mirror
    stage: str
    rsync: bool
    root: bool
    one_file_bytes: int
    bandwidth_kib_s: int | None = None
    report: Report | None = None


async def move(way: Way, sizes: Mapping[str, int], below: str = "/", times: Mapping[str, int] | None = None) -> None:
    """Bring the files `sizes` (path in the mirror -> bytes as listed) from `below` there. Raises `LinkError`.

    `times` (path -> nanoseconds as listed) is given to what came, so that after a cut it is not fetched again.
    A file that cannot be read or has gone is simply not there afterwards: look.
    """
    if not sizes:
        return
    for path in sizes:
        way.mirror.make_way(path)
    try:
        if way.rsync and shutil.which("rsync"):
            await _by_rsync(way, sizes, below)
        else:
            await _by_tar(way, sizes, below, times or {})
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room(way.mirror.root, sum(sizes.values())) from error
        raise


async def _by_rsync(way: Way, sizes: Mapping[str, int], below: str) -> None:
    rsync = f'{POLITE} {AS_ROOT if way.root else ""} rsync "$@"'
    there = f"sh -c {shlex.quote(rsync)} sh"  # whatever shell the account has
    async with way.connection.remote_shell() as shell:
        command = [
            *confined(way.mirror.root),
            "rsync", "-t", "-L", "-z", "-s", "-S", "--ignore-times", "--no-implied-dirs", "--partial", "--from0", "--files-from=-",
            f"--max-size={way.one_file_bytes}", f"--timeout={IDLE_S}", f"--rsync-path={there}", "-e", shell,
            *([f"--bwlimit={way.bandwidth_kib_s}"] if way.bandwidth_kib_s else []),
            f"phone-system:{below}", f"{way.mirror.root}/",
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            start_new_session=True,
            preexec_fn=lambda: limit(way.one_file_bytes),
        )
        assert process.stdin is not None and process.stderr is not None
        names = b"".join(os.fsencode(path) + b"\0" for path in sorted(sizes))
        said = asyncio.create_task(_read_some(process.stderr))
        watch = asyncio.create_task(_watch(way, sum(sizes.values()), len(names) + NAME_BYTES * len(sizes), process))
        try:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(names)
                await process.stdin.drain()
                process.stdin.close()
            code = await process.wait()
            text = (await said).decode("utf-8", "replace")
        finally:
            watch.cancel()
            said.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()
    if watch.done() and not watch.cancelled() and (error := watch.exception()):
        raise error
    _judge(way, code, text, sum(sizes.values()))


def _judge(way: Way, code: int, text: str, size: int) -> None:
    """rsync's exit code (rsync(1), EXIT VALUES); 23 and 24: some files could not be read or have gone."""
    if code in (0, 23, 24):
        if "No space left" in text:
            raise no_room(way.mirror.root, size)
        return
    if "No space left" in text or "Disk quota exceeded" in text:
        raise no_room(way.mirror.root, size)
    last = plain(text.strip().rpartition("\n")[2], 200)
    if code in (10, 12, 30, 35, 255):
        raise LinkError(
            "cut",
            Sentence("The transfer from the phone system was cut ({why}); it goes on where it stopped.", {"why": last}),
        )
    raise LinkError(
        "failed",
        Sentence("rsync could not fetch the phone system's files (code {code}: {why}).", {"code": code, "why": last}),
    )


async def _watch(way: Way, expected: int, names: int, process: asyncio.subprocess.Process) -> None:
    """Tell how far it is; stop a phone system that sends far more than it listed, or next to nothing."""
    start = way.connection.received_bytes()
    since, then = time.monotonic(), start
    while True:
        await asyncio.sleep(0.5)
        if shutil.disk_usage(way.mirror.root).free < LAST_ROOM_BYTES:
            process.kill()
            raise no_room(way.mirror.root)
        came = way.connection.received_bytes() - start
        if way.report and expected:
            way.report("files", min(came / expected, 1.0))
        if start + came - then > TRICKLE_BYTES:
            since, then = time.monotonic(), start + came
        elif time.monotonic() - since > TRICKLE_S:
            process.kill()
            raise LinkError("timeout", Sentence("The phone system sends next to nothing; this was stopped."))
        if came > expected * 1.25 + names + SLACK_BYTES:
            process.kill()
            raise LinkError(
                "failed", Sentence("The phone system sends far more than its list of files said; this was stopped.")
            )


async def _read_some(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while data := await stream.read(1 << 14):
        kept = (kept + data)[-MAX_STDERR:]
    return kept


# -- without rsync there ------------------------------------------------------------------------------------------


async def _by_tar(way: Way, sizes: Mapping[str, int], below: str, times: Mapping[str, int]) -> None:
    await send_names(way, sizes, "./")
    inside = (
        f"cd {shlex.quote(below)} && {POLITE} tar --null --no-recursion --hard-dereference -T {way.stage}/names -cf - "
        f"2>/dev/null | gzip -1 -c"
    )
    pieces = way.connection.stream(f"sh -c {shlex.quote(inside)}", sudo=True, timeout_s=TAR_TIME_S)
    loop = asyncio.get_running_loop()
    pipe = _Piped(
        _slowly(pieces, way.bandwidth_kib_s), loop, sum(map(_in_tar, sizes, sizes.values())) * 2 + SLACK_BYTES
    )
    try:
        await asyncio.to_thread(_unpack, way, sizes, pipe, times)
    except SourceError as error:
        kind = "cut" if error.code == "truncated" else "failed"
        raise LinkError(kind, Sentence("The phone system's files came damaged: {why}", {"why": error})) from error


def _in_tar(name: str, size: int) -> int:
    """Bytes of one member: its header, that of a long name and the name, and all of it in blocks."""
    return 4 * BLOCK + len(name) * 3 + size


async def send_names(way: Way, names: Mapping[str, object], before: str) -> None:
    """Put a list of names into the folder there."""
    data = b"".join(os.fsencode(before + path) + b"\0" for path in sorted(names))
    command = f"sh -c {shlex.quote(f'umask 077; cat > {way.stage}/names')}"
    result = await way.connection.run(command, sudo=True, stdin=data, timeout_s=600)
    if result.code:
        raise LinkError(
            "no-room", Sentence("The phone system cannot keep a list of file names in /var/tmp: its disk is full.")
        )


async def _slowly(pieces: AsyncIterator[bytes], kib_s: int | None) -> AsyncIterator[bytes]:
    began, count = time.monotonic(), 0
    async for piece in pieces:
        yield piece
        count += len(piece)
        if kib_s:
            await asyncio.sleep(max(0.0, count / (kib_s * 1024) - (time.monotonic() - began)))


class _Piped:
    """What comes, gunzipped, as the file that `Stream` reads, in a thread of its own."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._pieces, self._loop, self._most = pieces, loop, most
        self._inflate = zlib.decompressobj(31)
        self._buffer, self._at = b"", 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        while not self._buffer and not self._ended:
            self._buffer = self._more()
        if self._at == 0 and 0 < size < CHUNK:  # the look at its head, which `seek` takes back
            while len(self._buffer) < size and not self._ended:
                self._buffer += self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        self._head = data if self._at == 0 else b""
        self._at += len(data)
        if self._at > self._most:
            raise SourceError("bomb", Sentence("more came than was listed"))
        return data

    def _more(self) -> bytes:
        rest = self._inflate.unconsumed_tail
        if not rest:
            try:
                rest = asyncio.run_coroutine_threadsafe(_next(self._pieces), self._loop).result()
            except StopAsyncIteration:
                rest = b""
            if not rest:
                self._ended = True
                return b""
        try:
            return self._inflate.decompress(rest, CHUNK)
        except zlib.error as error:
            raise SourceError("damaged", verbatim(str(error))) from error

    def seek(self, to: int, whence: int = 0) -> int:
        self._buffer = self._head + self._buffer
        self._at = 0
        return 0

    def tell(self) -> int:
        return self._at


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    async for piece in pieces:
        if piece:
            return piece
    return b""


def _unpack(way: Way, sizes: Mapping[str, int], pipe: _Piped, times: Mapping[str, int]) -> None:
    limits = Limits(stream_bytes=1 << 62)
    stream = Stream(pipe, "the phone system's answer", limits)  # type: ignore[arg-type]
    done, total = 0, sum(sizes.values())
    for member in members(stream):
        path = member.name.removeprefix("./")
        if path in sizes and member.kind == "file" and member.size <= way.one_file_bytes:
            _write(way, stream, member, path)
            if member.size == sizes[path] and int(member.mtime) == times.get(path, -1) // 1_000_000_000:
                os.utime(way.mirror.root / path, ns=(times[path], times[path]))
            done += member.size
            if way.report and total:
                way.report("files", min(done / total, 1.0))


def _write(way: Way, stream: Stream, member: Member, path: str) -> None:
    there = way.mirror.make_way(path)
    new = there.with_name(there.name[:200] + ".new~")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
        left = member.size
        while left > 0:
            data = stream.read(min(left, CHUNK))
            if not data:
                raise stream.truncated()
            if data == ZEROS[: len(data)]:  # a hole stays one
                out.seek(len(data), os.SEEK_CUR)
            else:
                out.write(data)
            left -= len(data)
        out.truncate(member.size)
    new.replace(there)
