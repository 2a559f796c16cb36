"""One file from which everything can be had back: kept away from this machine, opened with a passphrase.

It holds the vault's keys, every customer and phone system with how it is reached, and every repository with what opens
it. With the file, its passphrase and the repositories, a new empty RINGKEEP_HOME lists and restores the backups.

Format: JSON {"ringkeep": "escrow", "version": 1, "made_at", "kdf": {"name": "scrypt", "n", "r", "p", "salt"}, "nonce",
"sealed"}; binary values in base64. `sealed` is AES-256-GCM over the inner JSON with the key that scrypt (RFC 7914) makes of
the passphrase; what stands outside is authenticated, too.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from ringkeep.backups.models import Repository
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.phonesystem.sentences import Sentence, Told, reason
from ringkeep.vault import is_key, key_file, vault
from ringkeep.vault.rotation import write_keys

VERSION = 1
BEGINS = b'{"ringkeep": "escrow"'
N, R, P = 1 << 17, 8, 1  # 128 MiB and about 0.4 s for each guess of a passphrase
MOST_BYTES = 64 << 20
SHORTEST = 12  # signs of a passphrase
MODELS: tuple[type[models.Model], ...] = (Customer, PhoneSystem, Repository)
NOT_KEPT = {"facts", "facts_at", "next_probe_at", "next_backup_at", "probed_at", "fingerprint", "check_problems"}


class EscrowError(Told):
    """The file cannot be made or opened; the message says why."""


def is_one(file: Path) -> bool:
    """Whether a file looks like an escrow file, which may be written anew."""
    try:
        with file.open("rb") as source:
            return source.read(len(BEGINS)) == BEGINS
    except OSError:
        return False


def write(file: Path, passphrase: str, at: datetime) -> dict[str, int]:
    """Make the file, readable by us alone; how many of what are in it. Raises `EscrowError`."""
    if len(passphrase) < SHORTEST:
        raise EscrowError(
            Sentence(
                "The passphrase is too short: {count} signs at least. Whoever guesses it has everything.",
                {"count": SHORTEST},
            )
        )
    vault()  # with damaged keys there is nothing to be written
    inner: dict[str, list[Any]] = {
        "vault": [key.decode() for key in key_file().read_bytes().split()],
        **{model.__name__: [_row(row) for row in model._default_manager.order_by("pk")] for model in MODELS},
    }
    salt, nonce = os.urandom(16), os.urandom(12)
    outer = {
        "ringkeep": "escrow",
        "version": VERSION,
        "made_at": at.isoformat(timespec="seconds"),
        "kdf": {"name": "scrypt", "n": N, "r": R, "p": P, "salt": _text(salt)},
        "nonce": _text(nonce),
    }
    plain = json.dumps(inner, cls=DjangoJSONEncoder).encode()
    sealed = AESGCM(_key(passphrase, outer["kdf"])).encrypt(nonce, plain, _outside(outer))
    content = json.dumps({**outer, "sealed": _text(sealed)}).encode()
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(fresh, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise EscrowError(Sentence("{file} cannot be written: {why}.", {"file": file, "why": reason(error)})) from None
    opened(file, passphrase)  # what cannot be opened again is no escrow
    return {model.__name__: len(inner[model.__name__]) for model in MODELS}


def opened(file: Path, passphrase: str) -> dict[str, Any]:
    """The inner document. Raises `EscrowError` (not such a file, damaged, another passphrase)."""
    try:
        with file.open("rb") as source:
            outer = json.loads(source.read(MOST_BYTES))
        if outer.pop("ringkeep") != "escrow" or outer["version"] != VERSION:
            raise EscrowError(
                Sentence(
                    "{file} was made by a newer Ringkeep, or is something else: update Ringkeep, or name another file.",
                    {"file": file},
                )
            )
        sealed, kdf = base64.b64decode(outer.pop("sealed")), outer["kdf"]
        if kdf["name"] != "scrypt" or kdf["n"] > 1 << 20 or kdf["r"] > 8 or kdf["p"] > 4:
            raise EscrowError(
                Sentence(
                    "{file} was made by a newer Ringkeep, or is something else: update Ringkeep, or name another file.",
                    {"file": file},
                )
            )
        outside = _outside({"ringkeep": "escrow", **outer})
        plain = AESGCM(_key(passphrase, kdf)).decrypt(base64.b64decode(outer["nonce"]), sealed, outside)
        document = json.loads(plain)
    except InvalidTag:
        raise EscrowError(
            Sentence("{file} does not open: the passphrase is another one, or the file is damaged.", {"file": file})
        ) from None
    except OSError as error:
        raise EscrowError(Sentence("{file} cannot be read: {why}.", {"file": file, "why": reason(error)})) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EscrowError(Sentence("{file} is no escrow file of Ringkeep.", {"file": file})) from None
    assert isinstance(document, dict)
    return document


def restore(file: Path, passphrase: str) -> dict[str, int]:
    """Bring back what is not here: keys, customers, phone systems, repositories; how many of each were made.

    What is here under the same name stays as it is. Repeated, it makes nothing twice. Raises `EscrowError`.
    """
    document = opened(file, passphrase)
    place = key_file()
    ours = [key for key in place.read_bytes().split() if is_key(key)]  # what else is there opens nothing
    theirs = [key.encode() for key in document["vault"]]
    if not all(map(is_key, theirs)):
        raise EscrowError(
            Sentence("{file} holds a key that is none: it is damaged. Take another copy of it.", {"file": file})
        )
    added = [key for key in theirs if key not in ours]
    if added:
        write_keys(place, [*ours, *added])  # ours encrypts; theirs can still be read
    with transaction.atomic():
        customers, made_customers = _bring(Customer, document["Customer"], "name", {})
        _, made_systems = _bring(PhoneSystem, document["PhoneSystem"], "name", {"customer": customers})
        _, made_repositories = _bring(Repository, document["Repository"], "customer", {"customer": customers})
    return {
        "Customer": made_customers,
        "PhoneSystem": made_systems,
        "Repository": made_repositories,
        "keys": len(added),
    }


def _row(row: models.Model) -> dict[str, Any]:
    return {
        field.attname if field.is_relation else field.name: getattr(row, field.attname)
        for field in row._meta.local_concrete_fields
        if field.name not in NOT_KEPT
    }


def _bring(
    model: type[models.Model], rows: list[dict[str, Any]], name: str, relations: dict[str, dict[int, models.Model]]
) -> tuple[dict[int, models.Model], int]:
    """Make the rows whose `name` is not here: ({pk as it was there: row here}, how many were made)."""
    here: dict[int, models.Model] = {}
    made = 0
    known = {field.attname: field for field in model._meta.local_concrete_fields}
    for row in rows:
        values: dict[str, Any] = {}
        for attname, value in row.items():
            field = known.get(attname)
            if field is None or field.primary_key:
                continue  # of a newer or older version
            if field.is_relation:
                values[field.name] = relations[field.name][value]
            else:
                plain = type(field).__name__ in ("JSONField", "SecretField")
                values[field.name] = value if plain else field.to_python(value)
        found, new = model._default_manager.get_or_create(**{name: values.pop(name)}, defaults=values)
        here[row["id"]] = found
        made += new
    return here, made


def _key(passphrase: str, kdf: Any) -> bytes:
    scrypt = Scrypt(salt=base64.b64decode(kdf["salt"]), length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"])
    return scrypt.derive(passphrase.encode())


def _outside(outer: dict[str, Any]) -> bytes:
    return json.dumps(outer, sort_keys=True).encode()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
