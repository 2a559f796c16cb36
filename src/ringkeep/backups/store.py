"""One customer's backup repository, with restic under it: save, find, restore, check, forget; its keys are store_keys.py.

`StoreError` (store_process.py) says why something failed; `permanent` tells whether trying again is of no use.
A step of a job may call any of these again after a kill -9: what was half done is passed over or finished.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ringkeep.backups import store_checking
from ringkeep.backups.store_checking import Damage
from ringkeep.backups.store_entries import Entry, Snapshot, entry, instant
from ringkeep.backups.store_keys import Keys
from ringkeep.backups.store_locations import DIRECTORY, Location, refuse_append_only
from ringkeep.backups.store_process import StoreError, documents, failure
from ringkeep.backups.store_restic import WAIT_S, Restic
from ringkeep.phonesystem.sentences import Sentence, amount, reason

HOST = "ringkeep"  # as the host of every snapshot: the name of this machine is none of the repository's business
OPENING_S = 60.0
SAVE_S, CHECK_S = 24 * 3600.0, 24 * 3600.0
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")
SNAPSHOT = re.compile(r"[0-9a-f]{8,64}")
DUMP_BYTES = 64 << 20
Report = Callable[[float], None]  # 0..1; what it raises stops the work in order


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save added. `stored_bytes` is what the repository grew by, packed (before restic 0.17: before packing)."""

    snapshot: str
    stored_bytes: int
    files: int
    cpu_s: float


class Store:
    """The repository at a location. Making one of these does nothing yet."""

    def __init__(
        self, location: Location, *, wait_s: float = WAIT_S, opened: Callable[[str], None] | None = None
    ) -> None:
        """`opened` is told restic's id when `open_or_make` did so for the first time."""
        self.location, self._opened = location, opened
        self.restic = Restic(location, wait_s=wait_s)
        self.keys = Keys(self.restic)

    # -- opening --------------------------------------------------------------------------------------------------

    def open_or_make(self) -> str:
        """restic's id of the repository; made when there is none and none was ever known. Raises `StoreError`.

        Once `Location.repository_id` is known, nothing is made: an empty place then means a disk that is not mounted. Nor
        is it opened then, which costs 0.5 s of CPU (key derivation): what follows would fail the same.
        """
        known = self.location.repository_id
        if known:
            if self.location.kind == DIRECTORY and not (Path(self.location.place) / "config").is_file():
                raise self._lost()
            return known
        try:
            found = self._config()
        except StoreError as error:
            if error.kind != "no-repository":
                raise
            self._make()
            self.keys.lighten()
            found = self._config()
        if self._opened is not None:
            self._opened(found)
        return found

    def verify(self) -> None:
        """Open it and see that it is the known one. Raises `StoreError` (no-repository, wrong-password, ...)."""
        try:
            found = self._config()
        except StoreError as error:
            raise self._lost() if error.kind == "no-repository" else error from None
        if self.location.repository_id not in ("", found):
            raise StoreError(
                "no-repository",
                Sentence(
                    "At {place} is another repository than the one these backups are in: is the right disk mounted?",
                    {"place": self.location.place},
                ),
                permanent=True,
            )

    def _lost(self) -> StoreError:
        return StoreError(
            "no-repository",
            Sentence(
                "The repository {place} is not there any more: is its disk mounted? A new one is not made "
                "in its place.",
                {"place": self.location.place},
            ),
            permanent=True,
        )

    def _config(self) -> str:
        return str(json.loads(self.restic.run(["cat", "config"], timeout_s=OPENING_S).out)["id"])

    def _make(self) -> None:
        if self.location.kind == DIRECTORY:
            place = Path(self.location.place)
            try:
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    "refused",
                    Sentence("The folder {place} cannot be made: {why}.", {"place": place, "why": reason(error)}),
                    permanent=True,
                ) from None
        try:
            self.restic.run(["init"])
        except StoreError as error:
            # Two first backups of one customer at once: the other one made it.
            if error.kind != "failed" or "already" not in str(error):
                raise

    # -- saving and finding -----------------------------------------------------------------------------------------

    def save(self, mirror: Path, tags: Sequence[str], at: datetime, *, report: Report | None = None) -> Saved:
        """Store the folder's content as of `at`, named by `tags`. Raises `StoreError` (unread: a file could not be read;
        then nothing with these tags stays, unless the repository is append-only)."""
        if not all(TAG.fullmatch(tag) for tag in tags):
            raise ValueError(f"no tags: {tags}")
        summary: dict[str, Any] = {}

        def follow(line: bytes) -> None:
            for document in documents(line):
                if document.get("message_type") == "status" and report is not None:
                    report(float(document.get("percent_done", 0)))
                elif document.get("message_type") == "summary":
                    summary.update(document)

        # "." is stored as its content: paths in the snapshot begin at the phone system's root.
        arguments = ["backup", "--json", "--host", HOST, "--time", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"]
        for tag in tags:
            arguments += ["--tag", tag]
        ran = self.restic.run([*arguments, "."], cwd=mirror, each_line=follow, timeout_s=SAVE_S, expected=(0, 3))
        if "snapshot_id" not in summary:
            raise failure(ran.err, self.restic.access())
        snapshot = self._whole_id(str(summary["snapshot_id"]))
        if ran.code == 3:
            if not self.location.append_only:
                self.forget([snapshot])
            raise StoreError("unread", failure(ran.err, self.restic.access()).says)
        stored = summary.get("data_added_packed", summary.get("data_added", 0))
        return Saved(snapshot, int(stored), int(summary.get("total_files_processed", 0)), ran.cpu_s)

    def _whole_id(self, found: str) -> str:
        """restic 0.14 tells only the first 8 signs in a summary."""
        if len(found) == 64:
            return found
        if self.location.kind == DIRECTORY:  # saves another key derivation
            names = [path.name for path in (Path(self.location.place) / "snapshots").glob(f"{found}*")]
            if len(names) == 1:
                return names[0]
        listed = json.loads(self.restic.run(["snapshots", "--json", found]).out or b"[]")
        return str(listed[0]["id"])

    def snapshots(self, tag: str = "") -> list[Snapshot]:
        """Every stored state, or those with the tag; oldest first."""
        if tag and not TAG.fullmatch(tag):
            raise ValueError(f"no tag: {tag}")
        ran = self.restic.run(["snapshots", "--json", *(["--tag", tag] if tag else [])], timeout_s=5 * OPENING_S)
        listed = [
            Snapshot(found["id"], instant(found["time"]), tuple(found.get("tags") or ()))
            for found in json.loads(ran.out or b"[]") or []
        ]
        return sorted(listed, key=lambda snapshot: snapshot.at)

    def find(self, tag: str) -> str | None:
        """The id of the newest snapshot with the tag."""
        found = self.snapshots(tag)
        return found[-1].id if found else None

    def holds(self, snapshot: str) -> bool:
        """Whether the stored state is still there: somebody else may have let restic forget it. Raises `StoreError`.

        In a directory nothing is run and nothing is opened: an unchanged night stays free of restic.
        """
        if self.location.kind != DIRECTORY:
            return any(found.id == snapshot for found in self.snapshots())
        self.open_or_make()
        return (Path(self.location.place) / "snapshots" / _named(snapshot)).is_file()

    # -- reading ------------------------------------------------------------------------------------------------------

    def listing(self, snapshot: str, under: str = "/") -> Iterator[Entry]:
        """Every file and folder, owner and mode as data. Raises `StoreError` (no-snapshot)."""
        found: list[Entry] = []

        def follow(line: bytes) -> None:
            for document in documents(line):
                if document.get("struct_type") == "node":
                    found.append(entry(document))

        arguments = ["ls", "--json", _named(snapshot), *([] if under == "/" else [_rooted(under)])]
        self.restic.run(arguments, each_line=follow)
        return iter(found)

    def restore(self, snapshot: str, into: Path, only: Sequence[str] = (), *, report: Report | None = None) -> int:
        """Write the snapshot, or only these paths of it, below the folder; how many things there are now.

        Owners become ours when we are not root. Raises `StoreError` (no-snapshot; no-room; `missing` when one of `only` is not in it).
        """
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        arguments = ["restore", _named(snapshot), "--target", str(into)]
        for path in only:
            arguments += ["--include", _literal(_rooted(path))]
        try:
            self.restic.run(arguments, timeout_s=SAVE_S)
        except StoreError as error:
            if error.kind == "no-room":  # a restore writes here alone
                raise StoreError(
                    "no-room",
                    Sentence("There is no room for the backup in {folder}: make some.", {"folder": str(into)}),
                ) from None
            raise
        lacking = [path for path in only if not os.path.lexists(into / _rooted(path).lstrip("/"))]
        if lacking:
            raise StoreError(
                "missing", Sentence("The backup does not hold {path}.", {"path": lacking[0]}), permanent=True
            )
        if report is not None:
            report(1.0)
        return sum(len(folders) + len(files) for _, folders, files in os.walk(into))

    def dump(self, snapshot: str, path: str, *, limit_bytes: int = DUMP_BYTES) -> bytes:
        """One file's content. Raises `StoreError` (no-snapshot, missing)."""
        content = bytearray()

        def take(piece: bytes) -> None:
            content.extend(piece)
            if len(content) > limit_bytes:
                raise StoreError(
                    "failed",
                    Sentence(
                        "{path} in the backup is larger than {size}.", {"path": path, "size": amount(limit_bytes)}
                    ),
                    permanent=True,
                )

        try:
            self.restic.run(["dump", _named(snapshot), _rooted(path)], each_line=take)
        except StoreError as error:
            if "cannot dump file" in str(error) or "not found in snapshot" in str(error):
                raise StoreError(
                    "missing", Sentence("The backup does not hold {path}.", {"path": path}), permanent=True
                ) from None
            raise
        return bytes(content)

    # -- keeping ------------------------------------------------------------------------------------------------------

    def check(self, read_share: str = "") -> list[Damage]:
        """What is wrong with the repository, each thing named; empty: nothing. `read_share`: "10%" (a part by chance),
        "3/10" (the third tenth), "100%"; "": only that everything is there and belongs together.

        Raises `StoreError` when it could not be looked at (unreachable, wrong-password): that is not damage.
        """
        arguments = ["check"]
        if read_share == "100%":
            arguments.append("--read-data")
        elif read_share:
            arguments.append(f"--read-data-subset={read_share}")
        try:
            ran = self.restic.run(arguments, timeout_s=CHECK_S, expected=(0, 1))
        except StoreError as error:
            if error.kind != "damaged":
                raise
            return [Damage("damaged", self.location.place, str(error))]
        if ran.code == 0:
            return []
        problems = store_checking.problems(ran.out.decode(errors="replace") + ran.err)
        if not problems:
            raise failure(ran.err, self.restic.access())
        return problems

    def forget(self, snapshots: Sequence[str]) -> None:
        """Take snapshots away; those that are gone already are passed over. Raises `StoreError` ("append-only")."""
        refuse_append_only(self.location)
        if snapshots:
            self.restic.run(["forget", *(_named(snapshot) for snapshot in snapshots)])

    def prune(self) -> None:
        """Free the space of what was forgotten. A kill -9 in the middle leaves the repository whole."""
        refuse_append_only(self.location)
        self.restic.run(["prune"], timeout_s=CHECK_S)

    def size_bytes(self) -> int:
        """What it takes up where it is."""
        if self.location.kind == DIRECTORY:
            return sum(
                (Path(folder) / name).stat().st_size
                for folder, _, names in os.walk(self.location.place)
                for name in names
                if (Path(folder) / name).is_file()
            )
        return int(json.loads(self.restic.run(["stats", "--mode", "raw-data", "--json"]).out)["total_size"])


def _named(snapshot: str) -> str:
    if not SNAPSHOT.fullmatch(snapshot):
        raise StoreError("no-snapshot", Sentence("This backup has no stored state: choose another."), permanent=True)
    return snapshot


def _rooted(path: str) -> str:
    return "/" + path.strip("/")


def _literal(path: str) -> str:
    """A path as restic's pattern for just this path."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)
