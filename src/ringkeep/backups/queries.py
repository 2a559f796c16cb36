"""What is known of repositories and backups; everything here only reads."""

from __future__ import annotations

import re
from typing import Any

from ringkeep.backups.models import FAILED, RUNNING, Backup, Repository
from ringkeep.backups.plain_copy import Exported
from ringkeep.backups.store import Store
from ringkeep.backups.store_locations import Location
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.fleet.queries import NoSuchCustomer, no_phone_system
from ringkeep.fleet.queries import customer as customer_called
from ringkeep.phonesystem.sentences import Sentence, Told

NAMED_BACKUPS = 5  # in one sentence


class Unknown(Told):
    """There is no such thing; the message says what there is."""


def location(repository: Repository) -> Location:
    """Where it is and what opens it."""
    return Location(
        repository.kind, repository.location, repository.password, repository.credential, repository.append_only,
        repository.repository_id,
    )  # fmt: skip


def store(customer: Customer) -> Store:
    """The customer's repository; one that was never chosen is a directory in RINGKEEP_HOME."""
    from ringkeep.backups.actions import remember_repository, repository_of

    repository = repository_of(customer)
    return Store(location(repository), opened=lambda found: remember_repository(repository, found))


def phone_system(name: str) -> PhoneSystem:
    """By its name. Raises `Unknown`."""
    found: PhoneSystem | None = PhoneSystem.objects.select_related("customer").filter(name=name).first()
    if found is None:
        raise Unknown(no_phone_system(name, list(PhoneSystem.objects.values_list("name", flat=True))))
    return found


def customer(name: str) -> Customer:
    """By its name, or by the name of one of its phone systems. Raises `Unknown`."""
    try:
        return customer_called(name)
    except NoSuchCustomer as error:
        raise Unknown(error.says) from None


def backup(system: PhoneSystem, backup_id: str) -> Backup:
    """One of its backups, or the newest stored one for "latest". Raises `Unknown`."""
    rows = Backup.objects.filter(phone_system=system, forgotten_at=None).exclude(state__in=(RUNNING, FAILED))
    rows = rows.exclude(snapshot="")
    found: Backup | None = (
        rows.order_by("-started_at").first() if backup_id == "latest" else rows.filter(pk=backup_id).first()
    )
    if found is None:
        raise Unknown(_no_backup(system, backup_id, list(rows.order_by("-started_at").values_list("pk", flat=True))))
    return found


def _no_backup(system: PhoneSystem, backup_id: str, stored: list[str]) -> Sentence:
    """What is said of a backup that is not stored: which ones are, the newest first."""
    if not stored:
        return Sentence(
            "{system} has no stored backup yet: make one first, with {command}",
            {"system": system.name, "command": f"ringkeep backup {system.name}"},
        )
    values = {"system": system.name, "backup": backup_id, "there": ", ".join(stored[:NAMED_BACKUPS])}
    if len(stored) <= NAMED_BACKUPS:
        return Sentence("{system} has no stored backup {backup}. There are: {there}.", values)
    more = {"count": len(stored) - NAMED_BACKUPS, "command": f"ringkeep backups {system.name}"}
    return Sentence(
        "{system} has no stored backup {backup}. There are: {there}, and {count} older ones that {command} lists.",
        {**values, **more},
    )


def backups_of(system: PhoneSystem, *, forgotten: bool = False) -> list[dict[str, Any]]:
    """Newest first, as documents. `verdict` is the newest drill's; None: none has one."""
    rows = Backup.objects.filter(phone_system=system).order_by("-started_at").prefetch_related("drills")
    if not forgotten:
        rows = rows.filter(forgotten_at=None)
    return [document(row) for row in rows]


def document(row: Backup) -> dict[str, Any]:
    """One backup as JSON."""
    drills = sorted((drill for drill in row.drills.all() if drill.verdict), key=lambda drill: drill.started_at)
    return {
        "id": row.pk,
        "phone_system": row.phone_system.name,
        "started_at": row.started_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "state": row.state,
        "reason": row.reason,
        "unchanged": row.unchanged,
        "files": row.files,
        "size_bytes": row.size_bytes,
        "received_bytes": row.received_bytes,
        "stored_bytes": row.stored_bytes,
        "missing": len(row.missing),
        "shrunken": len(row.shrunken),
        "differences": _changes(row.differences),
        "verdict": drills[-1].verdict if drills else None,
        "error": str(row.error) if row.error else None,
        "forgotten_at": row.forgotten_at.isoformat() if row.forgotten_at else None,
    }


def _changes(differences: Any) -> int | None:
    if isinstance(differences, dict):
        changes = differences.get("changes")
        return len(changes) if isinstance(changes, list) else None
    return len(differences) if isinstance(differences, list) else None


def exported(row: Backup) -> Exported:
    """What a plain copy of it says of itself."""
    system = row.phone_system
    return Exported(system.name, system.customer.name, row.pk, row.started_at, row.state, row.snapshot)


def is_share(text: str) -> bool:
    """Whether it names a part of a repository's data: 10%, 3/10."""
    percent = re.fullmatch(r"(\d{1,3})(\.\d)?%", text)
    part = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text)
    return bool(percent and 0 < float(text[:-1]) <= 100) or bool(part and 0 < int(part[1]) <= int(part[2]))


def repository_document(repository: Repository) -> dict[str, Any]:
    """One repository as JSON, without what opens it."""
    return {
        "customer": repository.customer.name,
        "kind": repository.kind,
        "location": repository.location,
        "append_only": repository.append_only,
        "keep": {
            "last": repository.keep_last,
            "daily": repository.keep_daily,
            "weekly": repository.keep_weekly,
            "monthly": repository.keep_monthly,
        },
        "plain_copy": repository.plain_copy or None,
        "checked_at": repository.checked_at.isoformat() if repository.checked_at else None,
        "problems": repository.check_problems,
    }
