"""What tells that a RINGKEEP_HOME belongs to this database."""

from __future__ import annotations

from typing import Any

from django.db import models

from ringkeep.vault import SecretField


class KeyCheck(models.Model):
    """One row, encrypted like every secret: a home that cannot read it has not the keys of this database."""

    value: Any = SecretField()
