"""`ringkeep lab up`, `down`, `systems`: options only."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.standing.services import Service
from ringkeep.terminal import COULD_NOT_TRY, GOOD, NOT_GOOD, USAGE, AsJson, Lang, fail, print_json
from ringkeep.translation import Language, Words

if TYPE_CHECKING:
    from ringkeep.standing.places import StandingError


class Version(StrEnum):
    """Which Asterisk it runs."""

    V16 = "16"
    V22 = "22"


def up(
    what: Annotated[str, typer.Argument(help="a sample's name, that of a lab phone system, or a tree or backup file")],
    name: Annotated[str | None, typer.Option(help="what it is called; by default after the sample or tree")] = None,
    asterisk: Annotated[Version | None, typer.Option(help="Asterisk it runs [22]")] = None,
    port: Annotated[int, typer.Option(help="port of its sshd on this machine; 0: any", min=0, max=65535)] = 0,
    far_end: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="sample or tree whose carriers and phones it gets instead of its own: for a spare"
        ),
    ] = None,
    calls: Annotated[bool, typer.Option("--calls", help="let its phones and carriers make calls")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Start a lab phone system that stands: a whole server with sshd, phones and carriers, sealed from this machine."""
    from ringkeep.standing import control
    from ringkeep.standing.places import StandingError

    try:
        path, called = control.wanted(what, name)
        other = (control.sample(far_end) or Path(far_end).absolute()) if far_end else None
        made = control.up(called, path, asterisk=int(asterisk or Version.V22), port=port, calls=calls, far_end=other)
    except StandingError as error:
        raise _told(error, lang, as_json) from None
    if as_json:
        print_json(made.document())
        return
    words = Words(lang.value)
    typer.echo(words("{name} is up: Asterisk {asterisk}").format(name=made.name, asterisk=made.asterisk))
    typer.echo(f"  ssh -i {made.key} -p {made.port} {made.user}@{made.host}")
    sudo = " --sudo" if made.user != "root" else ""
    typer.echo(f"  ringkeep enrol {made.url} --name {made.name} --key {made.key}{sudo}")
    typer.echo("  " + words("what its carriers and phones see: {file}").format(file=made.far_log))


def down(
    name: Annotated[str, typer.Argument(help="its name")],
    now: Annotated[bool, typer.Option("--now", help="cut its power instead of ending it in order")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="forget its disk too")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """End a lab phone system: Asterisk and MariaDB first, in order. Its disk stays, unless --delete is given."""
    from ringkeep.standing import control
    from ringkeep.standing.places import StandingError

    try:
        done = control.down(name, now=now, delete=delete)
    except StandingError as error:
        raise _told(error, lang, as_json) from None
    if as_json:
        print_json({"name": name, "was_up": done.was_up, "in_order": done.in_order, "deleted": delete})
    else:
        words = Words(lang.value)
        typer.echo((words("{name} is down") if done.was_up else words("{name} was not up")).format(name=name))
        if done.in_order is False:
            typer.echo(words("Something in it did not end in time, so its power was cut."))
    raise typer.Exit(GOOD if done.was_up or delete else NOT_GOOD)


def systems(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the lab phone systems that were started here."""
    from ringkeep.standing.places import everyone, is_running

    found = everyone()
    if as_json:
        print_json([one.document() for one in found])
        return
    words = Words(lang.value)
    for one in found:
        running = is_running(one)
        typer.echo(
            f"{one.name:20} {words('up') if running else words('down'):8} Asterisk {one.asterisk}  {one.url}"
            f"  {one.far_log}"
        )
        for service in one.services() if running else []:
            if said := _trouble(service):
                typer.echo(f"  {words.say(said)}")


def _told(error: StandingError, lang: Language, as_json: bool) -> typer.Exit:
    fail(error.code, error.says, Words(lang.value), as_json=as_json)
    return typer.Exit(USAGE if error.code in ("unknown", "refused") else COULD_NOT_TRY)


def _trouble(of: Service) -> Sentence | None:
    """What somebody should know of a service; nothing while it runs and always did."""
    how: object = of.last_end
    if code := re.fullmatch(r"exit code (\d+)", of.last_end):
        how = Sentence("exit code {code}", {"code": int(code[1])})
    values = {"service": {"asterisk": "Asterisk", "mariadb": "MariaDB"}[of.name], "times": of.ends, "how": how}
    if of.state == "off":
        return Sentence("{service} was stopped by somebody inside", values)
    if of.state == "waiting":
        return Sentence("{service} ended by itself ({how}) and is started again; times so far: {times}", values)
    if of.ends:
        return Sentence(
            "{service} runs; times that it ended by itself and was started again: {times}, last {how}", values
        )
    return None
