"""Sentences that are known in English and can be said in another language: a template and what fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """`Sentence("Key {key} of {menu} now goes to {to}", {"key": "0", ...})`; a value may be a sentence itself."""

    template: str  # English, marked for translation by being written here
    values: Mapping[str, str | int | Sentence] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(lambda text: text)

    def said(self, words: Callable[[str], str], show: Callable[[str], str] = str) -> str:
        """In the language of `words`; `show` makes names of unknown origin fit to be shown."""
        filled = {
            name: value.said(words, show) if isinstance(value, Sentence) else show(str(value))
            for name, value in self.values.items()
        }
        return words(self.template).format(**filled)
