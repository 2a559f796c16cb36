"""Locks that a killed restic left in a repository: taken away only when their process is gone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from pathlib import Path

from ringkeep.backups.store_process import Access, StoreError, run

BLOCKED = re.compile("repository is already locked")


def release_dead(access: Access) -> bool:
    """Whether locks were taken away, so that trying again makes sense.

    A lock whose process ran on this machine and is gone is dead. One of another machine is left to restic's own rule:
    it counts as dead when it was not renewed for 30 minutes (restic renews every 5).
    """
    before = _ids(access)
    locks = [lock for lock in (_read(access, found) for found in before) if lock is not None]
    if any(_alive(lock) for lock in locks):
        return False
    with contextlib.suppress(StoreError):
        run(access, ["unlock"], timeout_s=120)  # removes only what restic itself takes for dead, too
    return len(_ids(access)) < len(before)


def _ids(access: Access) -> list[str]:
    out = run(access, ["list", "locks", "--no-lock"], timeout_s=120).out
    return [line for line in out.decode(errors="replace").split() if re.fullmatch("[0-9a-f]{64}", line)]


def _read(access: Access, lock: str) -> dict[str, object] | None:
    """None: it has just been taken away by whoever held it."""
    try:
        document = json.loads(run(access, ["cat", "lock", lock, "--no-lock"], timeout_s=120).out)
    except (StoreError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def _alive(lock: dict[str, object]) -> bool:
    if lock.get("hostname") != socket.gethostname():
        return False  # `restic unlock` judges it by its age
    pid = lock.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # a zombie has ended
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True
