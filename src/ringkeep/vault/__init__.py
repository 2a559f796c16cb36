"""What must stay secret in the database: encrypted with keys that are kept outside it.

`RINGKEEP_HOME/keys/vault` holds one Fernet key a line, newest first. The first encrypts, all decrypt: rotating is
putting a new line on top, encrypting everything anew (`ringkeep keys rotate`) and removing the old line.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models

from ringkeep.home import folder, made_once
from ringkeep.phonesystem.sentences import Sentence, Told


class VaultError(Told):
    """A stored secret cannot be read: its key is missing. The message says where keys belong."""


def key_file() -> Path:
    """The file of keys; made with a first key when there is none."""
    return made_once(folder("keys") / "vault", lambda: Fernet.generate_key().decode() + "\n")


@cache
def _vault(place: Path, changed_ns: int) -> MultiFernet:
    return MultiFernet([Fernet(line) for line in place.read_bytes().split()])


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
