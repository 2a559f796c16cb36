"""What ends in the middle ends on both sides: no question hangs, no command runs on over there, nothing half is whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep.links import LinkError, ssh
from ringkeep.links.ssh import Connection, connect
from ringkeep.standing.places import Standing
from tests.links.servers import Server, free_port, line_to, sshd
from tests.standing import target


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sshd(tmp_path_factory.mktemp("breaking"), forwarding="yes") as running:
        yield running


def children(of: int) -> list[int]:
    """Every process below one."""
    found = []
    for own in Path(f"/proc/{of}/task").glob("*/children"):
        for child in own.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def running(server: Server, words: str) -> list[int]:
    """Below the sshd: the processes of that command line."""
    found = []
    for process in children(server.process.pid):
        with contextlib.suppress(OSError):
            if words in Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(process)
    return found


async def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    for _ in range(int(within_s / 0.05)):
        if true():
            return
        await asyncio.sleep(0.05)
    assert true()


def signal_sessions(server: Server, number: signal.Signals) -> None:
    """To every process that serves a connection; the listener stays."""
    for process in running(server, "sshd:"):
        if "[listener]" not in Path(f"/proc/{process}/cmdline").read_text():
            os.kill(process, number)


async def ask(connection: Connection, command: str, way: str) -> None:
    if way == "run":
        await connection.run(command, timeout_s=1)
    elif way == "stream":
        async for _ in connection.stream(command, timeout_s=1):
            pass
    else:
        await asyncio.wait_for(connection.run(command), 1)


TALKING = "while echo on; do sleep 0.{}; done"


@pytest.mark.parametrize(("way", "pause"), [("run", "0311"), ("stream", "0312"), ("cancelled", "0313")])
def test_a_question_that_is_broken_off_leaves_nothing_running_over_there(server: Server, way: str, pause: str) -> None:
    async def work() -> None:
        async with connect(server.target) as connection:
            asking = asyncio.create_task(ask(connection, TALKING.format(pause), way))
            await until(lambda: running(server, pause))
            with pytest.raises((LinkError, TimeoutError)):
                await asking
            await until(lambda: not running(server, pause))
            assert (await connection.run("echo on")).out == b"on\n", "the connection itself goes on"

    asyncio.run(work())


def test_a_silent_command_of_a_real_account_is_ended_too(saba: Standing) -> None:
    """OpenSSH passes no signal on to root, and we are root in the other tests' sshd."""

    async def work() -> None:
        async with connect(target(saba)) as connection:
            with pytest.raises(LinkError, match="too long"):
                await connection.run("sleep 311", timeout_s=0.7)
            for _ in range(50):
                left = await connection.run("pgrep -f '[s]leep 311'")
                if left.code == 1:
                    break
                await asyncio.sleep(0.1)
            assert left.code == 1, left

    asyncio.run(work())


def test_a_program_that_is_killed_leaves_nothing_running_over_there(server: Server) -> None:
    async def work() -> None:
        async with connect(server.target) as connection, connection.remote_shell() as shell:
            command = TALKING.format("0314")
            program = await asyncio.create_subprocess_exec(*shell.split(), "x", command, stdout=subprocess.DEVNULL)
            await until(lambda: running(server, "0314"))
            program.kill()
            await program.wait()
            await until(lambda: not running(server, "0314"))

    asyncio.run(work())


def test_a_source_that_breaks_ends_the_command_and_says_why(server: Server) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"half"
        raise ValueError("the backup cannot be read")

    async def work() -> None:
        async with connect(server.target) as connection:
            with pytest.raises(ValueError, match="cannot be read"):
                await connection.send("cat; " + TALKING.format("0315"), source(), timeout_s=20)
            await until(lambda: not running(server, "0315"))

    asyncio.run(asyncio.wait_for(work(), 10))


def test_a_command_that_closes_its_output_first_is_waited_for(server: Server) -> None:
    async def work() -> None:
        async with connect(server.target) as connection:
            result = await connection.run("echo out; exec >&- 2>&-; sleep 0.4; exit 5")
            assert (result.code, result.out) == (5, b"out\n")
            result = await connection.run("exec <&-; echo deaf", stdin=b"x" * 5_000_000)
            assert (result.code, result.out) == (0, b"deaf\n")
            killed = await connection.run("kill -9 $$")
            assert killed.code == 137

    asyncio.run(asyncio.wait_for(work(), 20))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_an_sshd_that_dies_or_hangs_in_the_middle_is_told_as_cut(
    server: Server, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, the line breaks; stopped, it is as with a blackholed line: only keepalives find out."""
    monkeypatch.setattr(ssh, "KEEPALIVE_S", 0.3)

    async def work() -> None:
        async with connect(server.target) as connection:
            asking = asyncio.create_task(connection.run("sleep 3"))
            await until(lambda: running(server, "sleep 3"))
            signal_sessions(server, how)
            await asking

    try:
        with pytest.raises(LinkError) as caught:
            asyncio.run(asyncio.wait_for(work(), 15))
    finally:
        if how == signal.SIGSTOP:
            signal_sessions(server, signal.SIGCONT)
    assert (caught.value.kind, caught.value.permanent) == ("cut", False)


def test_a_jump_host_that_finds_nobody_and_one_that_forwards_nothing_are_told_apart(
    server: Server, tmp_path: Path
) -> None:
    def told(jump: Server, port: int) -> LinkError:
        async def work() -> None:
            async with connect(replace(server.target, port=port, jump=jump.target)):
                pass

        with pytest.raises(LinkError) as caught:
            asyncio.run(work())
        return caught.value

    nobody = told(server, free_port())
    assert (nobody.kind, nobody.permanent) == ("unreachable", False)
    with sshd(tmp_path) as closed:
        forbidden = told(closed, server.target.port)
        assert (forbidden.kind, forbidden.permanent) == ("failed", True) and "forwards nothing" in str(forbidden)
        assert closed.target.address in str(forbidden)


def test_an_ssh_server_of_another_age_is_told_for_good(server: Server, tmp_path: Path) -> None:
    old = "KexAlgorithms diffie-hellman-group1-sha1\n"
    with sshd(tmp_path, more=old) as there, pytest.raises(LinkError, match="no longer safe") as caught:
        asyncio.run(_greet(there))
    assert caught.value.permanent


async def _greet(server: Server) -> None:
    async with connect(server.target):
        pass


def test_a_line_that_loses_1_in_100_and_takes_100_ms_brings_everything_whole(server: Server, tmp_path: Path) -> None:
    """Loss as TCP shows it to us: the bytes wait for the packet that is sent again."""
    (tmp_path / "far").mkdir()
    (tmp_path / "far/data").write_bytes(os.urandom(1_500_000))

    async def work() -> None:
        async with line_to(server.target.port) as line:
            line.delay_s, line.lost = 0.05, 0.01
            async with connect(replace(server.target, port=line.port)) as connection, connection.remote_shell() as way:
                program = await asyncio.create_subprocess_exec(
                    "rsync", "-a", "-e", way, f"x:{tmp_path}/far/", f"{tmp_path}/near/", stderr=subprocess.STDOUT
                )
                assert await program.wait() == 0

    asyncio.run(asyncio.wait_for(work(), 30))
    assert (tmp_path / "near/data").read_bytes() == (tmp_path / "far/data").read_bytes()
