"""Lab phone systems for tests: real servers with sshd and Asterisk, one of a kind for the whole run, ended at its end."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringkeep.links.ssh import Target
from ringkeep.standing import control
from ringkeep.standing.places import Standing

SABA = Path(__file__).parents[1] / "samples/saba"
_home: list[str] = []


def _lab_home() -> str:
    """A RINGKEEP_HOME for the lab phone systems of this run, apart from the tests' own."""
    if not _home:
        _home.append(tempfile.mkdtemp(prefix="ringkeep-standing-"))
        atexit.register(shutil.rmtree, _home[0], ignore_errors=True)
    return _home[0]


@contextmanager
def standing(
    name: str, path: Path = SABA, version: int = 22, *, calls: bool = False, far_end: Path | None = None
) -> Iterator[Standing]:
    """A lab phone system of one's own, that may be broken; gone at the end."""
    before = os.environ.get("RINGKEEP_HOME")
    os.environ["RINGKEEP_HOME"] = _lab_home()
    try:
        made = control.up(name, path, asterisk=version, calls=calls, far_end=far_end)
    finally:
        _put_back(before)
    try:
        yield made
    finally:
        os.environ["RINGKEEP_HOME"] = _lab_home()
        try:
            control.down(name, now=True, delete=True)
        finally:
            _put_back(before)


def _put_back(before: str | None) -> None:
    if before is None:
        os.environ.pop("RINGKEEP_HOME", None)
    else:
        os.environ["RINGKEEP_HOME"] = before


def target(of: Standing, *, sudo: bool = True) -> Target:
    """How to connect to it."""
    return Target(of.host, of.port, of.user, of.host_key, key=Path(of.key).read_text(), sudo=sudo)
