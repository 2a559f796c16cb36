"""`ringkeep lab up`, `down`, `systems`: options only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ringkeep.terminal import COULD_NOT_TRY, GOOD, LANG, NOT_GOOD, errors, print_json
from ringkeep.translation import Language, Words

Lang = Annotated[Language, LANG]
AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]


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
        typer.Option(help="sample or tree whose carriers and phones it gets instead of its own: for a spare"),
    ] = None,
    calls: Annotated[bool, typer.Option("--calls", help="let its phones and carriers make calls")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Start a lab phone system that stands: a whole server with sshd, phones and carriers, sealed from this machine."""
    from ringkeep.standing import control
    from ringkeep.standing.places import StandingError

    try:
        path = control.sample(what) or (Path(what).absolute() if Path(what).exists() else None)
        other = (control.sample(far_end) or Path(far_end).absolute()) if far_end else None
        called = name or (path.name.split(".")[0].lower() if path else what)
        made = control.up(called, path, asterisk=int(asterisk or Version.V22), port=port, calls=calls, far_end=other)
    except StandingError as error:
        errors.print(Words(lang.value).error(error.says))
        raise typer.Exit(COULD_NOT_TRY) from None
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
    delete: Annotated[bool, typer.Option("--delete", help="forget its disk too")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """End a lab phone system. Its disk stays, unless --delete is given."""
    from ringkeep.standing import control
    from ringkeep.standing.places import StandingError

    try:
        was_up = control.down(name, delete=delete)
    except StandingError as error:
        errors.print(Words(lang.value).error(error.says))
        raise typer.Exit(COULD_NOT_TRY) from None
    if as_json:
        print_json({"name": name, "was_up": was_up, "deleted": delete})
    else:
        words = Words(lang.value)
        typer.echo((words("{name} is down") if was_up else words("{name} was not up")).format(name=name))
    raise typer.Exit(GOOD if was_up or delete else NOT_GOOD)


def systems(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the lab phone systems that were started here."""
    from ringkeep.standing.places import everyone, is_running

    found = everyone()
    if as_json:
        print_json([one.document() for one in found])
        return
    words = Words(lang.value)
    for one in found:
        typer.echo(
            f"{one.name:20} {words('up') if is_running(one) else words('down'):8} Asterisk {one.asterisk}  {one.url}"
            f"  {one.far_log}"
        )
