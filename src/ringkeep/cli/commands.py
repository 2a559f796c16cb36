"""The `ringkeep` command: assembles the verbs of the parts.

The modules `cli` of the parts hold options only. What a verb works with is imported inside its function: `read` need
not wait for what `prove` calls with. tests/cli/test_start.py holds them to it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ringkeep.drills import cli as drills
from ringkeep.explanations import cli as explanations
from ringkeep.fleet import cli as fleet
from ringkeep.lab import cli as lab
from ringkeep.web import cli as web

app = typer.Typer(
    help="Keeps business phone systems ringing.", no_args_is_help=True, pretty_exceptions_show_locals=False
)
app.add_typer(lab.app, name="lab")
app.command(name="prove")(drills.prove)
app.command(name="read")(explanations.read)
app.command(name="route")(explanations.route)
app.command(name="check")(explanations.check)
app.command(name="diff")(explanations.diff)
app.command(name="enrol")(fleet.enrol)
app.command(name="systems")(fleet.systems)
app.command(name="retire")(fleet.retire)
app.command(name="serve")(web.serve)
app.command(name="status")(web.status)
app.command(name="backup")(web.backup)
app.command(name="jobs")(web.jobs)
app.command(name="job")(web.job)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ringkeep {version('ringkeep')}")
        raise typer.Exit


@app.callback()
def ringkeep(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Keeps business phone systems ringing."""
