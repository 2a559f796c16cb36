"""Sentences that are known in English and can be said in another language: a template and what fills it.

They are kept as {"text": English template, "values": {name: text, number, sentence or list of these}}.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Document = dict[str, Any]
JOINT = "; "
MOST_KEPT = 500  # characters of one value; what is longer is an attack or an accident
AS_IT_IS = "{text}"  # of a text that is not ours: a program's own words, or one that was kept before sentences were


@dataclass(frozen=True, slots=True)
class Sentence:
    """`Sentence("Key {key} of {menu} now goes to {to}", {"key": "0", ...})`.

    A value may be a sentence itself, an error that has one, several of these, or anything that has a text; unknown is None.
    """

    template: str  # English, marked for translation by being written here
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(lambda text: text)

    def said(self, words: Callable[[str], str], show: Callable[[str], str] = str) -> str:
        """In the language of `words`; `show` makes names of unknown origin fit to be shown."""

        def filled(value: object) -> str:
            if isinstance(value, Told):
                value = value.says
            if isinstance(value, Sentence):
                return value.said(words, show)
            if isinstance(value, list | tuple):
                return words(JOINT).join(map(filled, value))
            return "?" if value is None else show(str(value))

        return words(self.template).format(**{name: filled(value) for name, value in self.values.items()})

    def document(self) -> Document:
        """As it is kept."""
        return {"text": self.template, "values": {name: _kept(value) for name, value in self.values.items()}}


UNITS = (Sentence("{number} KiB"), Sentence("{number} MiB"), Sentence("{number} GiB"), Sentence("{number} TiB"))


def _kept(value: object) -> Any:
    if isinstance(value, Told):
        value = value.says
    if isinstance(value, Sentence):
        return value.document()
    if isinstance(value, list | tuple):
        return [_kept(one) for one in value]
    return value if value is None or isinstance(value, int) else str(value)[:MOST_KEPT]


def sentence(of: Mapping[str, Any] | str) -> Sentence:
    """The kept sentence; a text that was kept before sentences were is told as it is."""
    if isinstance(of, str):
        return verbatim(of)
    return Sentence(str(of.get("text", "")), {name: _value(value) for name, value in (of.get("values") or {}).items()})


def _value(kept: Any) -> Any:
    if isinstance(kept, list):
        return [_value(one) for one in kept]
    return sentence(kept) if isinstance(kept, dict) else kept


def verbatim(text: str) -> Sentence:
    """What somebody or something else said, in no language of ours."""
    return Sentence(AS_IT_IS, {"text": text})


def amount(size_bytes: int) -> Sentence:
    """An amount of bytes: "1.2 GiB", "4 TiB", "80 KiB"."""
    size, units = size_bytes / 1024, list(UNITS)
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    whole, tenth = divmod(round(size * 10), 10)
    number = Sentence("{whole}.{tenth}", {"whole": whole, "tenth": tenth}) if tenth else whole
    return replace(units[0], values={"number": number})


class Told(RuntimeError):
    """An error that is meant for people: what happened, to which thing, and what to do; never a secret."""

    def __init__(self, says: Sentence) -> None:
        super().__init__(str(says))
        self.says = says


def said_by(error: BaseException) -> Sentence:
    """What an error says."""
    return error.says if isinstance(error, Told) else verbatim(str(error))


REASONS = {
    errno.ENOENT: Sentence("there is no such file or folder"),
    errno.EACCES: Sentence("permission is denied"),
    errno.EPERM: Sentence("permission is denied"),
    errno.EROFS: Sentence("its disk is read-only"),
    errno.ENOSPC: Sentence("its disk is full"),
    errno.EDQUOT: Sentence("its disk is full"),
    errno.EIO: Sentence("its disk fails"),
    errno.EEXIST: Sentence("it is there already"),
    errno.ENOTDIR: Sentence("a part of its path is no folder"),
    errno.EISDIR: Sentence("it is a folder"),
    errno.EADDRINUSE: Sentence("it is in use already"),
    errno.EADDRNOTAVAIL: Sentence("this machine has no such address"),
    errno.ECONNREFUSED: Sentence("nothing answers at that port"),
    errno.EHOSTUNREACH: Sentence("there is no way to that address"),
    errno.ENETUNREACH: Sentence("there is no way to that network"),
    errno.ETIMEDOUT: Sentence("it does not answer"),
}


def reason(error: Exception) -> Sentence:
    """Why the operating system refused; what it says itself where that is rare."""
    number = getattr(error, "errno", None)
    return REASONS.get(number or 0, verbatim(getattr(error, "strerror", None) or str(error)))
