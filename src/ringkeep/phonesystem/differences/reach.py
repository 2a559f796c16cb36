"""Whether a phone that starts in a context can dial out of the house, as the dialplan shows it."""

from __future__ import annotations

import re

from ringkeep.phonesystem.model import PhoneSystem


def can_dial_out(system: PhoneSystem, context: str) -> bool:
    """Whether an outbound route, or a Dial to a trunk, is among what the context and its includes hold."""
    routes = {route.context for route in system.outbound_routes}
    ends = {trunk.endpoint for trunk in system.trunks}
    for reached in system.dialplan.includes_of(context):
        if reached.name in routes:
            return True
        for extension in reached.extensions:
            for step in extension.steps:
                if step.application.lower() == "dial" and ends & set(re.findall(r"[\w.-]+", step.arguments)):
                    return True
    return False
