"""owner: who sets the owners that Leadline chooses."""

import json

import click

from connector.cli.opening import services_for
from connector.store.connections import LEADLINE, RULE, CrmConnection, set_option
from connector.store.engine import transact
from connector.wiring import Services

_SAYS = {
    LEADLINE: "Leadline chooses owners in {} and sets them.",
    RULE: "Leadline chooses owners in {}; the org's active assignment rule sets them, after each decision.",
}


@click.command()
@click.argument("name")
@click.option("--by", type=click.Choice([LEADLINE, RULE]), help="From the next decision on.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def owner(name: str, by: str | None, as_json: bool) -> None:
    """Who sets owners at NAME: Leadline, or the org's assignment rule."""
    with services_for() as services:
        crm = services.crm(name)
        if crm is None:
            raise click.UsageError(f"Nothing is connected as {name}; `leadline connections` lists what is.")
        if by:
            crm = _settle(services, crm, by)
    if as_json:
        click.echo(json.dumps({"name": name, "owner_by": crm.owner_by}))
        return
    click.echo(_SAYS.get(crm.owner_by, "Owners in {} are set elsewhere (" + crm.owner_by + "); scores are written.").format(name))
    if by == RULE:
        click.echo("The rule that `install` made reads whom Leadline chose. It has to be the active one:")
        click.echo("  Setup ► Lead Assignment Rules ► Leadline ► Edit ► Active, then leadline doctor " + name)


def _settle(services: Services, crm: CrmConnection, by: str) -> CrmConnection:
    if by == RULE and crm.kind != "salesforce":
        raise click.UsageError(f"{crm.name} is no Salesforce org: HubSpot has no assignment rules.")
    if crm.owner_by not in _SAYS:
        raise click.UsageError(f"Owners in {crm.name} are decided by {crm.owner_by}; take that out first, then install again.")
    transact(services.engine, lambda session: set_option(session, crm.name, "owner_by", by))
    services.refresh()
    settled = services.crm(crm.name)
    return settled or crm
