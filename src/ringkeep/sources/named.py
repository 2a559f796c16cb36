"""Files elsewhere that the configuration names by their full path: `directory=/opt/moh`, `AGI(/usr/local/bin/x.sh)`.

Without them a drill would call them missing although they were handed over.
"""

from __future__ import annotations

import re
from pathlib import Path

from ringkeep.sources.errors import size_text
from ringkeep.sources.layout import CONFIG, Layout, allowed

MAX_PATHS = 5000
MAX_IN_FOLDER = 2000
_PATH = re.compile(rb"(?<![\w./$}-])/[\w.+@-]+(?:/[\w.+@-]+)+")
# Programs and libraries come with the lab's image, never from the phone system.
SYSTEM = ("usr/lib", "usr/lib64", "usr/bin", "usr/sbin", "usr/libexec", "bin", "sbin", "lib", "lib64", CONFIG)


def copy_named(layout: Layout) -> None:
    """Copy what the copied configuration names, as far as it is there and fits `Limits.named_bytes`."""
    left = layout.budget.limits.named_bytes
    for path in sorted(named_paths(layout.root / CONFIG))[:MAX_PATHS]:
        skipped = (*SYSTEM, *layout.excluded)
        if any(path == s or path.startswith(s + "/") for s in skipped) or (layout.root / path).exists():
            continue
        for found in _matches(layout, path):
            there = layout.tree.disk(layout.tree.resolve(found) or "\0none")
            if there is None or not there.is_file() or (layout.root / found).exists():
                continue
            size = there.stat().st_size
            if size > left:
                layout.budget.skip(found, f"{size_text(size)} outside the phone system's own folders")
                continue
            left -= size
            layout.copy(found)


def named_paths(config: Path) -> set[str]:
    """Every absolute path of two parts or more in the configuration's files, without its leading slash."""
    found: set[str] = set()
    for path in sorted(config.rglob("*")):
        if path.is_file() and path.suffix in (".conf", ".inc", ".ael", ".lua", ".cfg"):
            with path.open("rb") as file:
                for line in file:
                    if b"/" in line and len(line) < 65536:
                        found.update(match.decode().lstrip("/").rstrip(".") for match in _PATH.findall(line))
            if len(found) > MAX_PATHS * 4:
                break
    return {path for path in found if ".." not in path.split("/")}


def _matches(layout: Layout, path: str) -> list[str]:
    """The named file, the plain files of a named folder, or the prompt in any format (`/opt/s/hello` -> hello.wav)."""
    tree = layout.tree
    real = tree.resolve(path)
    if real is not None:
        there = tree.disk(real)
        if there is None or not allowed(real):
            if there is not None and real.startswith(("home/", "root/")):
                layout.budget.skip(path, "named by the configuration, but in a home folder")
            return []
        return [f"{path}/{name}" for name in tree.names(real)[:MAX_IN_FOLDER]] if there.is_dir() else [path]
    folder, _, stem = path.rpartition("/")
    real = tree.resolve(folder)
    there = tree.disk(real) if real else None
    if real is None or not allowed(f"{real}/{stem}") or there is None or not there.is_dir():
        return []
    return [f"{folder}/{name}" for name in tree.names(real)[:MAX_IN_FOLDER] if name.rpartition(".")[0] == stem]
