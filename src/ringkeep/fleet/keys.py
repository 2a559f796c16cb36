"""The key of a phone system that is being enrolled: a file that only we can read, gone once the vault holds the key."""

from __future__ import annotations

import os
from pathlib import Path

from ringkeep.home import folder
from ringkeep.links.ssh import new_key


def _place(name: str, old_ssh: bool) -> Path:
    return folder("keys") / f"enrol-{Path(name).name}{'-rsa' if old_ssh else ''}"


def waiting_key(name: str, old_ssh: bool = False) -> tuple[str, str]:
    """(private key, public line); made when there is none yet."""
    place = _place(name, old_ssh)
    if not place.exists():
        private, public = new_key(f"ringkeep-{name}", old_ssh)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(private)
        place.with_suffix(".pub").write_text(public + "\n")
    return place.read_text(), place.with_suffix(".pub").read_text().strip()


def forget_key(name: str) -> None:
    """It is enrolled: the vault holds the key."""
    for old_ssh in (False, True):
        _place(name, old_ssh).unlink(missing_ok=True)
        _place(name, old_ssh).with_suffix(".pub").unlink(missing_ok=True)
