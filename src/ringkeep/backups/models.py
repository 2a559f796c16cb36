"""A customer's repository and the backups in it."""

from __future__ import annotations

from django.db import models

from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.jobs.sentences import SentenceField
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import SecretField

# States of a backup; `complete` only when every part of it succeeded.
RUNNING, COMPLETE, PARTIAL, FAILED = "running", "complete", "partial", "failed"


class Repository(models.Model):
    """Where one customer's backups are kept, under that customer's own key."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="repository")
    kind = models.CharField(max_length=10, default="directory")  # directory, sftp, s3
    location = models.CharField(max_length=500)  # a path, user@host:path, or endpoint/bucket/path
    password = SecretField()
    next_password = SecretField(null=True)  # while the key is being changed: survives a kill between the two
    repository_id = models.CharField(max_length=64, default="")  # restic's; once known, none is made anew at its place
    credential = SecretField(null=True)  # s3: {"key_id", "secret"}; sftp: {"key"} or {"password"}, {"host_key"}
    append_only = models.BooleanField(default=False)
    keep_last = models.PositiveIntegerField(default=3)
    keep_daily = models.PositiveIntegerField(default=14)
    keep_weekly = models.PositiveIntegerField(default=8)
    keep_monthly = models.PositiveIntegerField(default=12)
    plain_copy = models.CharField(max_length=500, default="")  # a directory for a readable copy of the newest backup
    checked_at = models.DateTimeField(null=True)
    check_problems = models.JSONField(default=list)
    next_check_at = models.DateTimeField(null=True, db_index=True)


class Backup(models.Model):
    """One stored state of a phone system. The id is what people type: "saba-20261125-0130"."""

    id = models.CharField(primary_key=True, max_length=120)
    phone_system = models.ForeignKey(PhoneSystem, on_delete=models.PROTECT, related_name="backups")
    job_id = models.CharField(max_length=120, unique=True)
    reason = models.CharField(max_length=20, default="nightly")  # nightly, change, asked, before restore
    state = models.CharField(max_length=10, default=RUNNING)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    snapshot = models.CharField(max_length=64, default="")  # restic's id; several share one when nothing had changed
    fingerprint = models.CharField(max_length=64, default="")  # of the phone system when it was fetched
    unchanged = models.BooleanField(default=False)
    parts = models.JSONField(
        default=list
    )  # [{"name", "state": ok|failed|skipped, "files", "bytes", "why": kept sentence}]
    files = models.BigIntegerField(null=True)
    size_bytes = models.BigIntegerField(null=True)
    received_bytes = models.BigIntegerField(null=True)  # over the network
    stored_bytes = models.BigIntegerField(null=True)  # added to the repository
    missing = models.JSONField(default=list)  # completeness proof: sentences as {"text", "values"}
    shrunken = models.JSONField(default=list)  # what became much less: sentences likewise
    compared_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    differences = models.JSONField(null=True)  # sentences, by who notices; None: there was nothing to compare with
    error: Sentence | None = SentenceField(default=None)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("phone_system", "-started_at")),)
