"""Owners and rights in a mirror, as the phone system said them: of what Asterisk and its scripts are configured by."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ringkeep.backups.fetch_mirror import OWNERS

PARTS = ("configuration", "scripts")
NAME = re.compile(r"[A-Za-z0-9_][\w.$-]{0,62}\Z", re.ASCII)


def rights_in(mirror: Path) -> dict[str, str]:
    """Absolute path -> "asterisk:asterisk 640", folders with a slash at their end; empty where nothing is said.

    Only files and folders: what a link allows is what it leads to allows.
    """
    try:
        document = json.loads((mirror / OWNERS).read_text("utf-8", "surrogateescape"))
        users, groups = document["users"], document["groups"]
        if not users or not groups:  # it did not say its names: numbers would all look like a change
            return {}
        return {
            f"/{path}{'/' if entry[0] == 'd' else ''}": f"{_named(users, entry[2])}:{_named(groups, entry[3])} {entry[1] & 0o7777:o}"
            for part in PARTS
            for path, entry in document["parts"].get(part, {}).items()
            if entry[0] in "fd"
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        return {}


def _named(names: dict[str, str], number: int) -> str:
    name = names.get(str(number), "")
    return name if NAME.match(name) else str(int(number))
