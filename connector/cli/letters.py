"""deadletters: what could not be done, and what becomes of it."""

import json
import textwrap
from collections import Counter
from typing import get_args

import click

from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.letters import drop_letter, retry_letter
from connector.moments import moment_text
from connector.store.letters import Letter, What, open_letters


@click.group()
def deadletters() -> None:
    """What could not be done, and was set aside whole."""


@deadletters.command("list")
@click.option("--connection", default="", help="Only this connection's.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def list_(connection: str, as_json: bool) -> None:
    """The open ones, the oldest first."""
    with services_for() as services:
        if connection:
            known_connection(services, connection)
        letters = open_letters(services.engine, connection)
    if as_json:
        click.echo(json.dumps([_as_tree(one) for one in letters]))
        return
    for one in letters:
        click.echo(f"{one.id}  {one.what} {one.reference} of {one.connection}, since {moment_text(one.created_at)}")
        click.echo(textwrap.fill(one.reason, 80, initial_indent="    ", subsequent_indent="    "))
    counts = Counter(one.what for one in letters)
    click.echo(", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "There are none.")


def _as_tree(one: Letter) -> dict[str, object]:
    return {
        "id": one.id,
        "connection": one.connection,
        "what": one.what,
        "reference": one.reference,
        "reason": one.reason,
        "created_at": moment_text(one.created_at),
    }


@deadletters.command()
@click.argument("number", metavar="[ID]...", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All open ones, instead of some by ID.")
@click.option("--connection", default="", help="With --all: only this connection's.")
@click.option("--what", type=click.Choice(get_args(What)), help="With --all: only this kind.")
def retry(number: tuple[int, ...], everything: bool, connection: str, what: What | None) -> None:
    """Tries again: the delivery is opened again, the record decided again."""
    if bool(number) == everything:
        raise click.UsageError("Give the IDs of dead letters, or --all.")
    with services_for() as services:
        if everything:
            letters = open_letters(services.engine, connection)
            number = tuple(one.id for one in letters if what in {None, one.what})
        if not number:
            click.echo("There are none.")
        for one in number:
            letter = retry_letter(services.engine, one)
            services.ring("drain", letter.connection)
            click.echo(f"{one}: {letter.what} {letter.reference} of {letter.connection} is tried again.")


@deadletters.command()
@click.argument("number", metavar="ID", type=int, nargs=-1, required=True)
@click.option("--why", required=True, help="The reason; it is kept with the letter.")
def drop(number: tuple[int, ...], why: str) -> None:
    """Gives up for good."""
    if not why.strip():
        raise click.UsageError("Say why with a few words: --why 'test data'.")
    with services_for() as services:
        for one in number:
            letter = drop_letter(services.engine, one, why.strip()[:200])
            click.echo(f"{one}: {letter.what} {letter.reference} of {letter.connection} is dropped.")
