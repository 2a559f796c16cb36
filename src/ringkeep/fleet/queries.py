"""Readers of the fleet."""

from __future__ import annotations

from ringkeep.fleet.models import PhoneSystem
from ringkeep.links.ssh import Target
from ringkeep.phonesystem.sentences import Sentence, Told


class NoSuchPhoneSystem(Told):
    """There is no phone system of that name; the message lists those that are there."""


def phone_system(name: str) -> PhoneSystem:
    """The phone system under care of that name. Raises `NoSuchPhoneSystem`."""
    under_care = PhoneSystem.objects.filter(retired_at=None)
    found: PhoneSystem | None = under_care.filter(name=name).select_related("customer").first()
    if found is None:
        names = ", ".join(under_care.order_by("name").values_list("name", flat=True)[:20])
        raise NoSuchPhoneSystem(
            Sentence("There is no phone system called {name}. There are: {names}.", {"name": name, "names": names})
            if names
            else Sentence(
                "There is no phone system called {name}, nor any other: enrol one first, with {command}",
                {"name": name, "command": f"ringkeep enrol ssh://USER@HOST --name {name}"},
            )
        )
    return found


def target(system: PhoneSystem) -> Target:
    """How it is reached, secrets included."""
    credential: dict[str, str] = system.credential or {}
    jump = None
    if system.jump:
        own: dict[str, str] = system.jump_credential or {}
        jump = Target(
            system.jump["host"], system.jump["port"], system.jump["user"], system.jump["host_key"], own.get("key"),
            own.get("password"),
        )  # fmt: skip
    return Target(
        system.host, system.port, system.user, system.host_key, credential.get("key"), credential.get("password"),
        system.sudo, jump, system.old_ssh,
    )  # fmt: skip
