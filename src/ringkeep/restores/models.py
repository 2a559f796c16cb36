"""One restore, from the preview to its check at the end."""

from __future__ import annotations

from django.db import models

from ringkeep.backups.models import Backup
from ringkeep.fleet.models import PhoneSystem

# planned -> staging -> swapping -> verifying -> done, or back to what it was: rolled back; failed: look at it
PLANNED, STAGING, SWAPPING, VERIFYING, DONE, ROLLED_BACK, FAILED = (
    "planned", "staging", "swapping", "verifying", "done", "rolled back", "failed",
)  # fmt: skip


class Restore(models.Model):
    """Bringing `backup` to `target` (the phone system itself, or a new server)."""

    job_id = models.CharField(max_length=120, unique=True)
    backup = models.ForeignKey(Backup, on_delete=models.PROTECT, related_name="restores")
    target = models.ForeignKey(PhoneSystem, on_delete=models.PROTECT, related_name="restores")
    before = models.ForeignKey(Backup, null=True, on_delete=models.PROTECT, related_name="+")  # the way back
    only = models.JSONField(default=list)  # ["extensions", "voicemail:1064"]; empty: everything
    hold_trunks = models.BooleanField(default=False)
    trunks_held = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default=PLANNED)
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    plan = models.JSONField(default=dict)
    checks = models.JSONField(default=list)
    first_answer_s = models.FloatField(null=True)
    error = models.TextField(default="")
