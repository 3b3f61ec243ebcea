"""sweep: what changed in a CRM and no webhook told us."""

import json
import sys

import click

from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.moments import moment_text
from connector.store.connections import CrmConnection
from connector.store.singleton import only_one
from connector.store.sweeps import StreamState, SweepState, sweep_of
from connector.sweeping import FIRST_SECONDS, Swept, interval, sweep_now
from connector.wiring import Services


@click.command()
@click.argument("name")
@click.option("--now", is_flag=True, help="Sweep now, here, and not only when the clock says so.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def sweep(name: str, now: bool, as_json: bool) -> None:
    """How far changes, deletions and first touches were read; with --now, reads them. Exits 1 if the last one did not end."""
    with services_for() as services:
        crm = known_connection(services, name)
        swept, calls = _sweep(services, crm) if now else (None, 0)
        state = sweep_of(services.engine, name, FIRST_SECONDS)
    if as_json:
        click.echo(json.dumps(_row(crm, state, swept, calls)))
    else:
        _show(crm, state, swept, calls)
    sys.exit(1 if state.problem else 0)


def _sweep(services: Services, crm: CrmConnection) -> tuple[Swept, int]:
    """To the end, however long that takes."""
    with only_one(services.engine, f"sweep:{crm.name}") as mine, services.measured(crm) as (adapter, meter):
        if not mine:
            raise click.ClickException(f"A worker is sweeping {crm.name} at this moment; ask again in a minute.")
        return sweep_now(services, crm, adapter, seconds=86_400.0), meter.total


def _row(crm: CrmConnection, state: SweepState, swept: Swept | None, calls: int) -> dict[str, object]:
    done = {"seen": swept.seen, "fresh": swept.fresh, "through": swept.through, "calls": calls} if swept else None
    return {
        "connection": crm.name,
        "every_seconds": interval(crm),
        "ended_seconds_ago": _whole(state.ended_ago),
        "due_in_seconds": _whole(max(0.0, state.due_in)),
        "problem": state.problem or None,
        "streams": {name: _stream(one) for name, one in state.streams.items()},
        "run": done,
    }


def _stream(one: StreamState) -> dict[str, object]:
    return {
        "seen_to": moment_text(one.seen_to),
        "ended_seconds_ago": _whole(one.ended_ago),
        "under_way": bool(one.after),
        "seen": one.seen,
        "fresh": one.fresh,
        "refused": one.refused or None,
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _show(crm: CrmConnection, state: SweepState, swept: Swept | None, calls: int) -> None:
    from rich.console import Console
    from rich.table import Table

    if swept:
        click.echo(f"Swept with {calls} calls: {swept.seen} changes and activities seen, {swept.fresh} of them new to a sweep.")
    click.echo(_headline(crm, state))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Stream", "Read up to (UTC)", "Ended", "Seen", "New", ""):
        table.add_column(heading, justify="right" if heading in {"Seen", "New"} else "left", overflow="fold")
    for name, one in state.streams.items():
        note = one.refused or ("under way" if one.after else "")
        table.add_row(name, f"{one.seen_to:%Y-%m-%d %H:%M:%S}", _ago(one.ended_ago), str(one.seen), str(one.fresh), note)
    if state.streams:
        Console().print(table)


def _headline(crm: CrmConnection, state: SweepState) -> str:
    every = f"every {interval(crm):.0f} s" + (", and no webhooks" if crm.sweep_only else "")
    last = f"last through {_ago(state.ended_ago)}" if state.ended_ago is not None else "not through once yet"
    following = f"next in {state.due_in:.0f} s" if state.due_in > 0 else "next as soon as a worker is free"
    problem = f"\nThe last one stopped: {state.problem}" if state.problem else ""
    return f"{crm.name}: {every}; {last}; {following}.{problem}"


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    return f"{seconds / 60:.0f} min ago" if seconds < 7_200 else f"{seconds / 3_600:.0f} h ago"
