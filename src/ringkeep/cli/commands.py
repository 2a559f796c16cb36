"""The `ringkeep` command: assembles the verbs of the parts.

The modules `cli` of the parts hold options only. What a verb works with is imported inside its function: `read` need
not wait for what `prove` calls with. tests/cli/test_start.py holds them to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from ringkeep.backups import cli as backups
from ringkeep.cli.help import Verb, Verbs
from ringkeep.drills import cli as drills
from ringkeep.explanations import cli as explanations
from ringkeep.findings import cli as findings
from ringkeep.fleet import cli as fleet
from ringkeep.lab import cli as lab
from ringkeep.restores import cli as restores
from ringkeep.standing import cli as standing
from ringkeep.translation import Language
from ringkeep.web import cli as web

app = typer.Typer(
    help="Keeps business phone systems ringing.", no_args_is_help=True, pretty_exceptions_show_locals=False, cls=Verbs
)
LangOfGroup = Annotated[
    Language | None, typer.Option("--lang", help="language of what is printed; also after the command")
]
# What people read in `ringkeep --help`: the heading, then its verbs in the order in which one comes to need them.
VERBS: dict[str, dict[str, Callable[..., None]]] = {
    "A phone system as files": {
        "prove": drills.prove, "read": explanations.read, "route": explanations.route, "check": explanations.check,
        "diff": explanations.diff,
    },
    "Phone systems under care": {
        "serve": web.serve, "status": web.status, "enrol": fleet.enrol, "account": fleet.account, "tunnel": fleet.tunnel,
        "systems": fleet.systems, "retire": fleet.retire,
        "alarms": findings.alarms, "jobs": web.jobs, "job": web.job,
    },
    "Backups, drills, restores": {
        "backup": web.backup, "backups": backups.backups, "drill": drills.drill, "drills": drills.drills,
        "restore": restores.restore, "export": backups.export, "verify": backups.verify, "forget": backups.forget,
    },
}  # fmt: skip
for panel, verbs in VERBS.items():
    for verb, function in verbs.items():
        app.command(name=verb, rich_help_panel=panel, cls=Verb)(function)
STANDING: dict[str, Callable[..., None]] = {"up": standing.up, "down": standing.down, "systems": standing.systems}
for verb, function in STANDING.items():
    lab.app.command(name=verb)(function)


def _speak(lang: LangOfGroup = None) -> None:
    """Below this word, commands speak that language."""
    if lang is not None:
        os.environ["RINGKEEP_LANGUAGE"] = lang.value  # the verbs take theirs from it; `main.run` sets it back


BELOW = {"destination": findings.app, "repository": backups.repository, "keys": backups.keys, "lab": lab.app}
for word, below in BELOW.items():
    app.add_typer(below, name=word, rich_help_panel="Settings", cls=Verbs, callback=_speak)
    for one in below.registered_commands:
        one.cls = Verb


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ringkeep {version('ringkeep')}")
        raise typer.Exit


@app.callback()
def ringkeep(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="say the version and end")
    ] = False,
    lang: LangOfGroup = None,
) -> None:
    """Keeps business phone systems ringing: proves every backup by booting it and calling it."""
    _speak(lang)


@cache
def whole() -> Any:
    """The command with all its verbs, as typer runs it."""
    return get_command(app)
