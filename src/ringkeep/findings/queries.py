"""Readers of findings and destinations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from ringkeep.findings.actions import LONGEST_PAUSE_MIN, DestinationError
from ringkeep.findings.models import Destination, Finding, Telling
from ringkeep.fleet.models import PhoneSystem
from ringkeep.fleet.queries import like
from ringkeep.phonesystem.sentences import Sentence


class NoSuchDestination(DestinationError):
    """There is no destination of that name."""


OLD_NEWS = timedelta(days=14)  # what is over since then; so that asking costs the same after years


def open_findings() -> QuerySet[Finding]:
    """What is wrong now, the oldest first; nothing of phone systems that are retired."""
    rows = Finding.objects.filter(closed_at=None, phone_system__retired_at=None).select_related("phone_system")
    return rows.defer("phone_system__credential", "phone_system__jump_credential").order_by("opened_at", "pk")


def shrunken_since(phone_system: PhoneSystem, since: datetime) -> bool:
    """Whether an open finding says that it became much smaller, later than that."""
    return bool(
        Finding.objects.filter(
            phone_system=phone_system, kind="backup-shrunken", closed_at=None, seen_at__gt=since
        ).exists()
    )


def destinations() -> QuerySet[Destination]:
    """All of them, by name."""
    return Destination.objects.select_related("customer").order_by("name")


def destination(name: str) -> Destination:
    """The one of that name. Raises `NoSuchDestination`."""
    found: Destination | None = destinations().filter(name=name).first()
    if found is None:
        near = like(name, list(Destination.objects.values_list("name", flat=True)))
        raise NoSuchDestination(
            Sentence("There is no destination called {name}. Did you mean {near}?", {"name": name, "near": near})
            if near
            else Sentence(
                "There is no destination called {name}: ringkeep destination list lists them.", {"name": name}
            )
        )
    return found


def due_destinations(at: datetime) -> list[Destination]:
    """Those that may be sent to now; a pause longer than any is one of a clock that was ahead."""
    ahead = at + timedelta(minutes=2 * LONGEST_PAUSE_MIN)
    return list(destinations().filter(Q(next_try_at=None) | Q(next_try_at__lte=at) | Q(next_try_at__gt=ahead)))


def untold(of: Destination, at: datetime) -> tuple[list[Finding], list[Finding]]:
    """(opened, closed): the findings whose opening, and whose end, this destination has not been told of yet.

    A destination is told of all that is open when it is added, and of nothing that was over before. What was over
    before it could be told of is in both lists; after OLD_NEWS it is told no more.
    """
    told = Telling.objects.filter(finding=OuterRef("pk"), destination=of)
    ours = Finding.objects.select_related("phone_system").order_by("opened_at", "pk")
    if of.customer_id is not None:
        ours = ours.filter(phone_system__customer=of.customer_id)
    since = max(of.added_at, at - OLD_NEWS)
    current = Q(closed_at=None) | Q(closed_at__gt=since)
    opened = ours.filter(current).filter(~Exists(told.filter(closing=False)))
    closed = ours.filter(closed_at__gt=since).filter(~Exists(told.filter(closing=True)))
    return list(opened), list(closed)
