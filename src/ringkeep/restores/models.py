"""One restore, from the preview to its check at the end."""

from __future__ import annotations

from django.db import models

from ringkeep.backups.models import Backup
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.sentences import SentenceField
from ringkeep.phonesystem.sentences import Sentence

# planned -> staging -> swapping (and checking) -> done, or back to what it was: rolled back; failed: look at it
PLANNED, STAGING, SWAPPING, DONE, ROLLED_BACK, FAILED = (
    "planned", "staging", "swapping", "done", "rolled back", "failed",
)  # fmt: skip


BEFORE = "before restore"  # the reason of backups that restores make


class Restore(models.Model):
    """Bringing `backup` to `target` (the phone system itself, or a new server)."""

    job_id = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=80, unique=True)  # also its folder on the phone system
    backup = models.ForeignKey(Backup, on_delete=models.PROTECT, related_name="restores")
    target = models.ForeignKey(PhoneSystem, on_delete=models.PROTECT, related_name="restores")
    before = models.ForeignKey(Backup, null=True, on_delete=models.PROTECT, related_name="+")  # the way back
    only = models.JSONField(default=list)  # ["extensions", "voicemail:1064"]; empty: everything
    exact = models.BooleanField(default=False)
    preview = models.BooleanField(default=False)  # nothing was to be changed
    hold_trunks = models.BooleanField(default=False)
    release_trunks = models.BooleanField(default=False)  # only lets held trunks go
    trunks_held = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default=PLANNED)
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    plan = models.JSONField(default=dict)  # {"counts", "changes", "warnings"}
    checks = models.JSONField(default=list)  # [{"what", "ok", "found"}]
    first_answer_s = models.FloatField(null=True)
    error: Sentence | None = SentenceField(default=None)
