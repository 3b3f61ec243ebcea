"""nobody: owners whom Leadline may replace."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from adapters.kit import Nobody
from adapters.records import Owner
from connector.cli.connections import known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.cli.plans import show_nobodies
from connector.installing import plan
from connector.nobody import change_list, listed


@click.command()
@click.argument("name")
@click.argument("owners", nargs=-1, metavar="[OWNER]...")
@click.option("--drop", multiple=True, metavar="OWNER", help="Take off the list; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def nobody(name: str, owners: tuple[str, ...], drop: tuple[str, ...], as_json: bool) -> None:
    """Owners who count as nobody in the CRM of NAME, so that Leadline may replace them once it is live.

    OWNER is a queue's name, or a user's e-mail address or id. Without one, the list, and who else might be on it: owners under
    whom leads were born in the last 90 days. Whoever left, and no owner at all, count as nobody anyway.
    """
    with services_for() as services:
        crm = known_connection(services, name)
        proposed: Sequence[Nobody] = ()
        if owners or drop:
            crm = change_list(services, crm, add=owners, drop=drop)
        else:
            proposed = [one for one in plan(services, crm).nobody if one.owner_id not in crm.options.get("nobody", ())]
        there = listed(services, crm)
    if as_json:
        rows = [asdict(one) for one in proposed if one.owner_id]
        click.echo(json.dumps({"nobody": [{"owner_id": one.id, "name": _called(one)} for one in there], "proposed": rows}))
        return
    click.echo(f"{name}: nobody is whoever left, no owner at all" + "".join(f", {_called(one)}" for one in there) + ".")
    _propose(name, [one for one in proposed if one.owner_id])


def _called(owner: Owner) -> str:
    return owner.name or owner.email or owner.id


def _propose(name: str, found: Sequence[Nobody]) -> None:
    if not found:
        return
    click.echo(
        "\nLeads are born under these, too. Leadline leaves them their leads, as a person's choice, until you say otherwise:"
    )
    show_nobodies(found)
    chosen = " ".join(one.owner_id for one in found)
    say_next(Onward(f"leadline nobody {name} {chosen}", "all of them; name fewer, by name, e-mail address or id"))
