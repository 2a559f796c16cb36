"""A home without the keys of its database must not begin: what it stored, no other could read, and it could reach nobody."""

from __future__ import annotations

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.vault import KeysDamaged, KeysMissing, VaultError, key_place
from ringkeep.web.models import KeyCheck

ROW = 1
TEXT = "Ringkeep's keys open this."


def check_keys() -> None:
    """Read the check value; the first home that comes writes it. Raises `KeysMissing`, saying what to do."""
    try:
        written = KeyCheck.objects.filter(pk=ROW).exists()
        if written and not key_place().exists():
            raise VaultError(_lacking())  # no new key is made: it would look like the lost one
        if not written:
            KeyCheck.objects.get_or_create(pk=ROW, defaults={"value": TEXT})
        KeyCheck.objects.get(pk=ROW)  # what another may have written at the same moment
    except KeysDamaged as error:
        raise KeysMissing(error.says) from None
    except VaultError:
        raise KeysMissing(_lacking()) from None


def _lacking() -> Sentence:
    return Sentence(
        "{file} does not hold the key of this database. Copy keys/vault there from the RINGKEEP_HOME that the database was "
        "made with (or bring it back with ringkeep keys restore), or choose another database.",
        {"file": str(key_place())},
    )
