"""What is not in a backup, what became less, and what changed since the last one: read from the mirror's files alone.

A kept reading (`keep`, `Kept`) is what the next comparison needs of a backup: its configuration, the dumps that the
product's pages come from and astdb as files, and beside them what was counted. No phone system is asked again.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ringkeep.backups.judgement import NOT_THERE, Judgement, part_named
from ringkeep.backups.judging_counts import Counts, counted, shrinkage
from ringkeep.backups.judging_rights import rights_in
from ringkeep.lab import image as images
from ringkeep.lab.tree import read_directories
from ringkeep.phonesystem.compare import Change, compare
from ringkeep.phonesystem.completeness import MissingItem
from ringkeep.phonesystem.completeness import missing as referred_to
from ringkeep.phonesystem.differences.telling import AUDIENCES
from ringkeep.phonesystem.differences.traces import comparable
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.rights import changed_rights
from ringkeep.phonesystem.secrecy import Secrets, secrets_of
from ringkeep.phonesystem.sentences import Document, Sentence, sentence
from ringkeep.sources.contents import Contents, phone_system, read_contents
from ringkeep.sources.errors import Limits
from ringkeep.sources.source import Source, SourceError, open_source

COUNTED = "ringkeep/counted.json.gz"  # in a kept reading
KEPT_BYTES = 64 << 20  # of one file; a larger one is no configuration
MOST_CHANGES = 2000  # kept with a backup
MOST_MISSING = 500
MESSAGES = re.compile(r"/msg\d{4,}\.\w+$")
STATES = "astdb.sqlite3"
RIGHTLY_SKIPPED = ("link out of the tree", "logs left out", "recordings left out", "socket", "named pipe")
LARGE = Limits(total_bytes=8 << 30, members=2_000_000)  # our own mirror: its voicemail is only linked, not copied


@dataclass(frozen=True, slots=True)
class Reading:
    """One state of a phone system, read."""

    source: Source
    contents: Contents
    system: PhoneSystem
    counts: Counts
    rights: Mapping[str, str]  # of configuration and scripts: path -> "asterisk:asterisk 640"; empty: not known


@contextmanager
def read_mirror(mirror: Path, workplace: Path) -> Iterator[Reading]:
    """Read a mirror that nobody writes to meanwhile; `workplace` is a folder on the same file system. Raises SourceError."""
    with tempfile.TemporaryDirectory(prefix="reading-", dir=workplace) as place:
        source = open_source(mirror, Path(place) / "system", limits=LARGE, still=True)
        contents = read_contents(source)
        system = phone_system(source, contents)
        yield Reading(source, contents, system, counted(mirror, system), rights_in(mirror))


@contextmanager
def read_kept(kept: Path, workplace: Path) -> Iterator[Reading]:
    """Read what `keep` kept. Raises SourceError."""
    with tempfile.TemporaryDirectory(prefix="reading-", dir=workplace) as place:
        source = open_source(kept, Path(place) / "system")
        try:
            beside = json.loads(gzip.decompress((kept / COUNTED).read_bytes()))
        except (OSError, ValueError, EOFError) as error:
            raise SourceError(
                "damaged", Sentence("{kept} is no kept reading ({name}).", {"kept": kept, "name": type(error).__name__})
            ) from error
        contents = read_contents(source)
        contents = replace(contents, names=contents.names | set(beside["names"]))
        source = replace(source, product=beside["product"])
        system = replace(phone_system(source, contents), sounds=beside["sounds"])
        yield Reading(source, contents, system, beside["counts"], beside.get("rights", {}))


def keep(reading: Reading, place: Path) -> None:
    """Keep what the next comparison needs; `place` appears whole or not at all."""
    if place.exists():
        return
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    root = reading.source.root
    (fresh / "etc/asterisk").mkdir(parents=True)  # also of a system that lost all of it
    wanted = [path for path in (root / "etc").rglob("*") if path.is_file()]
    wanted += [path for path in root.rglob(STATES) if path.is_file()]
    for path in wanted:
        _copy(path, fresh / path.relative_to(root))
    told = {Path(dump.file).name for dump in getattr(reading.contents.tables, "dumps", ())}
    for dump in reading.source.sql_dumps:
        if not told or dump.name in told:
            _copy(dump, fresh / "ringkeep/databases" / dump.name)
    beside = {
        "names": sorted(name for name in reading.contents.names if not MESSAGES.search(name)),
        "sounds": dict(reading.system.sounds), "counts": reading.counts, "product": reading.source.product,
        "rights": dict(reading.rights),
    }  # fmt: skip
    (fresh / COUNTED).parent.mkdir(exist_ok=True)
    (fresh / COUNTED).write_bytes(gzip.compress(json.dumps(beside).encode("utf-8", "surrogatepass"), 3))
    fresh.rename(place)


def _copy(path: Path, to: Path) -> None:
    if path.stat().st_size <= KEPT_BYTES:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)  # a copy, not a link: the mirror goes on changing


def judge_files(
    mirror: Path, previous: Path | None, parts: Iterable[Mapping[str, Any]], facts: Mapping[str, Any], workplace: Path,
    keep_as: Path | None = None,
) -> Judgement:  # fmt: skip
    """Look through a mirror, compare it with what was kept of the last backup, and keep what the next one needs."""
    told = list(not_fetched(parts, facts))
    try:
        with read_mirror(mirror, workplace) as now:
            secrets = secrets_of(now.system)
            told += missing(now, facts, secrets)
            shrunken: list[Sentence] = []
            differences: Document | None = None
            if previous is not None:
                with read_kept(previous, workplace) as before:
                    shrunken = shrinkage(now.counts, before.counts)
                    differences = changed(
                        before.system, now.system, changed_rights(before.rights, now.rights, now.system)
                    )
            if keep_as is not None:
                keep(now, keep_as)
            summary = now.counts
    except SourceError as error:
        why = Sentence("It could not be looked through: {why}", {"why": error})
        return Judgement([one.document() for one in [*told, why]])
    return Judgement(
        [one.document() for one in told[:MOST_MISSING]], [one.document() for one in shrunken], differences, summary
    )


def not_fetched(parts: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]) -> Iterator[Sentence]:
    """Parts that failed or were left out, and what our account may not read."""
    for part in parts:
        name = str(part.get("name", "?"))
        which = part_named(name)
        why = sentence(part["why"]) if part.get("why") else None
        if part.get("state") == "failed":
            yield Sentence("Not in it: {part}, because it failed: {why}", {"part": which, "why": why})
        elif part.get("state") == "skipped" and why is not None:
            yield Sentence("Not fetched anew: {part} ({why})", {"part": which, "why": why})
    for path in facts.get("not_readable") or ():
        yield Sentence("{path} may not be read by Ringkeep's account there", {"path": str(path)})


def missing(of: Reading, facts: Mapping[str, Any], secrets: Secrets) -> Iterator[Sentence]:
    """The completeness proof: what the configuration refers to and the backup lacks."""
    directories = read_directories(of.contents.files)
    stock = stock_paths(facts.get("asterisk_major"))
    items = referred_to(
        of.system, of.contents.files, of.contents.names, stock=stock, directories=directories,
        dangling={path: to for path, to in of.source.dangling.items() if path not in of.contents.played},
        databases=bool(of.source.sql_dumps),
    )  # fmt: skip
    for item in items:
        if item.kind in NOT_THERE and not _brought_along(item, of, stock, directories):
            values = {"name": secrets.covered(item.name), "place": str(item.place)}
            yield Sentence(NOT_THERE[item.kind], values)
    for left in of.source.skipped:
        if not left.why.startswith(RIGHTLY_SKIPPED):
            yield Sentence("/{name} was passed over: {why}", {"name": left.name, "why": left.why})


def stock_paths(asterisk_major: int | None) -> frozenset[str]:
    """What Asterisk's own packages bring, as a lab image of that version has it; empty where none is built."""
    wanted = 16 if asterisk_major is not None and asterisk_major < 21 else 22
    built = sorted(images.installed(), key=lambda image: image.version != wanted)
    return frozenset(built[0].paths()) if built else frozenset()


def _brought_along(item: MissingItem, of: Reading, stock: frozenset[str], directories: Mapping[str, str]) -> bool:
    """Whether packages bring it to whatever machine it is restored on, or nobody can tell."""
    if item.kind == "script" and "agi://127.0.0.1/" in item.name:
        return of.source.product != "asterisk"  # the product's own service
    if item.kind == "prompt" and not stock:
        return not item.name.startswith(("/", "custom/"))
    if item.kind == "moh":
        return (
            "(" + directories["astdatadir"] in item.name
            and any("/moh/" in path for path in stock)
            and (item.name.startswith("class default "))
        )
    return False


def changed(a: PhoneSystem, b: PhoneSystem, rights: Iterable[Change] = ()) -> Document:
    """What `b` has otherwise than `a`, as `ringkeep diff` tells it, secrets covered; sayable in either language later.

    `rights` are differences in owners and rights: of a kind that only a backup knows.
    """
    changes = sorted(
        (*secrets_of(a, b).covered_in(compare(a, b)), *rights), key=lambda one: AUDIENCES.index(one.audience)
    )  # fmt: skip
    notes = []
    if not comparable(a, b):
        notes.append(Sentence("Only one of the two holds Asterisk's configuration files: they were not compared."))
    if bool(a.tables) != bool(b.tables):
        notes.append(Sentence("Only one of the two holds the product's database: it was not compared."))
    if bool(a.database) != bool(b.database):
        notes.append(Sentence("Only one of the two holds Asterisk's own database (astdb): it was not compared."))
    if len(changes) > MOST_CHANGES:
        notes.append(Sentence("{count} more changes are not listed", {"count": len(changes) - MOST_CHANGES}))
    return {
        "changes": [_change(one) for one in changes[:MOST_CHANGES]],
        "notes": [note.document() for note in notes],
    }


def _change(of: Change) -> Document:
    return {
        "change": of.change, "what": of.what, "id": of.id, "field": of.field, "from": of.before, "to": of.after,
        "audience": of.audience, "says": of.says.document(),
    }  # fmt: skip
