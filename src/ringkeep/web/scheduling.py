"""What is due: backups by their windows, probes for changes, alarms. Asked every few seconds by the process that works.

Nothing here has to be durable: the times of what is due are columns, and a job started twice by the same key is one job.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import close_old_connections, transaction

from ringkeep import pbx
from ringkeep.backups.models import COMPLETE, RUNNING, Backup
from ringkeep.drills.watching import watch
from ringkeep.findings.actions import report, settle
from ringkeep.findings.alarms import send_alarms
from ringkeep.findings.models import Finding
from ringkeep.fleet.actions import put_times_right
from ringkeep.fleet.models import PhoneSystem
from ringkeep.fleet.queries import target
from ringkeep.fleet.rules import is_busy, next_backup_at, probe_pause_s
from ringkeep.jobs import outages, workers
from ringkeep.jobs.actions import start
from ringkeep.jobs.engine import forget_old
from ringkeep.links import LinkError
from ringkeep.links.ssh import connect
from ringkeep.phonesystem.sentences import Sentence, said_by

TICK_S = 5.0
PROBES_AT_ONCE = 256  # hosts that are down hold a place for as long as connecting may take
MOST_PROBES = 2000  # at a tick, which lasts until the slowest has answered: the more come due meanwhile
MOST_AT_A_TICK = 500
PROBE_TIMEOUT_S = 30.0
log = logging.getLogger("ringkeep.scheduling")


def start_due_backups(now: datetime) -> int:
    """Start the nightly backups whose time has come; how many."""
    put_times_right(now)
    due = PhoneSystem.objects.filter(retired_at=None, next_backup_at__lte=now).order_by("next_backup_at")
    due = due.defer("credential", "jump_credential", "facts")[:MOST_AT_A_TICK]
    for system in due:
        key = f"backup:{system.pk}:{system.next_backup_at:%Y-%m-%dT%H:%M}"
        start("backup", {"reason": "nightly"}, key=key, phone_system=system.pk)
        system.next_backup_at = next_backup_at(system, now)
        system.save(update_fields=["next_backup_at"])
    return len(due)


def probe_due(now: datetime) -> int:
    """Ask the phone systems that are due whether anything was changed, and back those up; how many were asked.

    The connections run side by side in coroutines, which hand back plain values; only this thread writes.
    """
    due = _taken(now)
    if not due:
        return 0
    down = set(Finding.objects.filter(kind="unreachable", closed_at=None).values_list("phone_system_id", flat=True))
    outcomes = asyncio.run(_ask_all(due))
    answered = [system.pk for system, outcome in zip(due, outcomes, strict=True) if not isinstance(outcome, LinkError)]
    PhoneSystem.objects.filter(pk__in=answered).update(probed_at=now)
    for system, outcome in zip(due, outcomes, strict=True):
        if isinstance(outcome, LinkError):
            kind = "host-key-changed" if outcome.kind == "host-key-changed" else "unreachable"
            report(system, kind, {"why": said_by(outcome).document()}, at=now)
            continue
        if system.pk in down:
            settle(system, "unreachable", at=now)
        # A change in busy hours is seen again by the first probe after them.
        if outcome != system.fingerprint and not is_busy(system, now) and not _made(system, outcome):
            start(
                "backup", {"reason": "change"}, key=f"backup:{system.pk}:change:{outcome[:16]}:{now:%Y-%m-%dT%H:%M}",
                phone_system=system.pk,
            )  # fmt: skip
    return len(due)


def _taken(now: datetime) -> list[PhoneSystem]:
    """Those whose time has come, their next time written: of several workers over one PostgreSQL one alone asks each."""
    waiting = PhoneSystem.objects.filter(retired_at=None, on_change=True, next_probe_at__lte=now).exclude(
        fingerprint=""
    )
    if not waiting.exists():  # a tick of a small fleet writes nothing
        return []
    with transaction.atomic():
        due = list(waiting.order_by("next_probe_at").select_for_update(skip_locked=True)[:MOST_PROBES])
        _ask_again_later(due, now)
    return due


def _ask_again_later(due: list[PhoneSystem], now: datetime) -> None:
    """One write for all that have the same rhythm: a large fleet has hundreds due at a tick."""
    fleet, working = PhoneSystem.objects.filter(retired_at=None, on_change=True).count(), workers.at_work()
    by_rhythm: dict[float, list[int]] = {}
    for system in due:
        by_rhythm.setdefault(probe_pause_s(system.probe_every_s, fleet, working), []).append(system.pk)
    for pause_s, ids in by_rhythm.items():
        PhoneSystem.objects.filter(pk__in=ids).update(next_probe_at=now + timedelta(seconds=pause_s))


def _made(system: PhoneSystem, fingerprint: str) -> bool:
    """Whether a backup of just this state is there or being made."""
    newest = Backup.objects.filter(phone_system=system).order_by("-started_at").first()
    return newest is not None and (
        newest.state == RUNNING or (newest.state == COMPLETE and newest.fingerprint == fingerprint)
    )


async def _ask_all(systems: list[PhoneSystem]) -> list[str | LinkError]:
    room = asyncio.Semaphore(PROBES_AT_ONCE)

    async def ask(system: PhoneSystem) -> str | LinkError:
        try:
            where, facts = target(system), pbx.Facts.from_document(system.facts)
            async with room, asyncio.timeout(PROBE_TIMEOUT_S), connect(where) as connection:
                return await pbx.probe(connection, facts)
        except LinkError as error:
            return error
        except TimeoutError:
            return LinkError("timeout", Sentence("No answer within {seconds} s.", {"seconds": round(PROBE_TIMEOUT_S)}))
        except Exception as error:  # whatever one phone system answers, the others are asked
            log.exception("probe of %s", system.name)
            why = Sentence("Its answer cannot be understood ({why}).", {"why": type(error).__name__})
            return LinkError("strange-answer", why)

    return await asyncio.gather(*map(ask, systems))


def tell_alarms(now: datetime) -> None:
    """Send the alarms that nobody has been told of yet; a slow mail server holds up nothing else."""
    send_alarms(now)


@contextmanager
def scheduling() -> Iterator[None]:
    """Look for what is due while inside, in threads of their own: a slow phone system does not hold up the night."""
    stop = threading.Event()
    duties = ((start_due_backups, TICK_S), (probe_due, TICK_S), (watch, 30.0), (tell_alarms, 10.0), (forget_old, 60.0))
    threads = [threading.Thread(target=_repeat, args=(*duty, stop), daemon=True) for duty in duties]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)


def _repeat(duty, every_s: float, stop: threading.Event) -> None:  # type: ignore[no-untyped-def]
    while not stop.is_set():
        began = time.monotonic()
        close_old_connections()
        try:
            duty(datetime.now(UTC))
        except Exception as error:  # whatever it is, the next round may work, and the other duties go on
            if outages.passes(error):
                log.warning("%s: the database cannot be used (%s)", duty.__name__, outages.words_of(error))
            else:
                log.exception("%s failed", duty.__name__)
        finally:
            close_old_connections()
        stop.wait(max(0.5, every_s - (time.monotonic() - began)))
