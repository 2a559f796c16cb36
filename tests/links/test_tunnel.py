"""A phone system behind NAT dials out with an ordinary OpenSSH client, and can do nothing else by that key."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep.links import tunnel
from ringkeep.links.ssh import connect, new_key
from ringkeep.links.tunnel import Tunnels, listening
from tests.links.servers import Server, free_port, sshd

OURS, OURS_PUBLIC = new_key("ringkeep")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sshd(tmp_path_factory.mktemp("behind-nat")) as running:
        yield running


class House:
    """The phone system's side: its key, and what it knows of us."""

    def __init__(self, place: Path, tunnels: Tunnels) -> None:
        private, public = new_key("house")
        self.public = " ".join(public.split()[:2])
        self.key, self.known = place / "key", place / "known_hosts"
        self.key.write_text(private)
        self.key.chmod(0o600)
        self.known.write_text(f"[127.0.0.1]:{tunnels.port} {OURS_PUBLIC}\n")
        self.server_port = tunnels.port

    def command(self, *options: str, user: str = "tunnel") -> list[str]:
        return [
            shutil.which("ssh") or "ssh", "-T", "-F", "/dev/null", "-i", str(self.key), "-o", "IdentitiesOnly=yes",
            "-o", f"UserKnownHostsFile={self.known}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
            "-o", "ExitOnForwardFailure=yes", "-p", str(self.server_port), *options, f"{user}@127.0.0.1",
        ]  # fmt: skip

    @contextlib.asynccontextmanager
    async def dials(self, port: int, to: int) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(*self.command("-N", "-R", f"127.0.0.1:{port}:127.0.0.1:{to}"))
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.05)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def fails(self, *options: str, command: str = "", user: str = "tunnel") -> bytes:
        """What ssh says to an attempt that must fail."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*options, user=user), *([command] if command else []), stdout=-1, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode != 0, out
        return out


@contextlib.asynccontextmanager
async def we_listen(place: Path, port: int, known: dict[str, int] | None = None) -> AsyncIterator[House]:
    known = {} if known is None else known

    async def find_port(public_key: str) -> int | None:
        return known.get(public_key)

    async with listening("127.0.0.1", 0, OURS, find_port) as tunnels:
        house = House(place, tunnels)
        known[house.public] = port
        yield house


def test_a_phone_system_that_dials_out_is_reached_and_its_own_host_key_still_counts(
    server: Server, tmp_path: Path
) -> None:
    port = free_port()

    async def work() -> bytes:
        async with (
            we_listen(tmp_path, port) as house,
            house.dials(port, server.target.port),
            connect(replace(server.target, port=port)) as connection,
        ):
            return (await connection.run("head -c 3000000 /dev/zero")).out

    assert len(asyncio.run(work())) == 3_000_000


def test_dialling_anew_takes_the_port_over_from_a_dead_line(server: Server, tmp_path: Path) -> None:
    port = free_port()

    async def work() -> bytes:
        async with (
            we_listen(tmp_path, port) as house,
            house.dials(port, server.target.port),
            house.dials(port, server.target.port) as second,
        ):
            await asyncio.sleep(0.5)
            assert second.returncode is None
            async with connect(replace(server.target, port=port)) as connection:
                return (await connection.run("echo anew")).out

    assert asyncio.run(work()) == b"anew\n"


def test_two_systems_with_one_key_are_told_and_never_both_there(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A virtual machine and its copy: each dials in again and puts the other out."""
    monkeypatch.setattr(tunnel, "TWINS_TIMES", 2)
    port = free_port()

    async def work() -> None:
        async with we_listen(tmp_path, port) as house, contextlib.AsyncExitStack() as stack:
            first = await stack.enter_async_context(house.dials(port, server.target.port))
            second = await stack.enter_async_context(house.dials(port, server.target.port))
            assert await asyncio.wait_for(first.wait(), 15) == 255
            assert "seem to dial in" not in caplog.text
            await stack.enter_async_context(house.dials(port, server.target.port))
            assert await asyncio.wait_for(second.wait(), 15) == 255

    asyncio.run(work())
    assert f"key of port {port}" in caplog.text


def test_who_may_no_more_is_put_out(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port may go to another phone system, which must not be mistaken for it."""
    monkeypatch.setattr(tunnel, "LOOK_AGAIN_S", 0.3)
    port = free_port()
    known: dict[str, int] = {}

    async def work() -> None:
        async with we_listen(tmp_path, port, known) as house, house.dials(port, server.target.port) as dialling:
            await asyncio.sleep(0.8)
            assert dialling.returncode is None
            known.clear()
            assert await asyncio.wait_for(dialling.wait(), 5) == 255
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(work())


def test_strangers_who_hold_connections_open_keep_no_phone_system_out(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "STRANGERS", 10)
    port = free_port()

    async def work() -> bytes:
        async with we_listen(tmp_path, port) as house, contextlib.AsyncExitStack() as stack:
            strangers = [await asyncio.open_connection("127.0.0.1", house.server_port) for _ in range(60)]
            for _, writer in strangers:
                stack.callback(writer.close)
            async with (
                house.dials(port, server.target.port),
                connect(replace(server.target, port=port)) as connection,
            ):
                here = (await connection.run("echo here")).out
            for reader, _ in strangers[:50]:
                with contextlib.suppress(ConnectionResetError):
                    await asyncio.wait_for(reader.read(), 5)  # our greeting, and the end
            return here

    assert asyncio.run(work()) == b"here\n"


def test_a_key_that_is_offered_but_not_signed_with_opens_nothing(server: Server, tmp_path: Path) -> None:
    """Public keys are public: only who holds the private half gets its port."""
    own, stolen = free_port(), free_port()
    known: dict[str, int] = {}

    async def work() -> None:
        async with we_listen(tmp_path, own, known) as house:
            _, public = new_key("other house")
            known[" ".join(public.split()[:2])] = stolen
            (tmp_path / "stolen.pub").write_text(public)
            said = await house.fails("-N", "-i", str(tmp_path / "stolen.pub"), "-R", f"127.0.0.1:{stolen}:127.0.0.1:22")
            assert b"forwarding failed" in said

    asyncio.run(work())


def test_the_key_of_a_tunnel_opens_nothing_else(server: Server, tmp_path: Path) -> None:
    own, other, elsewhere = free_port(), free_port(), server.target.port

    async def work() -> None:
        async with we_listen(tmp_path, own) as house:
            assert b"forwarding failed" in await house.fails("-N", "-R", f"127.0.0.1:{other}:127.0.0.1:22")
            assert b"forwarding failed" in await house.fails("-N", "-R", f"0.0.0.0:{own}:127.0.0.1:22")
            assert b"forwarding failed" in await house.fails("-N", "-R", f"{tmp_path}/socket:127.0.0.1:22")
            await house.fails(command="id")
            await house.fails("-s", command="sftp")
            await house.fails("-W", f"127.0.0.1:{elsewhere}")
            assert b"Permission denied" in await house.fails("-N", user="root")
            house.key.write_text(new_key("stranger")[0])
            assert b"Permission denied" in await house.fails("-N", "-R", f"127.0.0.1:{own}:127.0.0.1:22")
        assert not (tmp_path / "socket").exists()

    asyncio.run(work())
