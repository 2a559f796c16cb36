"""A sentence in the database: kept as template and values, so that each reader is told in their own language."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from ringkeep.phonesystem.sentences import Sentence, sentence, verbatim


class SentenceField(models.TextField):
    """A `Sentence`, or None. What was written as plain text before sentences were kept is read as it is."""

    def deconstruct(self) -> Any:
        """For migrations a column of text, as it was before."""
        name, _, arguments, options = super().deconstruct()
        return (
            name,
            "django.db.models.TextField",
            arguments,
            options | ({"default": ""} if "default" in options else {}),
        )

    def get_prep_value(self, value: Sentence | str | None) -> str:
        if isinstance(value, Sentence):
            return json.dumps(value.document())
        return json.dumps(verbatim(value).document()) if value else ""

    def from_db_value(self, value: str, *_: Any) -> Sentence | None:
        return read(value) if value else None


def read(kept: str) -> Sentence:
    """A kept sentence; any other text is one that says what it says."""
    try:
        document = json.loads(kept)
    except ValueError:
        return sentence(kept)
    return sentence(document if isinstance(document, dict) and "text" in document else kept)
