"""Registering every phone at the restored system, and the system's own registrations at its carriers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from ringkeep.drills.patience import patient
from ringkeep.drills.progress import Progress
from ringkeep.drills.report import Count, Defect
from ringkeep.lab.farend import REGISTRATION_MODULE, REGISTRATIONS, FarEnd, Phone, registrations
from ringkeep.lab.server import Server
from ringkeep.phonesystem.model import PhoneSystem

PATIENCE_S = 12.0
ENDED = {"registered", "rejected", "stopped"}


async def phones(far: Server, end: FarEnd, progress: Progress) -> tuple[Count, dict[Phone, str]]:
    """Register all phones; those that the system refuses, with the state they ended in ("Rejected", "" no answer)."""
    far.tree.outside(REGISTRATIONS).write_text(registrations(end))
    await far.manager.command(f"module reload {REGISTRATION_MODULE}")
    deadline = time.monotonic() + patient(PATIENCE_S)
    states: dict[str, str] = {}
    while end.phones:
        details = await far.manager.collect("PJSIPShowRegistrationsOutbound")
        states = {m.get("ObjectName"): m.get("Status") for m in details if m.event == "OutboundRegistrationDetail"}
        done = sum(state.lower() in ENDED for state in states.values())
        progress.update("phones", done, len(end.phones))
        if done >= len(end.phones) or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.05)
    refused = {p: states.get(p.endpoint, "") for p in end.phones if states.get(p.endpoint, "").lower() != "registered"}
    return Count(len(end.phones), len(end.phones) - len(refused)), refused


def defects(refused: Mapping[Phone, str]) -> list[Defect]:
    """A defect for each phone that the system refused, at the place of its extension."""
    return [
        Defect(
            "phone-refused",
            "bad",
            str(phone.extension.place),
            f"the phone of extension {phone.extension.number} could not register ({state or 'no answer'})",
        )
        for phone, state in refused.items()
    ]


async def trunks(pbx: Server, system: PhoneSystem) -> list[Defect]:
    """A defect for each registration at a carrier that the far end, holding the same account, did not accept."""
    wanted = [t for t in system.trunks if t.registration and t.technology == "pjsip" and t.enabled is not False]
    if not wanted:
        return []
    deadline = time.monotonic() + patient(PATIENCE_S)
    states: dict[str, str] = {}
    while True:
        details = await pbx.manager.collect("PJSIPShowRegistrationsOutbound")
        states = {m.get("ServerUri"): m.get("Status") for m in details if m.event == "OutboundRegistrationDetail"}
        if all(s.lower() in ENDED for s in states.values()) or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.05)
    good = {uri for uri, state in states.items() if state.lower() == "registered"}
    defects = []
    for trunk in wanted:
        assert trunk.registration
        mine = [uri for uri in states if trunk.registration.host in uri]
        if not any(uri in good for uri in mine):
            state = states.get(mine[0], "no answer") if mine else "not loaded"
            what = f"trunk {trunk.name} cannot register at its carrier {trunk.registration.host} ({state})"
            defects.append(Defect("trunk-unregistered", "degraded", str(trunk.registration.place), what))
    return defects
