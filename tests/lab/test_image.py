"""An image that something uses is never deleted; builds, killed ones too, leave one image that counts and nothing else.

The images are made up and small: what counts is where they stand, not what is in them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringkeep.lab import image as images
from ringkeep.lab import shelf

MADE_UP = """
import os, sys, time
from pathlib import Path
from ringkeep.lab import image as images, namespaces, shelf
from ringkeep.lab.lab import Lab

def bootstrap(version, root, lock, progress):
    for name, text in {
        "var/lib/dpkg/status": "Package: asterisk\\nVersion: 1:22.1\\n", "usr/sbin/asterisk": "",
        "usr/lib/asterisk/modules/app_dial.so": "", "usr/share/asterisk/sounds/en/beep.gsm": "", "etc/passwd": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    progress("unpacking", 0.5)
    while gate and not gate.exists():
        time.sleep(0.01)

gate = None
images._bootstrap = bootstrap
images.shutil.which = lambda name: name
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGKEEP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/images"


@contextmanager
def doing(what: str) -> Iterator[subprocess.Popen[str]]:
    """A process that prints what it does, a line each; killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", MADE_UP + what], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def build() -> Path:
    """Build one, the new one's folder."""
    with doing("print(images.build(22, lambda *_: None).root.parent)") as builder:
        return Path(heard(builder))


def folders(cache: Path) -> set[str]:
    return {entry.name for entry in cache.iterdir() if entry.is_dir() and not entry.is_symlink()}


DRILL = """
def drill():
    opened = Lab.open()
    opened.use(images.find(22))
    print("uses it", flush=True)
    time.sleep(600)
namespaces.run_sealed(drill)
"""


def test_what_a_drill_uses_stays_until_the_drill_has_ended(cache: Path) -> None:
    first = build()
    with doing(DRILL) as drill:
        assert heard(drill) == "uses it"
        second = build()
        assert (first / "root/usr/sbin/asterisk").exists(), "the drill still boots from it"
        found = images.find(22)
        assert found and found.root.parent == second
        images.sweep()
        assert folders(cache) == {first.name, second.name}
    swept(cache, {second.name})


def swept(cache: Path, wanted: set[str]) -> None:
    """Once whoever used it has really gone, only these are there."""
    until = time.monotonic() + 20
    while folders(cache) != wanted and time.monotonic() < until:
        images.sweep()
        time.sleep(0.05)
    assert folders(cache) == wanted


def test_a_removed_image_goes_when_nothing_uses_it_any_more(cache: Path) -> None:
    place = build()
    with doing(DRILL) as drill:
        assert heard(drill) == "uses it"
        assert images.remove(22) == (True, True)
        assert images.find(22) is None and place.exists()
    swept(cache, set())
    assert images.remove(22) == (False, False)


def test_a_killed_build_leaves_the_image_that_was_there_and_is_swept_by_the_next(cache: Path, tmp_path: Path) -> None:
    first = build()
    slow = f"gate = Path({str(tmp_path / 'never')!r}); images.build(22, lambda what, _: print(what, flush=True))"
    with doing(slow) as builder:
        while heard(builder) != "unpacking":
            pass
        assert len(folders(cache)) == 2
        images.sweep()
        assert len(folders(cache)) == 2, "a build under way is nobody's leftover"
        with pytest.raises(images.ImageError, match="being built"):
            images.remove(22)
        os.kill(builder.pid, signal.SIGKILL)
        builder.wait()
    found = images.find(22)
    assert found and found.root.parent == first
    second = build()
    assert folders(cache) == {second.name}


def test_of_two_builds_at_once_the_second_waits_says_so_and_takes_what_the_first_made(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = f"gate = Path({str(gate)!r})\nprint(images.build(22, lambda what, _: print(what, flush=True)).root.parent)"
    with doing(slow) as first, doing(slow) as second:
        said = {first.pid: heard(first), second.pid: heard(second)}
        assert sorted(said.values()) == ["unpacking", "waiting for another build of it"]
        gate.touch()
        rest = {one.pid: one.communicate(timeout=30)[0].split("\n")[:-1] for one in (first, second)}
    builder = max(said, key=lambda pid: said[pid] == "unpacking")
    (waiter,) = said.keys() - {builder}
    assert rest[waiter][0] == "another build made it"
    assert rest[waiter][-1] == rest[builder][-1] == str(shelf.current(22))


def test_an_image_of_an_older_ringkeep_whose_folder_has_the_name_itself_is_replaced_while_it_is_used(
    cache: Path,
) -> None:
    place = build()
    (cache / "asterisk-22").unlink()
    place.rename(cache / "asterisk-22")
    found = images.find(22)
    assert found and found.root == cache / "asterisk-22/root"
    with doing(DRILL) as drill:
        assert heard(drill) == "uses it"
        new = build()
        assert shelf.current(22) == new and len(folders(cache)) == 2
    swept(cache, {new.name})


def test_who_holds_an_image_gets_the_one_that_counts_or_none_that_is_going(cache: Path) -> None:
    first = build()
    with images.held(22) as image:
        assert image and image.root.parent == first
        second = build()
        assert first.exists()
    swept(cache, {second.name})
    assert shelf.hold(first) is None
    with images.held(16) as none:
        assert none is None


@pytest.mark.parametrize("manifest", ["{}", "[]", "null", '{"version": 99, "recipe": ""}', '{"version": {}}'])
def test_what_has_no_manifest_of_ours_is_no_image(cache: Path, manifest: str) -> None:
    place = cache / "asterisk-22"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(manifest)
    assert images.find(22) is None
