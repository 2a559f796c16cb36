"""The account that `ringkeep account` prints, made on a real server with real sshd and sudo: what it can do and cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ringkeep.backups.fetching import Fetched, fetch
from ringkeep.fleet.account import commands
from ringkeep.links import LinkError
from ringkeep.links.ssh import Result, Target, connect, new_key
from ringkeep.pbx import Facts, probe, recognise
from tests.standing import standing, target


@dataclass
class Accounts:
    """Made by the printed commands: with sudo, and without."""

    root: Target  # the lab's own account, which may do everything
    full: Target
    reader: Target


async def ask(of: Target, command: str, *, sudo: bool = False) -> Result:
    async with connect(of) as connection:
        return await connection.run(command, sudo=sudo)


@pytest.fixture(scope="module")
def accounts() -> Iterator[Accounts]:
    with standing("account") as made:
        root = target(made)
        asyncio.run(ask(root, "chmod 1777 /var/tmp", sudo=True))  # as on every server; the lab's image lacks it
        logins = []
        for user, sudo in (("keeper", True), ("reader", False)):
            private, public = new_key(user)
            done = asyncio.run(ask(root, f"set -e; {commands(public, user, sudo=sudo)}", sudo=True))
            assert done.code == 0, done
            logins.append(replace(root, user=user, key=private, sudo=sudo))
        yield Accounts(root, *logins)


async def look_and_fetch(of: Target, mirror: Path) -> tuple[Facts, str, Fetched]:
    async with connect(of) as connection:
        facts = await recognise(connection)
        return facts, await probe(connection, facts), await fetch(connection, facts, mirror)


def test_running_the_commands_twice_changes_nothing_and_the_key_opens_a_shell_only(accounts: Accounts) -> None:
    _, public = new_key("again")
    of = "getent passwd reader; cat /etc/sudoers.d/* | sort; id reader"
    before = asyncio.run(ask(accounts.root, of, sudo=True))
    again = asyncio.run(ask(accounts.root, f"set -e; {commands(public, 'second')}", sudo=True))
    twice = asyncio.run(ask(accounts.root, f"set -e; {commands(public, 'second')}", sudo=True))
    assert (again.code, twice.code) == (0, 0), (again, twice)
    after = asyncio.run(ask(accounts.root, of, sudo=True))
    assert set(after.out.splitlines()) - set(before.out.splitlines()) == {
        b"second ALL=(root) NOPASSWD: /bin/sh, /usr/bin/sh, /usr/bin/rsync"
    }

    async def forward() -> None:
        async with connect(replace(accounts.full, port=22, host="127.0.0.1", jump=accounts.full)):
            pass

    with pytest.raises(LinkError, match="forwards nothing"):
        asyncio.run(forward())


def test_with_sudo_everything_that_belongs_in_a_backup_is_read(accounts: Accounts, tmp_path: Path) -> None:
    facts, _, fetched = asyncio.run(look_and_fetch(accounts.full, tmp_path / "mirror"))
    assert not facts.not_readable and facts.asterisk
    assert {part["state"] for part in fetched.parts} <= {"ok", "skipped"}, fetched.parts
    assert (tmp_path / "mirror/etc/asterisk/pjsip.conf").exists()
    assert asyncio.run(ask(accounts.full, "id -u; rsync --version | head -1", sudo=True)).out.startswith(b"0\nrsync")


def test_sudo_is_for_the_named_programs_alone(accounts: Accounts) -> None:
    refused = asyncio.run(ask(accounts.full, "sudo -n -- id"))
    assert refused.code == 1 and "password" in refused.err
    assert asyncio.run(ask(accounts.full, "sudo -n -- rsync --version >/dev/null && echo may")).out == b"may\n"


def test_without_sudo_it_reads_what_the_group_may_and_says_what_it_cannot(accounts: Accounts, tmp_path: Path) -> None:
    facts, _, fetched = asyncio.run(look_and_fetch(accounts.reader, tmp_path / "mirror"))
    missing = [part for part in fetched.parts if part["state"] == "failed"]
    assert not [part for part in missing if part["required"]], "configuration, voicemail, recordings are the group's"
    assert facts.asterisk and (tmp_path / "mirror/etc/asterisk/extensions.conf").exists()
    assert missing, "a lab server has files for root alone"
    assert all(part["why"] for part in missing), "each is told with its reason"


def test_a_refusal_of_the_real_sudo_names_the_line_to_add(accounts: Accounts) -> None:
    with pytest.raises(LinkError, match=r"reader ALL=\(root\) NOPASSWD: /bin/sh") as caught:
        asyncio.run(ask(replace(accounts.reader, sudo=True), "id", sudo=True))
    assert caught.value.kind == "no-sudo"
