"""`ringkeep enrol`, `account`, `tunnel`, `systems`, `retire`: options only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import COULD_NOT_TRY, LANG, USAGE, errors, print_json
from ringkeep.translation import Language, Words

AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]
Lang = Annotated[Language, LANG]
Name = Annotated[str, typer.Argument(help="the phone system's name")]


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
    sudo: Annotated[
        bool | None, typer.Option("--sudo/--no-sudo", help="read through sudo; by default where it is allowed")
    ] = None,
    jump: Annotated[
        str | None, typer.Option(help="the way leads over this host, with the same key: ssh://USER@HOST:PORT")
    ] = None,
    host_key: Annotated[str | None, typer.Option(help="insist on this host key: SHA256:...")] = None,
    old_ssh: Annotated[
        bool, typer.Option("--old-ssh", help="its SSH is of CentOS 5 or 6 and rests on SHA-1: take that")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="look at an enrolled system anew: host key, login, sudo")
    ] = False,
    new_host_key: Annotated[
        bool, typer.Option("--yes-new-host-key", help="with --again: take whatever key it shows now")
    ] = False,
    zone: Annotated[str | None, typer.Option(help="its time zone, such as Asia/Tehran; by default its own")] = None,
    window: Annotated[str, typer.Option(help="nightly, in its time zone")] = "01:00-05:00",
    busy: Annotated[str | None, typer.Option(help="never between these: 08:00-18:00")] = None,
    drill: Annotated[DrillPolicy, typer.Option(help="what is called after each backup")] = DrillPolicy.QUICK,
    bandwidth: Annotated[int | None, typer.Option(help="KiB a second at most", min=8)] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Take a phone system under care: pin its host key, see what it is, and look after it from now on.

    Without --key and --password-stdin a key is made, and the commands are printed that let it in.
    """
    with _told(lang):
        from ringkeep.fleet import actions
        from ringkeep.fleet.keys import forget_key, waiting_key
        from ringkeep.links import LinkError

        now = datetime.now(UTC)
        password = sys.stdin.readline().rstrip("\n") if password_stdin else None
        if again:
            other = actions.Again(host_key, new_host_key, sudo, key.read_text() if key else None, password, old_ssh)
            _say(actions.enrol_again(name or "", other, now), as_json, lang)
            return
        if url is None or name is None:
            raise actions.EnrolError(Sentence("Say which: ringkeep enrol ssh://USER@HOST --name NAME."))
        where = actions.address(url)
        if not actions.NAME.fullmatch(name):
            raise actions.EnrolError(Sentence("A name is made of small letters, digits and hyphens, such as saba-hq."))
        given = key is not None or password_stdin
        private = key.read_text() if key else None if password_stdin else waiting_key(name, old_ssh)[0]
        rules: dict[str, Any] = {"drill": drill.value}
        rules["window_from"], rules["window_until"] = _span(window)
        if busy:
            rules["busy_from"], rules["busy_until"] = _span(busy)
        rules |= {"time_zone": zone} if zone else {}
        rules |= {"bandwidth_kib_s": bandwidth} if bandwidth else {}
        way = actions.address(jump) if jump else None
        order = actions.Order(name, where, customer, private, password, sudo, way, host_key, old_ssh, rules)
        try:
            system = actions.enrol(order, now)
        except LinkError as error:
            if error.kind == "refused-login" and not given:
                errors.print(Words(lang.value).error(error.says))
                _print_account(name, url, sudo is not False, None, lang, old_ssh)
                raise typer.Exit(COULD_NOT_TRY) from None
            raise
        if not given:
            forget_key(name)
        _say(system, as_json, lang)


def account(
    url: Annotated[str, typer.Argument(help="ssh://USER@HOST:PORT, as it will be enrolled")],
    name: Annotated[str, typer.Option(help="what it will be called here")],
    sudo: Annotated[bool, typer.Option("--sudo/--no-sudo", help="with or without leave to restore")] = True,
    from_address: Annotated[str | None, typer.Option("--from", help="let it in from this address only")] = None,
    old_ssh: Annotated[bool, typer.Option("--old-ssh", help="for a server as old as CentOS 5 or 6")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Print the commands that make Ringkeep's account on a phone system, with a fresh key for it."""
    with _told(lang):
        _print_account(name, url, sudo, from_address, lang, old_ssh)


def tunnel(
    name: Name,
    server: Annotated[
        str | None, typer.Option(help="HOST or HOST:PORT by which the phone system reaches this Ringkeep")
    ] = None,
    key: Annotated[str | None, typer.Option(help="the public key that the script printed: let it in")] = None,
    ssh_port: Annotated[int, typer.Option(help="of the phone system's own SSH server", min=1, max=65535)] = 22,
    forget: Annotated[bool, typer.Option("--forget", help="let it in no more")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Let a phone system behind NAT dial out to us: prints the script for it, then takes its key."""
    with _told(lang):
        from ringkeep.fleet import tunnels
        from ringkeep.fleet.account import Dialling, tunnel_commands
        from ringkeep.fleet.console import say_tunnel

        words = Words(lang.value)
        if forget:
            tunnels.forget(name)
            typer.echo(words("The tunnel {name} is closed for good.").format(name=name))
            return
        found = tunnels.tunnel(name, datetime.now(UTC))
        if key is not None:
            tunnels.let_in(found, key)
            address = f"ssh://ringkeep@127.0.0.1:{found.port}"
            typer.echo(words("{name} may dial in. Enrol it as {address}").format(name=name, address=address))
            return
        host, port = tunnels.server_address(server)
        dialling = Dialling(name, host, port, tunnels.host_key()[1], found.port, ssh_port)
        say_tunnel(found, tunnel_commands(dialling), words)


def systems(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the phone systems under care."""
    with _told(lang):
        from ringkeep.fleet.console import document
        from ringkeep.fleet.models import PhoneSystem

        under_care = PhoneSystem.objects.filter(retired_at=None).select_related("customer").order_by("name")
        rows = [document(row) for row in under_care]
        if as_json:
            print_json(rows)
            return
        if not rows:
            errors.print(
                Words(lang.value)(
                    "No phone system is enrolled yet. Enrol one with: ringkeep enrol ssh://USER@HOST --name NAME"
                )
            )
        for row in rows:
            typer.echo(f"{row['name']:24} {row['address']:32} {row['product']} · Asterisk {row['asterisk']}")


def retire(name: Name, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Take a phone system out of care. Its backups stay; what could open it is forgotten."""
    with _told(lang):
        from ringkeep.fleet import actions
        from ringkeep.fleet.console import document

        system = actions.retire(name, datetime.now(UTC))
        if as_json:
            print_json(document(system))
        else:
            words = Words(lang.value)
            typer.echo(words("{name} is retired. Its backups stay.").format(name=name))


@contextmanager
def _told(lang: Language) -> Iterator[None]:
    """Make the tables ready; say what went wrong in a line and end with its code."""
    words = Words(lang.value)
    from ringkeep.home import HomeError
    from ringkeep.jobs.start import prepared

    try:
        prepared()
        from ringkeep.fleet.actions import EnrolError
        from ringkeep.fleet.queries import NoSuchPhoneSystem
        from ringkeep.fleet.tunnels import TunnelError
        from ringkeep.links import LinkError
    except HomeError as error:
        errors.print(words.error(error.says))
        raise typer.Exit(COULD_NOT_TRY) from None
    try:
        yield
    except LinkError as error:
        errors.print(words.error(error.says))
        raise typer.Exit(COULD_NOT_TRY) from None
    except (EnrolError, TunnelError, NoSuchPhoneSystem) as error:
        errors.print(words.error(error.says))
        raise typer.Exit(USAGE) from None
    except UnicodeDecodeError:
        errors.print(
            words.error(Sentence("The key file holds no text: it must be a private key in OpenSSH or PEM form."))
        )
        raise typer.Exit(USAGE) from None


def _print_account(name: str, url: str, sudo: bool, from_address: str | None, lang: Language, old_ssh: bool) -> None:
    from ringkeep.fleet import actions
    from ringkeep.fleet.account import commands
    from ringkeep.fleet.console import say_account
    from ringkeep.fleet.keys import waiting_key

    user = actions.address(url).user
    if not actions.NAME.fullmatch(name):
        raise actions.EnrolError(Sentence("A name is made of small letters, digits and hyphens, such as saba-hq."))
    if from_address is not None and not actions.FROM.fullmatch(from_address):
        raise actions.EnrolError(
            Sentence(
                "--from must be an address or a network, such as {address} or {network}.",
                {"address": "192.0.2.7", "network": "192.0.2.0/24"},
            )
        )
    script = commands(waiting_key(name, old_ssh)[1], user, sudo=sudo, from_address=from_address, old_ssh=old_ssh)
    again = f"ringkeep enrol {url} --name {name}{' --old-ssh' if old_ssh else ''}"
    say_account(script, again, Words(lang.value))


def _span(text: str) -> tuple[time, time]:
    """ "01:00-05:00" as two times."""
    try:
        first, _, last = text.partition("-")
        return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
    except ValueError:
        from ringkeep.fleet.actions import EnrolError

        raise EnrolError(
            Sentence("{text} is no span of hours: write it like {example}.", {"text": text, "example": "01:00-05:00"})
        ) from None


def _say(system: Any, as_json: bool, lang: Language) -> None:
    from ringkeep.fleet.console import document, say_enrolled

    if as_json:
        print_json(document(system))
    else:
        say_enrolled(system, Words(lang.value))
