"""Behind `ringkeep restore`: the preview, the question, the restore, and what is said of each."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import typer

from ringkeep.backups.models import COMPLETE, PARTIAL, Backup
from ringkeep.backups.queries import Unknown, phone_system
from ringkeep.backups.queries import backup as stored
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.actions import start
from ringkeep.jobs.following import finish
from ringkeep.jobs.kinds import JobError
from ringkeep.jobs.models import SUCCEEDED, Job
from ringkeep.phonesystem.sentences import Document, Sentence
from ringkeep.restores import telling
from ringkeep.restores.models import BEFORE, Restore
from ringkeep.restores.queries import document, holding, is_something
from ringkeep.restores.selection import SelectionError, parse
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, USAGE, errors, print_json
from ringkeep.translation import Words

CANCELLED = Sentence("It was cancelled.")


@dataclass(frozen=True, slots=True)
class Request:
    """The command line."""

    system: str
    backup: str
    only: tuple[str, ...]
    to: str | None
    hold_trunks: bool
    release_trunks: bool
    exact: bool
    lang: str = "en"


def carry_out(request: Request, *, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Preview, ask, restore; the exit code."""
    lang, words = request.lang, Words(request.lang)
    try:
        target, arguments = _arguments(request)
    except (Unknown, SelectionError, JobError) as error:
        return _refused(error.says, USAGE, as_json=as_json, lang=lang)
    if dry_run or not yes:
        before = _run(target, {**arguments, "preview": True}, words, _Preview(words, told=True), show=not as_json)
        if before.state != SUCCEEDED:
            return _refused(before.error or CANCELLED, COULD_NOT_TRY, as_json=as_json, lang=lang)
        if as_json and dry_run:
            print_json(before.result)
        elif not as_json:
            telling.show(before.result, words)
        if dry_run:
            return GOOD
        if not _agreed(words("Restore {name}?").format(name=target.name)):
            why = Sentence("Nothing was changed. Say --yes to restore without being asked.")
            return _refused(why, USAGE, as_json=as_json, lang=lang)
    done = _run(target, arguments, words, _Preview(words, told=not yes), show=not as_json)
    if done.state != SUCCEEDED:
        row = Restore.objects.filter(job_id=done.id).select_related("target").first()
        if row is not None and not as_json:
            telling.show_checks(document(row), words)
        return _refused(done.error or CANCELLED, NOT_GOOD, as_json=as_json, lang=lang)
    if as_json:
        print_json(done.result)
    else:
        telling.show_end(done.result, words)
    return GOOD


def _arguments(request: Request) -> tuple[PhoneSystem, dict[str, Any]]:
    system = phone_system(request.system)
    target = _target(request.to) if request.to else system
    if request.release_trunks and request.to is None:
        held = holding(target.pk)
        if held is None:
            raise JobError(
                Sentence("No trunks are held on {name}: there is nothing to release.", {"name": target.name})
            )
        return target, {"backup": held.backup_id, "release_trunks": True}
    return target, {
        "backup": _backup(system, request.backup).pk,
        "only": [str(one) for one in parse(request.only)],
        "exact": request.exact,
        # A second server never takes the carrier's registration away from the first by accident.
        "hold_trunks": request.hold_trunks or (target != system and not request.release_trunks),
    }


def _backup(system: PhoneSystem, wanted: str) -> Backup:
    """The one named; "latest" is never one that only a restore made, which holds what is to be mended."""
    if wanted == "latest":
        rows = Backup.objects.filter(phone_system=system, forgotten_at=None, state__in=(COMPLETE, PARTIAL))
        newest: Backup | None = rows.exclude(reason=BEFORE).exclude(snapshot="").order_by("-started_at").first()
        if newest is None:
            raise Unknown(
                Sentence(
                    "There is no backup of {name} to restore from: ringkeep backup {name} makes one.",
                    {"name": system.name},
                )
            )
        return newest
    return stored(system, wanted)


def _target(name: str) -> PhoneSystem:
    found: PhoneSystem | None = (
        PhoneSystem.objects.filter(name=name).first() or PhoneSystem.objects.filter(host=name, retired_at=None).first()
    )
    if found is None:
        raise Unknown(
            Sentence(
                "There is no phone system called {name}: enrol the new server first, under a name of its own.",
                {"name": name},
            )
        )
    if found.retired_at is not None:
        raise Unknown(
            Sentence("{name} is retired: enrol it again before anything is restored to it.", {"name": found.name})
        )
    return found


class _Preview:
    """What a restore will change, shown as soon as it knows: before anything is sent. `told`: it was shown, or will be."""

    def __init__(self, words: Words, *, told: bool) -> None:
        self._words, self._told = words, told

    def __call__(self, job: Job) -> Collection[Document]:
        row = Restore.objects.filter(job_id=job.id).select_related("target").first()
        if row is None or not row.plan:
            return ()
        if not self._told and is_something(row.plan["counts"]):
            telling.show(document(row), self._words)
            sys.stdout.flush()
        self._told = True
        return [one["says"] for one in row.plan["warnings"]]


def _run(target: PhoneSystem, arguments: dict[str, Any], words: Words, tell: _Preview, *, show: bool) -> Job:
    key = f"restore:{target.pk}:{secrets.token_hex(6)}"
    return finish(
        lambda: start("restore", arguments, key=key, phone_system=target.pk, asked_by="command line"),
        words,
        show=show,
        tell=tell,
    )


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return typer.confirm(question, err=True)


def _refused(why: Sentence, code: int, *, as_json: bool, lang: str) -> int:
    words = Words(lang)
    errors.print(words.error(why))
    if as_json:
        print_json({"error": {"code": "restore", "message": words.say(why)}})
    return code
