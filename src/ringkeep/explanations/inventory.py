"""`ringkeep read`: what a phone system holds."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ringkeep.explanations.inventory_document import document
from ringkeep.explanations.inventory_tables import print_inventory
from ringkeep.explanations.opened import opened
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.terminal import GOOD, print_json


def tell(path: Path, *, as_json: bool, lang: str) -> int:
    """Print the phone system at `path`; the exit code."""
    with opened(path) as it:
        if as_json:
            print_json(secrets_of(it.system).covered_in(document(it.source, it.system)))
        else:
            print_inventory(it.source, it.system, Console(highlight=False), lang)
    return GOOD
