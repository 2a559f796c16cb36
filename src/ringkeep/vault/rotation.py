"""A new key for everything that is stored secret; the old one goes only when nothing needs it any more.

RINGKEEP_HOME/keys/rotating names the new key (its SHA-256) from before it is used until the old ones are gone: a rotation
that was killed is finished by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import connection, models, transaction

from ringkeep.home import folder
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import SecretField, VaultError, key_file, vault


def secret_fields() -> list[tuple[type[models.Model], SecretField]]:
    """Every field of every model that is encrypted."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, SecretField)
    ]


def rotate() -> int:
    """Encrypt all secrets with a new key and remove the old ones; how many secrets. Raises `VaultError`.

    Bears kill -9 anywhere: until the last step all keys are in the file, and doing it again goes on. Other processes
    see the new file at their next secret (the vault goes by its time of change).
    """
    with _alone() as begun:
        vault()  # a damaged file of keys is told before anything is written
        place = key_file()
        keys = place.read_bytes().split()
        if begun.read() != _name(keys[0]):
            keys = [Fernet.generate_key(), *keys]
            _note(begun, _name(keys[0]))
            write_keys(place, keys)
        new, every = Fernet(keys[0]), MultiFernet([Fernet(key) for key in keys])
        count = _encrypt_anew(new, every)
        with transaction.atomic():  # nobody writes while we look whether the old keys are still needed
            count += _encrypt_anew(new, every)
            write_keys(place, keys[:1])
        # Who had encrypted with the old key before and had to wait for that transaction has written by now.
        _encrypt_anew(new, every)
        _note(begun, "")
        return count


def write_keys(place: Path, keys: list[bytes]) -> None:
    """The file of keys in one step: the old content or the new one, also after a power cut."""
    fresh = place.with_name(f"{place.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(key + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place)
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextlib.contextmanager
def _alone() -> Iterator[IO[str]]:
    """Two rotations at once wait for each other. The open file `rotating`."""
    with (folder("keys") / "rotating").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _note(begun: IO[str], name: str) -> None:
    begun.seek(0)
    begun.truncate()
    begun.write(name)
    begun.flush()
    os.fsync(begun.fileno())


def _encrypt_anew(new: Fernet, every: MultiFernet) -> int:
    """Rows that the new key alone cannot read; each is changed only if nobody else has changed it meanwhile."""
    count = 0
    for model, field in secret_fields():
        table, column, key = (connection.ops.quote_name(name) for name in (
            model._meta.db_table, field.column, model._meta.pk.column,
        ))  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL")
            rows = cursor.fetchall()
        for pk, token in rows:
            count += _renew(table, column, key, pk, bytes(token), new, every)
    return count


def _renew(table: str, column: str, key: str, pk: object, token: bytes, new: Fernet, every: MultiFernet) -> int:
    try:
        new.decrypt(token)
    except InvalidToken:
        pass
    else:
        return 0
    try:
        fresh = every.rotate(token)
    except InvalidToken:
        raise VaultError(
            Sentence(
                "A secret in {table} cannot be read with any key in {file}: nothing was removed. "
                "Bring the missing key back as another line of that file, then do this again.",
                {"table": table, "file": str(key_file())},
            )
        ) from None
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s", [fresh, pk, token])
        return int(cursor.rowcount)
