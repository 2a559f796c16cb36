"""A job and its log, as people see them; the engine keeps its own state beside it."""

from __future__ import annotations

from django.db import models

from ringkeep.jobs.sentences import SentenceField
from ringkeep.phonesystem.sentences import Sentence

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
ENDED = (SUCCEEDED, FAILED, CANCELLED)


class Job(models.Model):
    """One long operation. Its id is the durable workflow's id, such as `backup:3:2026-11-25`."""

    id = models.CharField(primary_key=True, max_length=120)
    kind = models.CharField(max_length=40)
    phone_system_id = models.BigIntegerField(null=True, db_index=True)  # below the fleet, so no foreign key
    arguments = models.JSONField(default=dict)  # never a secret
    asked_by = models.CharField(max_length=80, default="schedule")
    state = models.CharField(max_length=10, default=QUEUED, db_index=True)
    created_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=200, default="")  # what it does now, for people
    fraction = models.FloatField(null=True)  # how far it is, 0..1, where that is known
    tries = models.IntegerField(default=0)  # how often it was taken up
    cancel_asked_at = models.DateTimeField(null=True)
    error: Sentence | None = SentenceField(default=None)
    result = models.JSONField(null=True)


class JobLine(models.Model):
    """One line of a job's log."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lines")
    at = models.DateTimeField()
    level = models.CharField(max_length=8, default="info")  # info, warning, error
    text: Sentence = SentenceField()


class Worker(models.Model):
    """A process that works on the jobs of a PostgreSQL; see jobs/workers.py. Over SQLite there is no row."""

    name = models.CharField(primary_key=True, max_length=80)
    process = models.BigIntegerField()
    beat_at = models.DateTimeField(db_index=True)  # when the database last heard of it, by the database's clock
