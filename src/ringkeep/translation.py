"""Texts in the reader's language, from the .po catalogues beside this file, and numbers and dates as they write them.

Babel and the Jalali calendar are loaded when a text needs them: every command imports this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

LOCALE = Path(__file__).parent / "locale"
RIGHT_TO_LEFT = {"fa"}
DIGITS = {"fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")}  # Babel has the separators of a language, not its digits
JOINERS = "\u200c\u200d"  # invisible, but part of Persian words
OPENS, CLOSES = "\u2068", "\u2069"  # around a name that is written the other way
NUMBER = re.compile(r"[0-9]+")
SHOWN = 500  # characters of one text; a line that a phone system makes longer is an attack or an accident


class Language(StrEnum):
    """A reader's language, as an option of commands."""

    EN = "en"
    FA = "fa"


class Sayable(Protocol):
    """`ringkeep.phonesystem.sentences.Sentence`, which stands above this."""

    def said(self, words: Callable[[str], str], show: Callable[[str], str]) -> str: ...


@lru_cache
def _catalogue(lang: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    catalogues = sorted((LOCALE / lang / "LC_MESSAGES").glob("*.po"))
    if not catalogues:  # English
        return texts
    from babel.messages.pofile import read_po

    for path in catalogues:  # one for each part of the product
        with path.open("rb") as file:
            texts |= {str(m.id): str(m.string) for m in read_po(file, locale=lang) if m.id and m.string}
    return texts


class Words:
    """Translates into one language; call it with an English text."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.direction = "rtl" if lang in RIGHT_TO_LEFT else "ltr"
        self._texts = _catalogue(lang)

    def __call__(self, text: str) -> str:
        """The text in this language; English where the catalogue has none."""
        return self._texts.get(text, text)

    def say(self, sentence: Sayable) -> str:
        """A sentence, with its names fit to be shown."""
        return sentence.said(self, self.shown)

    def error(self, sentence: Sayable) -> str:
        """ "error: ...": how commands begin what went wrong."""
        return self("error: {text}").format(text=self.say(sentence))

    def shown(self, text: str, limit: int = SHOWN) -> str:
        """A text of unknown origin inside one of ours: as `shown`, numbers with the reader's digits, and in a language
        from right to left kept together by itself: an address or a path would be torn apart there."""
        if NUMBER.fullmatch(text):
            return self.digits(text)
        harmless = shown(text, limit)
        torn = self.direction == "rtl" and harmless.strip() and any(letter.isascii() for letter in harmless)
        return f"{OPENS}{harmless}{CLOSES}" if torn else harmless

    def number(self, value: float, places: int = 0) -> str:
        """A number for reading: Persian digits in Persian."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * places if places else "")
        text = format_decimal(value, format=pattern, locale=self.lang, numbering_system="default")
        return self.digits(text)

    def share(self, part: float) -> str:
        """A part of one for reading: "40%"."""
        return f"{self.number(100 * part)}{'٪' if self.lang == 'fa' else '%'}"

    def digits(self, text: str) -> str:
        """The text with the reader's digits."""
        return text.translate(DIGITS.get(self.lang, {}))

    def duration(self, seconds: float) -> str:
        """A length of time for reading: "0.42 s", "8.0 s", "1 min 20 s"."""
        if seconds < 100:
            return self("{seconds} s").format(seconds=self.number(seconds, 1 if seconds >= 1 else 2))
        minutes, rest = divmod(round(seconds), 60)
        return self("{minutes} min {seconds} s").format(minutes=self.number(minutes), seconds=self.number(rest))

    def instant(self, at: datetime) -> str:
        """Day and time for reading: the Jalali calendar in Persian."""
        if self.lang == "fa":
            from persiantools.jdatetime import JalaliDateTime

            jalali = JalaliDateTime(at)  # type: ignore[no-untyped-call]  # the library has no types
            day = self.number(jalali.day)
            return str(jalali.strftime(f"%A {day} %B %Y، %H:%M", locale="fa"))
        return at.strftime(f"%A {at.day} %B %Y, %H:%M")


def shown(text: str, limit: int = SHOWN) -> str:
    """A text of unknown origin as it may be shown to people: one line, cut, and with nothing in it that turns the line
    around (U+202E), hides in it (U+200B), breaks a file (lone surrogates) or steers a terminal (ESC); such a
    character stands there by its number. It is not escaped for any markup.
    """
    kept = "".join(letter if _harmless(letter) else _named(letter) for letter in text[:limit])
    return f"{kept}…" if len(text) > limit else kept


def _harmless(letter: str) -> bool:
    category = unicodedata.category(letter)
    return letter in JOINERS or (category[0] != "C" and category not in ("Zl", "Zp"))


def _named(letter: str) -> str:
    return " " if letter in "\t\n" else f"\\u{ord(letter):04x}"
