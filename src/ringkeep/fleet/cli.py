"""`ringkeep enrol`, `account`, `tunnel`, `systems`, `retire`: options only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import COULD_NOT_TRY, USAGE, AsJson, Lang, errors, fail, print_json
from ringkeep.translation import Language, Words

Name = Annotated[str, typer.Argument(help="the phone system's name")]


class DrillPolicy(StrEnum):
    """What is called after each backup."""

    QUICK = "quick"
    FULL = "full"
    NONE = "none"


def enrol(
    url: Annotated[
        str | None, typer.Argument(help="how it is reached: ssh://USER@HOST or ssh://USER@HOST:PORT")
    ] = None,
    name: Annotated[str | None, typer.Option(help="what it is called here: small letters, digits, hyphens")] = None,
    customer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="whose it is; all backups of one customer are kept together [its own name]"),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="a private key that is let in there", exists=True, dir_okay=False),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="log in with a password, which is read from standard input")
    ] = False,
    sudo: Annotated[
        bool | None, typer.Option("--sudo/--no-sudo", help="use sudo there, or never [where it is allowed]")
    ] = None,
    jump: Annotated[
        str | None,
        typer.Option(metavar="SSH-URL", help="the way leads over this host, with the same key: ssh://USER@HOST:PORT"),
    ] = None,
    host_key: Annotated[
        str | None, typer.Option(metavar="SHA256:...", help="go on only if it shows the host key with this fingerprint")
    ] = None,
    old_ssh: Annotated[
        bool, typer.Option("--old-ssh", help="it is as old as CentOS 5 or 6, and its SSH rests on SHA-1: take that")
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="it is enrolled already: look at it anew, and keep what else is given here (address, login, rules)",
        ),
    ] = False,
    new_host_key: Annotated[
        bool, typer.Option("--yes-new-host-key", help="with --again: believe whatever host key it shows now")
    ] = False,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="its time zone, such as Asia/Tehran [what the server says]")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="HOURS", help="when nightly backups may begin, in its time zone [01:00-05:00]")
    ] = None,
    busy: Annotated[
        str | None,
        typer.Option(
            metavar="HOURS", help="no backup begins by itself between these, such as 08:00-18:00; none: at any hour"
        ),
    ] = None,
    drill: Annotated[
        DrillPolicy | None,
        typer.Option(
            help="what is called in the lab after each backup: every number, every key and hour, or nothing [quick]"
        ),
    ] = None,
    bandwidth: Annotated[
        int | None, typer.Option(metavar="KIB", help="how many KiB a second a backup may take of its line", min=8)
    ] = None,
    recordings_every: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="fetch recordings and call records only so often [1]", min=1, max=31),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Take a phone system under care: pin its host key, see what it is, and look after it from now on.

    Without --key and --password-stdin a key is made, and the commands are printed that let it in.
    """
    with _told(lang, as_json):
        from ringkeep.fleet import actions
        from ringkeep.fleet.keys import forget_key, waiting_key
        from ringkeep.fleet.rules import NAME, NO_NAME, hours
        from ringkeep.links import LinkError

        now = datetime.now(UTC)
        password = sys.stdin.readline().rstrip("\n") if password_stdin else None
        rules: dict[str, Any] = {"drill": drill.value} if drill else {}
        if window:
            rules["window_from"], rules["window_until"] = hours(window)
        if busy:
            rules["busy_from"], rules["busy_until"] = (None, None) if busy == "none" else hours(busy)
        rules |= {"time_zone": zone} if zone else {}
        rules |= {"bandwidth_kib_s": bandwidth} if bandwidth else {}
        rules |= {"recordings_every_days": recordings_every} if recordings_every else {}
        if again:
            if name is None:
                raise actions.EnrolError(Sentence("Say which one: ringkeep enrol --again --name NAME."))
            if customer or jump:
                raise actions.EnrolError(
                    Sentence("--customer and --jump stay as they are: --again cannot change them.")
                )
            private = key.read_text() if key else None
            other = actions.Again(
                host_key, new_host_key, sudo, private, password, old_ssh, actions.address(url) if url else None, rules
            )
            _say(actions.enrol_again(name, other, now), as_json, lang)
            return
        if url is None or name is None:
            raise actions.EnrolError(Sentence("Say which: ringkeep enrol ssh://USER@HOST --name NAME."))
        where = actions.address(url)
        if not NAME.fullmatch(name):
            raise actions.EnrolError(NO_NAME)
        given = key is not None or password_stdin
        private = key.read_text() if key else None if password_stdin else waiting_key(name, old_ssh)[0]
        way = actions.address(jump) if jump else None
        order = actions.Order(name, where, customer, private, password, sudo, way, host_key, old_ssh, rules)
        try:
            system = actions.enrol(order, now)
        except LinkError as error:
            if error.kind == "refused-login" and not given:
                wanted = _account(name, url, sudo is not False, None, old_ssh)
                if as_json:
                    fail("refused-login", error.says, Words(lang.value), as_json=True, account=wanted)
                else:
                    errors.print(Words(lang.value).error(error.says))
                    _say_account(wanted, lang)
                raise typer.Exit(COULD_NOT_TRY) from None
            raise
        if not given:
            forget_key(name)
        _say(system, as_json, lang)


def account(
    url: Annotated[str, typer.Argument(help="ssh://USER@HOST:PORT, as it will be enrolled")],
    name: Annotated[str, typer.Option(help="what it will be called here")],
    sudo: Annotated[
        bool, typer.Option("--sudo/--no-sudo", help="with sudo it can back up everything, and restore")
    ] = True,
    from_address: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="let the key in from this address or network only")
    ] = None,
    old_ssh: Annotated[bool, typer.Option("--old-ssh", help="for a server as old as CentOS 5 or 6")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Print the commands that make Ringkeep's account on a phone system, with a fresh key for it."""
    with _told(lang, as_json):
        wanted = _account(name, url, sudo, from_address, old_ssh)
        if as_json:
            print_json(wanted)
        else:
            _say_account(wanted, lang)


def tunnel(
    name: Name,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="how the phone system reaches this machine, and the port of `ringkeep serve --tunnels`",
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="PUBLIC-KEY", help="the line that the script printed there: let it in")
    ] = None,
    ssh_port: Annotated[
        int, typer.Option(metavar="PORT", help="of the phone system's own SSH server", min=1, max=65535)
    ] = 22,
    forget: Annotated[bool, typer.Option("--forget", help="close the tunnel for good")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Let a phone system behind NAT dial out to us: prints the script for it, then takes its key."""
    with _told(lang, as_json):
        from ringkeep.fleet import tunnels
        from ringkeep.fleet.account import Dialling, tunnel_commands
        from ringkeep.fleet.console import say_tunnel

        words = Words(lang.value)
        if forget:
            tunnels.forget(name)
            if as_json:
                print_json({"name": name, "forgotten": True})
            else:
                typer.echo(words("The tunnel {name} is closed for good.").format(name=name))
            return
        host, port = ("", 0) if key is not None else tunnels.server_address(server)
        public = tunnels.public_key(key) if key is not None else None
        found = tunnels.tunnel(name, datetime.now(UTC))
        address = f"ssh://ringkeep@127.0.0.1:{found.port}"
        if public is not None:
            tunnels.let_in(found, public)
            if as_json:
                print_json({"name": name, "address": address, "let_in": True})
            else:
                typer.echo(words("{name} may dial in. Enrol it as {address}").format(name=name, address=address))
            return
        script = tunnel_commands(Dialling(name, host, port, tunnels.host_key()[1], found.port, ssh_port))
        if as_json:
            print_json({"name": name, "address": address, "let_in": bool(found.public_key), "commands": script})
        else:
            say_tunnel(found, script, words)


def systems(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the phone systems under care."""
    with _told(lang, as_json):
        from ringkeep.fleet.console import document, product_of
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
            typer.echo(f"{row['name']:24} {row['address']:32} {product_of(row)}")


def retire(name: Name, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Take a phone system out of care. Its backups stay; what could open it is forgotten."""
    with _told(lang, as_json):
        from ringkeep.fleet import actions
        from ringkeep.fleet.console import document

        system = actions.retire(name, datetime.now(UTC))
        if as_json:
            print_json(document(system))
        else:
            words = Words(lang.value)
            typer.echo(words("{name} is retired. Its backups stay.").format(name=name))


@contextmanager
def _told(lang: Language, as_json: bool) -> Iterator[None]:
    """Make the tables ready; say what went wrong in a line and end with its code."""
    words = Words(lang.value)
    from ringkeep.jobs.start import prepared

    prepared()  # what goes wrong with the home is told by ringkeep.cli.main
    from ringkeep.fleet.actions import EnrolError
    from ringkeep.fleet.queries import NoSuchPhoneSystem
    from ringkeep.fleet.rules import HoursError
    from ringkeep.fleet.tunnels import TunnelError
    from ringkeep.links import LinkError

    try:
        yield
    except LinkError as error:
        fail(error.kind, error.says, words, as_json=as_json)
        raise typer.Exit(COULD_NOT_TRY) from None
    except NoSuchPhoneSystem as error:
        fail("unknown", error.says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None
    except (EnrolError, HoursError, TunnelError) as error:
        fail("refused", error.says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None
    except UnicodeDecodeError:
        says = Sentence("The key file holds no text: it must be a private key in OpenSSH or PEM form.")
        fail("refused", says, words, as_json=as_json)
        raise typer.Exit(USAGE) from None


def _account(name: str, url: str, sudo: bool, from_address: str | None, old_ssh: bool) -> dict[str, str]:
    """What is to be run on the phone system, and what then here."""
    from ringkeep.fleet import actions
    from ringkeep.fleet.account import commands
    from ringkeep.fleet.keys import waiting_key
    from ringkeep.fleet.rules import NAME, NO_NAME

    user = actions.address(url).user
    if not NAME.fullmatch(name):
        raise actions.EnrolError(NO_NAME)
    if from_address is not None and not actions.FROM.fullmatch(from_address):
        raise actions.EnrolError(
            Sentence(
                "--from must be an address or a network, such as {address} or {network}.",
                {"address": "192.0.2.7", "network": "192.0.2.0/24"},
            )
        )
    public = waiting_key(name, old_ssh)[1]
    return {
        "name": name, "user": user, "public_key": public,
        "commands": commands(public, user, sudo=sudo, from_address=from_address, old_ssh=old_ssh),
        "then": f"ringkeep enrol {url} --name {name}{' --old-ssh' if old_ssh else ''}",
    }  # fmt: skip


def _say_account(wanted: dict[str, str], lang: Language) -> None:
    from ringkeep.fleet.console import say_account

    say_account(wanted["commands"], wanted["then"], Words(lang.value))


def _say(system: Any, as_json: bool, lang: Language) -> None:
    from ringkeep.fleet.console import document, say_enrolled
    from ringkeep.fleet.queries import twins

    if as_json:
        print_json({**document(system), "same_host_key": twins(system)})
    else:
        say_enrolled(system, Words(lang.value))
