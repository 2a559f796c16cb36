"""`ringkeep alarms` and `ringkeep destination`: what is wrong now, and who is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ringkeep.phonesystem.sentences import Sentence
from ringkeep.terminal import GOOD, NOT_GOOD, USAGE, AsJson, Lang, fail, print_json
from ringkeep.translation import Language, Words

Name = Annotated[str, typer.Argument(help="the destination's name")]

app = typer.Typer(help="Where alarms go: mail, webhooks, messengers.", no_args_is_help=True)


def alarms(
    as_json: AsJson = False,
    lang: Lang = Language.EN,
) -> None:
    """Say what is wrong now with phone systems and their backups. Ends with 1 when something is."""
    with _told(lang, as_json):
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
        str | None,
        typer.Argument(
            metavar="URL",
            help="mailtos://..., https://... or another that apprise knows. Others on this machine can see it here: better --stdin",
        ),
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="read the address from standard input, as it often holds a password")
    ] = False,
    customer: Annotated[
        str | None, typer.Option(metavar="NAME", help="only alarms of this customer's phone systems [all]")
    ] = None,
    lang: Annotated[
        Language,
        typer.Option(
            "--lang", envvar="RINGKEEP_LANGUAGE", help="language of its messages, and of what is printed here"
        ),
    ] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Keep an address that alarms go to. It is stored encrypted."""
    if (address is None) != from_stdin:
        says = Sentence("Give the address, or --stdin and the address on standard input.")
        fail("usage", says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE)
    with _told(lang, as_json):
        from datetime import UTC, datetime

        from ringkeep.findings.actions import add_destination
        from ringkeep.fleet.queries import customer as customer_called

        owner = customer_called(customer) if customer else None
        text = (sys.stdin.readline() if from_stdin else address or "").strip()
        destination = add_destination(name, text, owner, lang.value, at=datetime.now(UTC))
    if as_json:
        print_json(_document(destination, Words(lang.value)))
    else:
        told = Words(lang.value)("Alarms go to {name} from now on. Try it with: {command}")
        typer.echo(told.format(name=name, command=f"ringkeep destination test {name}"))


@app.command(name="test")
def try_out(name: Name, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Send a message that says it is only a test."""
    with _told(lang, as_json):
        from datetime import UTC, datetime

        from ringkeep.findings import alarms as sending
        from ringkeep.findings import queries
        from ringkeep.findings.sending import NotSent

        try:
            sending.try_out(queries.destination(name), datetime.now(UTC))
        except NotSent as error:
            says = Sentence("It was not delivered: {why}.", {"why": error})
            fail("not-delivered", says, Words(lang.value), as_json=as_json)
            raise typer.Exit(NOT_GOOD) from None
    if as_json:
        print_json({"name": name, "delivered": True})
    else:
        typer.echo(Words(lang.value)("Delivered."))


@app.command(name="list")
def list_all(as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """List the destinations, without their passwords."""
    with _told(lang, as_json):
        from ringkeep.findings import queries

        words = Words(lang.value)
        found = [_document(one, words) for one in queries.destinations()]
    if as_json:
        print_json({"destinations": found})
        return
    if not found:
        typer.echo(
            words("Nobody is told of alarms yet. Say who: {command}").format(
                command="ringkeep destination add NAME --stdin"
            )
        )
    for one in found:
        whose = one["customer"] or words("all customers")
        typer.echo(f"{one['name']}: {one['kind']}{words(', ')}{whose}{words(', ')}{one['language']}")
        if one["last_error"]:
            typer.echo("    " + words("Not delivered, it will be tried again: {why}").format(why=one["last_error"]))


@app.command()
def remove(name: Name, as_json: AsJson = False, lang: Lang = Language.EN) -> None:
    """Forget a destination."""
    with _told(lang, as_json):
        from ringkeep.findings.actions import remove_destination
        from ringkeep.findings.queries import destination

        remove_destination(destination(name).name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        typer.echo(Words(lang.value).say(Sentence("{name} is told nothing any more.", {"name": name})))


@contextmanager
def _told(lang: Language, as_json: bool) -> Iterator[None]:
    """Make the tables ready; say what went wrong and end with its code."""
    from ringkeep.jobs.start import prepared

    prepared()  # what goes wrong with the home is told by ringkeep.cli.main
    from ringkeep.findings.actions import DestinationError
    from ringkeep.findings.queries import NoSuchDestination
    from ringkeep.fleet.queries import NoSuchCustomer

    try:
        yield
    except (DestinationError, NoSuchCustomer) as error:
        unknown = isinstance(error, NoSuchDestination | NoSuchCustomer)
        fail("unknown" if unknown else "refused", error.says, Words(lang.value), as_json=as_json)
        raise typer.Exit(USAGE) from None


def _document(destination, words: Words) -> dict[str, object]:  # type: ignore[no-untyped-def]  # loaded with Django
    from ringkeep.findings.sending import place

    return {
        "name": destination.name, "kind": place(destination.address), "language": destination.language,
        "customer": destination.customer.name if destination.customer else None, "last_error": words.say(destination.last_error) if destination.last_error else None,
        "last_sent_at": destination.last_sent_at and destination.last_sent_at.isoformat(),
    }  # fmt: skip
