"""What parts of `scripts/bench` measure within a process with the RINGKEEP_HOME of a lab phone system.

Usage: within.py FUNCTION ARGUMENTS, both given by `counted.child`; prints what the function gives as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from counted import all_s  # beside this script

PROBES = 20


def ready(arguments: dict[str, Any]) -> None:
    """So many rows for the one server, each of a customer of its own. No drills and no probes: they are other figures."""
    from ringkeep.fleet.models import Customer, PhoneSystem

    for number in range(1, arguments["systems"]):
        row = PhoneSystem.objects.get(name="system-0")
        row.pk, row.name, row.customer = None, f"system-{number}", Customer.objects.create(name=f"customer {number}")
        row.save()
    PhoneSystem.objects.update(drill="none", full_drill_weekday=None, on_change=False)


def backups(arguments: dict[str, Any]) -> dict[str, Any]:
    """Back every phone system up in a worker that runs already, as the scheduler starts them. {"cpu_s", "wall_s", ...}"""
    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.jobs import engine
    from ringkeep.jobs.actions import start
    from ringkeep.jobs.kinds import kind_of
    from ringkeep.jobs.models import SUCCEEDED, Job

    kind_of("backup")
    with engine.working(engine.SERVING_POLL_S):
        time.sleep(2.0)
        began, spent = time.monotonic(), all_s()
        for system in PhoneSystem.objects.order_by("pk"):
            start(
                "backup", {"reason": "nightly"}, key=f"backup:{system.pk}:{arguments['turn']}", phone_system=system.pk
            )
        while engine.active():
            time.sleep(0.2)
        cpu_s, wall_s = all_s() - spent, time.monotonic() - began
        before = all_s()
        time.sleep(5.0)
        idle = (all_s() - before) / 5.0  # of the worker that waits, which is there anyway
    jobs = list(Job.objects.filter(kind="backup", id__endswith=f":{arguments['turn']}"))
    if failed := [job.error for job in jobs if job.state != SUCCEEDED]:
        raise SystemExit(f"bench: a backup failed: {failed[0]}")
    return {"cpu_s": cpu_s - idle * wall_s, "wall_s": wall_s, "idle": idle}


def probes(arguments: dict[str, Any]) -> dict[str, Any]:
    """Probe the first phone system, one at a time: with a connection of its own, or over one that is kept."""
    from ringkeep import pbx
    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.fleet.queries import target
    from ringkeep.links.ssh import connect

    system = PhoneSystem.objects.order_by("pk").first()
    facts, where = pbx.Facts.from_document(system.facts), target(system)

    async def ask() -> float:
        async with connect(where) as connection:
            await pbx.probe(connection, facts)  # the first, uncounted
            spent = all_s()
            for _ in range(PROBES if arguments["kept"] else 0):
                await pbx.probe(connection, facts)
            kept_s = all_s() - spent
        spent = all_s()
        for _ in range(0 if arguments["kept"] else PROBES):
            async with connect(where) as connection:
                await pbx.probe(connection, facts)
        return kept_s if arguments["kept"] else all_s() - spent

    return {"cpu_s": asyncio.run(ask())}


def tick(arguments: dict[str, Any]) -> dict[str, Any]:
    """What the scheduler itself takes for a tick with so many phone systems due, side by side, its writing included."""
    from datetime import UTC, datetime, timedelta

    from ringkeep.fleet.models import PhoneSystem
    from ringkeep.web.scheduling import probe_due

    for counted_turn in (False, True):  # the first finds everything cold
        now = datetime.now(UTC)
        PhoneSystem.objects.update(on_change=True, next_probe_at=now - timedelta(seconds=1))
        spent, began = all_s(), time.monotonic()
        asked = probe_due(now)
        cpu_s, wall_s = all_s() - spent, time.monotonic() - began
        if asked != PhoneSystem.objects.filter(probed_at=now).count() or asked != arguments["systems"]:
            raise SystemExit(f"bench: {asked} were asked, not all answered")
        if not counted_turn:
            PhoneSystem.objects.update(probed_at=None)
    return {"cpu_s": cpu_s, "wall_s": wall_s}


WITHIN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "ready": ready,
    "backups": backups,
    "probes": probes,
    "tick": tick,
}


if __name__ == "__main__":
    from ringkeep.jobs.start import prepared

    prepared()
    print(f"\n\n{json.dumps(WITHIN[sys.argv[1]](json.loads(sys.argv[2])))}")
