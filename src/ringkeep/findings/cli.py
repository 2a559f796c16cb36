"""`ringkeep alarms` and `ringkeep destination`: what is wrong now, and who is told."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import GOOD, LANG, NOT_GOOD, USAGE, errors, print_json
from ringkeep.translation import Language, Words

AsJson = Annotated[bool, typer.Option("--json", help="print exactly one JSON document")]
Lang = Annotated[Language, LANG]
Name = Annotated[str, typer.Argument(help="the destination's name")]

app = typer.Typer(help="Where alarms go: mail, webhooks, messengers.", no_args_is_help=True)


def alarms(
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Say what is wrong now with phone systems and their backups. Ends with 1 when something is."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.findings import queries, telling

    words = Words(lang.value)
    found = list(queries.open_findings())
    if as_json:
        print_json({"alarms": [telling.document(one, words) for one in found]})
    elif not found:
        typer.echo(words("Nothing is wrong."))
    else:
        for one in found:
            typer.echo(f"{'✖' if telling.severity(one) == 'bad' else '▲'} {telling.said(one, words)}")
            typer.echo(f"    {telling.advice(one, words)}")
    raise typer.Exit(NOT_GOOD if found else GOOD)


@app.command()
def add(
    name: Name,
    address: Annotated[
        str | None, typer.Argument(metavar="URL", help="as apprise takes it; others on this machine can see it here")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="read the address from standard input: it often holds a password")
    ] = False,
    customer: Annotated[str | None, typer.Option(help="only alarms of this customer's phone systems")] = None,
    lang: Annotated[
        Language,
        typer.Option("--lang", envvar="RINGKEEP_LANGUAGE", help="language of its messages, and of what is said here"),
    ] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Keep an address that alarms go to, encrypted."""
    if (address is None) != from_stdin:
        says = Sentence("Give the address, or --stdin and the address on standard input.")
        errors.print(Words(lang.value).error(says))
        raise typer.Exit(USAGE)
    from ringkeep.jobs.start import prepared

    prepared()
    from datetime import UTC, datetime

    from ringkeep.findings.actions import DestinationError, add_destination
    from ringkeep.fleet.models import Customer

    owner = Customer.objects.filter(name=customer).first() if customer else None
    if customer and owner is None:
        says = Sentence(
            "There is no customer called {name}: ringkeep systems lists the phone systems.", {"name": customer}
        )
        errors.print(Words(lang.value).error(says))
        raise typer.Exit(USAGE)
    text = (sys.stdin.readline() if from_stdin else address or "").strip()
    try:
        destination = add_destination(name, text, owner, lang.value, at=datetime.now(UTC))
    except DestinationError as error:
        errors.print(Words(lang.value).error(error.says))
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json(_document(destination, Words(lang.value)))
    else:
        told = Words(lang.value)("Alarms go to {name} from now on. Try it with: {command}")
        typer.echo(told.format(name=name, command=f"ringkeep destination test {name}"))


@app.command(name="test")
def try_out(name: Name, lang: Lang = Language.EN) -> None:
    """Send a message that says it is only a test."""
    from ringkeep.jobs.start import prepared

    prepared()
    from datetime import UTC, datetime

    from ringkeep.findings import alarms as sending
    from ringkeep.findings import queries
    from ringkeep.findings.actions import DestinationError
    from ringkeep.findings.sending import NotSent

    try:
        sending.try_out(queries.destination(name), datetime.now(UTC))
    except DestinationError as error:
        errors.print(Words(lang.value).error(error.says))
        raise typer.Exit(USAGE) from None
    except NotSent as error:
        errors.print(Words(lang.value).error(Sentence("It was not delivered: {why}.", {"why": error})))
        raise typer.Exit(NOT_GOOD) from None
    typer.echo(Words(lang.value)("Delivered."))


@app.command(name="list")
def list_all(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the destinations, without their passwords."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.findings import queries

    words = Words(lang.value)
    found = [_document(one, words) for one in queries.destinations()]
    if as_json:
        print_json({"destinations": found})
        return
    for one in found:
        whose = one["customer"] or words("all customers")
        typer.echo(f"{one['name']}: {one['kind']}{words(', ')}{whose}{words(', ')}{one['language']}")
        if one["last_error"]:
            typer.echo("    " + words("Not delivered, it will be tried again: {why}").format(why=one["last_error"]))


@app.command()
def remove(name: Name, lang: Lang = Language.EN) -> None:
    """Forget a destination."""
    from ringkeep.jobs.start import prepared

    prepared()
    from ringkeep.findings.actions import DestinationError, remove_destination

    try:
        remove_destination(name)
    except DestinationError as error:
        errors.print(Words(lang.value).error(error.says))
        raise typer.Exit(USAGE) from None


def _document(destination, words: Words) -> dict[str, object]:  # type: ignore[no-untyped-def]  # loaded with Django
    from ringkeep.findings.sending import place

    return {
        "name": destination.name, "kind": place(destination.address), "language": destination.language,
        "customer": destination.customer.name if destination.customer else None, "last_error": words.say(destination.last_error) if destination.last_error else None,
        "last_sent_at": destination.last_sent_at and destination.last_sent_at.isoformat(),
    }  # fmt: skip
