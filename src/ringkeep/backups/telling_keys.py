"""What the verbs of keys do and say: a copy for a disaster, its way back, and new keys."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from ringkeep.backups.telling import Refused, say
from ringkeep.phonesystem.sentences import Sentence, reason
from ringkeep.terminal import GOOD, NOT_GOOD, errors, print_json
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it


def write_escrow(file: Path, passphrase_file: Path | None, as_json: bool, lang: str) -> int:
    """Write the escrow file."""
    from ringkeep.backups import escrow

    words = Words(lang)
    if file.exists() and not escrow.is_one(file):
        raise Refused(
            Sentence(
                "{file} is there already, and no escrow file: nothing was written. Choose another name.", {"file": file}
            )
        )
    held = escrow.write(file, _passphrase(passphrase_file, words, twice=True), datetime.now(UTC))
    if as_json:
        print_json({"file": str(file), **_counts(held)})
    else:
        say([
            words("{place} holds what opens the backups of {count} customers.").format(
                place=shown(str(file)), count=words.number(held["Customer"])
            ),
            words("Keep it away from this machine, and its passphrase away from it. Write it anew after each change of a key."),
        ])  # fmt: skip
    return GOOD


def restore_escrow(file: Path, passphrase_file: Path | None, as_json: bool, lang: str) -> int:
    """Bring back what is not here, then list what the repositories hold."""
    from ringkeep.backups import actions, escrow
    from ringkeep.backups.models import Repository
    from ringkeep.backups.store_process import StoreError

    words = Words(lang)
    made = escrow.restore(file, _passphrase(passphrase_file, words))
    recovered, unreached = 0, []
    for row in Repository.objects.select_related("customer"):
        try:
            recovered += actions.recover_backups(row.customer)
        except StoreError as error:
            unreached.append({"customer": row.customer.name, "why": words.say(error.says)})
    if as_json:
        print_json({**_counts(made), "keys": made["keys"], "recovered": recovered, "unreached": unreached})
    else:
        said = words(
            "Brought back: keys {keys}, phone systems {systems}, repositories {repositories}; backups in them that were not known here: {backups}."
        )
        say([said.format(
            keys=words.number(made["keys"]), systems=words.number(made["PhoneSystem"]), repositories=words.number(made["Repository"]),
            backups=words.number(recovered),
        )])  # fmt: skip
        for one in unreached:
            errors.print(words("error: {text}").format(text=one["why"]))
    return NOT_GOOD if unreached else GOOD


def _counts(of: dict[str, int]) -> dict[str, int]:
    return {"customers": of["Customer"], "phone_systems": of["PhoneSystem"], "repositories": of["Repository"]}


def _passphrase(file: Path | None, words: Words, *, twice: bool = False) -> str:
    if file is not None:
        try:
            with file.open(encoding="utf-8") as source:
                return source.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise Refused(
                Sentence("{file} holds no text: the passphrase is its first line, in UTF-8.", {"file": file})
            ) from None
        except OSError as error:
            raise Refused(Sentence("{file} cannot be read: {why}.", {"file": file, "why": reason(error)})) from None
    if not sys.stdin.isatty():
        raise Refused(
            Sentence("There is nobody to ask for the passphrase: --passphrase-file names a file that holds it.")
        )
    given = getpass.getpass(words("Passphrase: "))
    if twice and getpass.getpass(words("Once more: ")) != given:
        raise Refused(Sentence("These were two different passphrases: nothing was written. Try again."))
    return given


def rotate_vault(as_json: bool, lang: str) -> int:
    """A new key for all stored secrets."""
    from ringkeep.vault.rotation import rotate

    words, count = Words(lang), rotate()
    if as_json:
        print_json({"secrets": count})
    else:
        said = words("{count} secrets are encrypted with a new key; the old one is gone. Write a new escrow file.")
        say([said.format(count=words.number(count))])
    return GOOD
