"""Options of sections as the model keeps them: everything that has no field of its own, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from ringkeep.asterisk.conf import Section
from ringkeep.phonesystem.model import Settings

CALLER = re.compile(r'\s*"?([^"<]*?)"?\s*(?:<([^>]*)>)?\s*$')
SECRET = re.compile(
    r"secret|passw|^auth$|md5_?cred|digest|token|oauth|private_?key|^inkeys?$|^outkey$|^pin|passphrase|vmsecret", re.I
)


def caller_of(text: str | None) -> tuple[str | None, str | None]:
    """`"Pat O\\'Brien" <201>` as the name shown, "Pat O'Brien", and the number, "201"."""
    match = CALLER.match(text or "")
    if match is None:
        return None, None
    return re.sub(r"\\(.)", r"\1", match[1]) or None, (match[2] or "").strip() or None


def settings_of(sections: Iterable[Section | None], known: Set[str]) -> Settings:
    """Options of the sections in their order; the first section that sets a name wins, its repeated values joined by commas.

    `known` are the names (lower case) that have a field in the model, and `type`.
    """
    found: dict[str, str] = {}
    for section in sections:
        own: dict[str, list[str]] = {}
        for entry in section.entries if section else ():
            name = entry.name.lower()
            if name not in known and name not in found and not SECRET.search(name):
                own.setdefault(name, []).append(entry.value)
        found |= {name: ",".join(values) for name, values in own.items()}
    return found
