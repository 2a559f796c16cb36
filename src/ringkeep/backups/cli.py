"""`ringkeep backups`, `export`, `forget`, `verify`, `repository`, `keys`: what is stored, where, and what opens it.

Only the options stand here; the work is in telling.py and beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringkeep.terminal import AsJson, Lang
from ringkeep.translation import Language

Name = Annotated[str, typer.Argument(metavar="NAME", help="the phone system's name")]
CustomerName = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="the customer's name, or one of its phone systems'")
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="read the passphrase from its first line [it is asked for]"),
]

repository = typer.Typer(
    help="Where a customer's backups are kept (their repository), and for how long.", no_args_is_help=True
)
keys = typer.Typer(
    help="What opens the stored backups and passwords: a copy of it for a disaster, and new keys.", no_args_is_help=True
)


def backups(
    name: Name,
    backup: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="only this one (or latest): what changed since the one before, and what is not in it"
        ),
    ] = None,
    forgotten: Annotated[bool, typer.Option("--all", help="also those that were forgotten")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """List a phone system's backups: when, state, size, what a drill said, how many differences; or tell of one."""
    from ringkeep.backups import telling

    if backup is not None:
        raise typer.Exit(
            telling.answer(lambda: telling.one_backup(name, backup, as_json, lang.value), as_json, lang.value)
        )
    raise typer.Exit(telling.answer(lambda: telling.backups(name, forgotten, as_json, lang.value), as_json, lang.value))


def export(
    name: Name,
    place: Annotated[Path, typer.Argument(metavar="DIR", help="a new or empty folder")],
    backup: Annotated[
        str, typer.Option(metavar="ID", help="which one, as `ringkeep backups` lists them; latest: the newest")
    ] = "latest",
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Write a backup as an ordinary readable folder. It is not encrypted."""
    from ringkeep.backups import telling

    raise typer.Exit(
        telling.answer(lambda: telling.export(name, backup, place.absolute(), as_json, lang.value), as_json, lang.value)
    )


def forget(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would be forgotten, and why not the others")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Delete the backups that are older than the rules keep. The newest and the last proven one always stay.

    `ringkeep repository show` says the rules, `ringkeep repository set` changes them. `ringkeep serve` does this by itself.
    """
    from ringkeep.backups import telling

    raise typer.Exit(telling.answer(lambda: telling.forget(name, dry_run, as_json, lang.value), as_json, lang.value))


def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="only the repository of this phone system's customer [all]")
    ] = None,
    read: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="how much of the data is read: 10%, 3/10, 100% [a tenth, another each week]"
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Look whether the stored backups are damaged. Ends with 1 when some are."""
    from ringkeep.backups import telling, telling_repositories

    raise typer.Exit(
        telling.answer(lambda: telling_repositories.verify(name, read, as_json, lang.value), as_json, lang.value)
    )


@repository.command(name="set")
def set_repository(
    customer: CustomerName,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="directory, sftp or s3")],
    place: Annotated[
        str,
        typer.Argument(
            metavar="PLACE", help="PATH, sftp://USER@HOST:22/FOLDER, s3://HOST/BUCKET/FOLDER (s3+http:// without TLS)"
        ),
    ],
    append_only: Annotated[
        bool | None, typer.Option("--append-only/--no-append-only", help="Ringkeep deletes nothing in it")
    ] = None,
    keep_last: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="so many of the newest backups stay [3]")
    ] = None,
    keep_daily: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="and one a day for so many days [14]")
    ] = None,
    keep_weekly: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="and one a week for so many weeks [8]")
    ] = None,
    keep_monthly: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="and one a month for so many months [12]")
    ] = None,
    plain_copy: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="also keep the newest backup there as ordinary files, not encrypted; '' for none"
        ),
    ] = None,
    credential_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help='what opens the place, as JSON: s3 {"key_id", "secret", "region"}; sftp {"key" or "password", "host_key"}; or - for standard input',
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Choose where a customer's backups are kept, and for how long. The repository is opened, or made, at once."""
    from ringkeep.backups import telling, telling_repositories

    keep = {"last": keep_last, "daily": keep_daily, "weekly": keep_weekly, "monthly": keep_monthly}
    wanted = telling_repositories.Wanted(
        customer, kind, place, append_only, {rule: count for rule, count in keep.items() if count is not None},
        plain_copy, credential_file,
    )  # fmt: skip
    raise typer.Exit(
        telling.answer(lambda: telling_repositories.set_repository(wanted, as_json, lang.value), as_json, lang.value)
    )


@repository.command()
def show(
    customer: Annotated[
        str | None, typer.Argument(metavar="[CUSTOMER]", help="the customer's name, or one of its phone systems' [all]")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Say where backups are kept, for how long, and when they were last looked through."""
    from ringkeep.backups import telling, telling_repositories

    raise typer.Exit(
        telling.answer(
            lambda: telling_repositories.show_repositories(customer, as_json, lang.value), as_json, lang.value
        )
    )


@repository.command(name="rotate")
def rotate_repository(customer: CustomerName, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Give a customer's repository a new key, and remove the old one."""
    from ringkeep.backups import telling, telling_repositories

    raise typer.Exit(
        telling.answer(
            lambda: telling_repositories.rotate_repository(customer, as_json, lang.value), as_json, lang.value
        )
    )


FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="the escrow file; keep it away from this machine")]


@keys.command()
def escrow(
    file: FileArgument, passphrase_file: PassphraseFile = None, as_json: AsJson = False, lang: Lang = Language.EN
) -> None:
    """Write all that opens the backups into one file, encrypted with a passphrase.

    With it and the repositories everything can be brought back on a new machine, without it nothing can.
    """
    from ringkeep.backups import telling, telling_keys

    raise typer.Exit(
        telling.answer(
            lambda: telling_keys.write_escrow(file.absolute(), passphrase_file, as_json, lang.value),
            as_json,
            lang.value,
        )
    )


@keys.command(name="restore")
def restore_keys(
    file: FileArgument, passphrase_file: PassphraseFile = None, as_json: AsJson = False, lang: Lang = Language.EN
) -> None:
    """Bring back from an escrow file what is not here, and list the backups that the repositories hold."""
    from ringkeep.backups import telling, telling_keys

    raise typer.Exit(
        telling.answer(
            lambda: telling_keys.restore_escrow(file.absolute(), passphrase_file, as_json, lang.value),
            as_json,
            lang.value,
            without_keys=True,
        )
    )


@keys.command()
def rotate(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Encrypt all stored secrets with a new key, and remove the old one."""
    from ringkeep.backups import telling, telling_keys

    raise typer.Exit(telling.answer(lambda: telling_keys.rotate_vault(as_json, lang.value), as_json, lang.value))
