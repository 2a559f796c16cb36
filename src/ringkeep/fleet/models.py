"""Customers and phone systems: how each is reached, what is known of it, and by which rules it is looked after."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import models

from ringkeep.vault import SecretField


class Customer(models.Model):
    """Whose phone systems they are; backups of one customer share one repository and one key."""

    name = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=5, default="en")


class PhoneSystem(models.Model):
    """One enrolled phone system. `ringkeep.phonesystem.model.PhoneSystem` is what its files say it is."""

    name = models.SlugField(max_length=80, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="phone_systems")
    enrolled_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    # How it is reached
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(default=22)
    user = models.CharField(max_length=64)
    host_key = models.TextField()  # "ssh-ed25519 AAAA...", pinned at enrolment
    credential: Any = SecretField(null=True)  # {"key": PEM} or {"password": ...}
    sudo = models.BooleanField(default=False)
    old_ssh = models.BooleanField(default=False)  # its SSH rests on SHA-1, and a person said that it will do
    jump = models.JSONField(null=True)  # {"host", "port", "user", "host_key"}: the way there leads over this one
    jump_credential: Any = SecretField(null=True)

    # What is known of it
    facts = models.JSONField(default=dict)  # ringkeep.pbx.Facts as a document
    facts_at = models.DateTimeField(null=True)

    # By which rules it is looked after
    time_zone = models.CharField(max_length=64, default="UTC")
    window_from = models.TimeField(default=time(1, 0))  # nightly, in its own zone
    window_until = models.TimeField(default=time(5, 0))
    busy_from = models.TimeField(null=True)  # never between these
    busy_until = models.TimeField(null=True)
    on_change = models.BooleanField(default=True)
    probe_every_s = models.PositiveIntegerField(default=240)
    bandwidth_kib_s = models.PositiveIntegerField(null=True)
    recordings_every_days = models.PositiveIntegerField(default=1)
    drill = models.CharField(max_length=8, default="quick")  # after each backup: none, quick, full
    full_drill_weekday = models.PositiveSmallIntegerField(null=True, default=4)  # 0 Monday; full on that day

    # What the scheduler goes by
    fingerprint = models.CharField(max_length=64, default="")  # of the last probe
    probed_at = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True, db_index=True)
    next_backup_at = models.DateTimeField(null=True, db_index=True)


class Tunnel(models.Model):
    """A phone system behind NAT dials out to us; through `port` of our loopback we reach its SSH server."""

    name = models.SlugField(max_length=80, unique=True)
    port = models.PositiveIntegerField(unique=True)
    public_key = models.TextField(default="")  # "ssh-ed25519 AAAA..."; empty until it is known
    made_at = models.DateTimeField()
