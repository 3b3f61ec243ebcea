"""lists: what came as a list, and letting it go."""

import json

import click

from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.lists import release
from connector.moments import moment_text
from connector.store.indexed import ListOf, lists_of
from connector.wiring import Services


@click.command()
@click.argument("name")
@click.option("--release", "releasing", is_flag=True, help="Let them go: decided, with the same day's clock, and no page.")
@click.option("--made-by", metavar="USER", help="Only what this user of the CRM made, by id.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def lists(name: str, releasing: bool, made_by: str | None, as_json: bool) -> None:
    """Leads that came as a list (an import, or more than 50 by one user within 10 minutes), and wait until they are released."""
    if made_by is not None and not releasing:
        raise click.UsageError("--made-by says what to release; add --release.")
    with services_for() as services:
        crm = known_connection(services, name)
        if releasing:
            count = len(release(services, crm, made_by))
            click.echo(json.dumps({"released": count}) if as_json else f"{count:,} leads of {name} are released and due.")
            return
        found = lists_of(services.engine, name)
        rows = [_row(services, name, one) for one in found]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo(f"{name}: no list waits.")
    else:
        for row in rows:
            click.echo(f"{row['leads']:>7,} leads made {row['first']} to {row['last']} by {row['by']} {row['user']}".rstrip())
        click.echo(f"\nleadline lists {name} --release lets them go, with --made-by USER those of one user.")


def _row(services: Services, name: str, one: ListOf) -> dict[str, object]:
    owner = services.seats(name).by_owner.get(one.created_by)
    by = (owner.name or owner.email) if owner else "an import"
    return {
        "leads": one.count,
        "user": one.created_by,
        "by": by,
        "first": moment_text(one.first),
        "last": moment_text(one.last),
    }
