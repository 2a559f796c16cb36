"""A repository key that opens in milliseconds: for passwords that nobody can guess, stretching them is of no use.

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
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.poly1305 import Poly1305

UNGUESSABLE = 43  # signs of secrets.token_urlsafe(32)
N, R, P = 1024, 8, 1  # about 3 ms


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
