"""The only writers of findings and destinations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from ringkeep.findings.kinds import KINDS
from ringkeep.findings.models import Destination, Finding, Telling
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.phonesystem.sentences import Sentence, Told

SEEN_EVERY = timedelta(minutes=10)  # that it is still so is not written more often
SENDING_AT_MOST = timedelta(minutes=5)
LONGEST_PAUSE_MIN = 60
NAME_LETTERS = 80


class DestinationError(Told):
    """A destination cannot be added or found; the message is for people and holds no address."""


def report(
    phone_system: PhoneSystem | None, kind: str, values: Mapping[str, Any], detail: str = "", *, at: datetime
) -> Finding:
    """Say that something is wrong. One of a kind (and detail) is open at a time: saying it again only tells that it is still so."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of finding: {kind}")
    detail = detail[:200]
    which = {"phone_system": phone_system, "kind": kind, "detail": detail, "closed_at": None}
    finding: Finding
    try:
        with transaction.atomic():
            finding, made = Finding.objects.get_or_create(
                **which, defaults={"opened_at": at, "seen_at": at, "values": dict(values)}
            )
    except IntegrityError:  # another process said it at the same time
        finding, made = Finding.objects.get(**which), False
    if not made and (finding.values != values or at - finding.seen_at >= SEEN_EVERY):
        finding.values, finding.seen_at = dict(values), max(at, finding.seen_at)
        finding.save(update_fields=["values", "seen_at"])
    return finding


def settle(phone_system: PhoneSystem | None, kind: str, detail: str | None = "", *, at: datetime) -> int:
    """Say that it is no longer so; how many findings that closed. `detail` None: whatever their detail."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of finding: {kind}")
    open_ones = Finding.objects.filter(phone_system=phone_system, kind=kind, closed_at=None)
    if detail is not None:
        open_ones = open_ones.filter(detail=detail[:200])
    return int(open_ones.update(closed_at=at))


def settle_all(findings: Iterable[int], *, at: datetime) -> None:
    """Close findings by their ids."""
    Finding.objects.filter(pk__in=list(findings), closed_at=None).update(closed_at=at)


def add_destination(name: str, address: str, customer: Customer | None, language: str, *, at: datetime) -> Destination:
    """Keep an address that alarms go to. Raises `DestinationError`."""
    from ringkeep.findings.sending import understood

    if not (0 < len(name.strip()) <= NAME_LETTERS and name.isprintable()):
        raise DestinationError(
            Sentence("A destination's name is one line of at most {count} letters.", {"count": NAME_LETTERS})
        )
    if not understood(address):
        raise DestinationError(
            Sentence(
                "Apprise does not understand this address. Examples: "
                "mailtos://USER:PASSWORD@mail.example.com?to=a@example.com, https://example.com/hook"
            )
        )
    try:
        with transaction.atomic():
            destination: Destination = Destination.objects.create(
                name=name, address=address, customer=customer, language=language, added_at=at
            )
    except IntegrityError as error:
        raise DestinationError(
            Sentence(
                "There is already a destination called {name}: choose another name, or remove that one first.",
                {"name": name},
            )
        ) from error
    return destination


def remove_destination(name: str) -> None:
    """Forget it. Raises `DestinationError`."""
    if not Destination.objects.filter(name=name).delete()[0]:
        raise DestinationError(
            Sentence("There is no destination called {name}: ringkeep destination list lists them.", {"name": name})
        )


def claim(destination: Destination, at: datetime) -> bool:
    """Whether this process may send to it now; no other may before it has said how that went."""
    # A claim longer than any is one of a clock that was ahead.
    free = Q(sending_until=None) | Q(sending_until__lt=at) | Q(sending_until__gt=at + 2 * SENDING_AT_MOST)
    mine = Destination.objects.filter(free, pk=destination.pk).update(sending_until=at + SENDING_AT_MOST)
    return bool(mine)


@transaction.atomic
def told(destination: Destination, opened: Iterable[Finding], closed: Iterable[Finding], *, at: datetime) -> None:
    """A message with these has reached it."""
    for findings, closing in ((list(opened), False), (list(closed), True)):
        tellings = [Telling(finding=one, destination=destination, closing=closing, sent_at=at) for one in findings]
        Telling.objects.bulk_create(tellings, ignore_conflicts=True, batch_size=500)
        field = "closing_told_at" if closing else "told_at"
        ids = [one.pk for one in findings]
        for start in range(0, len(ids), 500):
            Finding.objects.filter(pk__in=ids[start : start + 500], **{field: None}).update(**{field: at})
    Destination.objects.filter(pk=destination.pk).update(
        last_sent_at=at, last_error=None, failures=0, next_try_at=None, sending_until=None
    )


def not_told(destination: Destination, why: Sentence, *, at: datetime) -> None:
    """A message could not be delivered: it is tried again, each time after twice as long."""
    pause = timedelta(minutes=min(2**destination.failures, LONGEST_PAUSE_MIN))
    Destination.objects.filter(pk=destination.pk).update(
        last_error=why, failures=F("failures") + 1, next_try_at=at + pause, sending_until=None
    )


def release(destination: Destination) -> None:
    """There was nothing to send after all."""
    Destination.objects.filter(pk=destination.pk).update(sending_until=None)
