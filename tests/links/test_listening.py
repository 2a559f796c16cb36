"""Odd accounts: shells that greet, that are none, and servers as old as the phone systems that stand on them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep.links import LinkError
from ringkeep.links.ssh import ask_host_key, connect, new_key
from tests.links.servers import Server, sshd, this_machine

GREETING = "echo 'Welcome to the PBX'; printf '\\033[31m'; head -c 300000 /dev/zero | tr '\\0' x; echo oops >&2\n"
OLD = """\
KexAlgorithms diffie-hellman-group14-sha1
HostKeyAlgorithms ssh-rsa
MACs hmac-sha1
Ciphers aes128-ctr
"""  # what OpenSSH 5.3 (CentOS 6) has in common with us


@contextlib.contextmanager
def account(place: Path, shell: str, *, options: str = "", more: str = "") -> Iterator[Server]:
    """An sshd whose account has this shell, a talkative ~/.bashrc and these options before its key."""

    def inside(where: Path, words: list[str]) -> list[str]:
        (where / "passwd").write_text((where / "passwd").read_text().replace(":/bin/sh\n", f":{shell}\n"))
        (where / ".bashrc").write_text(GREETING)
        (where / "authorized_keys").write_text(options + (where / "authorized_keys").read_text())
        return this_machine(where, words)

    with sshd(place, more=more, inside=inside) as running:
        yield running


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/rbash", "/bin/tcsh"])
def test_a_shell_that_greets_spoils_no_answer_no_stream_and_no_rsync(tmp_path: Path, shell: str) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far/file").write_bytes(b"\x1f\x8bdata" * 1000)

    async def work(server: Server) -> None:
        async with connect(server.target) as connection, connection.remote_shell() as way:
            result = await connection.run("sh -c 'cat; exit 3'", stdin=b"\x1f\x8b")
            assert (result.code, result.out) == (3, b"\x1f\x8b")
            assert b"".join([piece async for piece in connection.stream("printf done")]) == b"done"
            rsync = await asyncio.create_subprocess_exec(
                "rsync", "-s", "-e", way, f"x:{tmp_path}/far/file", f"{tmp_path}/"
            )
            assert await rsync.wait() == 0

    with account(tmp_path / "sshd", shell) as server:
        asyncio.run(asyncio.wait_for(work(server), 30))
    assert (tmp_path / "file").read_bytes() == (tmp_path / "far/file").read_bytes()


@pytest.mark.parametrize(
    ("shell", "options", "said"),
    [("/bin/sh", 'command="echo only backups here",', "only backups here"), ("/bin/false", "", "ordinary shell")],
)
def test_an_account_that_runs_something_else_is_told_for_good_with_what_it_says(
    tmp_path: Path, shell: str, options: str, said: str
) -> None:
    with account(tmp_path, shell, options=options) as server, pytest.raises(LinkError, match=said) as caught:
        asyncio.run(_ask(server))
    assert caught.value.permanent


def test_a_shell_that_greets_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringkeep.links.listening.NOISE_BYTES", 200_000)
    with account(tmp_path, "/bin/bash") as server, pytest.raises(LinkError, match=r"without end.*bashrc"):
        asyncio.run(_ask(server))


async def _ask(server: Server) -> None:
    async with connect(server.target) as connection:
        await connection.run("true")


def test_an_ssh_server_as_old_as_elastix_is_refused_by_itself_and_reached_when_that_is_asked_for(
    tmp_path: Path,
) -> None:
    """SHA-1 for the host key and the key exchange, and nothing else."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "rsa")], check=True)
    host = ((tmp_path / "rsa").read_text(), (tmp_path / "rsa.pub").read_text())
    own, public = new_key("ours", old=True)
    assert public.startswith("ssh-rsa ")
    with sshd(tmp_path / "sshd", host_key=host, more=OLD) as server:
        (server.place / "authorized_keys").write_text(f"restrict {public}\n")
        target = replace(server.target, key=own)
        for asking in (_pinned(server), _hello(replace(server, target=target))):
            with pytest.raises(LinkError, match=r"no longer safe.*--old-ssh") as caught:
                asyncio.run(asking)
            assert caught.value.permanent
        old = replace(target, old=True)
        assert asyncio.run(_hello(replace(server, target=old))) == b"hello\n"
        assert asyncio.run(ask_host_key("127.0.0.1", target.port, old=True)) == target.host_key
        _, strangers = new_key("stranger", old=True)
        with pytest.raises(LinkError, match="another host key"):
            asyncio.run(_hello(replace(server, target=replace(old, host_key=strangers))))


async def _pinned(server: Server) -> bytes:
    return (await ask_host_key("127.0.0.1", server.target.port)).encode()


async def _hello(server: Server) -> bytes:
    async with connect(server.target) as connection:
        return (await connection.run("echo hello")).out
