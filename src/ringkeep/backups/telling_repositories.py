"""What the verbs of repositories do and say: where backups are kept, by which rules, and whether they are whole."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ringkeep.backups.telling import Refused, say
from ringkeep.phonesystem.sentences import Sentence, reason
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, errors, print_json
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it


def verify(name: str | None, read: str | None, as_json: bool, lang: str) -> int:
    """Look for damage; 1 when there is some, 3 when one could not be looked at."""
    from ringkeep.backups import actions, queries
    from ringkeep.backups.models import Repository
    from ringkeep.backups.store_checking import problem_said
    from ringkeep.backups.store_process import StoreError

    if read is not None:  # as a Persian keyboard writes it, too
        read = "".join(str(unicodedata.decimal(sign, sign)) for sign in read).replace("٪", "%")
    if read is not None and not queries.is_share(read):
        raise Refused(
            Sentence(
                "--read {share} is no share: write it like {examples}.",
                {"share": read, "examples": ["10%", "3/10", "100%"]},
            )
        )
    rows = Repository.objects.select_related("customer").order_by("customer__name")
    if name is not None:
        rows = rows.filter(customer=queries.customer(name))
    words, code, told = Words(lang), GOOD, []
    for row in rows:
        document: dict[str, Any] = {
            "customer": row.customer.name,
            "location": row.location,
            "empty": actions.is_unused(row),
            "problems": [],
            "error": None,
        }
        told.append(document)
        if document["empty"]:
            continue
        try:
            problems = [
                problem.document() for problem in actions.check_repository(row, datetime.now(UTC), read_share=read)
            ]
            document["problems"] = [{**problem, "said": problem_said(problem, words)} for problem in problems]
            code = max(code, NOT_GOOD if problems else GOOD)
        except StoreError as error:
            document["error"], code = words.say(error.says), COULD_NOT_TRY
    if as_json:
        print_json({"repositories": told})
        return code
    if not told:
        say([words("There is nothing to verify yet: the first backup makes a repository.")])
    for document in told:
        if document["empty"]:
            says = words("{customer}: there is no backup yet, so there is nothing to verify.")
            say([says.format(customer=shown(document["customer"]))])
        elif document["error"]:
            errors.print(words("error: {text}").format(text=document["error"]))
        elif not document["problems"]:
            say([words("{customer}: nothing is damaged.").format(customer=shown(document["customer"]))])
        say(f"{shown(document['customer'])}: {problem['said']}" for problem in document["problems"])
    return code


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `repository set` was told."""

    customer: str
    kind: str
    place: str
    append_only: bool | None
    keep: dict[str, int] = field(default_factory=dict)
    plain_copy: str | None = None
    credential_file: Path | None = None


def set_repository(wanted: Wanted, as_json: bool, lang: str) -> int:
    """Choose a repository's place and rules."""
    from ringkeep.backups import actions, queries
    from ringkeep.backups.store_locations import DIRECTORY, parsed

    kind, place = parsed(wanted.place)
    if kind != wanted.kind:
        raise Refused(Sentence("{place} is no place of the kind {kind}.", {"place": wanted.place, "kind": wanted.kind}))
    if wanted.plain_copy and not Path(wanted.plain_copy).is_dir():
        raise Refused(
            Sentence(
                "The folder {folder} for the plain copy is not there: make it first.", {"folder": wanted.plain_copy}
            )
        )
    customer = queries.customer(wanted.customer)
    credential = _credential(kind, wanted.credential_file) if kind != DIRECTORY else None
    row = actions.set_repository(
        customer, kind, place, credential=credential, append_only=wanted.append_only, keep=wanted.keep,
        plain_copy=wanted.plain_copy,
    )  # fmt: skip
    found = actions.recover_backups(customer)
    words = Words(lang)
    if as_json:
        print_json({**queries.repository_document(row), "recovered": found})
    else:
        _say_repository(queries.repository_document(row), words)
        if found:
            say([words("{count} backups were found in it.").format(count=words.number(found))])
    return GOOD


def _credential(kind: str, file: Path | None) -> dict[str, Any] | None:
    """Read it from a file or standard input; never from the arguments, which others can see."""
    needed = {"s3": ({"key_id", "secret"},), "sftp": ({"host_key", "key"}, {"host_key", "password"})}[kind]
    if file is None:
        return None
    try:
        document = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as error:
        raise Refused(Sentence("{file} cannot be read: {why}.", {"file": file, "why": reason(error)})) from None
    except ValueError:
        raise Refused(Sentence("{file} holds no JSON.", {"file": file})) from None
    if not isinstance(document, dict) or not any(names <= document.keys() for names in needed):
        raise Refused(
            Sentence(
                "{file} must hold a JSON object with these names: {names}",
                {"file": file, "names": [", ".join(sorted(names)) for names in needed]},
            )
        )
    return document


def show_repositories(name: str | None, as_json: bool, lang: str) -> int:
    """List the repositories."""
    from ringkeep.backups import queries
    from ringkeep.backups.models import Repository

    rows = Repository.objects.select_related("customer").order_by("customer__name")
    if name is not None:
        rows = rows.filter(customer=queries.customer(name))
    found = [queries.repository_document(row) for row in rows]
    if as_json:
        print_json({"repositories": found})
        return GOOD
    words = Words(lang)
    if not found:
        say([words("There is no repository yet: the first backup makes one.")])
    for document in found:
        _say_repository(document, words)
    return GOOD


def _say_repository(document: dict[str, Any], words: Words) -> None:
    from ringkeep.backups.store_checking import problem_said

    keep = {rule: words.number(count) for rule, count in document["keep"].items()}
    say([f"{shown(document['customer'])}: {document['kind']} {shown(document['location'])}"])
    say(["  " + words("keeps the last {last}, {daily} days, {weekly} weeks, {monthly} months").format(**keep)])
    if document["append_only"]:
        say(["  " + words("append-only: Ringkeep forgets nothing in it")])
    if document["plain_copy"]:
        say(["  " + words("plain copy in {place}").format(place=shown(document["plain_copy"]))])
    if document["checked_at"]:
        at = words.instant(datetime.fromisoformat(document["checked_at"]))
        say(["  " + words("looked through on {when}").format(when=at)])
    say(f"  {problem_said(problem, words)}" for problem in document["problems"])


def rotate_repository(name: str, as_json: bool, lang: str) -> int:
    """A new key for one repository."""
    from ringkeep.backups import actions, queries

    customer, words = queries.customer(name), Words(lang)
    removed = actions.rotate_repository(actions.repository_of(customer))
    if as_json:
        print_json({"customer": customer.name, "removed_keys": removed})
    else:
        say([words("The repository has a new key; the old one opens it no more. Write a new escrow file.")])
    return GOOD
