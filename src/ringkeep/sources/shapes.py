"""Recognises what was handed over by what lies in it, never by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ringkeep.sources.layout import CONFIG, Tree
from ringkeep.sources.unpack import Unpacked

CONFIG_FILES = ("extensions.conf", "asterisk.conf", "pjsip.conf", "sip.conf", "extensions.ael", "extensions.lua")
LOOKED_FOR = ", ".join(("etc/asterisk", "etc-asterisk", *CONFIG_FILES[:4]))
# Archives inside Issabel's engine backup -> where their content belongs (modules/backup_restore of Issabel/Elastix:
# each holds one folder, named like the last part). None: left out.
ENGINE_PARTS = {
    "etc.asterisk.tgz": CONFIG, "etc.dahdi.tgz": "etc/dahdi", "tftpboot.tgz": "tftpboot",
    "var.lib.asterisk.sounds.custom.tgz": "var/lib/asterisk/sounds/custom",
    "var.lib.asterisk.moh.tgz": "var/lib/asterisk/moh", "var.lib.asterisk.mohmp3.tgz": "var/lib/asterisk/mohmp3",
    "var.spool.asterisk.voicemail.tgz": "var/spool/asterisk/voicemail",
    "mysqldb_asterisk.tgz": ".issabel/mysqldb_asterisk", "endpointconfig_mysql.tgz": ".issabel/endpointconfig_mysql",
    "callcenter_mysql.tgz": ".issabel/callcenter_mysql", "qstats_mysql.tgz": ".issabel/qstats_mysql",
}  # fmt: skip
METADATA_FOLDERS = {
    "freepbx-backup": ".freepbx", "issabelpbx-backup": ".issabelpbx", "issabel-engine-backup": ".issabel",
}  # fmt: skip
DATABASE_FOLDER = ".databases"  # dumps that lay beside a directory
DUMP_FOLDERS = ("", "db", "ringkeep/databases")  # where they lie there; the last: in what Ringkeep itself fetched
CALL_RECORDS = ("asteriskcdrdb", "qstats")  # databases, there, of what happened: no part of what the system is


@dataclass(frozen=True)
class Shape:
    kind: str  # see Source.kind
    prefix: str = ""  # folder inside that everything lies in


def directory_shape(tree: Tree) -> Shape | None:
    """Is this folder like `/`, or like /etc/asterisk?"""
    for prefix in _prefixes(tree, depth=0):
        return _files_shape(tree, prefix)
    return None


def archive_shape(tree: Tree) -> Shape | None:
    """Which product's backup is this, or which of the two folders was packed?"""
    for prefix in _prefixes(tree, depth=3):
        start = f"{prefix}/" if prefix else ""
        names = set(tree.names(prefix))
        if names & ENGINE_PARTS.keys():
            return Shape("issabel-engine-backup", prefix)
        if {"metadata.json", "modulejson"} <= names:
            return Shape("freepbx-backup", prefix)
        has_config = tree.resolve(start + CONFIG) is not None
        dumps = any(re.fullmatch(r"mysql-\w+\.sql(\.gz)?", name) for name in names)
        if "manifest" in names and (has_config or dumps or "astdb" in names):
            return Shape("issabelpbx-backup", prefix)
        found = _files_shape(tree, prefix)
        if found:
            return found
    return None


def _files_shape(tree: Tree, prefix: str) -> Shape | None:
    start = f"{prefix}/" if prefix else ""
    if tree.resolve(start + CONFIG) is not None or tree.resolve(start + "etc-asterisk") is not None:
        return Shape("root", prefix)
    # A link that ends nowhere counts: FreePBX' own extensions.conf is one.
    if set(CONFIG_FILES) & set(tree.names(prefix)):
        return Shape("etc", prefix)
    return None


def _prefixes(tree: Tree, depth: int) -> list[str]:
    """The top, and the folders below it as long as each holds nothing else than the next."""
    found = [""]
    while len(found) <= depth:
        names = tree.names(found[-1])
        below = f"{found[-1]}/{names[0]}".lstrip("/") if len(names) == 1 else None
        there = tree.disk(below) if below else None
        if below is None or there is None or there.is_symlink() or not there.is_dir():
            break
        found.append(below)
    return found


def mounted(unpacked: Unpacked, prefix: str, at: str = "") -> Tree:
    """The tree whose `at` is the folder `prefix` of what was unpacked."""
    start, goal = (f"{prefix}/" if prefix else ""), (f"{at}/" if at else "")
    links = {goal + path[len(start) :]: target for path, target in unpacked.links.items() if path.startswith(start)}
    return Tree(((at, unpacked.folder / prefix),), links, private=True)


def directory_tree(path: Path, kind: str, *, still: bool = False) -> Tree:
    """The tree of a folder like `/` or like /etc/asterisk."""
    if kind == "etc":
        return Tree(((CONFIG, path),), still=still)
    if not (path / CONFIG).is_dir() and (path / "etc-asterisk").is_dir():
        return Tree(((CONFIG, path / "etc-asterisk"), ("", path)), still=still)
    return Tree((("", path),), still=still)


def engine_place(folder: str) -> Callable[[str], str]:
    """Where a member of one of ENGINE_PARTS belongs; its own first folder may be there in full, in part, or not."""
    last = folder.rpartition("/")[2]

    def place(name: str) -> str:
        if name == folder or name.startswith(folder + "/"):
            return name
        return f"{folder}/{name.removeprefix(last).lstrip('/') if name.split('/')[0] == last else name}".rstrip("/")

    return place
