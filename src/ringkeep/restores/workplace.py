"""One restore's folder on this machine: the backup brought out of its repository, the plan, and what is expected after it."""

from __future__ import annotations

import contextlib
import json
import pickle
import shutil
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ringkeep.asterisk.conf import read_configuration
from ringkeep.asterisk.conf_editor import ConfEditor, EditRefused
from ringkeep.backups.fetch_mirror import OURS
from ringkeep.home import folder
from ringkeep.lab.tree import read_directories
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores import dumps, logins, objects, preview, states, trunks, versions
from ringkeep.restores.planning import FILE, FOLDER, GONE, Plan, State, plan
from ringkeep.restores.selection import (
    DATABASE_FILES,
    DIRECTORIES,
    SelectionError,
    Wanted,
    chooses,
    chooses_database,
    place_of,
)
from ringkeep.restores.trees import DATABASES, state
from ringkeep.sources.contents import config_files

ETC = "etc/asterisk"
PATHS = {
    "configuration": (ETC, "etc/dahdi", "etc/wanpipe", "etc/freepbx.conf", "etc/amportal.conf", "etc/issabel.conf"),
    "extensions": (ETC,), "queues": (ETC,), "databases": ("var/www/db",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workplace:
    """`root`/backup, `root`/after, `root`/expected.json; `root`/prepared holds values of ours between two steps."""

    root: Path

    @classmethod
    def of(cls, phone_system_id: int, name: str) -> Workplace:
        """The folder of one restore, made when it is not there."""
        return cls(folder("systems", str(phone_system_id), "restores", name))

    @property
    def backup(self) -> Path:
        """The backup's files, laid out like `/`."""
        return self.root / "backup"

    @property
    def after(self) -> Path:
        """The phone system as it is to be: what callers and staff can notice of it."""
        return self.root / "after"

    @property
    def dumps(self) -> Path:
        """What is to be loaded into databases."""
        return self.root / "dumps"

    def keep(self, made: Prepared) -> None:
        """Remember the plan for the steps that follow: neither is all read twice, nor could it come out otherwise."""
        fresh = self.root / "prepared.new"
        fresh.write_bytes(pickle.dumps(made))
        fresh.rename(self.root / "prepared")

    def kept(self) -> Prepared | None:
        """What `keep` remembered; None when it was not, or by another version of Ringkeep."""
        with contextlib.suppress(Exception):
            found = pickle.loads((self.root / "prepared").read_bytes())  # our own folder, mode 0700
            return found if isinstance(found, Prepared) else None
        return None

    def remove(self) -> None:
        """It is over."""
        shutil.rmtree(self.root, ignore_errors=True)

    def expect(self, made: Plan, live: State) -> None:
        """Remember what is to stand where after the swap, and what stood there before."""
        files = [one for one in made.staged if one.entry.kind == FILE and not DATABASE_FILES.match(one.path) and not states.is_astdb(one.path)]  # fmt: skip
        after = {one.path: one.entry.digest for one in files}
        grows = {
            one.path: one.entry.size
            for one in files
            if place_of(one.path, live.directories).part in ("records", "queue_log")
        }
        gone = [unit.path for unit in made.units if unit.op == GONE]
        (self.root / "expected.json").write_text(
            json.dumps({"after": after, "grows": grows, "gone": gone, "before": dict(made.expected)}), "utf-8"
        )

    def differing(self, now: State, *, back: bool = False) -> list[str]:
        """Paths that are not as expected after the swap (`back`: after the way back)."""
        expected = json.loads((self.root / "expected.json").read_text("utf-8"))
        wanted = expected["before" if back else "after"]
        grows = {} if back else expected.get("grows", {})  # calls that came since were written at their ends
        wrong = [
            path
            for path, digest in wanted.items()
            if (there := now.tree.get(path)) is None
            or (there.digest != digest and there.size <= grows.get(path, there.size))
        ]
        return wrong if back else [*wrong, *(path for path in expected["gone"] if path in now.tree)]


def paths_of(wanted: Iterable[Wanted]) -> list[str] | None:
    """What to bring out of the repository, without leading slash; None: all of it."""
    spool, library, logs = "var/spool/asterisk", "var/lib/asterisk", "var/log/asterisk"
    found = [OURS, ETC]  # facts and owners; what Asterisk's files say of where things are
    for one in wanted:
        match one.part:
            case "everything" | "astdb":
                return None
            case "voicemail":
                found.append(f"{spool}/voicemail")
            case "recordings":
                found.append(f"{spool}/monitor{one.which}")
            case "sounds":
                found += [f"{library}/sounds", f"{library}/moh", f"{library}/mohmp3", "usr/share/asterisk"]
            case "records" | "queue_log":
                found.append(logs)
            case part:
                found += PATHS.get(part, ())
    return sorted(set(found))


def usual_folders(directories: Mapping[str, str]) -> bool:
    """Whether everything lies where it usually does, so that parts can be brought out by path."""
    return all(
        directories.get(name, usual).rstrip("/") == usual for name, usual in DIRECTORIES.items() if name != "astdatadir"
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what people should know before it is carried out."""

    plan: Plan
    live: State
    changes: list[dict[str, Any]]
    warnings: list[Sentence]
    after: PhoneSystem | None = None  # the system as it is to be
    refused: Sentence | None = None  # why it is not to be carried out


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of both sides. Majors are of Asterisk."""

    product: str
    backup_product: str
    major: int | None
    backup_major: int | None
    is_another: bool  # another server than the backup's


def prepare(
    place: Workplace, mirror: Path, target: Target, wanted: tuple[Wanted, ...], *, exact: bool, hold: bool, tell: bool, knows_astdb_gone: bool = False,
) -> Prepared:  # fmt: skip
    """Compare the backup with the live system and plan; `tell`: also say what would change. Raises `SelectionError`, `HoldRefused`, `SourceError`, `OSError`."""
    warnings: list[Sentence] = []
    wanted = together(wanted, target, warnings)
    now_files, then_files = config_files(mirror), config_files(place.backup)
    live = state(mirror, read_directories(now_files))
    backup = state(place.backup, read_directories(then_files))
    warnings += nothing_of(wanted, backup, objects.mailboxes(then_files))
    contents: dict[str, bytes] = {}
    whole = any(one.part in ("everything", "configuration") for one in wanted)
    if target.product == "asterisk" and not whole:
        brought = objects.brought_back(now_files, then_files, wanted)
        contents |= brought.contents
        warnings += brought.warnings
    if whole and target.is_another:
        contents |= own_modules(now_files, then_files)
        contents |= logins.own(mirror, place.backup)
    result = {**(then_files if whole else now_files), **contents}
    if hold:
        contents |= trunks.held(result)
    made = plan(backup, live, wanted, contents=contents, exact=exact)
    made, told = states.with_whole_astdb(
        made, (backup, live), (place.backup, mirror), wanted,
        is_another=target.is_another, knows_gone=knows_astdb_gone, major=target.major,
    )  # fmt: skip
    warnings += told
    warnings += [*_programs_left(place, mirror, made), *_records_left(backup, live, wanted, made)]
    made = replace(made, databases=_reduced(place, mirror, made))
    if not whole and not any(one.part in ("extensions", "queues") for one in wanted):
        target = replace(target, backup_major=None)  # messages and recordings are of no version
    return _previewed(place, mirror, target, made, live, backup, warnings, tell=tell)


def nothing_of(wanted: tuple[Wanted, ...], backup: State, mailboxes: Set[str] = frozenset()) -> list[Sentence]:
    """Warnings of parts that the backup holds nothing of; it has `mailboxes`, also without a message.

    Raises `SelectionError` for what was named, or when that is all.
    """
    empty = [one for one in wanted if not (_holds(backup, one) or (one.part == "voicemail" and one.which in mailboxes))]
    if not empty:
        return []
    says = Sentence("The backup holds nothing of {parts}.", {"parts": [str(one) for one in empty]})
    if len(empty) == len(wanted) or any(one.which for one in empty):
        raise SelectionError(says)
    return [says]


def _holds(backup: State, one: Wanted) -> bool:
    if one.part in ("everything", "extensions", "queues"):  # a missing one is named where it is looked for
        return True
    if one.part == "astdb":
        return backup.astdb is not None
    if any(chooses_database((one,), name) for name in backup.databases):
        return True
    places = (place_of(path, backup.directories) for path, entry in backup.tree.items() if entry.kind != FOLDER)
    return any(chooses((one,), place) for place in places)


def _reduced(place: Workplace, mirror: Path, made: Plan) -> dict[str, int]:
    """The databases of which something differs, with the bytes to load."""
    found = {}
    for name in made.databases:
        file = f"{DATABASES}/{name}.sql"
        size = dumps.reduce(place.backup / file, mirror / file, place.dumps / f"{name}.sql")
        if size is not None:
            found[name] = size
    return found


def _programs_left(place: Workplace, mirror: Path, made: Plan) -> list[Sentence]:
    """What of databases is not brought back."""
    files = {name: f"{DATABASES}/{name}.sql" for name in made.databases}
    return [
        Sentence(
            "The database {name} has other procedures, functions or events than in the backup: they stay as they are.",
            {"name": name},
        )
        for name, file in files.items()
        if dumps.leaves_programs(place.backup / file, mirror / file)
    ]


def _records_left(backup: State, live: State, wanted: tuple[Wanted, ...], made: Plan) -> list[Sentence]:
    """Databases of call records that are not touched, because calls were made there."""
    left = [name for name, size in backup.databases.items() if size and chooses_database(wanted, name) and name not in made.databases]  # fmt: skip
    return [
        Sentence(
            "The database {name} has records of its own there: it stays as it is. --exact makes it what it was.",
            {"name": name},
        )
        for name in sorted(left)
        if live.databases.get(name) != backup.databases[name]
    ]


def prepare_release(place: Workplace, mirror: Path, target: Target, *, tell: bool) -> Prepared:
    """The plan that lets held trunks go: the true bytes of the marked lines."""
    files = config_files(mirror)
    live = state(mirror, read_directories(files))
    made = plan(State({}, live.directories), live, (), contents=trunks.released(files))
    return _previewed(place, mirror, replace(target, backup_major=None), made, live, live, [], tell=tell)


def _previewed(
    place: Workplace, mirror: Path, target: Target, made: Plan, live: State, backup: State, warnings: list[Sentence], *, tell: bool
) -> Prepared:  # fmt: skip
    if not tell:
        return Prepared(made, live, [], [])
    sets_astdb = made.astdb or any(states.is_astdb(one.path) for one in made.staged)
    astdb = backup.astdb if sets_astdb and backup.astdb is not None else live.astdb
    shutil.rmtree(place.after, ignore_errors=True)
    preview.lay_out(made, live, mirror, place.backup, place.after, astdb)
    now, after = preview.read(mirror), preview.read(place.after)
    changes = preview.changes(now, after)
    if _listening(now) != _listening(after):
        made = replace(made, restart=True)
    warnings += versions.said(after, target.backup_major, target.major)
    refused = versions.refusal(after, target.backup_major, target.major)
    if made.restart:
        warnings.append(Sentence("Asterisk is restarted at the end: calls in progress are cut."))
    place.expect(made, live)
    prepared = Prepared(made, live, changes, warnings, after, refused)
    place.keep(prepared)
    return prepared


def _listening(system: PhoneSystem) -> set[tuple[str, str, str, int]]:
    return {(one.name, one.protocol, one.address, one.port) for one in system.listeners}


def together(wanted: tuple[Wanted, ...], target: Target, warnings: list[Sentence]) -> tuple[Wanted, ...]:
    """Where a product keeps its database and files as two copies of one thing, they come back together."""
    if target.product != target.backup_product:
        raise SelectionError(
            Sentence(
                "The backup is of {was}, the target runs {product}: restore to the same product.",
                {"was": target.backup_product, "product": target.product},
            )
        )
    if target.product == "asterisk":
        return wanted
    single = next((one for one in wanted if one.part in ("extensions", "queues") and one.which), None)
    if single:
        raise SelectionError(
            Sentence(
                "{part} cannot be restored by itself on {product}: its database and the files written "
                "from it would disagree. Restore {all}, all of them, or make this one again in its pages.",
                {"part": single, "product": target.product, "all": single.part},
            )
        )
    linked = {"configuration", "extensions", "queues", "databases"}
    if not any(one.part in linked for one in wanted):
        return wanted
    parts = (Wanted("configuration"), Wanted("databases"), Wanted("astdb"))
    warnings.append(
        Sentence(
            "{product} keeps its settings in a database, in files and in astdb: they come back together.",
            {"product": target.product},
        )
    )
    return tuple(dict.fromkeys([*(one for one in wanted if one.part not in linked), *parts]))


def own_modules(now: Mapping[str, bytes], then: Mapping[str, bytes]) -> dict[str, bytes]:
    """The backup's asterisk.conf with the folder of modules that this server has."""
    path = "/etc/asterisk/asterisk.conf"
    here = read_configuration(now, path)
    section = here.section("directories") if here else None
    folder_of_modules = section.get("astmoddir") if section else None
    if path not in then:
        return {}
    editor = ConfEditor(then, path)
    there = editor.configuration.section("directories")
    entry = there.entry("astmoddir") if there else None
    if entry is None or not folder_of_modules or entry.value == folder_of_modules:
        return {}
    try:
        editor.set_value(entry, folder_of_modules)
    except EditRefused as error:
        raise SelectionError(
            Sentence("asterisk.conf names the modules of another server ({why}).", {"why": error})
        ) from error
    return {path: editor.content}
