"""What an opened source holds for the readers: configuration files, names of everything, the product's tables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.phonesystem.standins import stand_ins
from ringkeep.sources.source import Source
from ringkeep.sources.tables import Database, read_tables

SOUND_BYTES = 64 << 20  # a larger recording is no prompt
RECORDING = re.compile(
    r"/(?:sounds/(?:[a-z]{2}(?:_[A-Za-z]+)?/)?custom|moh|mohmp3)/.+\.(?:wav|WAV|gsm|ulaw|alaw|g722|sln\d*|mp3|g729|wav49)$"
)
CONFIG_BYTES = 64 << 20  # a larger configuration file is not one


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything the readers get."""

    files: dict[str, bytes]  # under /etc/asterisk: absolute path inside -> bytes, stand-ins included
    names: set[str]  # every path of the tree, as seen inside
    tables: Database
    played: Mapping[str, bytes]  # the stand-ins among `files`: put there for links that lead nowhere


def read_contents(source: Source) -> Contents:
    """Read what lies in the private copy of a source."""
    files = config_files(source.root)
    played = stand_ins(files, source.dangling)
    return Contents(files | played, all_names(source.root), read_tables(source), played)


def phone_system(source: Source, contents: Contents) -> PhoneSystem:
    """The phone system that a source describes."""
    system = read_phone_system(
        contents.files,
        product=source.product,
        database=source.astdb or {},
        paths=contents.names,
        tables=contents.tables,
    )
    problems = (*system.problems, *contents.tables.problems)  # known once the tables were read
    settings_only = source.kind == "freepbx-backup"
    return replace(system, problems=problems, settings_only=settings_only, sounds=sounds(source.root, contents.names))


def sounds(root: Path, names: Set[str]) -> dict[str, str]:
    """The owner's own recordings: path as seen inside -> a digest of the file; what packages bring is not among them."""
    found = {}
    for name in names:
        if RECORDING.search(name):
            path = root / name.lstrip("/")
            if path.is_file() and path.stat().st_size <= SOUND_BYTES:
                found[name] = blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return found


def config_files(root: Path) -> dict[str, bytes]:
    """Every file under etc/asterisk of an unpacked tree: absolute path inside -> bytes. No link is followed out of the tree."""
    files = {}
    for folder, _, names in os.walk(root / "etc/asterisk"):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and path.stat().st_size <= CONFIG_BYTES and not leads_out(root, path):
                files["/" + str(path.relative_to(root))] = path.read_bytes()
    return files


def leads_out(root: Path, path: Path) -> bool:
    """Whether a link somewhere in `path` leads out of its tree: to files of this machine, or of another customer."""
    try:
        return not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # in a circle
        return True


def all_names(root: Path) -> set[str]:
    """Every path of the tree, as seen inside."""
    return {
        "/" + os.path.relpath(os.path.join(folder, name), root)
        for folder, folders, names in os.walk(root)
        for name in [*folders, *names]
    }
