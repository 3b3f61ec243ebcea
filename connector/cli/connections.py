"""connections, golive, pause, resume: what is connected, and how far Leadline may act there."""

import json

import click

from connector.cli.opening import services_for
from connector.store.connections import CrmConnection, set_mode, set_paused
from connector.store.engine import Session, transact
from connector.store.turns import restart_spans
from connector.wiring import Services

MODES = ("shadow", "suggest", "partial", "full")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def connections(as_json: bool) -> None:
    """What is connected, and in which mode."""
    with services_for() as services:
        rows = [_row(crm) for crm in services.connections().values()]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo("Nothing is connected yet.")
    else:
        for row in rows:
            state = ", paused" if row["paused"] else ""
            click.echo(f"{row['name']}: {row['kind']} {row['account']}, {row['modes'] or 'shadow'}{state}")


def _row(crm: CrmConnection) -> dict[str, object]:
    return {"name": crm.name, "kind": crm.kind, "account": crm.account, "modes": dict(crm.modes), "paused": crm.paused}


@click.command()
@click.argument("name")
@click.option("--source", default="", help="One lead source; without it, every source that has no mode of its own.")
@click.option("--mode", type=click.Choice(MODES), default="full", show_default=True)
def golive(name: str, source: str, mode: str) -> None:
    """Leaves shadow: from now on Leadline may set owners and make tasks, for one connection and lead source."""
    with services_for() as services:
        go_live(services, name, source, mode)
    what = f"leads from {source}" if source else "all leads without a mode of their own"
    click.echo(f"{name}: {what} are now in mode {mode}.")


def go_live(services: Services, name: str, source: str, mode: str) -> None:
    """Sets a mode. Suggested turns do not count against anybody: acting begins with a new span in every pool."""
    known_connection(services, name)

    def work(connection: Session) -> None:
        set_mode(connection, name, source, mode)
        restart_spans(connection)

    transact(services.engine, work)
    services.refresh()


@click.command()
@click.argument("name")
def pause(name: str) -> None:
    """No write leaves for this CRM until `resume`; intake and decisions go on."""
    _set_paused(name, paused=True)


@click.command()
@click.argument("name")
def resume(name: str) -> None:
    """Writes go on where `pause` stopped them."""
    _set_paused(name, paused=False)


def _set_paused(name: str, *, paused: bool) -> None:
    with services_for() as services:
        known_connection(services, name)
        transact(services.engine, lambda connection: set_paused(connection, name, paused=paused))
    click.echo(f"{name} is {'paused' if paused else 'running'}.")


def known_connection(services: Services, name: str) -> CrmConnection:
    crm = services.crm(name)
    if crm is None:
        names = ", ".join(services.connections()) or "none yet"
        raise click.UsageError(f"There is no connection {name!r}; connected are: {names}.")
    return crm
