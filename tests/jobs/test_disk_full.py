"""A real disk that is full under a real `ringkeep serve`: a small tmpfs in a namespace of its own, reached by its process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.web.serving import serving, there

SIZE_MIB = 24


@dataclass(frozen=True)
class Disk:
    """A RINGKEEP_HOME on a disk of its own: `home` for processes that run `within`, `seen` from here."""

    home: Path
    seen: Path
    within: list[str]

    def fill(self) -> None:
        """Leave no byte of it free."""
        with (self.seen / "filler").open("ab", buffering=0) as file:
            for piece in (1 << 20, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(piece))

    def make_room(self) -> None:
        (self.seen / "filler").unlink()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "small"
    place.mkdir()
    mount = f'mount -t tmpfs -o size={SIZE_MIB}m,mode=700 none "$0" && echo mounted && exec sleep 600'
    with subprocess.Popen(["unshare", "-rm", "sh", "-c", mount, place], stdout=subprocess.PIPE, text=True) as keeper:
        try:
            if not keeper.stdout or keeper.stdout.readline() != "mounted\n":
                pytest.skip("this machine lets nobody mount a tmpfs in a namespace of their own")
            enter = ["nsenter", "-t", str(keeper.pid), "-U", "-m", "--preserve-credentials"]
            enter += ["env", "-C", os.getcwd()]
            yield Disk(place, Path(f"/proc/{keeper.pid}/root{place}"), enter)
        finally:
            keeper.kill()


def test_jobs_go_on_where_they_were_once_there_is_room_again_and_pages_answer_meanwhile(
    small: Disk, tmp_path: Path
) -> None:
    seen, wrote, signs = tmp_path / "seen", tmp_path / "wrote", [tmp_path / "first", tmp_path / "second"]
    order = {"file": str(seen), "signs": [str(sign) for sign in signs]}
    writing = {"file": str(wrote), "sign": str(signs[0])}
    there(
        small.home,
        f"for n in (1, 2): start('signs', {order!r}, key=f'signs:{{n}}', phone_system=1)\n"  # one waits for the other
        f"start('writes', {writing!r}, key='writes:1')",
        within=small.within,
    )
    with serving(small.home, "--port", "0", within=small.within) as server:
        token = ""

        def call(path: str) -> str:
            asked = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return str(answer.read().decode())

        server.ready().until(lambda: seen.exists() and wrote.exists(), "the jobs' beginning")
        token = (small.seen / "keys/api-token").read_text()
        small.fill()
        signs[0].touch()
        server.until(lambda: "ringkeep.jobs: the database cannot" in server.said, "the step's finding no room")
        server.until(lambda: "Database connection failed" in server.said, "the engine's finding no room")
        assert "Phone systems" in call("/") and '"running"' in call("/api/v1/jobs/signs:1")
        small.make_room()
        signs[1].touch()
        for job in ("signs:1", "signs:2", "writes:1"):
            server.until(lambda: '"succeeded"' in call(f"/api/v1/jobs/{job}"), f"the end of {job}")  # noqa: B023
        log = call("/api/v1/jobs/writes:1/log")
        assert "this step is begun anew" in log and "disk is full" in log
        assert seen.read_text().splitlines() == ["waiting for first", "waiting for second"] * 2, server.said
        assert wrote.read_text().splitlines() >= ["begun"] * 2
        assert "Traceback" not in server.said, server.said
