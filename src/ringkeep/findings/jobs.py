"""The job `alarms`: tells people what has changed among the findings. Started by the scheduler every minute."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ringkeep.findings.alarms import send_alarms
from ringkeep.jobs.kinds import OTHERS, Run, job


@job("alarms", queue=OTHERS)
def tell(run: Run) -> dict[str, Any]:
    """Send what has not been told yet. {"sent", "failed"}: messages."""
    return run.step("tell", lambda: dict(send_alarms(datetime.now(UTC))))
