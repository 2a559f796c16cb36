"""Opens what the user hands over, and lays out a private copy of it shaped like the phone system's `/`.

    directory  -------------------------------.
    archive -> tarstream -> unpack (staging) --+-> shapes -> layout -> root/etc/asterisk, root/var/lib/asterisk, ...
                                                                       identity -> product, versions, astdb

Nothing is ever written outside `into`, and the original is only read. What the user hands over is hostile input
(facts/security.md): no link is followed out of it, nothing in it is run or unserialized.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.phonesystem.sentences import Sentence, amount
from ringkeep.sources import identity, shapes
from ringkeep.sources.budget import Budget
from ringkeep.sources.errors import Limits, SkippedMember, SourceError, on_disk
from ringkeep.sources.layout import CONFIG, ETC_FILES, Layout, Tree
from ringkeep.sources.named import copy_named
from ringkeep.sources.unpack import Unpacked, unpack

__all__ = ["Limits", "SkippedMember", "Source", "SourceError", "open_source"]

FOLDERS = (
    "var/lib/asterisk", "usr/share/asterisk", "var/spool/asterisk/voicemail", "etc/dahdi", "tftpboot",
    "var/lib/tftpboot",
)  # fmt: skip
SEARCHED = ("astvarlibdir", "astdbdir", "astkeydir", "astdatadir", "astagidir", "astspooldir", "astlogdir")
_DIRECTORY = re.compile(r"(?m)^\s*(ast\w+dir)\s*=>?\s*([^;\r\n]+)")
STAGING = "unpacked"
EXPORTED = "OWNERS.jsonl"  # beside `files` in a folder that `ringkeep export` or a plain copy made


@dataclass(frozen=True)
class Source:
    """One phone system as handed over, readable in `root`."""

    path: Path  # as given
    kind: str  # "root" | "etc" | "issabelpbx-backup" | "issabel-engine-backup" | "freepbx-backup"
    root: Path  # the private copy, laid out like "/"
    product: str  # "freepbx" | "issabel" | "asterisk"
    product_version: str | None
    asterisk_version: str | None
    skipped: tuple[SkippedMember, ...]
    dangling: Mapping[str, str]  # absolute path of a link whose target is absent -> target as written
    sql_dumps: tuple[Path, ...]  # in root; .sql and .sql.gz
    astdb: Mapping[str, str] | None  # "/AMPUSER/1000/cidname" -> value; None: there is none


def open_source(
    path: Path,
    into: Path,
    *,
    limits: Limits | None = None,
    progress: Callable[[str, int], None] | None = None,
    still: bool = False,
) -> Source:
    """Copy the phone system at `path` to `into`/root and say what it is.

    `into` is made if need be; on any failure, an interrupt too, what was put there is removed again. `progress` is
    told what is being copied and the bytes written so far. `still`: the folder is our own and nobody writes to it
    meanwhile, nor do we to the copy, so files are hard-linked where that can be. Raises SourceError.
    """
    limits = limits or Limits()
    budget = Budget(str(path), limits, progress)
    root, staging = into / "root", into / STAGING
    if root.exists() or staging.exists():
        raise FileExistsError(errno.EEXIST, "a source was already opened here", str(root))
    made = not into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True)
        root.mkdir()
        source = _opened(path, root, staging, budget, still=still)
        for made_folder, _, _ in os.walk(root):
            os.chmod(made_folder, 0o755)  # whatever the umask
        shutil.rmtree(staging, ignore_errors=True)
        return source
    except BaseException as error:
        for folder in (staging, root, *([into] if made else [])):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise _as_source_error(error, path, into) from error
        raise


def _opened(path: Path, root: Path, staging: Path, budget: Budget, *, still: bool) -> Source:
    if path.is_dir():
        if (path / EXPORTED).is_file() and (path / "files").is_dir():
            path /= "files"
        kind, layout, beside = _from_directory(path, root, budget, still=still)
    elif path.is_file():
        kind, layout, beside = _from_archive(path, root, staging, budget)
    else:
        raise SourceError(
            "not-found", Sentence("{path} is not there: give the path of a folder or of a backup file.", {"path": path})
        )
    if kind != "freepbx-backup" and not (root / CONFIG).is_dir():
        raise _no_phone_system(path)
    directories = named_directories(root)
    product = identity.product(root, kind)
    product_version, asterisk_version = identity.versions(root, product)
    astdb = identity.states(root, directories, beside, budget)
    return Source(
        path, kind, root, product, product_version, asterisk_version, budget.skipped, dict(sorted(layout.dangling.items())),
        tuple(sorted(p for p in root.rglob("*") if p.name.endswith((".sql", ".sql.gz")) and p.is_file())), astdb,
    )  # fmt: skip


def _no_phone_system(path: Path) -> SourceError:
    return SourceError("not-a-phone-system", Sentence("{path} holds no phone system: looked for {names}, and for the parts of a FreePBX, "
"IssabelPBX or Issabel backup.", {"path": path, "names": shapes.LOOKED_FOR}))  # fmt: skip


def _from_directory(path: Path, root: Path, budget: Budget, *, still: bool) -> tuple[str, Layout, Path | None]:
    shape = shapes.directory_shape(Tree((("", path),)))
    if shape is None:
        for folder in (path, path / "etc"):
            if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "not readable", str(folder))
        raise _no_phone_system(path)
    layout = Layout(shapes.directory_tree(path, shape.kind, still=still), root, budget)
    _lay_out(layout, shape.kind)
    beside = path if len(layout.tree.mounts) > 1 or shape.kind == "root" else None
    if beside:
        _copy_dumps(layout, beside)
    return shape.kind, layout, beside / "astdb.txt" if beside else None


def _copy_dumps(layout: Layout, beside: Path) -> None:
    """Database dumps that lie beside etc/asterisk, or in a folder for them there."""
    tree = layout.tree
    for folder in shapes.DUMP_FOLDERS:
        resolved = tree.resolve(folder)
        if resolved is None or not (beside / resolved).is_dir():
            continue
        for name in tree.names(resolved):
            records = folder == shapes.DUMP_FOLDERS[-1] and name.partition(".")[0] in shapes.CALL_RECORDS
            if name.endswith((".sql", ".sql.gz")) and not records:
                layout.copy(
                    f"{resolved}/{name}".lstrip("/"), f"{shapes.DATABASE_FOLDER}/{folder}/{name}".replace("//", "/")
                )


def _from_archive(path: Path, root: Path, staging: Path, budget: Budget) -> tuple[str, Layout, Path | None]:
    unpacked = Unpacked(staging)
    staging.mkdir()
    unpack(path, path.name, unpacked, budget)
    shape = shapes.archive_shape(shapes.mounted(unpacked, ""))
    if shape is None:
        raise _no_phone_system(path)
    if shape.kind == "issabel-engine-backup":
        unpacked = _engine_parts(unpacked, shape.prefix, staging, budget)
        shape = shapes.Shape(shape.kind)
    budget.members = 0  # what was unpacked was counted; now links may multiply it
    tree = shapes.mounted(unpacked, shape.prefix, CONFIG if shape.kind == "etc" else "")
    if shape.kind == "freepbx-backup":
        return shape.kind, _lay_out_freepbx(unpacked, shape.prefix, root, budget), None
    layout = Layout(tree, root, budget)
    if shape.kind == "root" and tree.resolve(CONFIG) is None:
        layout.copy("etc-asterisk", CONFIG)
    _lay_out(layout, shape.kind)
    folder = shapes.METADATA_FOLDERS.get(shape.kind)
    if folder == ".issabelpbx":
        for name in tree.names(""):
            if name in ("manifest", "astdb") or name.endswith((".sql", ".sql.gz")):
                layout.copy(name, f"{folder}/{name}")
    elif folder:
        layout.copy(folder)
    return shape.kind, layout, None


def _engine_parts(outer: Unpacked, prefix: str, staging: Path, budget: Budget) -> Unpacked:
    """Unpack the archives inside an Issabel engine backup into one tree, under the same limits."""
    inner = Unpacked(staging / "tree")
    inner.folder.mkdir()
    start = f"{prefix}/" if prefix else ""
    for path in sorted((outer.folder / prefix).iterdir()):
        place = shapes.ENGINE_PARTS.get(path.name)
        if place and path.is_file():
            budget.tell(path.name)
            try:
                unpack(path, f"{budget.name}: {path.name}", inner, budget, shapes.engine_place(place))
            except SourceError as error:
                # Issabel reports success although its tar failed; only the configuration is worth refusing for.
                if error.code != "not-a-phone-system" or place == CONFIG:
                    raise
                budget.skip(start + path.name, "not an archive")
        elif path.is_file() and not path.name.endswith(".tgz"):
            goal = "var/lib/asterisk" if path.name == "astdb.sqlite3" else ".issabel"
            (inner.folder / goal).mkdir(parents=True, exist_ok=True)
            path.rename(inner.folder / goal / path.name)
        elif path.is_file():
            budget.skip(start + path.name, "part of an Issabel backup that a drill does not need")
    return inner


def _lay_out(layout: Layout, kind: str) -> None:
    """Copy what a drill needs: configuration first, then the folders that it names."""
    layout.excluded |= {"var/spool/asterisk/monitor", "var/log"}
    layout.copy(CONFIG)
    if kind == "etc":
        return
    directories = named_directories(layout.root)
    layout.excluded |= {f"{directories.get('astspooldir', 'var/spool/asterisk')}/monitor"}
    layout.excluded |= {directories[name] for name in ("astlogdir",) if name in directories}
    wanted = [*FOLDERS, *(directories[name] for name in SEARCHED[:5] if name in directories)]
    if "astspooldir" in directories:
        wanted.append(f"{directories['astspooldir']}/voicemail")
    for folder in _outermost(wanted):
        layout.copy(folder)
    for name in ETC_FILES:
        layout.copy(name)
    for folder in sorted(layout.excluded):
        if not (layout.root / folder).exists() and (layout.tree.resolve(folder) or "") == folder:
            layout.copy(folder)  # only names and counts it
    copy_named(layout)


def _outermost(folders: list[str]) -> list[str]:
    """Each folder once, without those inside another."""
    unique = sorted(set(folders))
    return [f for f in unique if not any(f.startswith(other + "/") for other in unique)]


def _lay_out_freepbx(unpacked: Unpacked, prefix: str, root: Path, budget: Budget) -> Layout:
    """A FreePBX 15+ backup: `files/<path>` is `<path>`; modulejson and metadata.json go to root/.freepbx."""
    start = f"{prefix}/" if prefix else ""
    top = Layout(shapes.mounted(unpacked, prefix), root, budget)
    for name in ("metadata.json", "manifest", "modulejson"):
        top.copy(name, f"{shapes.METADATA_FOLDERS['freepbx-backup']}/{name}")
    for name in ("etc", "var", "usr", "tftpboot"):
        top.copy(name)
    for folder in ("files", "customdir", "customfiles"):
        if (unpacked.folder / start / folder).is_dir():
            layout = Layout(shapes.mounted(unpacked, start + folder), root, budget, set(), top.dangling)
            for name in layout.tree.names(""):
                layout.copy(name)
    return top


def named_directories(root: Path) -> dict[str, str]:
    """The directories that asterisk.conf of the copy names (no leading slash), where they are plausible."""
    found: dict[str, str] = {}
    for name, value in _DIRECTORY.findall(identity.head(root / CONFIG / "asterisk.conf")):
        value = value.strip()
        path = os.path.normpath(value).strip("/")
        if name in SEARCHED and value.startswith("/") and path.count("/") >= 1 and path not in ("var/lib", "usr/share"):
            found[name] = path
    return found


def _as_source_error(error: OSError, path: Path, into: Path) -> BaseException:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SourceError("disk-full", Sentence("There is no room: the copy of {path} needs up to {size} in {into}. Hand over a copy "
"without old voicemail and recordings.", {"path": path, "size": amount(_size(path)), "into": into}))  # fmt: skip
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError("unreadable", Sentence("{path} may not be read: run Ringkeep as a user who may, or hand over a copy that you "
"own.", {"path": error.filename or path}))  # fmt: skip
    return error


def _size(path: Path) -> int:
    """Bytes on disk of the parts of a folder that are copied (the whole of it when it is like /etc/asterisk)."""
    parts = [path / part for part in (CONFIG, "etc-asterisk", "db", *FOLDERS) if (path / part).is_dir()] or [path]
    sizes = 0
    for part in parts:
        for folder, _, names in os.walk(part):
            sizes += sum(on_disk(os.lstat(os.path.join(folder, name)).st_size) for name in names)
    return sizes
