"""What the verbs of backups do and say, as one JSON document or in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ringkeep.jobs.start import prepared
from ringkeep.phonesystem.sentences import Sentence, Told, sentence
from ringkeep.terminal import COULD_NOT_TRY, GOOD, USAGE, fail, print_json
from ringkeep.translation import Words, shown

_ = str  # marks a text for translation; the catalogue's test looks for it

STATES = {"running": _("running"), "complete": _("complete"), "partial": _("partial"), "failed": _("failed")}
VERDICTS = {"good": _("rings again"), "degraded": _("rings, with faults"), "bad": _("would not ring")}
REASONS = {
    "running": _("it is being made"), "newest": _("the newest"), "proven": _("the last proven one"),
    "before-restore": _("the way back of a restore"), "last": _("one of the last"), "daily": _("of its day"),
    "weekly": _("of its week"), "monthly": _("of its month"), "partial": _("newer than the newest complete one"),
    "being-restored": _("it is being restored"),
}  # fmt: skip
SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


class Refused(Told):
    """It cannot be done as asked; the message says why. `code` is the exit code."""

    def __init__(self, says: Sentence, code: int = USAGE) -> None:
        super().__init__(says)
        self.code = code


def answer(work: Callable[[], int], as_json: bool, lang: str, *, without_keys: bool = False) -> int:
    """Do it; an error is one sentence (and a JSON document), never a traceback. The exit code.

    `without_keys`: it brings the keys of this home's database back, so that they may be missing.
    """
    from ringkeep.home import HomeError
    from ringkeep.vault import KeysMissing

    try:
        prepared()
    except HomeError as error:
        if not (without_keys and isinstance(error, KeysMissing)):
            return _failed("home", error.says, COULD_NOT_TRY, as_json, lang)
    from ringkeep.backups.escrow import EscrowError
    from ringkeep.backups.plain_copy import PlaceError
    from ringkeep.backups.queries import Unknown
    from ringkeep.backups.store_process import StoreError
    from ringkeep.vault import VaultError

    try:
        return work()
    except Refused as error:
        return _failed("refused", error.says, error.code, as_json, lang)
    except Unknown as error:
        return _failed("unknown", error.says, USAGE, as_json, lang)
    except PlaceError as error:
        return _failed("place", error.says, USAGE, as_json, lang)
    except EscrowError as error:
        return _failed("escrow", error.says, COULD_NOT_TRY, as_json, lang)
    except StoreError as error:
        # A place that cannot be one was typed wrongly.
        return _failed(error.kind, error.says, USAGE if error.kind == "bad-location" else COULD_NOT_TRY, as_json, lang)
    except VaultError as error:
        return _failed("vault", error.says, COULD_NOT_TRY, as_json, lang)


def _failed(kind: str, says: Sentence, code: int, as_json: bool, lang: str) -> int:
    fail(kind, says, Words(lang), as_json=as_json)
    return code


def say(lines: Iterable[str]) -> None:
    """Print them; names in them were made harmless."""
    for line in lines:
        print(line)


# -- backups ----------------------------------------------------------------------------------------------------------


def backups(name: str, forgotten: bool, as_json: bool, lang: str) -> int:
    """List them. Returns the exit code."""
    from ringkeep.backups import queries

    found = queries.backups_of(queries.phone_system(name), forgotten=forgotten)
    if as_json:
        print_json({"phone_system": name, "backups": found})
        return GOOD
    words = Words(lang)
    if not found:
        say([words("There is no backup yet.")])
    say(_line(backup, words) for backup in found)
    return GOOD


AUDIENCES = {
    "callers": _("Callers notice"), "staff": _("Staff notice"), "carriers": _("Towards the carriers"),
    "inner": _("Inside the system"),
}  # fmt: skip
SIGNS = {"added": "+", "removed": "−"}


def one_backup(name: str, backup_id: str, as_json: bool, lang: str) -> int:
    """Tell of one backup: its parts, what changed since the one before, what is not in it, what shrank."""
    from ringkeep.backups import queries
    from ringkeep.phonesystem.compare import capital

    system, words = queries.phone_system(name), Words(lang)
    row = queries.backup(system, backup_id)
    listed = next(one for one in queries.backups_of(system, forgotten=True) if one["id"] == row.pk)
    changes = (row.differences or {}).get("changes", [])
    told: dict[str, list[Any]] = {
        "changes": [{**change, "text": capital(_said(change["says"], words))} for change in changes],
        "missing": [_said(one, words) for one in row.missing],
        "shrunken": [_said(one, words) for one in row.shrunken],
    }
    if as_json:
        print_json(
            {
                **listed,
                "parts": row.parts,
                "compared_to": row.compared_to_id,
                "error": words.say(row.error) if row.error else None,
                **told,
            }
        )
        return GOOD
    say([_line(listed, words)])
    if row.error:
        say([f"  ✖ {words.say(row.error)}"])
    for part in row.parts:
        if part["state"] == "failed":
            say([f"  ✖ {words(shown(part['name']))}: {words.say(sentence(part['why']))}"])
    for audience in dict.fromkeys(change["audience"] for change in told["changes"]):
        say([words(AUDIENCES.get(audience, audience))])
        say(
            f"  {SIGNS.get(change['change'], '•')} {change['text']}"
            for change in told["changes"]
            if change["audience"] == audience
        )
    if row.compared_to_id and not told["changes"]:
        say([words("Nothing changed since {backup}.").format(backup=row.compared_to_id)])
    say(f"  ✖ {text}" for text in (*told["missing"], *told["shrunken"]))
    return GOOD


def _said(sentence: dict[str, Any], words: Words) -> str:
    from ringkeep.findings.telling import sentence as in_language

    return in_language(sentence, words)


def _line(backup: dict[str, Any], words: Words) -> str:
    parts = [
        shown(backup["id"]),
        words.instant(datetime.fromisoformat(backup["started_at"])),
        words(STATES[backup["state"]]),
        size(backup["size_bytes"], words),
        words(VERDICTS[backup["verdict"]]) if backup["verdict"] in VERDICTS else words("not drilled"),
    ]
    if backup["unchanged"]:
        parts.append(words("unchanged"))
    elif backup["differences"]:
        text = words("one difference") if backup["differences"] == 1 else words("{count} differences")
        parts.append(text.format(count=words.number(backup["differences"])))
    if backup["missing"]:
        text = words("one thing is not in it") if backup["missing"] == 1 else words("{count} things are not in it")
        parts.append(text.format(count=words.number(backup["missing"])))
    if backup["forgotten_at"]:
        parts.append(words("forgotten"))
    return "  ".join(parts)


def size(count: int | None, words: Words) -> str:
    """Bytes for reading; unknown is "?"."""
    if count is None:
        return "?"
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(SIZES) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{words.number(amount, 1 if unit and amount < 100 else 0)} {SIZES[unit]}"


def export(name: str, backup_id: str, place: Path, as_json: bool, lang: str) -> int:
    """Write a backup as a plain folder."""
    from ringkeep.backups import plain_copy, queries

    system = queries.phone_system(name)
    row = queries.backup(system, backup_id)
    words = Words(lang)
    what = queries.exported(row)
    files = plain_copy.export(queries.store(system.customer), what, place, words)
    if as_json:
        print_json({"backup": row.pk, "state": row.state, "directory": str(place), "files": files})
    else:
        say([words("{count} files of {backup} are in {place}.").format(
            count=words.number(files), backup=shown(row.pk), place=shown(str(place))
        )])  # fmt: skip
    return GOOD


def forget(name: str, dry_run: bool, as_json: bool, lang: str) -> int:
    """Forget what the rules let go."""
    from ringkeep.backups import actions, queries

    system, at, words = queries.phone_system(name), datetime.now(UTC), Words(lang)
    append_only = actions.repository_of(system.customer).append_only
    if append_only and not dry_run:
        raise Refused(
            Sentence(
                "The repository is append-only: nothing is forgotten in it by Ringkeep. docs/backups.md says who does."
            ),
            COULD_NOT_TRY,
        )
    why = actions.why_kept(system, at)
    gone = actions.to_forget(system, at) if dry_run else actions.apply_keep_rules(system.customer, at, only=[system])
    kept = {backup_id: reasons for backup_id, reasons in why.items() if backup_id not in gone}
    if as_json:
        print_json({"phone_system": name, "dry_run": dry_run, "forgotten": gone, "kept": kept})
        return GOOD
    said = words("{backup} would be forgotten") if dry_run else words("{backup} is forgotten")
    say(said.format(backup=shown(backup_id)) for backup_id in gone)
    for backup_id, reasons in sorted(kept.items()):
        told = words("; ").join(words(REASONS[reason]) for reason in reasons) or words("append-only")
        say([words("{backup} is kept: {reasons}").format(backup=shown(backup_id), reasons=told)])
    return GOOD
