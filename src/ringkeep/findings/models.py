"""A finding stays open until what it says is no longer so; each is told once when it opens and once when it closes."""

from __future__ import annotations

from django.db import models

from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.jobs.sentences import SentenceField
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import SecretField


class Finding(models.Model):
    """What is wrong. At most one of a kind is open for a phone system (and detail)."""

    phone_system = models.ForeignKey(PhoneSystem, null=True, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=40)  # see findings/kinds.py
    detail = models.CharField(max_length=200, default="")  # tells two of a kind apart: the repository, the disk
    opened_at = models.DateTimeField(db_index=True)
    seen_at = models.DateTimeField()  # last time it was found to be so
    closed_at = models.DateTimeField(null=True, db_index=True)
    values = models.JSONField(default=dict)  # for the sentence of its kind
    told_at = models.DateTimeField(null=True)  # when its alarm first reached a destination
    closing_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("phone_system", "kind", "detail"),
                condition=models.Q(closed_at=None),
                name="one_open_finding",
                nulls_distinct=False,
            ),
        )


class Destination(models.Model):
    """Where alarms go: an address as apprise takes it (mailto://, https webhook, ...), which may hold a password."""

    name = models.CharField(max_length=80, unique=True)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE)  # None: of all customers
    address = SecretField()
    language = models.CharField(max_length=5, default="en")
    added_at = models.DateTimeField()
    last_error: Sentence | None = SentenceField(default=None)  # never holds the address
    last_sent_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    next_try_at = models.DateTimeField(null=True)
    sending_until = models.DateTimeField(null=True)  # claimed by a process that sends to it, at most until then


class Telling(models.Model):
    """One finding has reached one destination."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="tellings")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="tellings")
    closing = models.BooleanField()  # that it is over
    sent_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("finding", "destination", "closing"), name="told_once"),)
