"""Mirrors as a fetch leaves them, from real phone systems: laid out like `/`, dumps in ringkeep/databases."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from ringkeep.sources.astdb import read_show, write_astdb

SYSTEMS = Path(__file__).parents[3] / "shared/systems"


def mirror_of(system: Path, mirror: Path, databases: dict[str, Path]) -> Path:
    """A mirror of a system that lies there as etc-asterisk, dumps and astdb.txt."""
    shutil.copytree(system / "etc-asterisk", mirror / "etc/asterisk", symlinks=True)
    (mirror / "ringkeep/databases").mkdir(parents=True)
    for name, path in databases.items():
        shutil.copy(path, mirror / f"ringkeep/databases/{name}.sql")
    (mirror / "var/lib/asterisk").mkdir(parents=True)
    if (system / "astdb.txt").exists():
        write_astdb(mirror / "var/lib/asterisk/astdb.sqlite3", read_show((system / "astdb.txt").read_text()))
    (mirror / "ringkeep/facts.json").write_text(json.dumps({"product": "freepbx", "asterisk_major": 16}))
    return mirror


def freepbx_nights(folder: Path) -> tuple[Path, Path]:
    """The real FreePBX with 200 extensions before and after twelve changes."""
    bundle = SYSTEMS / "freepbx16/changes-open.bundle"
    repository = folder / "nights"
    subprocess.run(["git", "clone", "-q", "-b", "open", bundle, repository], check=True, capture_output=True)
    mirrors = []
    for name, commit in (("before", "HEAD~12"), ("after", "open")):
        subprocess.run(["git", "-C", repository, "checkout", "-q", commit], check=True, capture_output=True)
        mirrors.append(mirror_of(repository, folder / name / "mirror", {"asterisk": repository / "db/asterisk.sql"}))
    return mirrors[0], mirrors[1]
