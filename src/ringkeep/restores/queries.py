"""What is known of restores; only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringkeep.restores.models import DONE, Restore


def document(row: Restore) -> dict[str, Any]:
    """One restore as JSON."""
    return {
        "restore": row.name, "phone_system": row.target.name, "backup": row.backup_id, "before": row.before_id,
        "only": row.only, "exact": row.exact, "preview": row.preview, "state": row.state,
        "trunks_held": row.trunks_held, "trunks_released": row.release_trunks, "first_answer_s": row.first_answer_s, "checks": row.checks, "error": str(row.error) if row.error else None,
        **{name: row.plan.get(name, empty) for name, empty in (("counts", {}), ("changes", []), ("warnings", []))},
    }  # fmt: skip


def is_something(counts: Mapping[str, Any]) -> bool:
    """Whether a plan with these counts changes anything."""
    return any(counts[name] for name in ("written", "replaced", "removed", "databases", "states"))


def holding(target_id: int) -> Restore | None:
    """The restore whose trunks are still held on a phone system; None: none are."""
    rows = Restore.objects.filter(target_id=target_id, state=DONE, preview=False)
    last: Restore | None = rows.order_by("-started_at").first()
    return last if last and last.trunks_held else None
