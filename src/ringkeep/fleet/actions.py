"""The only writers of customers and phone systems."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.db.models import Q

from ringkeep import pbx
from ringkeep.fleet.models import Customer, PhoneSystem, Tunnel
from ringkeep.fleet.queries import phone_system, target
from ringkeep.fleet.rules import NAME, NO_NAME, next_backup_at, see_that_it_is_ever_free, zone
from ringkeep.links import LinkError
from ringkeep.links.ssh import Target, ask_host_key, connect, fingerprint
from ringkeep.phonesystem.sentences import Sentence, Told

FROM = re.compile(r"[0-9A-Fa-f:.]{3,45}(/[0-9]{1,3})?")
LOOPBACK = ("127.0.0.1", "localhost")
CUSTOMER_LETTERS = 120
FURTHEST = timedelta(days=3)  # no rhythm looks further ahead
WINDOW = {"window_from": time(1), "window_until": time(5)}  # as the model has it
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


class EnrolError(Told):
    """A phone system cannot be enrolled; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """ssh://USER@HOST:PORT, taken apart."""

    user: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be enrolled, and how it is to be looked after."""

    name: str
    address: Address
    customer: str | None = None
    key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    sudo: bool | None = None  # None: where it is allowed
    jump: Address | None = None
    host_key: str | None = None  # the fingerprint to insist on: "SHA256:..."
    old_ssh: bool = False  # whether SSH that rests on SHA-1 will do
    rules: dict[str, Any] = field(default_factory=dict)  # fields of PhoneSystem: time_zone, window_from, drill, ...


def address(url: str) -> Address:
    """ssh://USER@HOST:PORT as an `Address`. Raises `EnrolError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or 22
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != "ssh" or not parts.hostname or not parts.username or parts.password or parts.path.strip("/"):
        raise EnrolError(
            Sentence("The address must look like ssh://USER@HOST or ssh://USER@HOST:PORT, without a password.")
        )
    if not USER.fullmatch(parts.username) or parts.hostname.startswith("-"):
        raise EnrolError(
            Sentence("The address holds a user or host name that cannot be one: write it like ssh://USER@HOST:PORT.")
        )
    return Address(parts.username, parts.hostname, port)


def enrol(order: Order, at: datetime) -> PhoneSystem:
    """Connect, pin the host key, see what it is, and take it under care. Raises `EnrolError` and `LinkError`."""
    if not NAME.fullmatch(order.name):
        raise EnrolError(NO_NAME)
    same = PhoneSystem.objects.filter(name=order.name).first()
    if same is not None:
        raise EnrolError(
            Sentence(
                "There is already a phone system called {name} (retired; its backups go by that name). Choose another --name.",
                {"name": order.name},
            )
            if same.retired_at
            else Sentence(
                "There is already a phone system called {name}. Choose another --name.",
                {"name": order.name},
            )
        )
    customer = order.customer
    if customer is not None and not (0 < len(customer.strip()) <= CUSTOMER_LETTERS and customer.isprintable()):
        raise EnrolError(
            Sentence("A customer's name is one line of at most {count} letters.", {"count": CUSTOMER_LETTERS})
        )
    _see_that_nobody_has(order.address, order.jump.host if order.jump else None)
    _check_rules(order.rules)
    found, facts, finger = asyncio.run(_look(order))
    return _written(order, found, facts, finger, at)


def _see_that_nobody_has(where: Address, jump: str | None, but: int | None = None) -> None:
    for other in PhoneSystem.objects.filter(host=where.host, port=where.port, retired_at=None).exclude(pk=but):
        if (other.jump or {}).get("host") == jump:
            raise EnrolError(
                Sentence(
                    "{address} is enrolled already, as {name}.",
                    {"address": f"{where.host}:{where.port}", "name": other.name},
                )
            )


def _check_rules(rules: dict[str, Any], of: PhoneSystem | None = None) -> None:
    """Whether these can be rules, with those that it has beside them. Raises `EnrolError`, `HoursError`."""
    if "time_zone" in rules and zone(rules["time_zone"]).key != rules["time_zone"]:
        raise EnrolError(
            Sentence("There is no time zone called {zone}; write it like Asia/Tehran.", {"zone": rules["time_zone"]})
        )
    hours: dict[str, Any] = {
        name: rules.get(name, getattr(of, name, WINDOW.get(name)))
        for name in ("window_from", "window_until", "busy_from", "busy_until")
    }
    if hours["busy_from"] is not None:
        window = (hours["window_from"], hours["window_until"])
        see_that_it_is_ever_free(window, (hours["busy_from"], hours["busy_until"]))


async def _look(order: Order) -> tuple[Target, pbx.Facts, str]:
    """Everything that is asked of the phone system, over one connection."""
    jump = None
    if order.jump:
        key = await ask_host_key(order.jump.host, order.jump.port)
        jump = Target(order.jump.host, order.jump.port, order.jump.user, key, order.key, order.password)
    where = order.address
    shown = await ask_host_key(where.host, where.port, jump=jump, old=order.old_ssh)
    if order.host_key and fingerprint(shown) != order.host_key:
        raise EnrolError(
            Sentence(
                "{address} shows the host key {shown}, not {wanted}. Look on the server itself which is right: ssh-keygen -lf "
                "/etc/ssh/ssh_host_ed25519_key.pub",
                {"address": f"{where.host}:{where.port}", "shown": fingerprint(shown), "wanted": order.host_key},
            )
        )
    wanted = order.sudo if order.sudo is not None else where.user != "root"
    found = Target(where.host, where.port, where.user, shown, order.key, order.password, wanted, jump, order.old_ssh)
    return await _seen_as_allowed(found, order.sudo)


async def _seen_as_allowed(found: Target, sudo: bool | None) -> tuple[Target, pbx.Facts, str]:
    """With sudo where it is wanted and allowed."""
    try:
        return await _seen(found)
    except LinkError as error:
        if error.kind != "no-sudo" or sudo:
            raise  # it must, and may not: the message names the line to add
        return await _seen(replace(found, sudo=False))


async def _seen(found: Target) -> tuple[Target, pbx.Facts, str]:
    async with connect(found) as connection:
        await connection.run("true", sudo=True)
        facts = await pbx.recognise(connection)
        return found, facts, await pbx.probe(connection, facts)


def _written(order: Order, found: Target, facts: pbx.Facts, finger: str, at: datetime) -> PhoneSystem:
    login = {"key": found.key} if found.key else {"password": found.password}
    rules = dict(order.rules)
    if facts.time_zone and zone(facts.time_zone).key == facts.time_zone:
        rules.setdefault("time_zone", facts.time_zone)
    system = PhoneSystem(
        name=order.name, enrolled_at=at, host=found.host, port=found.port, user=found.user,
        host_key=found.host_key or "", credential=login, sudo=found.sudo, old_ssh=found.old, facts=facts.as_document(), facts_at=at,
        fingerprint=finger, probed_at=at, **rules,
    )  # fmt: skip
    if found.jump:
        jump = found.jump
        system.jump = {"host": jump.host, "port": jump.port, "user": jump.user, "host_key": jump.host_key}
        system.jump_credential = login
    system.next_backup_at = next_backup_at(system, at)
    system.next_probe_at = at
    try:
        with transaction.atomic():
            _see_that_nobody_has(order.address, found.jump.host if found.jump else None)  # meanwhile
            system.customer, _ = Customer.objects.get_or_create(name=(order.customer or order.name).strip())
            system.save()
    except IntegrityError as error:
        raise EnrolError(
            Sentence(
                "A phone system called {name} was enrolled a moment ago. Choose another --name.", {"name": order.name}
            )
        ) from error
    return system


@dataclass(frozen=True, slots=True)
class Again:
    """What may be other about an enrolled phone system; None: as it was, for sudo: as it is allowed now."""

    host_key: str | None = None  # the fingerprint to take: "SHA256:..."
    any_host_key: bool = False
    sudo: bool | None = None
    key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    old_ssh: bool = False  # take SSH that rests on SHA-1 from now on
    address: Address | None = None  # it has moved
    rules: dict[str, Any] = field(default_factory=dict)  # as in `Order`


def enrol_again(name: str, order: Again, at: datetime) -> PhoneSystem:
    """Look at an enrolled phone system anew: pin its host key, take another login, address or rules, see whether it
    allows sudo. Nothing is kept unless it lets us in so.

    Raises `EnrolError`, which names both host keys, when the one that it shows is not to be taken; and `LinkError`.
    """
    system = phone_system(name)
    _check_rules(order.rules, system)
    was = target(system)
    was = replace(was, old=was.old or order.old_ssh)
    if order.address:
        _see_that_nobody_has(order.address, was.jump.host if was.jump else None, but=system.pk)
        was = replace(was, host=order.address.host, port=order.address.port, user=order.address.user)
    shown = asyncio.run(ask_host_key(was.host, was.port, jump=was.jump, old=was.old))
    new, old = fingerprint(shown), fingerprint(system.host_key)
    if new != (order.host_key or old) and not order.any_host_key:
        raise EnrolError(
            Sentence(
                "{address} shows the host key {new}; pinned is {old}. Look on the server itself which is "
                "right (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). When the new one is: {command}",
                {
                    "address": was.address,
                    "new": new,
                    "old": old,
                    "command": f"ringkeep enrol --again --name {name} --host-key {new}",
                },
            )
        )
    wanted = order.sudo if order.sudo is not None else was.user != "root"
    now = replace(was, host_key=shown, sudo=wanted)
    if order.key or order.password:
        now = replace(now, key=order.key, password=order.password)
        system.credential = {"key": order.key} if order.key else {"password": order.password}
    found, facts, _ = asyncio.run(_seen_as_allowed(now, order.sudo))
    system.facts, system.facts_at = facts.as_document(), at
    system.host_key, system.sudo, system.old_ssh = shown, found.sudo, found.old
    system.host, system.port, system.user = found.host, found.port, found.user
    for name_of_rule, value in order.rules.items():
        setattr(system, name_of_rule, value)
    system.next_backup_at = next_backup_at(system, at)
    seen = ["facts", "facts_at", "host_key", "sudo", "old_ssh", "credential", "host", "port", "user", "next_backup_at"]
    system.save(update_fields=[*seen, *order.rules])
    return system


def retire(name: str, at: datetime) -> PhoneSystem:
    """Take it out of care; its backups stay. Raises `NoSuchPhoneSystem`."""
    system = phone_system(name)
    system.retired_at = at
    system.credential, system.jump_credential = None, None  # nothing that could open it is kept
    with transaction.atomic():
        system.save(update_fields=["retired_at", "credential", "jump_credential"])
        if system.host in LOOPBACK and not system.jump:
            Tunnel.objects.filter(port=system.port).delete()  # nor may it dial in any more
    return system


def put_times_right(now: datetime) -> int:
    """Give the next times to phone systems that have none, as those brought back from an escrow file, or that have times
    further away than any rhythm sets, as after a clock that was ahead; how many. Without it they would be left alone."""
    lost = Q(next_backup_at=None) | Q(next_backup_at__gt=now + FURTHEST)
    lost |= Q(next_probe_at=None) | Q(next_probe_at__gt=now + FURTHEST)
    found = PhoneSystem.objects.filter(lost, retired_at=None).defer("credential", "jump_credential", "facts")[:500]
    for system in found:
        system.next_backup_at, system.next_probe_at = next_backup_at(system, now), now
        system.save(update_fields=["next_backup_at", "next_probe_at"])
    return len(found)
