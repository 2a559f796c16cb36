"""Before anything is fetched or sent, a restore knows whether its account may do what it needs, and says what to do."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringkeep.fleet.models import PhoneSystem
from ringkeep.links import LinkError
from ringkeep.links.ssh import Result
from ringkeep.restores import rights
from ringkeep.translation import Words
from tests.restores.this_machine import ThisMachine

LINE = "backup ALL=(root) NOPASSWD: /bin/sh"


class As(ThisMachine):
    """This machine's shell with another beginning of its command line."""

    def __init__(self, *before: str) -> None:
        super().__init__()
        self.before = before

    async def send(
        self, command: str, source: AsyncIterator[bytes], *, sudo: bool = False, timeout_s: float = 60.0
    ) -> Result:
        return await super().send(shlex.join([*self.before, "sh", "-c", command]), source, sudo=sudo)


class Refused(ThisMachine):
    """As `Connection` does where sudo asks for a password."""

    async def run(self, command: str, **_: object) -> Result:
        raise LinkError("no-sudo", "a password is required", permanent=True)


def said(connection: ThisMachine, language: str = "en") -> str:
    system = PhoneSystem(name="saba", user="backup", sudo=True)
    found = asyncio.run(rights.lacking(connection, system))
    return Words(language).say(found) if found else ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_account_that_is_not_root_and_one_that_sudo_refuses_are_told_the_line_to_add_in_both_languages() -> None:
    for connection in (As("setpriv", "--reuid=65534", "--clear-groups"), Refused()):
        assert LINE in said(connection) and "enrol --again --name saba" in said(connection)
        assert LINE in said(connection, "fa") and "بازیابی" in said(connection, "fa")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write there")
def test_a_missing_program_is_named_and_with_all_of_them_nothing_is_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "LOOK", rights.LOOK.replace(rights.PLACE, str(tmp_path)))
    assert said(As("env")) == ""
    for name in ("sh", "id"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    assert "tar, flock, setsid, sha256sum" in said(As("env", f"PATH={tmp_path}"))
