"""The passwords that open a repository, and a key that opens it in milliseconds: stretching what nobody can guess is of no use.

restic derives the key from the password with scrypt, tuned to half a second of CPU on each opening. That protects
passwords of people. Ours are 256 random bits, which no amount of trying finds; over a fleet the half seconds are
most of what backups cost. The form of a key file is restic's design document, "Keys, Encryption and MAC" (scrypt,
AES-256-CTR, Poly1305-AES), and restic itself opens the new key before the heavy one is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.poly1305 import Poly1305

from ringkeep.backups.store_entries import Key
from ringkeep.backups.store_locations import DIRECTORY, refuse_append_only
from ringkeep.backups.store_process import StoreError
from ringkeep.backups.store_restic import Restic

UNGUESSABLE = 43  # signs of secrets.token_urlsafe(32)
N, R, P = 1024, 8, 1  # about 3 ms


class Keys:
    """Those of one repository. Each method raises `StoreError`."""

    def __init__(self, restic: Restic) -> None:
        self._restic, self._location = restic, restic.location

    def listed(self, *options: str) -> list[Key]:
        """The passwords that open it; `current` is ours."""
        return [
            Key(found["id"], bool(found["current"]), str(found.get("created", "")))
            for found in json.loads(self._restic.run(["key", "list", "--json", *options]).out)
        ]

    def lighten(self) -> bool:
        """Let our password open the repository in milliseconds; whether it does now.

        Only in a directory, and for a password that nobody can guess. A kill in the middle leaves both keys.
        """
        location = self._location
        if location.kind != DIRECTORY or location.append_only or len(location.password) < UNGUESSABLE:
            return False
        heavy = next(key.id for key in self.listed() if key.current)
        master = self._restic.run(["cat", "masterkey"]).out.strip()
        light = add_key_file(
            Path(location.place), key_file(master, location.password, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        )
        try:
            # restic itself opens it, or it goes again
            opened_by = next(key.id for key in self.listed("--key-hint", light.name) if key.current)
        except StoreError:
            opened_by = ""
        if not opened_by or not light.name.startswith(opened_by):
            light.unlink(missing_ok=True)
            return False
        self._restic.run(["key", "remove", heavy, "--key-hint", light.name])
        return True

    def add(self, password: str) -> None:
        """Let another password open it too."""
        self._restic.run(["key", "add"], new_password=password)

    def remove_others(self) -> int:
        """Only our password opens it from now on; how many others did. Raises `StoreError("append-only")`."""
        refuse_append_only(self._location)
        others = [key.id for key in self.listed() if not key.current]
        for key in others:
            self._restic.run(["key", "remove", key])
        return len(others)


def key_file(master: bytes, password: str, created: str) -> bytes:
    """The content of a key file that opens the master key (JSON, as `restic cat masterkey` prints it)."""
    salt, nonce = os.urandom(64), os.urandom(16)
    derived = Scrypt(salt=salt, length=64, n=N, r=R, p=P).derive(password.encode())
    encrypting, mac_key, mac_mask = derived[:32], derived[32:48], derived[48:]
    sealing = Cipher(algorithms.AES(encrypting), modes.CTR(nonce)).encryptor()
    sealed = sealing.update(master) + sealing.finalize()
    one_time = Cipher(algorithms.AES(mac_key), modes.ECB()).encryptor().update(nonce)
    tag = Poly1305.generate_tag(mac_mask + one_time, sealed)
    document = {
        "created": created, "username": "ringkeep", "hostname": "ringkeep", "kdf": "scrypt", "N": N, "r": R, "p": P,
        "salt": b64encode(salt).decode(), "data": b64encode(nonce + sealed + tag).decode(),
    }  # fmt: skip
    return json.dumps(document).encode()


def add_key_file(repository: Path, content: bytes) -> Path:
    """Put it among the keys of a repository in a directory, in one step."""
    place = repository / "keys" / hashlib.sha256(content).hexdigest()
    fresh = repository / "keys" / f".{place.name}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(place)
    return place
