"""Sentences as they are kept with a backup: {"text": English template, "values": {name: text, number or sentence}}.

They can be said in either language later, without reading the phone system again (`findings.telling.sentence`).
"""

from __future__ import annotations

from typing import Any

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import shown

Document = dict[str, Any]


def document(of: Sentence) -> Document:
    """A sentence to be kept; what came from the phone system in it is cut and made fit to be shown."""
    return {"text": of.template, "values": {name: _value(value) for name, value in of.values.items()}}


def _value(value: str | int | Sentence) -> str | int | Document:
    if isinstance(value, Sentence):
        return document(value)
    return value if isinstance(value, int) else shown(value)


def sentence(of: Document) -> Sentence:
    """The kept sentence."""
    values = {
        name: sentence(value) if isinstance(value, dict) else value for name, value in (of.get("values") or {}).items()
    }
    return Sentence(str(of.get("text", "")), values)
