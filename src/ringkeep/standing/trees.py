"""The tree that a lab phone system is made from: kept as it was handed over, read at each start."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ringkeep.sources.astdb import write_astdb
from ringkeep.sources.contents import Contents, read_contents
from ringkeep.sources.source import Source, open_source

ORIGINAL, COPY = "original", "tree"
FAR_END = "far-end"  # a folder with both of another phone system, where its carriers and phones are at the other end


def keep(path: Path, work: Path) -> None:
    """Keep a copy of what was handed over; raises `SourceError`."""
    shutil.rmtree(work / ORIGINAL, ignore_errors=True)
    source = open_source(path, work / ORIGINAL)
    dumps = path / "ringkeep" / "databases"
    if path.is_dir() and dumps.is_dir():  # as a backup's own files have them
        target = source.root / "ringkeep" / "databases"
        target.mkdir(parents=True, exist_ok=True)
        for file in dumps.glob("*.sql"):
            shutil.copyfile(file, target / file.name, follow_symlinks=False)


def read_again(work: Path) -> tuple[Source, Contents]:
    """A fresh private copy of it, opened and read."""
    shutil.rmtree(work / COPY, ignore_errors=True)
    source = open_source(work / ORIGINAL / "root", work / COPY)
    dumps = work / ORIGINAL / "root" / "ringkeep"
    if dumps.is_dir() and not (source.root / "ringkeep").exists():
        shutil.copytree(dumps, source.root / "ringkeep")
    contents = read_contents(source)
    for file, content in contents.played.items():  # stand-ins for what only a product's own packages hold
        target = source.root / file.lstrip("/")
        target.unlink(missing_ok=True)
        target.write_bytes(content)
    return source, contents


def keep_astdb(source: Source, directories: Mapping[str, str]) -> None:
    """astdb as Asterisk keeps it, where the tree holds it in another form."""
    database = source.root / directories["astdbdir"].lstrip("/") / "astdb.sqlite3"
    if source.astdb and not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        write_astdb(database, source.astdb)
