"""The printed commands make an account on a real server: it is let in, reads by real sudo, or by its group, or is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ringkeep.fleet.account import commands
from ringkeep.links import LinkError
from ringkeep.links.ssh import Result, Target, connect, new_key
from ringkeep.standing.places import Standing
from tests.standing import standing, target

READ = "cat /etc/asterisk/extensions.conf >/dev/null && id -u"


@pytest.fixture(scope="module")
def server() -> Iterator[Standing]:
    with standing("accounts") as running:
        yield running


def run(where: Target, command: str, **options: object) -> Result:
    async def work() -> Result:
        async with connect(where) as connection:
            return await connection.run(command, **options)  # type: ignore[arg-type]

    return asyncio.run(work())


def made(server: Standing, user: str, *, sudo: bool) -> Target:
    """The account as the commands make it, run by root there."""
    private, public = new_key(f"ringkeep-{user}")
    done = run(target(server), "sh -es", sudo=True, stdin=commands(public, user, sudo=sudo).encode())
    assert done.code == 0, done.err
    return replace(target(server), user=user, key=private, sudo=True)


def test_with_the_sudo_line_it_reads_as_root(server: Standing) -> None:
    account = made(server, "care.one", sudo=True)  # sudo passes over files with a dot in their name
    assert run(account, READ, sudo=True).out == b"0\n"
    assert run(account, "sudo -n rsync --version").code == 0
    assert run(account, "sudo -n cat /etc/shadow").code != 0, "the line names shells and rsync, nothing else"
    assert run(target(server), READ, sudo=True).out == b"0\n", "another account's line stays"


def test_without_it_the_group_reads_and_sudo_is_refused_with_the_line_to_add(server: Standing) -> None:
    account = made(server, "look", sudo=False)
    assert run(account, READ).out not in (b"", b"0\n")
    with pytest.raises(LinkError, match="look ALL=\\(root\\) NOPASSWD: /bin/sh") as caught:
        run(account, READ, sudo=True)
    assert caught.value.kind == "no-sudo" and caught.value.permanent
