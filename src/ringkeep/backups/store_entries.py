"""What restic tells of a repository's content, as values."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stored state as the repository lists it."""

    id: str
    at: datetime
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a snapshot; owner and mode as data. `kind`: file, dir, symlink, or another of restic's words."""

    path: str  # "/etc/asterisk/sip.conf"
    kind: str
    size_bytes: int
    mode: int  # permission bits with set-uid, set-gid, sticky
    uid: int
    gid: int
    user: str
    group: str
    modified_at: str  # RFC 3339
    target: str  # of a symlink


@dataclass(frozen=True, slots=True)
class Key:
    """One password that opens the repository."""

    id: str
    current: bool
    created: str


def instant(text: str) -> datetime:
    """RFC 3339 with nanoseconds, as Go writes it."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.replace("Z", "+00:00")))
    return datetime.fromtimestamp(0, UTC)


GO_MODES = {1 << 23: 0o4000, 1 << 22: 0o2000, 1 << 20: 0o1000}  # Go's own bits for set-uid, set-gid, sticky


def entry(node: dict[str, Any]) -> Entry:
    mode = int(node.get("mode", 0))
    permissions = mode & 0o777
    for bit, ours in GO_MODES.items():
        permissions |= ours if mode & bit else 0
    return Entry(
        str(node["path"]), str(node.get("type", "")), int(node.get("size", 0)), permissions, int(node.get("uid", 0)),
        int(node.get("gid", 0)), str(node.get("user", "")), str(node.get("group", "")), str(node.get("mtime", "")),
        str(node.get("linktarget", "")),
    )  # fmt: skip
