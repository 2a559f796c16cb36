"""Phone systems that lie and send what nobody asked for: nothing of it lands outside what was asked, nothing hangs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from ringkeep import pbx
from ringkeep.backups import fetch_moving
from ringkeep.backups.fetch_walls import confined
from ringkeep.backups.fetching import fetch
from ringkeep.links import LinkError
from tests.backups.test_fetching import SOUND, bring, part, tree
from tests.pbx import conftest as machines
from tests.pbx.machine import Here, Machine

machine, here = machines.machine, machines.here

# A real rsync whose list of files is changed on its way: ASKED is taken out of it and OTHER, as long, put in.
SWAPPING = """#!/usr/bin/python3
import os, subprocess, sys, threading
asked, other = {asked!r}, {other!r}
own = subprocess.Popen(["/usr/bin/rsync", *sys.argv[1:]], stdin=subprocess.PIPE)
def feed():
    while piece := os.read(0, 1 << 16):
        own.stdin.write(piece.replace(asked, other))
        own.stdin.flush()
    own.stdin.close()
threading.Thread(target=feed, daemon=True).start()
os._exit(own.wait())
"""


def swap(machine: Machine, asked: str, other: str) -> None:
    assert len(asked) == len(other)
    machine.write("local/rsync", SWAPPING.format(asked=asked.encode(), other=other.encode())).chmod(0o755)


@pytest.mark.parametrize("other", ["../../../../etc/secret/x", "/etc/secret/x"])
def test_an_rsync_that_sends_another_file_than_was_asked_for_adds_nothing(
    machine: Machine, here: Here, tmp_path: Path, other: str
) -> None:
    asked = f"{SOUND}/{'a' * 40}.wav"
    machine.write(asked, "wanted")
    machine.write("etc/secret/x", "unasked")
    swap(machine, asked, other + "/." * ((len(asked) - len(other)) // 2) + "/" * ((len(asked) - len(other)) % 2))
    mirror = tmp_path / "home/systems/1/mirror"
    with contextlib.suppress(LinkError):  # it may as well give up
        assert part(bring(here, mirror), "sounds")["state"] == "failed"
    assert not [path for path in tree(tmp_path / "home") if path.endswith("/x")]
    assert "unasked" not in str([(mirror / p).read_bytes() for p in tree(mirror) if (mirror / p).is_file()])


@pytest.mark.parametrize(
    "program",
    [
        "exec head -c 3000000 /dev/urandom",
        "exec cat /dev/zero",
        "exec yes '@RSYNCD: 31.0'",
        "exec 1>&-; sleep 1",
        "exit 0",
    ],
    ids=["random", "zeros", "greetings", "closed", "nothing"],
)
def test_an_rsync_that_is_none_ends_with_an_error(machine: Machine, here: Here, tmp_path: Path, program: str) -> None:
    machine.write("local/rsync", f"#!/bin/sh\n{program}\n").chmod(0o755)
    with pytest.raises(LinkError) as caught:
        asyncio.run(asyncio.wait_for(_bring(here, tmp_path / "mirror"), 60))
    assert caught.value.kind in ("failed", "cut") and len(str(caught.value)) < 500
    assert not list((machine.root / "var/tmp").iterdir())


def test_an_rsync_that_sends_next_to_nothing_is_stopped(
    machine: Machine, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_moving, "TRICKLE_S", 1)
    machine.write("local/rsync", "#!/bin/sh\nwhile sleep 0.3; do printf x; done\n").chmod(0o755)
    with pytest.raises(LinkError) as caught:
        asyncio.run(asyncio.wait_for(_bring(here, tmp_path / "mirror"), 60))
    assert (caught.value.kind, caught.value.permanent) == ("timeout", False)


async def _bring(here: Here, mirror: Path) -> None:
    await fetch(here, pbx.Facts("asterisk", has_rsync=True), mirror)


def test_who_breaks_into_our_rsync_finds_nothing_and_can_write_nowhere_else(tmp_path: Path) -> None:
    """As far as bubblewrap can do it here: no keys, no other mirror, no process, no network. The home is a link, as it may be."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    mirror, other = tmp_path / "home/systems/1/mirror", tmp_path / "home/systems/2/mirror"
    for folder in (mirror, other, tmp_path / "home/keys"):
        folder.mkdir(parents=True)
    (tmp_path / "home/keys/vault").write_text("c4n4ry")
    walls = confined(mirror)
    assert walls, "bubblewrap is what scripts/system-packages installs"
    script = (
        f"cat {tmp_path}/home/keys/vault; ls {other}; touch {tmp_path}/x; touch {mirror}/here; cat /proc/{os.getpid()}/environ; "
        "wc -l < /proc/net/dev"
    )
    done = subprocess.run([*walls, "sh", "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.strip() in ("", "0") and "c4n4ry" not in done.stderr
    assert (mirror / "here").exists() and not (tmp_path / "x").exists()


def evil_tar(asked: str) -> bytes:
    """What a tar may hold, around the one file that was asked for."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:

        def add(
            name: str, kind: bytes = tarfile.REGTYPE, link: str = "", text: bytes = b"unasked", mode: int = 0o644
        ) -> None:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, link, mode
            info.size = len(text) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(text) if info.size else None)

        add("../../../outside")
        add("/etc/outside")
        add(f"./{asked}", tarfile.SYMTYPE, "/etc/passwd")
        add(f"./{os.path.dirname(asked)}", tarfile.SYMTYPE, "/tmp")
        add(f"./{asked}", tarfile.LNKTYPE, "/etc/passwd")
        add("./etc/asterisk/unasked.conf")
        add(f"./{asked}", tarfile.CHRTYPE)
        add(f"./{asked}", tarfile.FIFOTYPE)
        add(f"./{asked}/below")
        add(f"./{asked}", text=b"wanted", mode=0o6777)
        add(f"./{asked}", tarfile.DIRTYPE)
    return out.getvalue()


def test_a_tar_gives_only_plain_files_that_were_asked_for(machine: Machine, here: Here, tmp_path: Path) -> None:
    asked = f"{SOUND}/a.wav"
    machine.write(asked, "wanted")
    (machine.root / asked).chmod(0o6755)
    machine.write("var/evil.tar.gz", evil_tar(asked))
    machine.write(
        "local/gzip",
        '#!/bin/sh\ncase "$1" in -1) cat > /dev/null; exec cat /var/evil.tar.gz;; esac\nexec /usr/bin/gzip "$@"\n',
    ).chmod(0o755)
    machine.write("local/cat", '#!/bin/sh\nexec /usr/bin/cat "$@"\n').chmod(0o755)
    mirror = tmp_path / "home/mirror"
    fetched = bring(here, mirror, rsync=False)
    assert (mirror / asked).read_bytes() == b"wanted" and (mirror / asked).stat().st_mode & 0o7000 == 0
    assert {path for path in tree(tmp_path / "home") if "outside" in path or "unasked" in path} == set()
    assert part(fetched, "configuration")["state"] == "failed", "what was asked and did not come"


def test_200_000_small_files_are_no_bomb_for_a_tar() -> None:
    """Each costs a header and blocks, whatever it holds."""
    one = io.BytesIO()
    with tarfile.open(fileobj=one, mode="w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("./" + "n" * 250)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
        size = tar.offset
    assert size <= fetch_moving._in_tar("n" * 250, 1)
