"""`ringkeep diff`: what changed between two states of a phone system, in telephone language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ringkeep.explanations.opened import opened
from ringkeep.phonesystem.compare import Change, capital, compare
from ringkeep.phonesystem.differences.telling import AUDIENCES
from ringkeep.phonesystem.differences.traces import comparable
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.terminal import DIFFERENT, GOOD, print_json
from ringkeep.translation import Words, shown

_ = str  # marks the texts of this module for translation
HEADINGS = {
    "callers": _("Callers notice"),
    "staff": _("Staff notice"),
    "carriers": _("Towards the carriers"),
    "inner": _("Inside the system"),
}


def tell(before: Path, after: Path, *, as_json: bool, lang: str) -> int:
    """Print the changes; the exit code: 0 none, 4 some. Raises SourceError."""
    with opened(before) as a, opened(after) as b:
        changes = secrets_of(a.system, b.system).covered_in(compare(a.system, b.system))
        notes = incomparable(a.system, b.system)
    words = Words(lang)
    if as_json:
        print_json({"changes": [document(change, words) for change in changes]})
    else:
        show(changes, notes, words)
    return DIFFERENT if changes else GOOD


def incomparable(a: PhoneSystem, b: PhoneSystem) -> list[str]:
    """What only one of the two holds as a whole, so that nothing is said of it; English texts."""
    notes = []
    if not comparable(a, b):
        notes.append(_("Only one of the two holds Asterisk's configuration files: they were not compared."))
    if bool(a.tables) != bool(b.tables):
        notes.append(_("Only one of the two holds the product's database: it was not compared."))
    if bool(a.database) != bool(b.database):
        notes.append(_("Only one of the two holds Asterisk's own database (astdb): it was not compared."))
    return notes


def document(change: Change, words: Words) -> dict[str, str | None]:
    """One change as `--json` has it."""
    return {
        "change": change.change, "what": change.what, "id": change.id, "field": change.field, "from": change.before, "to": change.after,
        "audience": change.audience, "text": said(change, words),
    }  # fmt: skip


def said(change: Change, words: Words) -> str:
    """The change's sentence in the reader's language, fit to be shown."""
    return capital(change.says.said(words, lambda text: _digits(shown(text), words)))


def _digits(text: str, words: Words) -> str:
    """A number in the reader's digits; an address, a name or a setting stays as it is written."""
    return words.digits(text) if text.isascii() and text.isdigit() else text


def show(changes: Sequence[Change], notes: Sequence[str], words: Words) -> None:
    """For a terminal: who notices what, the callers first."""
    console = Console(highlight=False, soft_wrap=True)
    for audience in AUDIENCES:
        told = [change for change in changes if change.audience == audience]
        if told:
            console.print(Text(words(HEADINGS[audience]), style="bold"))
        for change in told:
            console.print(Text(f"  {SIGNS[change.change]} {said(change, words)}"))
    if not changes:
        console.print(Text(words("Nothing changed.")))
    for note in notes:
        console.print(Text(words(note), style="dim"))


SIGNS = {"added": "+", "removed": "−", "changed": "•"}
