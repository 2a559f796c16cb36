"""What `restic check` finds, each damaged thing by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it

SAYINGS = {
    "pack-missing": _("The file {name} of the repository is gone: backups that need it cannot be restored whole."),
    "pack-damaged": _("The file {name} of the repository is damaged: backups that need it cannot be restored whole."),
    "index-damaged": _("The index {name} of the repository is damaged."),
    "snapshot-damaged": _("The stored backup {name} cannot be read."),
    "snapshot-gone": _(
        "The stored backup {name} is not in the repository any more: something else than Ringkeep took it away."
    ),
    "tree-damaged": _("A folder of a stored backup cannot be read ({name})."),
    "key-damaged": _("A key of the repository is damaged ({name})."),
    "data-lost": _("A piece of a stored file is gone ({name})."),
    "damaged": _("The repository is damaged: {said}"),
}
HEX = "[0-9a-f]{8,64}"
# What restic 0.14 to 0.19 prints. The first that fits a line names it.
PATTERNS = (
    ("pack-missing", rf"pack ({HEX}): does not exist"),
    ("pack-damaged", rf"[Pp]ack ID does not match, want ({HEX})"),
    ("pack-damaged", rf"[Pp]ack ({HEX})\b.*(?:does not match|contains|invalid|not found|damaged|size|decrypt)"),
    ("pack-damaged", rf"<data/({HEX})"),
    ("index-damaged", rf"(?:error loading|load) (?:index |<index/)({HEX})"),
    ("snapshot-damaged", rf"<snapshot/({HEX})|(?:error loading snapshot|failed to load snapshot) ({HEX})"),
    ("key-damaged", rf"<key/({HEX})"),
    ("tree-damaged", rf"(?:error for tree|tree) ({HEX})"),
    ("data-lost", rf"blob ({HEX})\b.*not found|id ({HEX}) not found"),
)
MOST = 200  # problems that are told; a repository whose disk is gone has a million


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged thing. `name` is restic's: a pack `ab12...` is the file data/ab/ab12..."""

    kind: str
    name: str
    said: str = ""

    def __str__(self) -> str:
        return problem_said(self.document(), Words("en"))

    def document(self) -> dict[str, Any]:
        """As it is kept and handed on: {"kind", "text", "values"}, `text` the English template."""
        return {"kind": self.kind, "text": SAYINGS[self.kind], "values": {"name": self.name, "said": self.said}}


def problem_said(document: dict[str, Any], words: Words) -> str:
    """A kept problem as a sentence in the reader's language."""
    values = {name: shown(str(value), 300) for name, value in document["values"].items()}
    return words(document["text"]).format(**values)


def problems(said: str) -> list[Damage]:
    """From all that `check` printed; each thing once, in the order it was met. Lines that fit nothing are told as they
    are only when nothing else was."""
    found: dict[tuple[str, str], Damage] = {}
    rest = []
    for line in said.splitlines():
        for kind, pattern in PATTERNS:
            match = re.search(pattern, line)
            if match:
                name = next(group for group in match.groups() if group)
                if kind.startswith("pack"):
                    name = f"data/{name[:2]}/{name}"
                found.setdefault((kind, name), Damage(kind, name, line.strip()[:300]))
                break
        else:
            if re.match("error|Fatal: (?!repository contains errors)", line):
                rest.append(Damage("damaged", "", line.strip()[:300]))
    named = [problem for (kind, name), problem in found.items() if not _doubled(kind, name, found)]
    return (named or rest)[:MOST]


def _doubled(kind: str, name: str, found: dict[tuple[str, str], Damage]) -> bool:
    """A short name of what is there by its long one, too."""
    return any(k == kind and n != name and n.startswith(name) for k, n in found)
