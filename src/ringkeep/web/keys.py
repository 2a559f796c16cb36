"""A home without the keys of its database must not begin: what it stored, no other could read, and it could reach nobody."""

from __future__ import annotations

from ringkeep.home import HomeError
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import VaultError, key_file
from ringkeep.web.models import KeyCheck

ROW = 1
TEXT = "Ringkeep's keys open this."


def check_keys() -> None:
    """Read the check value; the first home that comes writes it. Raises `HomeError`, saying what to do."""
    try:
        if KeyCheck.objects.filter(pk=ROW).first() is None:
            KeyCheck.objects.get_or_create(pk=ROW, defaults={"value": TEXT})
        KeyCheck.objects.get(pk=ROW)  # what another may have written at the same moment
    except VaultError:
        raise HomeError(
            Sentence(
                "{file} does not hold the key of this database. Copy keys/vault there from the "
                "RINGKEEP_HOME that the database was made with (or bring it back with ringkeep keys "
                "restore), or choose another database.",
                {"file": str(key_file())},
            )
        ) from None
