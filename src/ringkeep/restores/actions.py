"""The only writers of restores."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ringkeep.backups.models import Backup
from ringkeep.fleet.models import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.models import FAILED, Restore


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for."""

    only: tuple[str, ...] = ()
    exact: bool = False
    preview: bool = False
    hold_trunks: bool = False
    release_trunks: bool = False


def begin(job_id: str, backup: Backup, target: PhoneSystem, asked: Asked, at: datetime) -> Restore:
    """Make the row; the same job gets the same one."""
    name = f"{at:%Y%m%d-%H%M%S}-{hashlib.sha256(job_id.encode()).hexdigest()[:8]}"
    row: Restore
    row, _ = Restore.objects.get_or_create(
        job_id=job_id,
        defaults={
            "name": name, "backup": backup, "target": target, "only": list(asked.only), "exact": asked.exact,
            "preview": asked.preview, "hold_trunks": asked.hold_trunks, "release_trunks": asked.release_trunks,
            "started_at": at,
        },
    )  # fmt: skip
    return row


def note(pk: int, **values: Any) -> None:
    """Remember how far it is."""
    Restore.objects.filter(pk=pk).update(**values)


def end(
    pk: int, state: str, at: datetime, *, error: Sentence | None = None, checks: Sequence[dict[str, Any]] | None = None
) -> None:
    """It is over; the first end counts."""
    values: dict[str, Any] = {"state": state, "ended_at": at, "error": error}
    if checks is not None:
        values["checks"] = list(checks)
    Restore.objects.filter(pk=pk, ended_at=None).update(**values)


def hold(pk: int, held: bool) -> None:
    """Whether the target's trunks are held after this restore."""
    Restore.objects.filter(pk=pk).update(trunks_held=held)


def fail(pk: int, at: datetime, why: Sentence) -> None:
    """It ended where nobody meant it to."""
    end(pk, FAILED, at, error=why)
