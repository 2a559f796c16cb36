"""A restore, step by step; every step bears being repeated after a kill.

    begin -> fresh backup of the target -> compare and plan -> send -> swap, check, confirm or roll back -> report

Until the swap nothing of the phone system has changed. From then on its own watchdog brings it back if we do not confirm.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ringkeep import pbx
from ringkeep.backups import jobs as backing_up
from ringkeep.backups.fetching import fetch
from ringkeep.backups.models import Backup
from ringkeep.backups.queries import store
from ringkeep.fleet.models import PhoneSystem
from ringkeep.fleet.queries import target as reached
from ringkeep.jobs.kinds import SYSTEMS, Cancelled, Document, JobError, Run, StepFailed, job
from ringkeep.lab.tree import read_directories
from ringkeep.links.ssh import Connection, connect
from ringkeep.phonesystem.model import PhoneSystem as Expected
from ringkeep.phonesystem.sentences import AS_IT_IS, Sentence, said_by
from ringkeep.restores import actions, checking, databases, preview, workplace
from ringkeep.restores.models import BEFORE, DONE, FAILED, PLANNED, ROLLED_BACK, STAGING, SWAPPING, Restore
from ringkeep.restores.planning import Plan, State
from ringkeep.restores.queries import document, is_something
from ringkeep.restores.remote import Swap
from ringkeep.restores.rights import lacking
from ringkeep.restores.selection import parse
from ringkeep.restores.sending import PLACE
from ringkeep.restores.trees import state
from ringkeep.restores.words import CHECKS
from ringkeep.restores.workplace import Workplace
from ringkeep.sources.contents import config_files

CONFIRM_WITHIN_S = 600
TRIES = 6
OF_PHONES = {"call_state"}  # what people dial into their phones meanwhile is no fault
T = TypeVar("T")


@job("restore", queue=SYSTEMS)
def restore(run: Run) -> Document:
    """Bring a backup to a phone system, or only say what that would change."""
    assert run.phone_system_id is not None
    begun = run.step_with_tries("begin", TRIES, begin, run.id, run.arguments, run.phone_system_id)
    if not isinstance(begun, int):  # by a worker that is gone, with what it had prepared: closed now
        return run.step("report", report, begun["row"])
    pk = begun
    try:
        before = backing_up.back_up_now(run, run.phone_system_id, BEFORE, key=f"{run.id}:before")
        run.step("compare with the backup", compare, run, pk, before["backup"])
        if run.step("see whether there is anything to do", is_due, pk):
            run.step_with_tries("send", TRIES, send, run, pk)
            run.step_with_tries("swap and check", TRIES, settle, run, pk)
    except Cancelled:
        give_up(pk, Sentence("It was cancelled before anything changed."))
        raise
    except StepFailed as failure:
        run.step("leave the phone system as it was", give_up, pk, failure.says)
        raise
    return run.step("report", report, pk)


def begin(job_id: str, arguments: Document, target_id: int) -> int | Document:
    """Make the restore's row, and give its number; where one is open that got further elsewhere, close that. Raises `JobError`."""
    target = PhoneSystem.objects.get(pk=target_id)
    known = Restore.objects.filter(job_id=job_id).exclude(state=PLANNED, ended_at=None).first()
    if known is not None:
        if known.ended_at is None:
            give_up(
                known.pk,
                Sentence("The worker that did it is gone: what it had sent was taken away again. Restore once more."),
            )
        return {"row": known.pk}
    backup = Backup.objects.get(pk=arguments["backup"])
    if not backup.snapshot or backup.forgotten_at:
        raise JobError(Sentence("{name} is not stored: there is nothing to restore from.", {"name": backup.pk}))
    if not arguments.get("preview"):
        wrong = _connected(target, lambda connection: lacking(connection, target))
        if wrong is not None:
            raise JobError(wrong)
    asked = actions.Asked(
        tuple(arguments.get("only", ())), *(bool(arguments.get(n)) for n in ("exact", "preview", "hold_trunks", "release_trunks"))
    )  # fmt: skip
    return int(actions.begin(job_id, backup, target, asked, datetime.now(UTC)).pk)


def compare(run: Run, pk: int, before: str) -> None:
    """Bring the backup out of its repository, plan, and say what would change."""
    actions.note(pk, before_id=before)
    row = _row(pk)
    place = Workplace.of(row.target_id, row.name)
    if not row.release_trunks:
        _bring_out(row, place, run)
    made = _prepared(row, place, tell=True)
    told = [*_rights_lacking(row), *_databases_lacking(row, made.plan), *made.warnings]
    if made.refused is not None:
        if not row.preview:
            raise JobError(made.refused)
        told.insert(0, made.refused)
    warnings = [{"text": str(one), "says": one.document()} for one in told]
    actions.note(pk, plan={"counts": made.plan.counts(), "changes": made.changes[:2000], "warnings": warnings})
    for one in told:
        run.log(one, "warning")


def _rights_lacking(row: Restore) -> list[Sentence]:
    """For a preview, which only needs to read: why the restore itself would be refused."""
    wrong = _connected(row.target, lambda connection: lacking(connection, row.target)) if row.preview else None
    return [wrong] if wrong is not None else []


def _databases_lacking(row: Restore, plan: Plan) -> list[Sentence]:
    """Why the databases cannot be brought back; a preview says so, a restore ends here, with nothing touched. Raises `JobError`."""
    if not plan.databases:
        return []
    wrong = _connected(
        row.target, lambda there: databases.lacking(there, row.target.name, plan.databases, sudo=row.target.sudo)
    )
    if wrong is not None and not row.preview:
        raise JobError(wrong)
    return [wrong] if wrong is not None else []


def is_due(pk: int) -> bool:
    """Whether something is to be changed; without, it has ended here."""
    row = _row(pk)
    if row.preview or not is_something(row.plan["counts"]):
        actions.end(pk, DONE, datetime.now(UTC))
        Workplace.of(row.target_id, row.name).remove()
        return False
    return True


def send(run: Run, pk: int) -> None:
    """Everything beside what is in use, on the phone system itself."""
    row = _row(pk)
    place = Workplace.of(row.target_id, row.name)
    actions.note(pk, state=STAGING)
    made = place.kept() or _prepared(row, place, tell=False)
    plan = replace(made.plan, restart=row.plan["counts"]["restart"])

    async def work(connection: Connection) -> None:
        swap = _swap(connection, row)
        if await swap.phase() in ("absent", "new", "staging", "staged"):
            await swap.send(plan, place.backup, place.dumps, made.live.directories)

    _connected(row.target, work)
    run.progress("sent", 1.0)


def settle(run: Run, pk: int) -> None:
    """Swap, check, and confirm or roll back; wherever the last try was ended, it goes on from what it finds."""
    row = _row(pk)
    if row.ended_at:
        return
    place = Workplace.of(row.target_id, row.name)
    actions.note(pk, state=SWAPPING)
    made = place.kept()  # now: nobody should wait for it with the swap half checked
    expected = made.after if made and made.after else preview.read(place.after)

    async def work(connection: Connection) -> tuple[str, list[dict[str, Any]], float | None]:
        swap = _swap(connection, row)
        since, phase = time.monotonic(), await swap.phase()
        if phase == "staged":
            await swap.swap(confirm_within_s=CONFIRM_WITHIN_S)
        elif phase in ("swapping", "rolling-back"):
            await swap.resume()
        checks: list[dict[str, Any]] = []
        first_s: float | None = None
        if phase == "confirmed":  # by a run that was ended before it could write down what it had found
            checks, _ = await _check(connection, row, place, expected, since)
        if await swap.phase() == "swapped":
            checks, first_s = await _check(connection, row, place, expected, since)
            if all(one["ok"] for one in checks):
                await swap.confirm()
            else:
                await swap.rollback()
        if await swap.phase() == "rolled-back":
            checks.append(await _is_back(connection, row, place))
            if checks[-1]["ok"]:
                await swap.clean()
        return await swap.phase(), checks, first_s

    phase, checks, first_s = _connected(row.target, work)
    now = datetime.now(UTC)
    if first_s is not None:
        actions.note(pk, first_answer_s=round(first_s, 2))
    if phase == "confirmed":
        actions.hold(pk, row.hold_trunks)
        actions.end(pk, DONE, now, checks=checks)
    else:
        kind = ROLLED_BACK if checks and checks[-1]["what"] == "back" and checks[-1]["ok"] else FAILED
        actions.end(pk, kind, now, checks=checks, error=_why_not(kind, checks))
    place.remove()


def _why_not(kind: str, checks: list[dict[str, Any]]) -> Sentence:
    wrong = [Sentence(CHECKS[one["what"]]) for one in checks if not one["ok"]]
    values = {"checks": wrong or Sentence("it was not confirmed in time")}
    if kind == ROLLED_BACK:
        return Sentence("It was taken back, and everything is as it was before. What was not so: {checks}", values)
    return Sentence("It did not end well: look at the phone system. What was not so: {checks}", values)


async def _check(
    connection: Connection, row: Restore, place: Workplace, expected: Expected, since: float
) -> tuple[list[dict[str, Any]], float | None]:
    """First a call, then what Asterisk reports, then everything read again and compared."""
    console = checking.Console(connection, sudo=row.target.sudo)
    call, first_s = await checking.wait_for_call(console, expected, since=since)
    checks = [call, *await checking.reported(console, expected, row.target.facts.get("asterisk_major"))]
    mirror = await _fetched(connection, row)
    now = state(mirror, read_directories(config_files(mirror)))
    wrong = place.differing(now)
    checks.append(checking.Check("files", not wrong, _named(wrong)))
    differing = await asyncio.to_thread(_differing, place, mirror, now, expected)
    checks.append(checking.Check("same", not differing, _named(differing)))
    return [one.as_document() for one in checks], first_s


def _named(things: Sequence[object]) -> Sentence | None:
    """The first of what is not as it was to be."""
    return Sentence(AS_IT_IS, {"text": list(things[:5])}) if things else None


def _differing(place: Workplace, mirror: Path, now: State, expected: Expected) -> list[Sentence]:
    """What is not as it was to be, in telephone language."""
    made = place.kept()
    if made and preview.is_as_planned(made.plan, made.live, now, place.after, mirror):
        return []
    again = place.root / "again"
    shutil.rmtree(again, ignore_errors=True)
    preview.lay_out(Plan(), now, mirror, mirror, again, now.astdb)
    return [one.says for one in preview.same(expected, preview.read(again)) if one.what not in OF_PHONES]


async def _is_back(connection: Connection, row: Restore, place: Workplace) -> dict[str, Any]:
    """Whether the way back led to what was."""
    mirror = await _fetched(connection, row)
    wrong = place.differing(state(mirror, read_directories(config_files(mirror))), back=True)
    return checking.Check("back", not wrong, _named(wrong)).as_document()


async def _fetched(connection: Connection, row: Restore) -> Path:
    """The mirror, up to date; it no longer equals the stored backup."""
    mirror = backing_up.mirror(row.target)
    (mirror.parent / "stored").unlink(missing_ok=True)
    await fetch(connection, pbx.Facts.from_document(row.target.facts), mirror, bandwidth_kib_s=None, report=None)
    return mirror


def give_up(pk: int, why: Sentence) -> None:
    """Whatever was sent goes away again; whatever was swapped goes back."""
    row = _row(pk)

    async def work(connection: Connection) -> str:
        swap = _swap(connection, row)
        if await swap.phase() not in ("absent", "confirmed"):
            await swap.rollback()
            await swap.clean()
        return await swap.phase()

    try:
        phase = "absent" if row.state == "planned" else _connected(row.target, work)
    except Exception as error:  # the watchdog there does it without us
        left = Sentence(
            "{what} The phone system could not be reached to tidy up ({why}); what was sent there is in {folder}.",
            {"what": why, "why": said_by(error), "folder": f"{PLACE}/{row.name}"},
        )
        actions.fail(pk, datetime.now(UTC), left)
        return
    actions.end(
        pk, DONE if phase == "confirmed" else ROLLED_BACK if phase != "absent" else FAILED, datetime.now(UTC), error=why
    )
    Workplace.of(row.target_id, row.name).remove()


def report(pk: int) -> Document:
    """How it went. Raises `JobError` when it did not stay."""
    row = _row(pk)
    if row.state != DONE:
        raise JobError(row.error or Sentence("The restore did not stay."))
    return document(row)


# -- shared by the steps ------------------------------------------------------------------------------------------------


def _row(pk: int) -> Restore:
    found: Restore = Restore.objects.select_related("backup__phone_system__customer", "target").get(pk=pk)
    return found


def _swap(connection: Connection, row: Restore) -> Swap:
    return Swap(connection, row.name, sudo=row.target.sudo)


def _bring_out(row: Restore, place: Workplace, run: Run) -> None:
    place.remove()
    place = Workplace.of(row.target_id, row.name)
    repository = store(row.backup.phone_system.customer)
    facts = row.backup.phone_system.facts
    paths = workplace.paths_of(parse(row.only))
    if paths is None or not workplace.usual_folders(facts.get("directories", {})):
        repository.restore(row.backup.snapshot, place.backup)
        return
    there = [path for path in paths if next(iter(repository.listing(row.backup.snapshot, f"/{path}")), None)]
    repository.restore(row.backup.snapshot, place.backup, there)


def _prepared(row: Restore, place: Workplace, *, tell: bool) -> workplace.Prepared:
    mirror, facts, then = backing_up.mirror(row.target), row.target.facts, row.backup.phone_system.facts
    target = workplace.Target(
        facts.get("product", "asterisk"), then.get("product", "asterisk"), facts.get("asterisk_major"),
        then.get("asterisk_major"), row.target_id != row.backup.phone_system_id,
    )  # fmt: skip
    if row.release_trunks:
        return workplace.prepare_release(place, mirror, target, tell=tell)
    return workplace.prepare(place, mirror, target, parse(row.only), exact=row.exact, hold=row.hold_trunks, tell=tell, knows_astdb_gone=_fetched_states(row))  # fmt: skip


def _fetched_states(row: Restore) -> bool:
    """Whether astdb was looked for and nothing hindered it: what did not come is not there."""
    return row.before is not None and any(p["name"] == "state" and p["state"] == "ok" for p in row.before.parts)


def _connected(system: PhoneSystem, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run a coroutine with a connection to a phone system."""
    way = reached(system)

    async def inside() -> T:
        async with connect(way) as connection:
            return await work(connection)

    return asyncio.run(inside())
