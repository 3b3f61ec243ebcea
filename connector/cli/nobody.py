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
from connector.moments import moment_text
from connector.nobody import change_list, listed, proposed, take_over, undo
from connector.store.nobody import NobodyVersion, nobody_history


@click.command()
@click.argument("name")
@click.argument("owners", nargs=-1, metavar="[OWNER]...")
@click.option("--drop", multiple=True, metavar="OWNER", help="Take off the list; may be repeated.")
@click.option("--take", is_flag=True, help="Put everybody who is proposed on the list.")
@click.option("--undo", "go_back", is_flag=True, help="Take the last change of the list back; again, the one before it.")
@click.option("--history", "past", is_flag=True, help="Every list there was: who, when, by what, and on which evidence.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def nobody(
    name: str, owners: tuple[str, ...], drop: tuple[str, ...], take: bool, go_back: bool, past: bool, as_json: bool
) -> None:
    """Owners who count as nobody in the CRM of NAME, so that Leadline may replace them once it is live.

    OWNER is a queue's name, or a user's e-mail address or id. Without one, the list, and who else might be on it: owners under
    whom leads were born in the last 90 days. Whoever left, and no owner at all, count as nobody anyway.
    """
    if sum((bool(owners or drop), take, go_back, past)) > 1:
        raise click.UsageError("Do one thing: name owners, --take, --undo or --history.")
    with services_for() as services:
        crm = known_connection(services, name)
        if past:
            _history(nobody_history(services.engine, name), as_json=as_json)
            return
        found: Sequence[Nobody] = ()
        if owners or drop:
            crm = change_list(services, crm, add=owners, drop=drop)
        elif go_back:
            undo(services, crm)
            crm = known_connection(services, name)
        else:
            found = proposed(crm, plan(services, crm))
        if take and found:
            crm, taken, found = take_over(services, crm, found), found, ()
            _say_taken(name, taken, as_json=as_json)
        there = listed(services, crm)
    if as_json:
        rows = [asdict(one) for one in found]
        click.echo(json.dumps({"nobody": [{"owner_id": one.id, "name": _called(one)} for one in there], "proposed": rows}))
        return
    click.echo(f"{name}: nobody is whoever left, no owner at all" + "".join(f", {_called(one)}" for one in there) + ".")
    _propose(name, found)


def _say_taken(name: str, taken: Sequence[Nobody], *, as_json: bool) -> None:
    if as_json:
        return
    click.echo("Taken over, and so replaced from the next decision on; an owner whom a person chose stays:")
    show_nobodies(taken)
    click.echo(f"`leadline nobody {name} --undo` takes it back.\n")


def _history(versions: Sequence[NobodyVersion], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([{**asdict(one), "at": moment_text(one.at)} for one in versions]))
        return
    for one in versions:
        click.echo(f"{one.id}  {moment_text(one.at)}  {one.who}: {one.what} ({len(one.owners)} on the list)")
    if not versions:
        click.echo("The list is as it was connected.")


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
    say_next(
        Onward(f"leadline nobody {name} --take", "all of them"),
        Onward(f"leadline nobody {name} {chosen}", "or name fewer, by name, e-mail address or id"),
    )
