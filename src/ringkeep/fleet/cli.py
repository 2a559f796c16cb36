"""`ringkeep enrol`, `systems`, `retire`: options only."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ringkeep.terminal import COULD_NOT_TRY, USAGE, errors, print_json

AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]


class DrillPolicy(StrEnum):
    """What is called after each backup."""

    QUICK = "quick"
    FULL = "full"
    NONE = "none"


def enrol(
    url: Annotated[str | None, typer.Argument(help="ssh://USER@HOST:PORT")] = None,
    name: Annotated[str | None, typer.Option(help="what it is called here: small letters, digits, hyphens")] = None,
    customer: Annotated[str | None, typer.Option(help="whose it is; by default its own name")] = None,
    key: Annotated[Path | None, typer.Option(help="private key file", exists=True, dir_okay=False)] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="read a password from standard input")
    ] = False,
    sudo: Annotated[bool, typer.Option(help="read through sudo, without a password")] = False,
    jump: Annotated[str | None, typer.Option(help="the way leads over this host: ssh://USER@HOST:PORT")] = None,
    host_key: Annotated[str | None, typer.Option(help="insist on this host key: SHA256:...")] = None,
    again: Annotated[bool, typer.Option("--again", help="pin the host key of an enrolled system anew")] = False,
    zone: Annotated[str | None, typer.Option(help="its time zone, such as Asia/Tehran; by default its own")] = None,
    window: Annotated[str, typer.Option(help="nightly, in its time zone")] = "01:00-05:00",
    busy: Annotated[str | None, typer.Option(help="never between these: 08:00-18:00")] = None,
    drill: Annotated[DrillPolicy, typer.Option(help="what is called after each backup")] = DrillPolicy.QUICK,
    bandwidth: Annotated[int | None, typer.Option(help="KiB a second at most", min=8)] = None,
    as_json: AsJson = False,
) -> None:
    """Take a phone system under care: pin its host key, see what it is, and look after it from now on.

    Without --key and --password-stdin a key is made, and the commands are printed that let it in.
    """
    _prepared()
    from ringkeep.fleet import actions
    from ringkeep.fleet.queries import NoSuchPhoneSystem
    from ringkeep.links import LinkError

    try:
        if again:
            _say(actions.pin_again(name or "", host_key or "", datetime.now(UTC)), as_json)
            return
        if url is None or name is None:
            raise actions.EnrolError("Say which: ringkeep enrol ssh://USER@HOST --name NAME.")
        where = actions.address(url)
        own = _own_key(name, where.user) if key is None and not password_stdin else key.read_text() if key else None
        first, last = _span(window, actions.EnrolError)
        rules: dict[str, Any] = {"window_from": first, "window_until": last, "drill": drill.value}
        if busy:
            rules["busy_from"], rules["busy_until"] = _span(busy, actions.EnrolError)
        rules |= {"time_zone": zone} if zone else {}
        rules |= {"bandwidth_kib_s": bandwidth} if bandwidth else {}
        order = actions.Order(
            name, where, customer, own, sys.stdin.readline().rstrip("\n") if password_stdin else None, sudo,
            actions.address(jump) if jump else None, host_key, rules,
        )  # fmt: skip
        _say(actions.enrol(order, datetime.now(UTC)), as_json)
    except LinkError as error:
        errors.print(f"error: {error}")
        if error.kind == "refused-login" and key is None and not password_stdin:
            _print_account(name or "", url or "")
        raise typer.Exit(COULD_NOT_TRY) from None
    except (actions.EnrolError, NoSuchPhoneSystem, UnicodeDecodeError) as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None


def systems(as_json: AsJson = False) -> None:
    """List the phone systems under care."""
    _prepared()
    from ringkeep.fleet.models import PhoneSystem

    rows = [_document(row) for row in PhoneSystem.objects.filter(retired_at=None).order_by("name")]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            typer.echo(f"{row['name']:24} {row['address']:32} {row['product']} · Asterisk {row['asterisk']}")


def retire(name: Annotated[str, typer.Argument(help="the phone system's name")], as_json: AsJson = False) -> None:
    """Take a phone system out of care. Its backups stay; what could open it is forgotten."""
    _prepared()
    from ringkeep.fleet import actions
    from ringkeep.fleet.queries import NoSuchPhoneSystem

    try:
        system = actions.retire(name)
    except NoSuchPhoneSystem as error:
        errors.print(f"error: {error}")
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json(_document(system))
    else:
        typer.echo(f"{name} is retired. Its backups stay.")


def _prepared() -> None:
    from ringkeep.home import HomeError
    from ringkeep.jobs.start import prepared

    try:
        prepared()
    except HomeError as error:
        errors.print(f"error: {error}")
        raise typer.Exit(COULD_NOT_TRY) from None


def _own_key(name: str, user: str) -> str:
    """The key that was made for a phone system that is being enrolled; kept until it is."""
    from ringkeep.home import folder
    from ringkeep.links.ssh import new_key

    place = folder("keys") / f"enrol-{Path(name).name}"
    if not place.exists():
        private, public = new_key(f"ringkeep {name}")
        place.touch(mode=0o600)
        place.write_text(private)
        place.with_suffix(".pub").write_text(public + "\n")
    return place.read_text()


def _print_account(name: str, url: str) -> None:
    from ringkeep.fleet.account import commands
    from ringkeep.fleet.actions import address
    from ringkeep.home import folder

    public = (folder("keys") / f"enrol-{Path(name).name}.pub").read_text().strip()
    errors.print(
        "Let Ringkeep in: run these as root on the phone system, then the same enrol command again with --sudo.\n\n"
        + commands(public, address(url).user)
    )


def _span(text: str, error: type[Exception]) -> tuple[time, time]:
    """ "01:00-05:00" as two times."""
    try:
        first, _, last = text.partition("-")
        return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
    except ValueError:
        raise error(f"{text} is no span of hours: write it like 01:00-05:00.") from None


def _document(system: Any) -> dict[str, Any]:
    from ringkeep.links.ssh import fingerprint

    return {
        "name": system.name,
        "customer": system.customer.name,
        "address": f"{system.user}@{system.host}:{system.port}",
        "host_key": fingerprint(system.host_key),
        "product": system.facts.get("product"),
        "product_version": system.facts.get("product_version"),
        "asterisk": system.facts.get("asterisk"),
        "not_readable": system.facts.get("not_readable") or [],
        "time_zone": system.time_zone,
        "next_backup_at": system.next_backup_at.isoformat() if system.next_backup_at else None,
    }


def _say(system: Any, as_json: bool) -> None:
    row = _document(system)
    if as_json:
        print_json(row)
        return
    typer.echo(
        f"{row['name']} is under care: {row['product']} {row['product_version'] or ''} · Asterisk {row['asterisk']}"
    )
    typer.echo(f"  host key pinned: {row['host_key']}")
    typer.echo(f"  next nightly backup: {row['next_backup_at']} ({row['time_zone']})")
    if row["not_readable"]:
        typer.echo(f"  our account may not read: {', '.join(row['not_readable'])}; see docs/enrol.md (sudo)")
    typer.echo(f"Back it up now: ringkeep backup {row['name']}")
