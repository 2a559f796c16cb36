"""What FreePBX decides in programs of its own, outside the dialplan, as far as a call's way depends on it."""

from __future__ import annotations

import re
from collections.abc import Mapping

RING_SCRIPT = "dialparties.agi"  # which phones a ring group or follow-me rings
RING_LABEL = "normdial"  # where the macro goes on when there are phones to ring


def phones_to_ring(members: str, database: Mapping[str, str], *, forwarding: bool = True) -> tuple[str, str]:
    """Whom a group rings: (the argument of Dial, the members left), both empty when nobody is to be rung.

    `members` is as the macro gets it: "1001-1002-5551234#", "#" marks a number outside. Who does not want to be
    disturbed is left out; who forwards calls (unless `forwarding` is off) rings where they are forwarded to.
    """
    devices: list[str] = []
    left: list[str] = []
    for member in filter(None, re.split(r"[-&]", members)):
        number = member
        if forwarding and (forward := database.get(f"/CF/{member}")):
            number = f"{forward}#"
        if number.endswith("#"):
            devices.append(f"Local/{number[:-1]}@from-internal/n")
            left.append(number)
            continue
        if database.get(f"/DND/{number}"):
            continue
        owned = database.get(f"/AMPUSER/{number}/device", number)
        dials = [database.get(f"/DEVICE/{device}/dial", "") for device in owned.split("&")]
        if any(dials):
            devices += filter(None, dials)
            left.append(number)
    return "&".join(devices), "-".join(left)


# Programs that FreePBX and Issabel run beside a call, after which it goes on as it would have without them.
QUIET_SCRIPTS = {
    "page.agi", "queue_devstate.agi", "user_login_out.agi", "outboundRouteEmail.php", "sangomacrm.agi", "fixlocalprefix",
    "calleridname.agi", "phpagi", "hangup.agi", "attendedtransfer-rec-restart.php", "vmnotify-newvm.php", "cidlookup.agi",
}  # fmt: skip
