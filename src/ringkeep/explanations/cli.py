"""`ringkeep read`, `route`, `check`, `diff`: what a phone system is, how its calls flow, what is wrong, what changed.

Only the options stand here; what a verb needs is loaded when it is asked for, so that every command starts at once.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import USAGE, AsJson, Lang, fail
from ringkeep.translation import Language, Words

PathArgument = Annotated[
    Path,
    typer.Argument(
        help="a copy of a phone system's files (its / or its /etc/asterisk), or a backup file of FreePBX or Issabel",
        exists=True,
    ),
]


def read(path: PathArgument, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Say what a phone system holds: extensions, queues, menus, trunks, numbers, opening hours."""
    from ringkeep.explanations import inventory
    from ringkeep.explanations.opened import answer

    raise typer.Exit(
        answer(lambda: inventory.tell(path, as_json=as_json, lang=lang.value), as_json=as_json, lang=lang.value)
    )


def route(
    path: PathArgument,
    number: Annotated[
        str | None, typer.Argument(help="the number that is called, as the carrier sends it, or an extension")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="instead of one: every number that callers from outside can dial")
    ] = False,
    via: Annotated[
        str | None, typer.Option(metavar="TRUNK", help="the trunk the call comes through, or the extension that dials")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            metavar="MOMENT",
            help="when it is called, such as 2026-11-25T10:30 [now]",
        ),
    ] = None,
    as_json: AsJson = False,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="write it as a picture, an SVG file")] = None,
    dot: Annotated[bool, typer.Option("--dot", help="print it for Graphviz")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Show everything that can happen to a call: prompts, menu keys, who rings, overflow, voicemail, way out."""
    if (number is None) != every:
        says = Sentence("Name one number, or --all for every number that callers can dial.")
        fail("usage", says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE)
    if sum((as_json, svg is not None, dot)) > 1:
        fail("usage", Sentence("Choose one of --json, --svg and --dot."), Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE)
    from ringkeep.explanations import routes
    from ringkeep.explanations.opened import answer

    wanted = routes.Wanted(
        path, number, via, at or datetime.now().replace(second=0, microsecond=0), as_json, svg, dot, lang.value
    )
    raise typer.Exit(answer(lambda: routes.tell(wanted), as_json=as_json, lang=lang.value))


def check(
    path: PathArgument,
    rates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="prices: a CSV file of prefix, trunk, price per minute", exists=True, dir_okay=False
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Find what is wrong: dead ends, toll-fraud holes, missing prompts, queues that nobody answers."""
    from ringkeep.explanations import findings
    from ringkeep.explanations.opened import answer

    work = findings.Work(path, rates, datetime.now(), as_json, lang.value)
    raise typer.Exit(answer(lambda: findings.tell(work), as_json=as_json, lang=lang.value))


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="the phone system as it was", exists=True)],
    after: Annotated[Path, typer.Argument(metavar="B", help="the phone system as it is", exists=True)],
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Say in telephone language what changed between two states of a phone system. Ends with 4 when something did."""
    from ringkeep.explanations import differences
    from ringkeep.explanations.opened import answer

    raise typer.Exit(
        answer(
            lambda: differences.tell(before, after, as_json=as_json, lang=lang.value), as_json=as_json, lang=lang.value
        )
    )
