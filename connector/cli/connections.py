"""connections, golive, pause, resume: what is connected, and how far Leadline may act there."""

import json
from datetime import datetime

import click

from connector.cli.opening import services_for
from connector.connecting.health import grant_problem
from connector.moments import moment_text
from connector.store.connections import CrmConnection, all_connections, set_mode, set_paused
from connector.store.engine import Session, transact
from connector.store.overview import Access, access_of_all
from connector.store.turns import restart_spans
from connector.wiring import Services

MODES = ("shadow", "suggest", "partial", "full")

_FLOWS = {
    "jwt": "jwt",
    "refresh_token": "browser",
    "client_credentials": "client credentials",
    "static": "token, sweep-only",
    "": "none",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def connections(as_json: bool) -> None:
    """What is connected, how it gets in, and in which mode."""
    with services_for() as services:
        access = access_of_all(services.engine)
        found = [(crm, access[crm.name]) for crm in all_connections(services.engine, services.vault).values()]
    if as_json:
        click.echo(json.dumps([_row(crm, its) for crm, its in found]))
    elif not found:
        click.echo("Nothing is connected yet: leadline connect salesforce NAME, or leadline connect hubspot NAME.")
    else:
        _show(found)


def _row(crm: CrmConnection, access: Access) -> dict[str, object]:
    refusal = access.refusal
    return {
        "name": crm.name,
        "kind": crm.kind,
        "account": crm.account,
        "title": crm.title,
        "environment": crm.environment,
        "flow": crm.credentials.get("flow", ""),
        "modes": dict(crm.modes),
        "paused": crm.paused,
        "webhook_secrets": len(crm.inbound_secrets),
        "token": {"granted_at": _text(access.granted_at), "expires_at": _text(access.expires_at)},
        "unreadable": crm.unreadable or None,
        "needs_connecting": {"since": _text(refusal.since), "because": refusal.because} if refusal else None,
        "last_webhook": _text(access.last_webhook),
    }


def _text(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None


def _show(found: list[tuple[CrmConnection, Access]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Name", "Account", "Gets in by", "Mode", "Token (UTC)", "Webhook (UTC)"):
        table.add_column(heading, overflow="fold")
    for crm, access in found:
        table.add_row(_name(crm), _account(crm), _way(crm), _modes(crm), _token(crm, access), _short(access.last_webhook))
    console = Console()
    console.print(table)
    for crm, access in found:
        if problem := grant_problem(crm, access.refusal):
            click.echo(f"\n{problem.what}")
            waits = "" if crm.unreadable else "    (webhooks are taken in, leads wait, nothing is lost)"
            click.echo(f"  {problem.fix}{waits}")


def _name(crm: CrmConnection) -> str:
    return "\n".join(part for part in (crm.name, crm.kind, crm.environment) if part)


def _account(crm: CrmConnection) -> str:
    return crm.account if crm.account in crm.title or not crm.title else f"{crm.title}\n{crm.account}"


def _way(crm: CrmConnection) -> str:
    flow = _FLOWS.get(crm.credentials.get("flow", ""), "?")
    flow = "oauth" if crm.kind == "hubspot" and flow == "browser" else flow
    return f"{flow}\nsecret rotating" if len(crm.inbound_secrets) > 1 else flow


def _modes(crm: CrmConnection) -> str:
    named = [f"{source}: {mode}" for source, mode in sorted(crm.modes.items()) if source]
    lines = [*named, f"others: {crm.mode_of('')}" if named else crm.mode_of("")]
    return "\n".join([*lines, "paused"] if crm.paused else lines)


def _token(crm: CrmConnection, access: Access) -> str:
    if access.refusal or crm.unreadable:
        return "unreadable" if crm.unreadable else "refused"
    if access.granted_at is None:
        return "none yet"
    return f"until {access.expires_at:%H:%M}" if access.expires_at else "until refused"


def _short(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "none"


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
