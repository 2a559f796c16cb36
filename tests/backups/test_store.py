"""A store on real restic repositories in directories: what is saved comes back, damage is named, secrets stay secret."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location, parsed
from ringkeep.backups.store_process import StoreError
from tests.backups.world import NOW, PASSWORD, mirror, repository, template


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGKEEP_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One repository with one snapshot, for tests that read or damage a copy of it: (folder, snapshot)."""
    root = tmp_path_factory.mktemp("made")
    os.environ["RINGKEEP_HOME"], before = str(root / "home"), os.environ.get("RINGKEEP_HOME")
    try:
        store = Store(Location("directory", str(repository(root / "repository")), PASSWORD))
        saved = store.save(mirror(root / "mirror"), ["saba-1", "saba"], NOW)
        assert saved.files == 4 and saved.stored_bytes > 50_000 and 0 < saved.cpu_s < 20
        return root / "repository", saved.snapshot
    finally:
        if before is None:
            del os.environ["RINGKEEP_HOME"]
        else:
            os.environ["RINGKEEP_HOME"] = before


def copy_of(made: tuple[Path, str], tmp_path: Path) -> Store:
    shutil.copytree(made[0], tmp_path / "repository")
    return Store(Location("directory", str(tmp_path / "repository"), PASSWORD), wait_s=2)


def flip(file: Path, position: int = 100) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 0xFF
    file.chmod(0o600)
    file.write_bytes(content)


def test_what_was_saved_is_found_listed_dumped_and_restored(made: tuple[Path, str], tmp_path: Path) -> None:
    place, snapshot = made
    store = Store(Location("directory", str(place), PASSWORD))
    assert store.find("saba-1") == snapshot and store.find("saba-2") is None
    entries = {entry.path: entry for entry in store.listing(snapshot)}
    assert entries["/etc/asterisk/sip.conf"].uid == os.getuid() and entries["/etc/asterisk/sip.conf"].size_bytes == 25
    assert store.dump(snapshot, "/etc/asterisk/sip.conf") == b"[1001]\nsecret=canary-sip\n"
    store.restore(snapshot, tmp_path / "some", only=["/etc/[odd]*?.conf"])
    assert [path.name for path in (tmp_path / "some/etc").iterdir()] == ["[odd]*?.conf"]
    with pytest.raises(StoreError, match="does not hold") as caught:
        store.restore(snapshot, tmp_path / "none", only=["/etc/shadow"])
    assert caught.value.kind == "missing" and caught.value.permanent
    with pytest.raises(StoreError, match="does not hold"):
        store.dump(snapshot, "/etc/shadow")


def test_a_flipped_byte_is_found_and_the_file_named(made: tuple[Path, str], tmp_path: Path) -> None:
    store = copy_of(made, tmp_path)
    pack = max((tmp_path / "repository/data").glob("*/*"), key=lambda path: path.stat().st_size)
    flip(pack)
    assert store.check() == []  # everything is there, in the right size: only reading it tells
    problems = store.check("100%")
    assert [problem.kind for problem in problems] == ["pack-damaged"]
    assert problems[0].name == f"data/{pack.name[:2]}/{pack.name}"


@pytest.mark.parametrize(
    ("folder", "kind"), [("data/*", "pack-missing"), ("index", "index-damaged"), ("snapshots", "snapshot-damaged")]
)
def test_what_is_gone_or_damaged_is_named(made: tuple[Path, str], tmp_path: Path, folder: str, kind: str) -> None:
    store = copy_of(made, tmp_path)
    file = max((tmp_path / "repository").glob(f"{folder}/*"), key=lambda path: path.stat().st_size)
    file.unlink() if kind == "pack-missing" else flip(file, 20)
    problems = store.check()
    assert (kind, True) in {(problem.kind, file.name.startswith(problem.name.split("/")[-1])) for problem in problems}


def test_another_password_is_refused_at_once_and_told_in_no_error(made: tuple[Path, str]) -> None:
    store = Store(Location("directory", str(made[0]), "canary-wrong-password"))
    with pytest.raises(StoreError) as caught:
        store.find("saba-1")
    assert caught.value.kind == "wrong-password" and caught.value.permanent
    assert "canary" not in str(caught.value) and "canary" not in repr(store.location)


def test_a_repository_is_made_where_none_was_and_opened_where_one_is(tmp_path: Path) -> None:
    told: list[str] = []
    place = Location("directory", str(tmp_path / "a/b"), PASSWORD)
    found = Store(place, opened=told.append).open_or_make()
    assert told == [found] and Store(place, opened=told.append).open_or_make() == found
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700


def test_an_empty_place_where_a_repository_was_is_a_disk_that_is_not_mounted(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    store = Store(Location("directory", str(tmp_path / "mount"), PASSWORD, repository_id="ab" * 32))
    with pytest.raises(StoreError, match="mounted") as caught:
        store.open_or_make()
    assert caught.value.permanent and list((tmp_path / "mount").iterdir()) == []


def test_another_customers_repository_is_not_taken_for_ours(made: tuple[Path, str]) -> None:
    with pytest.raises(StoreError, match="another repository"):
        Store(Location("directory", str(made[0]), PASSWORD, repository_id="ab" * 32)).verify()


def test_append_only_takes_nothing_away_and_still_saves(made: tuple[Path, str], tmp_path: Path) -> None:
    store = copy_of(made, tmp_path)
    place = store.location
    store = Store(Location(place.kind, place.place, place.password, append_only=True))
    before = {path for path in (tmp_path / "repository").rglob("*") if path.is_file()}
    for refused in (lambda: store.forget([made[1]]), store.prune, store.keys.remove_others):
        with pytest.raises(StoreError) as caught:
            refused()
        assert caught.value.kind == "append-only"
    store.save(mirror(tmp_path / "mirror"), ["saba-2"], NOW)
    store.check()
    assert before <= {path for path in (tmp_path / "repository").rglob("*") if path.is_file()}


def test_no_secret_is_in_any_process_list_while_restic_works(made: tuple[Path, str], tmp_path: Path) -> None:
    store = copy_of(made, tmp_path)
    seen: list[bytes] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(line.read_bytes())
                except OSError:
                    continue
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        store.keys.add("canary-new-password")
    finally:
        stop.set()
        watcher.join()
    assert any(b"restic\0-r" in line for line in seen) and not any(b"canary" in line for line in seen)
    again = Store(Location("directory", store.location.place, "canary-new-password"))
    assert again.keys.remove_others() == 1 and [key.current for key in again.keys.listed()] == [True]


# -- kill -9 ------------------------------------------------------------------------------------------------------------

SAVING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location
store = Store(Location("directory", sys.argv[1], sys.argv[3]))
print("begun", flush=True)
store.save(Path(sys.argv[2]), ["saba-2"], datetime(2026, 11, 25, tzinfo=UTC), report=lambda _: print("going", flush=True))
"""


def restics(place: Path) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                str(place).encode() in (folder / "cmdline").read_bytes().split(b"\0")
                and (folder / "exe").resolve().name == "restic"
            ):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_kill_9_of_us_in_a_save_ends_restic_and_leaves_a_whole_repository(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    store = copy_of(made, tmp_path)
    files = mirror(tmp_path / "mirror")
    for number in range(3):
        (files / f"recording{number}").write_bytes(os.urandom(20 << 20))
    process = subprocess.Popen(
        [sys.executable, "-c", SAVING, str(tmp_path / "repository"), str(files), PASSWORD], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    while b"going" not in process.stdout.readline():
        assert process.poll() is None
    assert restics(tmp_path / "repository")
    process.kill()
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 30
    while restics(tmp_path / "repository"):
        assert time.monotonic() < until, "restic outlived us"
        time.sleep(0.05)
    store.restic.wait_s = 60  # until somebody has reaped it, restic itself takes the killed one for alive
    assert store.find("saba-2") is None and store.check() == []
    assert store.save(files, ["saba-2"], NOW).snapshot == store.find("saba-2")


def test_the_lock_of_a_killed_restic_is_taken_away_and_that_of_a_living_one_is_not(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    store = copy_of(made, tmp_path)
    place = tmp_path / "repository"
    fifo = tmp_path / "mirror/endless"
    (tmp_path / "mirror").mkdir()
    (tmp_path / "password").write_text(PASSWORD)
    os.mkfifo(fifo)
    # `backup --stdin` of a pipe that nobody closes: a restic that holds its lock for as long as we like.
    holder = subprocess.Popen(
        ["restic", "-r", place, "--password-file", tmp_path / "password", "--no-cache", "backup", "--stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 20
        while not list((place / "locks").iterdir()):
            assert time.monotonic() < until
            time.sleep(0.05)
        with pytest.raises(StoreError) as caught:
            store.forget([made[1]])
        assert caught.value.kind == "locked" and not caught.value.permanent
        assert len(list((place / "locks").iterdir())) == 1
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert holder.stdin is not None
        holder.stdin.close()
    assert len(list((place / "locks").iterdir())) == 1  # what it left behind
    store.forget([made[1]])
    assert list((place / "locks").iterdir()) == [] and store.snapshots() == []


# -- no room ------------------------------------------------------------------------------------------------------------

FULL = """
set -e
mount -t tmpfs -o size=8m none "$1"
cp -r "$4" "$1/repository"
cp -r "$4" "$3/far"
exec "$2" -c '
import sys
from datetime import UTC, datetime
from pathlib import Path
from ringkeep.backups.store import Store, StoreError
from ringkeep.backups.store_locations import Location
store = Store(Location("directory", sys.argv[1] + "/repository", sys.argv[3]))
small = Path(sys.argv[2]) / "small"; big = Path(sys.argv[2]) / "big"
store.save(small, ["saba-1"], datetime(2026, 11, 25, tzinfo=UTC))
try:
    store.save(big, ["saba-2"], datetime(2026, 11, 25, tzinfo=UTC))
except StoreError as error:
    print(error.kind, error.permanent, error)
print([snapshot.tags for snapshot in store.snapshots()])
print(bool(store.find("saba-2")), store.dump(store.find("saba-1"), "/a"))
far = Store(Location("directory", sys.argv[2] + "/far", sys.argv[3]))
try:
    far.restore(far.save(big, ["saba-3"], datetime(2026, 11, 25, tzinfo=UTC)).snapshot, Path(sys.argv[1]) / "out")
except StoreError as error:
    print(error.kind, error)
' "$1" "$3" "$5"
"""


def test_a_full_disk_is_told_and_earlier_backups_stay_readable(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("mounting a small disk takes root")
    (tmp_path / "disk").mkdir()
    (tmp_path / "small").mkdir()
    (tmp_path / "small/a").write_text("hello")
    (tmp_path / "big").mkdir()
    (tmp_path / "big/recording").write_bytes(os.urandom(30 << 20))
    ran = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", FULL, "sh", tmp_path / "disk", sys.executable, tmp_path, template(), PASSWORD],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told, listed, read, restored = ran.stdout.splitlines()
    assert told.startswith("no-room False") and "canary" not in told
    assert listed == "[('saba-1',)]" and read == "False b'hello'"
    assert restored == f"no-room There is no room for the backup in {tmp_path}/disk/out: make some."


# -- places -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("/srv/backups", ("directory", "/srv/backups")),
        ("sftp://rk@nas.example/srv/b", ("sftp", "rk@nas.example:22/srv/b")),
        ("sftp://rk@[::1]:2022/b", ("sftp", "rk@[::1]:2022/b")),
        ("s3://s3.example.com/bucket/saba", ("s3", "https://s3.example.com/bucket/saba")),
        ("s3+http://127.0.0.1:9000/bucket", ("s3", "http://127.0.0.1:9000/bucket")),
    ],
)
def test_places_are_understood(typed: str, understood: tuple[str, str]) -> None:
    assert parsed(typed) == understood


@pytest.mark.parametrize(
    "typed",
    [
        "relative", "/a\nb", "sftp://rk:secret@host/b", "sftp://host/b", "sftp://-oProxyCommand=x@host/b", "sftp://a@-x/b",
        "s3://host", "s3://host/B_d", "ftp://host/b", "sftp://a@host:x/b", "sftp://a@h;id/b",
    ],
)  # fmt: skip
def test_odd_places_are_refused(typed: str) -> None:
    with pytest.raises(StoreError) as caught:
        parsed(typed)
    assert caught.value.kind == "bad-location" and "secret@" not in str(caught.value)


# -- keys ---------------------------------------------------------------------------------------------------------------


def test_an_unguessable_password_opens_without_stretching_and_a_guessable_one_keeps_it(tmp_path: Path) -> None:
    light = Store(Location("directory", str(repository(tmp_path / "light")), PASSWORD))
    costs = [light.save(mirror(tmp_path / "mirror"), ["saba-1"], NOW).cpu_s]
    (tmp_path / "heavy").mkdir()
    heavy = Store(Location("directory", str(tmp_path / "heavy"), "short canary"))
    heavy.open_or_make()
    assert not heavy.keys.lighten()
    costs.append(heavy.save(tmp_path / "mirror", ["saba-1"], NOW).cpu_s)
    assert costs[0] < costs[1] / 2, costs
    # The same key as before for everybody else: restic by hand, with the password in a file.
    (tmp_path / "password").write_text(PASSWORD)
    ran = subprocess.run(
        ["restic", "-r", tmp_path / "light", "--password-file", tmp_path / "password", "--no-cache", "check"],
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr
