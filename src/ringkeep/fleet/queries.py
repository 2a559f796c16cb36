"""Readers of the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.links.ssh import Target
from ringkeep.phonesystem.sentences import Sentence, Told

MOST_NAMED = 20  # names in one sentence
LONGEST_NAME = 120


class NoSuchPhoneSystem(Told):
    """There is no phone system of that name; the message lists those that are there."""


class NoSuchCustomer(Told):
    """There is no customer of that name; the message lists those that are there."""


def phone_system(name: str) -> PhoneSystem:
    """The phone system under care of that name. Raises `NoSuchPhoneSystem`."""
    under_care = PhoneSystem.objects.filter(retired_at=None)
    found: PhoneSystem | None = under_care.filter(name=name).select_related("customer").first()
    if found is None:
        if PhoneSystem.objects.filter(name=name).exists():
            raise NoSuchPhoneSystem(
                Sentence(
                    "{name} is retired: it is looked after no more, and its backups stay. {command} lists them.",
                    {"name": name, "command": f"ringkeep backups {name}"},
                )
            )
        raise NoSuchPhoneSystem(no_phone_system(name, list(under_care.values_list("name", flat=True))))
    return found


def no_phone_system(name: str, names: Sequence[str]) -> Sentence:
    """What is said of a name that none of them has: which one may be meant, else which there are."""
    near = like(name, names)
    if near:
        return Sentence("There is no phone system called {name}. Did you mean {near}?", {"name": name, "near": near})
    if names:
        return Sentence(
            "There is no phone system called {name}. There are: {names}.",
            {"name": name, "names": ", ".join(sorted(names)[:MOST_NAMED])},
        )
    return Sentence(
        "There is no phone system called {name}, nor any other: enrol one first, with {command}",
        {
            "name": name,
            "command": f"ringkeep enrol ssh://USER@HOST --name {name if name.isascii() and name.isalnum() else 'NAME'}",
        },
    )


def customer(name: str) -> Customer:
    """By its name, or by the name of one of its phone systems. Raises `NoSuchCustomer`."""
    found: Customer | None = Customer.objects.filter(name=name).first()
    if found is None:
        found = Customer.objects.filter(phone_systems__name=name).first()
    if found is None:
        systems = list(PhoneSystem.objects.values_list("name", flat=True))
        raise NoSuchCustomer(_no_customer(name, sorted(Customer.objects.values_list("name", flat=True)), systems))
    return found


def _no_customer(name: str, names: list[str], systems: list[str]) -> Sentence:
    if not names:
        return Sentence(
            "There is no customer called {name}, nor any other: enrol a phone system first.", {"name": name}
        )
    if near := like(name, [*names, *systems]):
        return Sentence("There is no customer called {name}. Did you mean {near}?", {"name": name, "near": near})
    return Sentence(
        "There is no customer called {name}. There are: {names}.",
        {"name": name, "names": ", ".join(names[:MOST_NAMED])},
    )


def like(name: str, names: Sequence[str]) -> list[str]:
    """Those that a person who typed `name` may have meant, the most likely first."""
    spelt = {one.casefold(): one for one in names}
    return [spelt[one] for one in get_close_matches(name[:LONGEST_NAME].casefold(), spelt, n=3, cutoff=0.7)]


def twins(system: PhoneSystem) -> list[str]:
    """The names of others under care that show the same host key: the same machine twice, or a copy of it."""
    others = PhoneSystem.objects.filter(host_key=system.host_key, retired_at=None).exclude(pk=system.pk)
    return sorted(others.values_list("name", flat=True))


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
