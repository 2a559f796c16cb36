"""What must stay secret in the database: encrypted with keys that are kept outside it.

`RINGKEEP_HOME/keys/vault` holds one Fernet key a line, newest first. The first encrypts, all decrypt: rotating is
putting a new line on top, encrypting everything anew (`ringkeep keys rotate`) and removing the old line.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models

from ringkeep.home import HomeError, folder, made_once
from ringkeep.phonesystem.sentences import Sentence, Told


class VaultError(Told):
    """A stored secret cannot be read: its key is missing. The message says where keys belong."""


class KeysDamaged(VaultError):
    """The file of keys holds something else, or nothing."""


class KeysMissing(HomeError):
    """This home lacks the keys of its database. Only what brings them back may go on."""


def key_place() -> Path:
    """Where the file of keys is, or is not."""
    return folder("keys") / "vault"


def key_file() -> Path:
    """The file of keys, for us alone; made with a first key when there is none."""
    place = made_once(key_place(), lambda: Fernet.generate_key().decode() + "\n")
    if place.stat().st_mode & 0o077:  # brought back by hand: others must not read it
        with contextlib.suppress(PermissionError):
            place.chmod(0o600)
    return place


def is_key(line: bytes) -> bool:
    """Whether a line of the file is a key at all."""
    try:
        Fernet(line)
    except ValueError:
        return False
    return True


@cache
def _vault(place: Path, changed_ns: int) -> MultiFernet:
    lines = place.read_bytes().split()
    if not lines or not all(map(is_key, lines)):
        raise KeysDamaged(
            Sentence(
                "{file} is damaged: it must hold one key a line. Bring it back from its copy, or with ringkeep keys restore "
                "from your escrow file.",
                {"file": str(place)},
            )
        )
    return MultiFernet([Fernet(line) for line in lines])


def vault() -> MultiFernet:
    """The cipher with all keys."""
    place = key_file()
    return _vault(place, place.stat().st_mtime_ns)


class SecretField(models.BinaryField):
    """Any JSON value, encrypted at rest; None stays None. Not searchable, and its value never shows in `repr`."""

    def get_prep_value(self, value: Any) -> bytes | None:
        return None if value is None else vault().encrypt(json.dumps(value).encode())

    def from_db_value(self, value: Any, *_: Any) -> Any:
        if value is None:
            return None
        try:
            return json.loads(vault().decrypt(bytes(value)))
        except InvalidToken as error:
            raise VaultError(
                Sentence(
                    "A stored secret cannot be read: {file} lacks the key it was encrypted with. Bring "
                    "that file back from where its copy is kept.",
                    {"file": str(key_file())},
                )
            ) from error
