"""The backup of one phone system, step by step; every step bears being repeated after a kill.

begin -> reach -> fetch what changed -> store -> judge -> record -> tell -> drill, rules and a plain copy
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ringkeep import pbx
from ringkeep.backups import judging, record
from ringkeep.backups.actions import apply_keep_rules, check_repository, refresh_plain_copy
from ringkeep.backups.fetching import fetch
from ringkeep.backups.judgement import part_named
from ringkeep.backups.models import COMPLETE, PARTIAL, Backup, Repository
from ringkeep.backups.plain_copy import PlaceError
from ringkeep.backups.queries import store
from ringkeep.backups.store_process import StoreError
from ringkeep.findings.actions import report, settle
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.fleet.queries import target
from ringkeep.home import folder
from ringkeep.jobs.actions import start
from ringkeep.jobs.kinds import OTHERS, SYSTEMS, Document, JobError, Run, StepFailed, job
from ringkeep.links.ssh import Connection, connect
from ringkeep.phonesystem.sentences import Sentence, sentence

TRIES = 4
UNREACHED = {"unreachable", "timeout", "cut", "refused-login", "no-sudo"}  # kinds of LinkError


@job("backup", queue=SYSTEMS)
def back_up(run: Run) -> Document:
    """Back one phone system up, and have the backup drilled."""
    assert run.phone_system_id is not None
    made = back_up_now(run, run.phone_system_id, run.arguments.get("reason", "nightly"))
    run.step("see to what follows", follow_up, made["backup"], run.id)
    return made


def back_up_now(run: Run, phone_system_id: int, reason: str, key: str | None = None) -> Document:
    """The steps of a backup, for this job or for one that needs a fresh backup first (`key` tells its backups apart).

    Returns {"backup", "state", "unchanged", "received_bytes", ...}. Raises `StepFailed` when nothing could be stored.
    """
    backup_id = run.step("begin", begin, key or run.id, phone_system_id, reason)
    try:
        run.step_with_tries("ask what it is", TRIES, reach, backup_id)
        run.step_with_tries("fetch what changed", TRIES, fetch_files, run, backup_id)
        run.step_with_tries("store", TRIES, put_away, run, backup_id)
        run.step("look at what is in it", judge, backup_id)
    except StepFailed as failure:
        run.step("say that it failed", fail, backup_id, failure.kind, failure.says)
        raise
    return run.step("say how it went", tell, backup_id)


def begin(job_id: str, phone_system_id: int, reason: str) -> str:
    """Make the backup's row."""
    system = PhoneSystem.objects.get(pk=phone_system_id)
    if system.retired_at:
        raise JobError(Sentence("{system} is retired: it is not backed up any more.", {"system": system.name}))
    return str(record.begin(job_id, system, reason, datetime.now(UTC)).pk)


def reach(backup_id: str) -> None:
    """Connect, see what the phone system is today, and remember its fingerprint."""
    backup = Backup.objects.select_related("phone_system").get(pk=backup_id)
    system = backup.phone_system

    async def ask(connection: Connection) -> tuple[pbx.Facts, str]:
        facts = await pbx.recognise(connection)
        return facts, await pbx.probe(connection, facts)

    facts, fingerprint = _connected(system, ask)
    now = datetime.now(UTC)
    PhoneSystem.objects.filter(pk=system.pk).update(
        facts=facts.as_document(), facts_at=now, fingerprint=fingerprint, probed_at=now
    )
    record.note(backup_id, fingerprint=fingerprint)


def fetch_files(run: Run, backup_id: str) -> None:
    """Bring the copy of its files up to date."""
    backup = Backup.objects.select_related("phone_system").get(pk=backup_id)
    system = backup.phone_system
    marker = _marker(system)
    untouched = marker.read_text() if marker.exists() else ""
    marker.unlink(missing_ok=True)  # from here on the copy is of no stored backup

    apart = left_out(backup, system)

    async def work(connection: Connection) -> Any:
        return await fetch(
            connection, pbx.Facts.from_document(system.facts), mirror(system),
            bandwidth_kib_s=system.bandwidth_kib_s, report=run.progress, leave_out=apart,
        )  # fmt: skip

    fetched = _connected(system, work)
    if untouched and not fetched.changed:
        marker.write_text(untouched)
    record.note(
        backup_id, parts=fetched.parts, received_bytes=fetched.received_bytes, files=fetched.files,
        size_bytes=fetched.size_bytes,
    )  # fmt: skip
    for part in fetched.parts:
        if part["state"] == "failed":
            run.log(
                Sentence("{part}: {why}", {"part": part_named(part["name"]), "why": sentence(part["why"])}), "warning"
            )


def put_away(run: Run, backup_id: str) -> None:
    """Into the repository, unless the very same is there already."""
    backup = Backup.objects.select_related("phone_system__customer").get(pk=backup_id)
    if backup.snapshot:
        return
    system, last = backup.phone_system, record.last_complete(backup.phone_system, backup)
    marker = _marker(system)
    place = store(system.customer)
    place.open_or_make()
    if last and marker.exists() and marker.read_text() == last.snapshot and place.holds(last.snapshot):
        record.note(backup_id, snapshot=last.snapshot, unchanged=True, stored_bytes=0)
        return
    snapshot = place.find(backup_id)
    if snapshot is None:
        whole = all(part["state"] in ("ok", "skipped") for part in backup.parts)
        # The last word is for a day on which only the repository is left: recovery reads it.
        tags = [backup_id, system.name, COMPLETE if whole else PARTIAL]
        try:
            saved = place.save(mirror(system), tags, backup.started_at, report=lambda share: _stored(run, share))
        except StoreError as error:
            if error.kind == "no-room":
                name = system.customer.name
                report(None, "repository-full", {"repository": name}, name, at=datetime.now(UTC))
            raise
        snapshot = saved.snapshot
        record.note(backup_id, stored_bytes=saved.stored_bytes)
    record.note(backup_id, snapshot=snapshot)
    marker.write_text(snapshot)


def _stored(run: Run, share: float) -> None:
    run.check()  # a first save may last for hours: whoever asks for its end need not wait for it
    run.progress("store", share)


def judge(backup_id: str) -> None:
    """What is not in it, what shrank, and what changed since the last one."""
    backup = Backup.objects.select_related("phone_system").get(pk=backup_id)
    last = record.last_complete(backup.phone_system, backup)
    if backup.unchanged and last:
        record.note(
            backup_id, missing=last.missing, shrunken=[], compared_to=last, differences={"changes": [], "notes": []}
        )
        return
    found = judging.judge(backup.phone_system, backup, last)
    record.note(
        backup_id, missing=found.missing, shrunken=found.shrunken, differences=found.differences, compared_to=last
    )


def tell(backup_id: str) -> Document:
    """Finish the row, open or settle what is wrong, and say how it went."""
    now = datetime.now(UTC)
    backup = record.finish(backup_id, now)
    for kind in ("unreachable", "host-key-changed", "backup-failed"):
        settle(backup.phone_system, kind, at=now)
    settle(None, "repository-full", backup.phone_system.customer.name, at=now)
    judging.tell(backup, at=now)
    return {
        "backup": backup.pk,
        "state": backup.state,
        "unchanged": backup.unchanged,
        "files": backup.files,
        "size_bytes": backup.size_bytes,
        "received_bytes": backup.received_bytes,
        "stored_bytes": backup.stored_bytes,
        "seconds": round((now - backup.started_at).total_seconds(), 2),
    }


def fail(backup_id: str, kind: str, why: Sentence) -> None:
    """Nothing could be stored: say so, from outside the phone system."""
    now = datetime.now(UTC)
    record.give_up(backup_id, why, now)
    system = Backup.objects.select_related("phone_system__customer").get(pk=backup_id).phone_system
    finding = kind if kind == "host-key-changed" else "unreachable" if kind in UNREACHED else "backup-failed"
    report(system, finding, {"why": why.document(), "backup": backup_id}, at=now)


def follow_up(backup_id: str, job_id: str) -> None:
    """A drill, if the phone system's policy asks for one; the drill's job decides. And the repository's own upkeep."""
    backup = Backup.objects.select_related("phone_system__customer").get(pk=backup_id)
    system = backup.phone_system
    copy_plainly(backup)
    start(
        "drill",
        {"backup": backup_id, "by_policy": True},
        key=f"drill:{backup_id}",
        phone_system=system.pk,
        asked_by=job_id,
    )
    start(
        "upkeep", {"customer": system.customer_id}, key=f"upkeep:{system.customer_id}:{backup.started_at:%Y-%m-%d}",
        asked_by=job_id,
    )  # fmt: skip


def copy_plainly(backup: Backup) -> None:
    """The readable copy, where the customer wants one. That it cannot be written is a finding, no fault of the backup."""
    customer = backup.phone_system.customer
    try:
        refresh_plain_copy(backup)
    except (PlaceError, StoreError) as error:
        report(
            None,
            "plain-copy-failed",
            {"customer": customer.name, "why": error.says.document()},
            customer.name,
            at=datetime.now(UTC),
        )
    else:
        settle(None, "plain-copy-failed", customer.name, at=datetime.now(UTC))


@job("upkeep", queue=OTHERS)
def upkeep(run: Run) -> Document:
    """A customer's repository once a day: forget by the rules, and check it when that is due."""
    customer_id = run.arguments["customer"]
    forgotten = run.step_with_tries("forget by the rules", TRIES, forget_by_rules, customer_id)
    problems = run.step_with_tries("check the repository", TRIES, check_when_due, customer_id)
    return {"forgotten": forgotten, "problems": problems}


def forget_by_rules(customer_id: int) -> list[str]:
    """What the rules let go, and nothing else."""
    return apply_keep_rules(Customer.objects.get(pk=customer_id), datetime.now(UTC))


def check_when_due(customer_id: int) -> list[Document]:
    """Weekly, or sooner when the row says so."""
    now = datetime.now(UTC)
    repository = Repository.objects.filter(customer_id=customer_id).first()
    if repository is None or (repository.next_check_at and repository.next_check_at > now):
        return []
    name = repository.customer.name
    found = [problem.document() for problem in check_repository(repository, now)]
    if found:
        report(None, "repository-corrupt", {"repository": name, "what": found[:3]}, name, at=now)
    else:
        settle(None, "repository-corrupt", name, at=now)
    return found


WITH_EVERY_CALL = frozenset(
    {"recordings", "records"}
)  # their parts grow with each, and one is of little use without the other


def left_out(backup: Backup, system: PhoneSystem) -> frozenset[str]:
    """Recordings and call records have their own rhythm: what was fetched within it is left as it is in the mirror."""
    if system.recordings_every_days <= 1 or backup.reason not in ("nightly", "change"):
        return frozenset()
    since = backup.started_at - timedelta(days=system.recordings_every_days) + timedelta(hours=6)
    recent = Backup.objects.filter(phone_system=system, state=COMPLETE, started_at__gte=since).exclude(pk=backup.pk)
    return frozenset(part["name"] for one in recent for part in one.parts if part["state"] == "ok") & WITH_EVERY_CALL


def mirror(system: PhoneSystem) -> Path:
    """Where the copy of a phone system's files is kept, laid out like its own root."""
    return folder("systems", str(system.pk), "mirror")


def _marker(system: PhoneSystem) -> Path:
    """Holds the snapshot that the mirror equals; absent while it is being changed."""
    return folder("systems", str(system.pk)) / "stored"


def _connected(system: PhoneSystem, work: Any) -> Any:
    """Run a coroutine with a connection to a phone system."""

    async def inside() -> Any:
        async with connect(target(system)) as connection:
            return await work(connection)

    return asyncio.run(inside())
