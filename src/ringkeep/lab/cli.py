"""`ringkeep lab build|list|remove`: the images drills run on."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ringkeep.lab import image as images
from ringkeep.terminal import COULD_NOT_TRY, LANG, errors
from ringkeep.translation import Language, Words

Lang = Annotated[Language, LANG]

app = typer.Typer(help="The lab: images of real Asterisk that drills run on.", no_args_is_help=True)


def build_image(version: int, words: Words) -> images.Image:
    """Build one image with a progress bar on stderr; plain lines where that is no terminal."""
    if not sys.stderr.isatty():
        says = words("Building the lab image for Asterisk {version} (once per user; about a minute or two)")
        errors.print(says.format(version=version))
        return images.build(version, lambda what, share: errors.print(f"  {share:4.0%} {what}"))
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"Asterisk {version}", total=1.0)
        return images.build(
            version, lambda what, share: bar.update(task, description=f"Asterisk {version}: {what}", completed=share)
        )


@app.command()
def build(
    versions: Annotated[
        list[int] | None, typer.Argument(help="16, 22 or both; without any: those that are missing")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="build even when the image is there")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Build images of real Asterisk from Debian's packages."""
    words = Words(lang.value)
    for version in versions or sorted(images.RECIPES):
        present = images.find(version)
        if present and not again:
            says = words("Asterisk {version} is there: {place}")
            typer.echo(says.format(version=present.asterisk, place=present.root.parent))
            continue
        try:
            made = build_image(version, words)
        except images.ImageError as error:
            errors.print(Words(lang.value).error(error.says))
            raise typer.Exit(COULD_NOT_TRY) from error
        says = words("Asterisk {version} is ready: {place}")
        typer.echo(says.format(version=made.asterisk, place=made.root.parent))


@app.command(name="list")
def list_images(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False, lang: Lang = Language.EN
) -> None:
    """Show the images that are built, with versions and hashes."""
    found, words = images.installed(), Words(lang.value)
    if as_json:
        keys = ("version", "asterisk", "suite", "built_at", "packages_sha256", "asterisk_sha256")
        typer.echo(
            json.dumps([{k: getattr(i, k) for k in keys} | {"path": str(i.root.parent)} for i in found], indent=1)
        )
        return
    if not found:
        typer.echo(words("No image yet. Build them with: ringkeep lab build"))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Asterisk", "Debian", words("built"), words("packages (sha256)"), words("where"))
    for image in found:
        table.add_row(image.asterisk, image.suite, image.built_at, image.packages_sha256[:16], str(image.root.parent))
    Console().print(table)


@app.command()
def remove(
    versions: Annotated[list[int], typer.Argument(help="which images to delete")], lang: Lang = Language.EN
) -> None:
    """Delete images; they can be built again at any time."""
    for version in versions:
        words = Words(lang.value)
        try:
            was_there, still_used = images.remove(version)
        except images.ImageError as error:
            errors.print(words.error(error.says))
            raise typer.Exit(COULD_NOT_TRY) from error
        said = words("Asterisk {version} is removed") if was_there else words("Asterisk {version} was not there")
        typer.echo(said.format(version=version))
        if still_used:
            typer.echo(words("A drill or a lab phone system still uses it: its files go when that has ended."))
