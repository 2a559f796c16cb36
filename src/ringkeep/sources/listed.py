"""What a FreePBX 15+ backup says it holds, against what is in it.

Its `metadata.json` names the modules, and each module's `modulejson/<Module>.json` the files it put in.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LISTING = ".freepbx"  # where unpacking puts both
LISTING_BYTES = 64 << 20
KINDS = {"recording": "prompt", "voicemail": "greeting", "cert": "certificate", "key": "certificate"}


def lacking(root: Path) -> Iterator[tuple[str, str, str]]:
    """(kind, name, place) of every module without data and every listed file that is not there."""
    folder = root / LISTING / "modulejson"
    modules = {path.stem.lower(): path for path in folder.glob("*.json")} if folder.is_dir() else {}
    metadata = _read(root / LISTING / "metadata.json")
    skipped = {str(name).lower() for name in _list(metadata, "skipped")}  # modules that had nothing to keep
    for one in _list(metadata, "modules"):
        name = str(one.get("module", "")) if isinstance(one, dict) else str(one)
        if name and name.lower() not in modules.keys() | skipped:
            yield "file", f"modulejson of module {name}", "metadata.json"
    for path in modules.values():
        for entry in _list(_read(path), "files"):
            if not isinstance(entry, dict):
                continue
            inside = posixpath.normpath(
                posixpath.join("/", str(entry.get("pathto", "")), str(entry.get("filename", "")))
            )
            if entry.get("filename") and not _is_there(root, inside):
                kind = KINDS.get(str(entry.get("type", "")).lower(), "file")
                yield kind, inside, f"modulejson/{path.name}"


def _is_there(root: Path, inside: str) -> bool:
    try:
        return (root / inside.lstrip("/")).is_file()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> Any:
    """A JSON document; None when it is missing, too large or broken."""
    try:
        if path.stat().st_size > LISTING_BYTES:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _list(document: Any, key: str) -> list[Any]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []
