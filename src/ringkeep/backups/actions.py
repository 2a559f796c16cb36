"""What is done to repositories and to the backups in them. The only writer of `Repository` and of `forgotten_at`."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from ringkeep.backups import plain_copy
from ringkeep.backups.keeping import Rules, Stored, reasons_to_keep
from ringkeep.backups.models import COMPLETE, PARTIAL, RUNNING, Backup, Repository
from ringkeep.backups.queries import exported, location, store
from ringkeep.backups.store import Store
from ringkeep.backups.store_checking import Damage
from ringkeep.backups.store_entries import Snapshot
from ringkeep.backups.store_locations import Location
from ringkeep.backups.store_process import StoreError
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.fleet.rules import zone
from ringkeep.home import folder
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Words

CHECK_EVERY = timedelta(days=7)
CHECK_PARTS = 10  # so that ten checks have read everything


# -- repositories -----------------------------------------------------------------------------------------------------


def new_password() -> str:
    """For a repository: 256 bits."""
    return secrets.token_urlsafe(32)


def repository_of(customer: Customer) -> Repository:
    """The customer's repository; a directory in RINGKEEP_HOME when none was chosen."""
    found: Repository | None = Repository.objects.filter(customer=customer).first()
    if found is None:
        place = str(folder("repositories") / str(customer.pk))
        found, _ = Repository.objects.get_or_create(
            customer=customer, defaults={"kind": "directory", "location": place, "password": new_password()}
        )
    return found


def remember_repository(repository: Repository, repository_id: str) -> None:
    """It was opened or made: from now on none is made anew at its place."""
    if repository.repository_id != repository_id:
        Repository.objects.filter(pk=repository.pk, repository_id="").update(repository_id=repository_id)
        repository.repository_id = repository_id


def set_repository(
    customer: Customer, kind: str, place: str, *, credential: dict[str, Any] | None = None, password: str | None = None,
    append_only: bool | None = None, keep: dict[str, int] | None = None, plain_copy: str | None = None,
) -> Repository:  # fmt: skip
    """Choose where the customer's backups are kept; it is opened or made there at once. Raises `StoreError`.

    `password`: of a repository that is there already. A customer that has backups elsewhere keeps them there only if
    its repository was moved: at the new place must then be the very same repository.
    """
    row = repository_of(customer)
    moved, before = (row.kind, row.location) != (kind, place), row.location
    held = Backup.objects.filter(phone_system__customer=customer, forgotten_at=None).exclude(snapshot="").exists()
    row.kind, row.location = kind, place
    if credential is not None or moved:
        row.credential = credential  # type: ignore[assignment]  # what Django makes of the field
    if password is not None:
        row.password = password  # type: ignore[assignment]  # likewise
    if append_only is not None:
        row.append_only = append_only
    for name, count in (keep or {}).items():
        setattr(row, f"keep_{name}", count)
    if plain_copy is not None:
        row.plain_copy = plain_copy
    if moved and not held:
        row.repository_id = ""
    place_store = Store(location(row))
    if row.repository_id:
        try:
            place_store.verify()
        except StoreError as error:
            if not moved or error.kind != "no-repository" or _holds_one(place_store.location):
                raise
            raise StoreError(
                error.kind,
                Sentence(
                    "{customer} has backups in {before}. Move that whole folder to {place} first, then say this again.",
                    {"customer": customer.name, "before": before, "place": place},
                ),
                permanent=True,
            ) from None
    row.repository_id = place_store.open_or_make()
    row.save()
    return row


def _holds_one(place: Location) -> bool:
    """Whether there is a repository at all, be it another one."""
    try:
        Store(replace(place, repository_id="")).verify()
    except StoreError as error:
        return error.kind != "no-repository"
    return True


def rotate_repository(repository: Repository) -> int:
    """A new key for it, then the old ones are removed; how many were. Repeated after a kill, it is finished.

    The new password is kept in the row before the repository learns it, and the old one until the new one opened it.
    """
    if repository.append_only:
        raise StoreError(
            "append-only", Sentence("The repository is append-only: its old key cannot be removed, so a new one is of no use."),
            permanent=True,
        )  # fmt: skip
    with transaction.atomic():
        row = Repository.objects.select_for_update().get(pk=repository.pk)
        if row.next_password is None:
            row.next_password = new_password()
            row.save(update_fields=["next_password"])
    if row.password != row.next_password:
        if not _opens(row, row.next_password):
            Store(location(row)).keys.add(row.next_password)
        if not _opens(row, row.next_password):
            raise StoreError(
                "failed",
                Sentence(
                    "The repository does not open with its new key; the old one stays, and nothing is lost. Try it again."
                ),
            )
        Repository.objects.filter(pk=row.pk).update(password=row.next_password)
    row.refresh_from_db()
    renewed = Store(location(row))
    removed = renewed.keys.remove_others()
    renewed.keys.lighten()
    Repository.objects.filter(pk=row.pk).update(next_password=None)
    return removed


def _opens(row: Repository, password: str) -> bool:
    place = location(row)
    try:
        Store(type(place)(place.kind, place.place, password, place.credential, place.append_only)).keys.listed()
    except StoreError as error:
        if error.kind != "wrong-password":
            raise
        return False
    return True


def check_repository(repository: Repository, at: datetime, *, read_share: str | None = None) -> list[Damage]:
    """Look for damage, keep what was found and when; by default a tenth of the data is read, the next one each time.

    Raises `StoreError` when it could not be looked at.
    """
    if is_unused(repository):
        return []
    week, place = at.toordinal() // 7, Store(location(repository))
    found = place.check(read_share or f"{week % CHECK_PARTS + 1}/{CHECK_PARTS}")
    found += [Damage("snapshot-gone", backup_id) for backup_id in taken_away(repository, place)]
    Repository.objects.filter(pk=repository.pk).update(
        checked_at=at, check_problems=[problem.document() for problem in found], next_check_at=at + CHECK_EVERY
    )
    return found


def is_unused(repository: Repository) -> bool:
    """Whether nothing was ever stored in it: it may not even have been made, and then nothing of it can be damaged."""
    stored = Backup.objects.filter(phone_system__customer=repository.customer_id).exclude(snapshot="")
    return not repository.repository_id and not stored.exists()


def taken_away(repository: Repository, place: Store) -> list[str]:
    """Backups that count as stored but are not in the repository: somebody else let restic forget them. Raises `StoreError`."""
    kept = Backup.objects.filter(phone_system__customer=repository.customer_id, forgotten_at=None).exclude(snapshot="")
    kept = kept.exclude(state=RUNNING)
    before = set(kept.values_list("snapshot", flat=True))
    if not before:
        return []
    gone = before - {snapshot.id for snapshot in place.snapshots()}
    # Asked again: the rules may have let one go meanwhile.
    return sorted(kept.filter(snapshot__in=list(gone)[:500]).values_list("pk", flat=True))


# -- keeping ----------------------------------------------------------------------------------------------------------


def why_kept(system: PhoneSystem, at: datetime) -> dict[str, list[str]]:
    """Each stored backup of it -> the reasons that keep it; none: the rules let it go."""
    repository = repository_of(system.customer)
    rules = Rules(repository.keep_last, repository.keep_daily, repository.keep_weekly, repository.keep_monthly)
    rows = Backup.objects.filter(phone_system=system, forgotten_at=None, state__in=(RUNNING, COMPLETE, PARTIAL))
    known = [
        Stored(row.pk, row.started_at, row.state, row.reason, frozenset(drill.verdict for drill in row.drills.all()))
        for row in rows.prefetch_related("drills")
    ]
    why = reasons_to_keep(known, rules, zone(system.time_zone), at)
    for backup_id in Backup.objects.filter(pk__in=why, restores__ended_at=None, restores__isnull=False).values_list(
        "pk", flat=True
    ):
        why[backup_id].append("being-restored")
    return why


def to_forget(system: PhoneSystem, at: datetime) -> list[str]:
    """Backups that the rules let go; none of an append-only repository."""
    if repository_of(system.customer).append_only:
        return []
    return sorted(backup_id for backup_id, reasons in why_kept(system, at).items() if not reasons)


def apply_keep_rules(customer: Customer, at: datetime, *, only: Sequence[PhoneSystem] = ()) -> list[str]:
    """Forget what the rules let go, of all its phone systems or only these; the ids. Raises `StoreError`.

    The rows are marked first, so that nobody relies on a backup that is about to go; a run that was killed after that is
    finished by the next one. A stored state leaves the repository only when no kept backup needs it.
    """
    repository = repository_of(customer)
    if repository.append_only:
        return []
    gone: list[str] = []
    for system in only or PhoneSystem.objects.filter(customer=customer):
        with transaction.atomic():
            found = to_forget(system, at)
            Backup.objects.filter(pk__in=found, forgotten_at=None).exclude(state=RUNNING).update(forgotten_at=at)
        gone += found
    _let_go(customer)
    return gone


def _let_go(customer: Customer) -> None:
    """Take from the repository what only forgotten backups need, and free the space."""
    ours = Backup.objects.filter(phone_system__customer=customer).exclude(snapshot="")
    forgotten = set(ours.exclude(forgotten_at=None).values_list("snapshot", flat=True))
    needed = set(ours.filter(forgotten_at=None).values_list("snapshot", flat=True))
    if not forgotten:
        return
    place = store(customer)
    there = {snapshot.id for snapshot in place.snapshots()}
    unneeded = sorted((forgotten - needed) & there)
    if unneeded:
        place.forget(unneeded)
        place.prune()
    ours.exclude(forgotten_at=None).update(snapshot="")  # they hold nothing any more


# -- the plain copy ---------------------------------------------------------------------------------------------------


def refresh_plain_copy(row: Backup) -> bool:
    """Bring the readable copy up to this backup, if the customer wants one; whether anything was done.

    Only the newest complete backup is shown; a partial one when there is no complete one. Raises `PlaceError`, `StoreError`.
    """
    system = row.phone_system
    place = repository_of(system.customer).plain_copy
    if not place or not row.snapshot:
        return False
    stored = Backup.objects.filter(phone_system=system, forgotten_at=None).exclude(snapshot="").order_by("-started_at")
    newest = stored.filter(state=COMPLETE).first() or stored.filter(state=PARTIAL).first()
    if newest is None:
        return False
    words = Words(system.customer.language)
    return plain_copy.refresh(store(system.customer), exported(newest), Path(place), words)


# -- after a disaster -------------------------------------------------------------------------------------------------


def recover_backups(customer: Customer) -> int:
    """Make the rows of stored backups that are not known here, from what the repository itself says; how many.

    Whether one was complete is told by its tag; without it, it counts as partial: complete is only what is known to be.
    """
    systems = {system.name: system for system in PhoneSystem.objects.filter(customer=customer)}
    known = set(Backup.objects.values_list("pk", flat=True))
    by_system: dict[PhoneSystem, list[tuple[str, Snapshot]]] = defaultdict(list)
    for snapshot in store(customer).snapshots():
        system = next((systems[tag] for tag in snapshot.tags if tag in systems), None)
        name = next((tag for tag in snapshot.tags if system and tag.startswith(f"{system.name}-")), None)
        if system is not None and name is not None and name not in known:
            by_system[system].append((name, snapshot))
    made = 0
    for system, found in by_system.items():
        for name, snapshot in found:
            state = COMPLETE if COMPLETE in snapshot.tags else PARTIAL
            _, new = Backup.objects.get_or_create(
                id=name,
                defaults={
                    "phone_system": system, "job_id": f"recovered:{name}", "reason": "recovered", "state": state,
                    "started_at": snapshot.at.astimezone(UTC), "finished_at": snapshot.at, "snapshot": snapshot.id,
                },
            )  # fmt: skip
            made += new
    return made
