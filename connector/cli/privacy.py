"""forget: what Leadline knows about a person goes, in both CRMs' records at once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from connector.cli.opening import services_for
from connector.forgetting import Erasure, forget_people
from connector.lookup import NotFoundError, find_records
from connector.store.engine import Engine
from connector.store.lookup import Found, records_of


@click.command()
@click.argument("person", nargs=-1, required=True)
@click.option("--connection", default="", help="Where a record id is meant; ids of two CRMs may be the same.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="For a program; needs --yes.")
def forget(person: tuple[str, ...], connection: str, yes: bool, as_json: bool) -> None:
    """Forgets a person, in both CRMs' records at once.

    PERSON is an e-mail address, a CRM record id or Leadline's key (LL-…). What Leadline knows about them is
    destroyed; nothing is deleted in the CRMs. A forgotten record stays forgotten: changes to it are no longer looked at. A new
    record of the same person is a new person.
    """
    if as_json and not yes:
        raise click.UsageError("--json asks nothing: give --yes with it.")
    with services_for() as services:
        records = _records(services.engine, person, connection)
        if not yes:
            _ask(records)
        erasure = forget_people(services, _people(records), by="command line")
    if as_json:
        click.echo(json.dumps(asdict(erasure)))
    else:
        for line in _said(erasure):
            click.echo(line)


def _records(engine: Engine, given: Sequence[str], connection: str) -> Sequence[Found]:
    """All records of everybody meant.

    Raises:
        NotFoundError: somebody is not found, was forgotten before, or might be two.
    """
    people: set[str] = set()
    for one in given:
        people |= _one_person(find_records(engine, one, connection))
    return records_of(engine, people)


def _one_person(found: Sequence[Found]) -> set[str]:
    people = _people(found)
    if not people:
        raise NotFoundError(f"{_named(found[0])} was forgotten before; there is nothing left to forget.")
    if len(people) > 1:
        where = " and ".join(_named(one) for one in found)
        raise NotFoundError(f"That is two persons: {where}. Say which with --connection.")
    return people


def _people(found: Sequence[Found]) -> set[str]:
    return {one.person_id for one in found if one.person_id}


def _named(one: Found) -> str:
    return f"{one.ref.object} {one.ref.id} of {one.ref.connection}"


def _ask(records: Sequence[Found]) -> None:
    click.echo("This forgets, for good:")
    for one in records:
        click.echo(f"  {_named(one)}")
    click.confirm("The CRMs keep their records; Leadline's decisions about them keep no facts. Go on?", abort=True)


def _said(erasure: Erasure) -> Iterator[str]:
    yield f"Forgotten: {_count(erasure.people, 'person', 'people')}, {_count(len(erasure.records), 'record')}."
    yield (
        f"{_count(erasure.keys, 'key')} destroyed, {_count(erasure.deliveries, 'raw delivery', 'raw deliveries')} emptied, "
        f"{_count(erasure.letters, 'dead letter')} settled; the chains say so."
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
