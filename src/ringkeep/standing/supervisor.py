"""The process behind a standing lab phone system: `python -m ringkeep.standing.supervisor FOLDER IMAGE CALLS SOCKET`.

It owns the sealed namespaces: when it ends, however it ends, everything inside is gone but the disk. SIGUSR1 to its process 1
(FOLDER/inner) asks for an orderly end; SIGTERM to it is a power cut. SOCKET is the
descriptor of the listening socket: it belongs to this machine's own network; the bytes of each connection that is accepted
on it are passed to an sshd inside, the connection itself is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ringkeep.lab import farend, namespaces
from ringkeep.lab import image as images
from ringkeep.lab.lab import Lab
from ringkeep.lab.manager import ManagerGone
from ringkeep.lab.network import PHONES_ADDRESS
from ringkeep.lab.server import BootError, Server
from ringkeep.lab.tree import read_directories
from ringkeep.lab.watch import watch
from ringkeep.links.ssh import SUDO_LINE
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.contents import Contents, phone_system
from ringkeep.sources.source import Source
from ringkeep.standing import machine, services, tap
from ringkeep.standing.places import INNER, USER
from ringkeep.standing.traffic import keep_calling
from ringkeep.standing.trees import FAR_END, keep_astdb, read_again

DATABASES = "ringkeep/databases"
CONNECTIONS = 64
BOOT_S, TELL_S = 30.0, 0.5
MOST_MEMORY_BYTES = 3 << 30  # it and its far end together
MOST_WRITTEN_BYTES, LEAST_ROOM_BYTES, DISK_EVERY_S = 8 << 30, 512 << 20, 30.0


def main() -> int:
    """Runs until it is ended, or the machine inside ends."""
    work, image, calls, descriptor = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "calls", int(sys.argv[4])
    listening = socket.socket(fileno=descriptor)
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    return namespaces.run_sealed(lambda: asyncio.run(_stand(work, image, calls, listening)))


async def _stand(work: Path, image_folder: Path, calls: bool, listening: socket.socket) -> int:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    (work / INNER).write_text(str(namespaces.host_pid()))
    image = images.at(image_folder)
    assert image is not None
    opened = Lab.open()
    opened.use(image)
    source, contents = read_again(work)
    own = system = phone_system(source, contents)
    if (work / FAR_END).exists():  # of another: it is to become that one
        system = phone_system(*read_again(work / FAR_END))
    end = farend.plan(system)
    here = {*end.pbx_addresses, *farend.plan(own).pbx_addresses} - {*end.addresses}
    await opened.wire_up(sorted(here), end.addresses, end.hosts)
    assert opened.wire is not None
    tap.Tap.lay(work / tap.LOG, {PHONES_ADDRESS: "phones"} | {line.address: line.trunk.name for line in end.lines})
    far = _far_end(opened, end)
    inside = opened.place / "standing"
    inside.mkdir()
    machine.prepare(inside, work, image, source.root, _databases(source.root), _handed(opened, work, source, contents))
    told = os.open(inside / "handed" / machine.TOLD, os.O_RDONLY | os.O_DIRECTORY)
    server = await asyncio.to_thread(machine.boot, inside, opened.wire.pbx)
    try:
        living = asyncio.create_task(_live(server, work, end, system if calls else None, far, listening))
        telling, asking = asyncio.create_task(_tell(told, work)), asyncio.create_task(asked.wait())
        await asyncio.wait({living, telling, asking}, return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            return living.result()
        await asyncio.to_thread(server.end)
        return 0
    finally:
        server.stop()
        services.write(work, services.read_told(told))


async def _live(
    server: machine.Machine,
    work: Path,
    end: farend.FarEnd,
    calling: PhoneSystem | None,
    far: Server,
    listening: socket.socket,
) -> int:
    """Until it ends by itself."""
    await far.ready()
    await _booted(server)
    far.tree.outside(farend.REGISTRATIONS).write_text(farend.registrations(end, patient=True))
    await far.manager.command(f"module reload {farend.REGISTRATION_MODULE}")
    tasks = [asyncio.create_task(_let_in(server, listening)), asyncio.create_task(_watch(server, work / "disk"))]
    tasks.append(asyncio.create_task(_keep_far_end(far)))
    if calling:
        tasks.append(asyncio.create_task(keep_calling(far, end, calling)))
    (work / "ready").write_text("")
    await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
    return 1


async def _keep_far_end(far: Server) -> None:
    """Start its Asterisk again when it ends: the phones register anew, from the file that it has by now."""
    pause_s = 1.0
    while True:
        await asyncio.sleep(pause_s)
        if far.alive:
            pause_s = 1.0
            continue
        print(f"the far end ended: {far.last_words()}", file=sys.stderr)
        pause_s = min(pause_s * 2, 30.0)
        with contextlib.suppress(OSError, ManagerGone, BootError):
            await far.stop()
            far.start()
            await far.ready()


async def _tell(told: int, work: Path) -> None:
    """Write down how its services are whenever that changes; for ever."""
    before: list[services.Service] | None = None
    while True:
        now = services.read_told(told)
        if now != before:
            with contextlib.suppress(OSError):  # this machine's disk is full: the phone system stands all the same
                services.write(work, now)
                before = now
        await asyncio.sleep(TELL_S)


def _far_end(opened: Lab, end: farend.FarEnd) -> Server:
    root, files = opened.folder("far"), farend.files(end)
    for path, content in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    far = opened.server("far end", root, files, far=True)
    far.start()
    return far


def _handed(opened: Lab, work: Path, source: Source, contents: Contents) -> machine.Handed:
    directories = read_directories(contents.files)
    named = re.search(rb"(?m)^\s*astmoddir\s*=>?\s*(/[\w./-]+)", contents.files.get("/etc/asterisk/asterisk.conf", b""))
    keep_astdb(source, directories)
    return machine.Handed(
        hostname=re.sub(r"[^a-z0-9-]", "-", work.name),
        hosts=(opened.place / "hosts").read_text() + f"127.0.1.1 {work.name}\n",
        resolver=(opened.place / "resolv.conf").read_text(),
        modules=opened.image.module_dir,
        named_modules=named[1].decode() if named else "",
        data=directories["astdatadir"],
        authorized_key=(work / "key.pub").read_text().strip(),
        host_key=(work / "host_key").read_text(),
        sudoers=SUDO_LINE.format(user=USER) + "\n",
    )


def _databases(root: Path) -> dict[str, bytes]:
    """Dumps that come with the tree, by the name of their database."""
    folder = root / DATABASES
    return {file.stem: file.read_bytes() for file in sorted(folder.glob("*.sql"))} if folder.is_dir() else {}


async def _let_in(server: machine.Machine, listening: socket.socket) -> None:
    """Give each connection an sshd of its own inside."""
    listening.setblocking(False)
    running: list[subprocess.Popen[bytes]] = []
    passing: set[asyncio.Task[None]] = set()
    while True:
        connection, _ = await asyncio.get_running_loop().sock_accept(listening)
        running = [one for one in running if one.poll() is None]
        if len(running) >= CONNECTIONS:
            connection.close()
            continue
        ours, theirs = socket.socketpair()
        command = server.command("/usr/sbin/sshd", "-i", "-e", "-f", "/etc/ssh/ringkeep_sshd")
        with theirs, contextlib.suppress(OSError):
            running.append(
                subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL)
            )
        task = asyncio.create_task(_relay(connection, ours))
        passing.add(task)
        task.add_done_callback(passing.discard)


async def _relay(connection: socket.socket, inside: socket.socket) -> None:
    """Pass one connection's bytes both ways.

    The socket itself may not go in: it belongs to this machine's network, and whoever holds it could connect it anew, to
    anything that listens on this machine (connect to AF_UNSPEC, then to another address).
    """
    near_reader, near_writer = await asyncio.open_connection(sock=connection)
    far_reader, far_writer = await asyncio.open_connection(sock=inside)
    await asyncio.gather(_pass_on(near_reader, far_writer), _pass_on(far_reader, near_writer))
    for writer in (near_writer, far_writer):
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the end of what comes, or of where it goes."""
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 17):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


async def _booted(server: machine.Machine) -> None:
    """Wait until its Asterisk is ready for the phones; a broken one stands all the same."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BOOT_S):
            while server.alive:
                command = server.command("/usr/sbin/asterisk", "-rx", "core waitfullybooted")
                asked = await asyncio.create_subprocess_exec(
                    *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
                said, _ = await asked.communicate()
                if b"fully booted" in said:
                    return
                await asyncio.sleep(0.05)


async def _watch(server: machine.Machine, disk: Path) -> None:
    """Until it ends; ended by us when it takes more of this machine's memory or disk than it may."""
    watch(os.getpid(), MOST_MEMORY_BYTES, lambda _: server.stop())
    looked_at = time.monotonic()
    while server.alive:
        await asyncio.sleep(0.5)
        if time.monotonic() - looked_at < DISK_EVERY_S:
            continue
        looked_at = time.monotonic()
        room = os.statvfs(disk)
        if room.f_bavail * room.f_frsize < LEAST_ROOM_BYTES or (
            await asyncio.to_thread(_written_bytes, disk) > MOST_WRITTEN_BYTES
        ):
            print("ended: it wrote more than this machine has room for", file=sys.stderr)
            server.stop()


def _written_bytes(disk: Path) -> int:
    total = 0
    for folder, _, names in os.walk(disk):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
    return total


if __name__ == "__main__":
    os.umask(0o022)
    raise SystemExit(main())
