"""Builders of small archives, good and hostile."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

CONFIG = {
    "etc/asterisk/asterisk.conf": b"[directories]\nastetcdir => /etc/asterisk\n",
    "etc/asterisk/extensions.conf": b"[default]\nexten => 100,1,Answer()\n",
}


def plain(
    name: str, data: bytes = b"x", mode: int = 0o644, mtime: int = 1_600_000_000
) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(data), mode, mtime
    return member, data


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def tar_bytes(members: Iterable[tuple[tarfile.TarInfo, bytes]], format: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for member, data in members:
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def config_members() -> list[tuple[tarfile.TarInfo, bytes]]:
    return [plain(name, data) for name, data in CONFIG.items()]
