"""A drill of one backup, with its verdict."""

from __future__ import annotations

from django.db import models

from ringkeep.backups.models import Backup
from ringkeep.jobs.sentences import SentenceField
from ringkeep.phonesystem.sentences import Sentence


class Drill(models.Model):
    """One restore test in the lab."""

    backup = models.ForeignKey(Backup, on_delete=models.PROTECT, related_name="drills")
    job_id = models.CharField(max_length=120, unique=True)
    calls = models.CharField(max_length=8)  # quick, full
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    from_repository = models.BooleanField(default=False)  # restored from there, so that the repository was proved too
    verdict = models.CharField(max_length=10, default="")  # good, degraded, bad; empty: it could not be tried
    error: Sentence | None = SentenceField(default=None)
    first_answer_s = models.FloatField(null=True)
    calls_good = models.IntegerField(null=True)
    calls_made = models.IntegerField(null=True)
    report = models.CharField(max_length=300, default="")  # below RINGKEEP_HOME: <report>.json and <report>.html
