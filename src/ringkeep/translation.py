"""Texts in the reader's language, from the .po catalogues beside this file, and numbers and dates as they write them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from persiantools.jdatetime import JalaliDateTime

LOCALE = Path(__file__).parent / "locale"
RIGHT_TO_LEFT = {"fa"}


@lru_cache
def _catalogue(lang: str) -> dict[str, str]:
    path = LOCALE / lang / "LC_MESSAGES" / "ringkeep.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=lang) if m.id and m.string}


class Words:
    """Translates into one language; call it with an English text."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.direction = "rtl" if lang in RIGHT_TO_LEFT else "ltr"
        self._texts = _catalogue(lang)

    def __call__(self, text: str) -> str:
        """The text in this language; English where the catalogue has none."""
        return self._texts.get(text, text)

    def number(self, value: float, places: int = 0) -> str:
        """A number for reading: Persian digits in Persian."""
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return format_decimal(value, format=pattern, locale=self.lang, numbering_system="default")

    def instant(self, at: datetime) -> str:
        """Day and time for reading: the Jalali calendar in Persian."""
        if self.lang == "fa":
            jalali = JalaliDateTime(at)  # type: ignore[no-untyped-call]  # the library has no types
            return str(jalali.strftime("%A %d %B %Y، %H:%M", locale="fa"))
        return at.strftime("%A %d %B %Y, %H:%M")
