"""A trickle of real calls to a lab phone system: from outside to its numbers, and between its phones."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random

from ringkeep.asterisk.ami import AmiError
from ringkeep.lab.farend import FarEnd
from ringkeep.lab.manager import ManagerGone
from ringkeep.lab.server import Server
from ringkeep.phonesystem.model import PhoneSystem

EVERY_S = 20.0
TALK_S = 6
RING_S = 25
AWAY = 4  # every so manieth phone does not answer: its calls go to voicemail


async def keep_calling(far: Server, end: FarEnd, system: PhoneSystem) -> None:
    """Call for ever; whatever a call meets, the next one is made."""
    dice = random.Random(len(system.inbound_numbers))
    for turn, phone in enumerate(end.phones):
        answer = "ring" if turn % AWAY == AWAY - 1 else "answer"
        await far.manager.action("DBPut", Family="phone", Key=phone.extension.number, Val=answer)
    numbers = [route.number for route in system.inbound_numbers if route.number and route.number.isdigit()]
    recordings = far.tree.outside(far.tree.directories["astspooldir"]) / "monitor"
    for turn in itertools.count():
        inside = len(end.phones) > 1 and (turn % 3 == 2 or not (numbers and end.lines))
        if not inside and not (numbers and end.lines):
            return
        if inside:
            caller, called = dice.sample(end.phones, 2)
            channel, shown = f"PJSIP/{caller.endpoint}/sip:{called.extension.number}@{caller.destination}", ""
        else:
            line = dice.choice(end.lines)
            channel = f"PJSIP/{line.endpoint}/sip:{dice.choice(numbers)}@{line.destination}"
            shown = f'"Caller" <0912{dice.randrange(10**7):07}>'
        with contextlib.suppress(ManagerGone, AmiError, TimeoutError):
            await far.manager.action(
                "Originate", Channel=channel, Context="caller", Exten="go", Priority="1", Async="true",
                Timeout=str(RING_S * 1000), CallerID=shown, Variable=f"HOLD_S={TALK_S}",
            )  # fmt: skip
        await asyncio.sleep(EVERY_S * dice.uniform(0.6, 1.4))
        for old in recordings.glob("*.wav"):  # nobody listens to them
            with contextlib.suppress(OSError):
                old.unlink()
