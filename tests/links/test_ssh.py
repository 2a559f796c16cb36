"""What a phone system's shell gives us and how it fails, on a real sshd."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep.links import LinkError
from ringkeep.links.ssh import Target, ask_host_key, connect, fingerprint, new_key
from tests.links.servers import REFUSING_SUDO, WILLING_SUDO, Server, free_port, line_to, sshd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sshd(tmp_path_factory.mktemp("sshd"), forwarding="yes") as running:
        yield running


async def ask(target: Target, command: str = "echo hello", **options: object) -> bytes:
    async with connect(target, timeout_s=5) as connection:
        result = await connection.run(command, **options)  # type: ignore[arg-type]
    return result.out


def refused(target: Target, command: str = "true", **options: object) -> LinkError:
    with pytest.raises(LinkError) as caught:
        asyncio.run(ask(target, command, **options))
    return caught.value


# -- what it gives --------------------------------------------------------------------------------------------


def test_commands_take_input_and_give_output_errors_and_code(server: Server) -> None:
    async def work() -> None:
        async with connect(server.target) as connection:
            result = await connection.run("cat; echo oh >&2; exit 7", stdin=b"\x00\xffin")
            assert (result.code, result.out, result.err) == (7, b"\x00\xffin", "oh\n")
            pieces = [piece async for piece in connection.stream("head -c 3000000 /dev/zero")]
            assert sum(map(len, pieces)) == 3_000_000 and len(pieces) > 10

            async def source() -> AsyncIterator[bytes]:
                for _ in range(50):
                    yield b"x" * 100_000

            assert (await connection.send("wc -c", source())).out.strip() == b"5000000"
            assert connection.received_bytes() > 3_000_000

    asyncio.run(work())


def test_what_crosses_is_encrypted_by_the_cipher_that_costs_us_least(server: Server) -> None:
    async def work() -> tuple[str, str]:
        async with connect(server.target) as connection:
            of = connection._connection.get_extra_info
            return of("send_cipher"), of("recv_cipher")

    assert asyncio.run(work()) == ("aes128-gcm@openssh.com",) * 2


def test_nothing_of_this_machines_own_ssh_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a key in ~/.ssh nor known_hosts nor a configuration file nor an agent lets anyone in."""
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh/id_ed25519").write_text(server.target.key or "")
    (tmp_path / ".ssh/id_ed25519").chmod(0o600)
    (tmp_path / ".ssh/config").write_text("Host *\n  ProxyCommand false\n  User somebody\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    assert refused(replace(server.target, key=None, password="no")).kind == "refused-login"
    assert asyncio.run(ask(server.target)) == b"hello\n"


def test_the_way_leads_over_a_jump_host(server: Server, tmp_path: Path) -> None:
    with sshd(tmp_path) as behind:
        over = replace(behind.target, jump=server.target)
        assert asyncio.run(ask(over)) == b"hello\n"
        assert asyncio.run(ask_host_key("127.0.0.1", behind.target.port, jump=server.target)) == behind.target.host_key
        _, strangers = new_key("stranger")
        wrong = refused(replace(over, jump=replace(server.target, host_key=strangers)))
        assert wrong.kind == "host-key-changed" and str(server.target.port) in str(wrong)


def test_rsync_runs_over_our_connection_and_the_process_list_shows_no_secret(server: Server, tmp_path: Path) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    far.mkdir()
    (far / "odd name\n$(id)").write_bytes(os.urandom(3_000_000))
    canary = "c4n4ry-ringkeep-secret"
    target = replace(server.target, password=canary)
    seen: list[bytes] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                if process.name == str(os.getpid()):
                    continue
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        seen.append((process / name).read_bytes())
            time.sleep(0.02)

    async def work() -> int:
        async with connect(target) as connection, connection.remote_shell() as shell:
            process = await asyncio.create_subprocess_exec(
                "rsync", "-a", "-s", "--bwlimit=4M", "-e", shell, f"x:{far}/", f"{near}/"
            )
            assert await process.wait() == 0
            return connection.received_bytes()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        received = asyncio.run(work())
    finally:
        done.set()
        watching.join()
    assert (near / "odd name\n$(id)").read_bytes() == (far / "odd name\n$(id)").read_bytes()
    assert 3_000_000 < received < 3_300_000
    everything = b"\0".join(seen)
    assert b"pipe.py" in everything, "the watch has seen rsync at work"
    assert canary.encode() not in everything
    assert (target.key or "").splitlines()[3].encode() not in everything


def test_rsync_gets_the_code_and_the_words_of_a_command_that_fails(server: Server) -> None:
    async def work() -> tuple[int | None, bytes]:
        async with connect(server.target) as connection, connection.remote_shell() as shell:
            process = await asyncio.create_subprocess_exec(
                *shell.split(), "host", "echo out; echo oh >&2; exit 23", stdout=-1, stderr=subprocess.STDOUT
            )
            out, _ = await process.communicate()
            return process.returncode, out

    code, out = asyncio.run(work())
    assert code == 23 and sorted(out.split()) == [b"oh", b"out"]


# -- how it fails ---------------------------------------------------------------------------------------------


def test_another_host_key_stops_everything_and_both_are_named(server: Server) -> None:
    _, strangers = new_key("stranger")
    error = refused(replace(server.target, host_key=strangers))
    assert error.kind == "host-key-changed" and error.permanent
    assert fingerprint(server.target.host_key or "") in str(error) and fingerprint(strangers) in str(error)
    assert "enrol --again" in str(error)


def test_a_key_of_another_kind_is_another_key(server: Server, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", str(tmp_path / "rsa")], check=True)
    pinned = (tmp_path / "rsa.pub").read_text()
    assert refused(replace(server.target, host_key=pinned)).kind == "host-key-changed"


def test_a_wrong_key_or_password_is_refused_for_good_and_told_without_it(server: Server) -> None:
    other, _ = new_key("other")
    for login in (
        replace(server.target, key=other),
        replace(server.target, key=None, password="c4n4ry"),
        replace(server.target, key="c4n4ry " + other[100:]),
        replace(server.target, user="nobody-here"),
    ):
        error = refused(login)
        assert error.kind == "refused-login" and error.permanent
        assert "c4n4ry" not in f"{error!r} {error.__cause__!r} {login!r}" and other[120:160] not in f"{error!r}"


def test_sudo_that_is_refused_says_which_line_to_add(server: Server) -> None:
    for program in (REFUSING_SUDO, None):
        error = refused(server.sudo(program), "id", sudo=True)
        assert error.kind == "no-sudo" and error.permanent
        assert "ringkeep ALL=(root) NOPASSWD: /bin/sh" in str(error)


def test_sudo_runs_the_command_as_one_word_whatever_is_in_it(server: Server) -> None:
    target = server.sudo(WILLING_SUDO)
    command = "echo \"$ASKED_SUDO it's\" 'a $HOME' | cat; exit 0"
    assert asyncio.run(ask(target, command, sudo=True)) == b"yes it's a $HOME\n"
    assert asyncio.run(ask(target, 'echo "$ASKED_SUDO"')) == b"\n"


def test_a_host_that_is_down_and_one_that_is_silent_may_be_tried_again(server: Server) -> None:
    down = refused(replace(server.target, port=free_port()))
    assert (down.kind, down.permanent) == ("unreachable", False) and "nothing answers at that port" in str(down)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()

        async def wait() -> None:
            async with connect(replace(server.target, port=silent.getsockname()[1]), timeout_s=0.5):
                pass

        with pytest.raises(LinkError) as caught:
            asyncio.run(wait())
    assert (caught.value.kind, caught.value.permanent) == ("timeout", False)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("way", ["run", "stream", "rsync"])
def test_a_line_that_is_cut_in_the_middle_is_told_as_cut(server: Server, way: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with contextlib.AsyncExitStack() as stack:
            line = await stack.enter_async_context(line_to(server.target.port))
            connection = await stack.enter_async_context(connect(replace(server.target, port=line.port)))
            line.cut_after_bytes = line.passed_bytes + 500_000
            if way == "run":
                await connection.run("head -c 4000000 /dev/zero")
            elif way == "stream":
                async for _ in connection.stream("head -c 4000000 /dev/zero"):
                    pass
            else:
                async with connection.remote_shell() as shell:
                    process = await asyncio.create_subprocess_exec(
                        "rsync", "-a", "-e", shell, f"x:{shutil.which('bash')}", f"{tmp_path}/", stderr=-3
                    )
                    assert await process.wait() != 0
                await connection.run("true")

    with pytest.raises(LinkError) as caught:
        asyncio.run(asyncio.wait_for(work(), 20))
    assert (caught.value.kind, caught.value.permanent) == ("cut", False)


def test_an_endless_answer_is_stopped_by_size_or_time(server: Server) -> None:
    began = time.monotonic()
    error = refused(server.target, "cat /dev/zero", limit_bytes=1 << 20)
    assert error.kind == "failed" and "1 MiB" in str(error)
    assert refused(server.target, "cat /dev/zero >&2", timeout_s=0.7).kind == "timeout"
    assert refused(server.target, "sleep 30", timeout_s=0.3).kind == "timeout"
    assert time.monotonic() - began < 8


def test_a_stream_ends_with_its_time_even_when_its_reader_is_slow(server: Server) -> None:
    async def work() -> None:
        async with connect(server.target) as connection:
            async for _ in connection.stream("cat /dev/zero", timeout_s=0.5):
                await asyncio.sleep(0.05)

    with pytest.raises(LinkError) as caught:
        asyncio.run(asyncio.wait_for(work(), 10))
    assert caught.value.kind == "timeout"


def test_a_stream_that_fails_says_with_which_words(server: Server) -> None:
    async def work() -> None:
        async with connect(server.target) as connection:
            async for _ in connection.stream("printf 'half'; printf 'no \\033[2J such file' >&2; exit 2"):
                pass

    with pytest.raises(LinkError, match=r"ended with 2: no \?\[2J such file"):
        asyncio.run(work())


@pytest.mark.parametrize("greeting", [b"x" * 100_000_000, b"SSH-2.0-" + b"y" * 5000 + b"\r\n", b"hi\r\n" * 1_000_000])
def test_a_giant_greeting_is_not_swallowed(server: Server, greeting: bytes) -> None:
    """A server that is none, with a greeting without end."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for start in range(0, len(greeting), 1 << 16):
                writer.write(greeting[start : start + (1 << 16)])
                await writer.drain()
        writer.close()

    async def work() -> None:
        hostile = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with hostile:
            await ask(replace(server.target, port=hostile.sockets[0].getsockname()[1]))

    began = time.monotonic()
    with pytest.raises(LinkError) as caught:
        asyncio.run(work())
    assert caught.value.kind in ("unreachable", "cut") and len(str(caught.value)) < 600
    assert time.monotonic() - began < 6


def test_a_line_with_200_ms_there_and_back_still_works(server: Server) -> None:
    async def work() -> float:
        async with line_to(server.target.port) as line:
            line.delay_s = 0.1
            began = time.monotonic()
            assert (
                await ask(replace(server.target, port=line.port), "head -c 2000000 /dev/zero | wc -c") == b"2000000\n"
            )
            return time.monotonic() - began

    assert 0.8 < asyncio.run(work()) < 6


def test_secrets_show_in_no_log_of_a_whole_conversation(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    target = replace(server.target, password="c4n4ry-ringkeep-secret")
    asyncio.run(ask(target))
    refused(replace(target, key=None))
    told = caplog.text + repr(target)
    assert "c4n4ry" not in told and (target.key or "").splitlines()[3] not in told
