"""`ringkeep lab build|list|remove`: the images drills run on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ringkeep.lab import image as images
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import COULD_NOT_TRY, USAGE, AsJson, Lang, errors, fail, print_json
from ringkeep.translation import Language, Words

KEYS = ("version", "asterisk", "suite", "built_at", "packages_sha256", "asterisk_sha256")

app = typer.Typer(help="The lab: real Asterisk for drills, and phone systems to try things on.", no_args_is_help=True)


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
    versions: Annotated[list[int] | None, typer.Argument(help="16, 22 or both [those that are missing]")] = None,
    again: Annotated[bool, typer.Option("--again", help="build it anew even when it is there")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Build images of real Asterisk from Debian's packages."""
    words = Words(lang.value)
    _known(versions or [], words, as_json)
    built = []
    for version in versions or sorted(images.RECIPES):
        present = images.find(version)
        if present and not again:
            built.append(_document(present))
            says = words("Asterisk {version} is there: {place}")
            if not as_json:
                typer.echo(says.format(version=present.asterisk, place=present.root.parent))
            continue
        try:
            made = build_image(version, words)
        except images.ImageError as error:
            fail("no-image", error.says, words, as_json=as_json)
            raise typer.Exit(COULD_NOT_TRY) from error
        built.append(_document(made))
        says = words("Asterisk {version} is ready: {place}")
        if not as_json:
            typer.echo(says.format(version=made.asterisk, place=made.root.parent))
    if as_json:
        print_json(built)


@app.command(name="list")
def list_images(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Show the images that are built, with versions and hashes."""
    found, words = images.installed(), Words(lang.value)
    if as_json:
        print_json([_document(image) for image in found])
        return
    if not found:
        typer.echo(words("No image yet. Build them with: ringkeep lab build"))
        return
    from rich.console import Console
    from rich.table import Column, Table

    where = Column(words("where"), overflow="fold")  # a path is there to be copied
    table = Table("Asterisk", "Debian", words("built"), words("packages (sha256)"), where)
    for image in found:
        table.add_row(
            image.asterisk, image.suite, image.built_at[:10], image.packages_sha256[:16], str(image.root.parent)
        )
    Console().print(table)


@app.command()
def remove(
    versions: Annotated[list[int], typer.Argument(help="which images to delete")],
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Delete images; they can be built again at any time."""
    words, removed = Words(lang.value), []
    _known(versions, words, as_json)
    for version in versions:
        try:
            was_there, still_used = images.remove(version)
        except images.ImageError as error:
            fail("no-image", error.says, words, as_json=as_json)
            raise typer.Exit(COULD_NOT_TRY) from error
        removed.append({"version": version, "was_there": was_there, "still_used": still_used})
        if as_json:
            continue
        said = words("Asterisk {version} is removed") if was_there else words("Asterisk {version} was not there")
        typer.echo(said.format(version=version))
        if still_used:
            typer.echo(words("A drill or a lab phone system still uses it: its files go when that has ended."))
    if as_json:
        print_json(removed)


def _document(image: images.Image) -> dict[str, object]:
    return {key: getattr(image, key) for key in KEYS} | {"path": str(image.root.parent)}


def _known(versions: list[int], words: Words, as_json: bool) -> None:
    """End with what there is, unless all of them can be built."""
    unknown = [version for version in versions if version not in images.RECIPES]
    if unknown:
        values = {"version": unknown[0], "there": sorted(images.RECIPES)}
        fail(
            "unknown",
            Sentence("There is no image of Asterisk {version}: it is one of {there}.", values),
            words,
            as_json=as_json,
        )
        raise typer.Exit(USAGE)
