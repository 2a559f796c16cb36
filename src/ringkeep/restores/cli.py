"""`ringkeep restore SYSTEM`: bring a backup back, all of it or parts, to the same or another phone system."""

from __future__ import annotations

from typing import Annotated

import typer

from ringkeep.terminal import AsJson, Lang
from ringkeep.translation import Language


def restore(
    system: Annotated[str, typer.Argument(help="name of the enrolled phone system whose backup it is")],
    backup: Annotated[str, typer.Option(metavar="ID", help="id of the backup; latest: the newest")] = "latest",
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTS", help="parts with commas: extensions, extensions:201, queues, queues:sales, voicemail, voicemail:201, "
                     "recordings, recordings/2026/11, configuration, sounds, databases, records, queue_log, astdb"),
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="name or host of another enrolled phone system; its trunks are held")] = None,
    hold_trunks: Annotated[bool, typer.Option("--hold-trunks", help="restore without logging in at any carrier")] = False,
    release_trunks: Annotated[bool, typer.Option("--release-trunks", help="let trunks go that a restore holds")] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="also remove recordings, messages and records newer than the backup")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would change")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:  # fmt: skip
    """Bring a backup back to a phone system: previewed, after a fresh backup, all of it or nothing."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.restores.asking import Request, carry_out

    request = Request(system, backup, tuple(only or ()), to, hold_trunks, release_trunks, exact, lang.value)
    raise typer.Exit(carry_out(request, dry_run=dry_run, yes=yes, as_json=as_json))
