"""What the verbs of the fleet say, in the reader's language."""

from __future__ import annotations

from typing import Any

import typer

from ringkeep.fleet.models import PhoneSystem, Tunnel
from ringkeep.fleet.queries import twins
from ringkeep.fleet.rules import zone
from ringkeep.links.ssh import fingerprint
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Words, shown

PRODUCTS = {"freepbx": "FreePBX", "issabel": "Issabel", "issabelpbx": "IssabelPBX"}  # names: the same in every language
Document = dict[str, Any]


def document(system: PhoneSystem) -> Document:
    """A phone system as the verbs print it with `--json`; no secret is in it."""
    return {
        "name": system.name,
        "customer": system.customer.name,
        "address": f"{system.user}@{system.host}:{system.port}",
        "jump": f"{system.jump['user']}@{system.jump['host']}:{system.jump['port']}" if system.jump else None,
        "host_key": fingerprint(system.host_key),
        "sudo": system.sudo,
        "old_ssh": system.old_ssh,
        "product": system.facts.get("product"),
        "product_version": system.facts.get("product_version"),
        "asterisk": system.facts.get("asterisk"),
        "not_readable": system.facts.get("not_readable") or [],
        "others": system.facts.get("others") or [],
        "time_zone": system.time_zone,
        "next_backup_at": system.next_backup_at.isoformat()
        if system.next_backup_at and not system.retired_at
        else None,
        "retired_at": system.retired_at.isoformat() if system.retired_at else None,
    }


def product_of(row: Document) -> str:
    """What a phone system is, by the names that its makers write: "FreePBX · Asterisk 16.28.0"."""
    name = None if row["product"] == "asterisk" else PRODUCTS.get(row["product"], row["product"] or "?")
    return " · ".join(filter(None, (name, f"Asterisk {row['asterisk'] or '?'}")))


def say_enrolled(system: PhoneSystem, words: Words) -> None:
    """What was found there, and what happens next."""
    row = document(system)
    values = {
        "name": row["name"], "product": PRODUCTS.get(row["product"], row["product"]), "of": row["product_version"] or "",
        "version": row["asterisk"],
    }  # fmt: skip
    if row["product"] in (None, "asterisk"):
        says = Sentence("{name} is under care: Asterisk {version}", values)
    else:
        says = Sentence("{name} is under care: {product} {of}, Asterisk {version}", values)
    typer.echo(words.say(says))
    typer.echo("  " + words("host key pinned: {fingerprint}").format(fingerprint=row["host_key"]))
    if row["jump"]:
        typer.echo("  " + words("the way leads over {jump}").format(jump=row["jump"]))
    if system.next_backup_at:
        at = words.instant(system.next_backup_at.astimezone(zone(system.time_zone)))
        typer.echo("  " + words("next nightly backup: {at} ({zone})").format(at=at, zone=system.time_zone))
    if not row["sudo"] and system.user != "root":
        typer.echo(
            "  " + words("The account may not use sudo: it reads what it may, and nothing can be restored there.")
        )
    if row["not_readable"]:
        paths = ", ".join(shown(path, 80) for path in row["not_readable"][:10])
        typer.echo("  " + words("The account may not read {paths}: a backup lacks them.").format(paths=paths))
    if row["others"]:
        others = ", ".join(shown(path, 80) for path in row["others"][:10])
        typer.echo("  " + words("More than one Asterisk runs there; not looked after: {others}").format(others=others))
    if same := twins(system):
        says = Sentence(
            "{names} shows the same host key: is it the same machine, enrolled twice, or a copy of it? Retire the one that is "
            "too much, or give the copy host keys of its own.",
            {"names": ", ".join(same)},
        )
        typer.echo("  " + words.say(says))
    if row["old_ssh"]:
        typer.echo("  " + words("Its SSH rests on SHA-1 (--old-ssh): keep it behind a VPN, and plan to move it."))
    typer.echo(words("Back it up now: {command}").format(command=f"ringkeep backup {row['name']}"))


def say_account(commands: str, again: str, words: Words) -> None:
    """The commands for the phone system, and how to go on."""
    typer.echo(words("Run these as root on the phone system; they make an account for Ringkeep and let it in:"))
    typer.echo(f"\n{commands}\n")
    typer.echo(words("Then run here: {command}").format(command=again))


def say_tunnel(of: Tunnel, script: str, words: Words) -> None:
    """The script for the phone system, and how to go on."""
    typer.echo(words("Run this as root on the phone system; it makes a key there and dials out from now on:"))
    typer.echo(f"\n{script}\n")
    again = f"ringkeep tunnel {of.name} --key 'ssh-ed25519 ...'"
    typer.echo(words("Its last line is the public key. Let it in here: {command}").format(command=again))
    address = f"ssh://ringkeep@127.0.0.1:{of.port}"
    typer.echo(words("Then the phone system is reached as {address}").format(address=address))
