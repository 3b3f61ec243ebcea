"""budget: the CRM's calls, who uses them, and whether they last."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connector.budgeting import Outlook, look
from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.moments import moment_text
from connector.store.acts import note_act
from connector.store.connections import CrmConnection, set_option
from connector.store.engine import Session, transact
from connector.wiring import Services

_REASONS: Final = {"budget": "the share that every lead may use is spent", "limit": "no call may go"}


@click.command()
@click.argument("name")
@click.option("--own", type=click.IntRange(0), help="The most calls that Leadline may make in a day; 0 takes the limit away.")
@click.option("--hot", type=click.IntRange(0, 90), help="Percent of Leadline's calls that are kept for hot leads.")
@click.option("--spare", type=click.IntRange(0, 90), help="Percent of the CRM's limit that Leadline never touches.")
@click.option("--zone", help="Time zone at whose midnight the day's limit begins anew (HubSpot), such as Europe/Dublin.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def budget(name: str, own: int | None, hot: int | None, spare: int | None, zone: str | None, *, as_json: bool) -> None:
    """The calls to the CRM of NAME: used, by whom, how fast, and whether they last. Exits 1 where they do not."""
    if zone and zone not in available_timezones():
        raise click.BadParameter(f"There is no time zone {zone}; use a name such as Europe/Dublin.", param_hint="--zone")
    options = {"daily_calls": own, "hot_percent": hot, "spare_percent": spare, "zone": zone}
    with services_for() as services:
        crm = known_connection(services, name)
        if changed := {option: value for option, value in options.items() if value is not None}:
            crm = _changed(services, crm, changed)
        found = look(services, crm)
    if as_json:
        click.echo(json.dumps(_as_tree(found)))
    else:
        show(Console(highlight=False), found)
    sys.exit(0 if found.lasts else 1)


def _changed(services: Services, crm: CrmConnection, options: Mapping[str, Any]) -> CrmConnection:
    """Every process goes by it within seconds."""

    def work(session: Session) -> None:
        for option, value in options.items():
            set_option(session, crm.name, option, value)
            note_act(session, "command line", f"budget {option}={value}", crm.name)

    transact(services.engine, work)
    services.refresh()
    return known_connection(services, crm.name)


# --- for people


def show(console: Console, found: Outlook) -> None:
    console.print(f"[bold]{escape(found.connection)}[/]: {_used(found)}", soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for number, what in _rows(found):
        table.add_row(number, escape(what))
    console.print(table)
    for line in _waiting(found):
        console.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)
    if found.unasked:
        console.print(f"[magenta]{escape(found.unasked)}[/]", soft_wrap=True)
    if found.advice:
        console.print(f"[cyan]► {escape(found.advice)}[/]", soft_wrap=True)


def _used(found: Outlook) -> str:
    window = "in 24 hours" if found.shares.rolling else f"since midnight ({found.shares.zone})"
    source = "" if found.told else ", assumed: the CRM has not told its limit"
    return f"{found.used} of {found.limit} calls used {window}{source}"


def _rows(found: Outlook) -> Iterator[tuple[str, str]]:
    hot = f", {found.hot} of them for hot leads" if found.hot else ""
    yield f"{found.ours}", f"by Leadline{hot}"
    if found.told_at:
        yield f"{found.others}", f"by other programs, as the CRM counted at {found.told_at:%H:%M} UTC"
    else:
        yield "?", "by other programs: the CRM does not tell"
    yield f"{found.for_all}", "left for every lead"
    yield f"{found.for_hot}", f"left for hot leads, who have a reserve of {found.reserve}"
    if found.shares.own is not None:
        yield f"{found.shares.own}", "is the most that Leadline may make in a day, as an admin set it"
    yield from _outlook(found)


def _outlook(found: Outlook) -> Iterator[tuple[str, str]]:
    ahead = found.forecast
    others = "unknown by others" if ahead.others_an_hour is None else f"{ahead.others_an_hour} by others"
    yield f"{ahead.ours_an_hour}", f"an hour now, and {others}"
    end = "in the next 24 hours" if found.shares.rolling else f"at the end of the day, {ahead.at:%H:%M} UTC"
    lasts = f"; from {_clock(ahead.spent_at)} on only hot leads go" if ahead.spent_at else "; it lasts"
    yield f"{ahead.total}", f"{end}, at this rate{lasts}"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _waiting(found: Outlook) -> Iterator[str]:
    for gate in found.gates:
        word = f" ({gate.code})" if gate.code else ""
        yield f"Closed by the CRM for {gate.policy} calls{word} since {_clock(gate.since)}, until {_clock(gate.until)}."
    for queue in found.waiting:
        yield (
            f"{queue.records} record{'s wait' if queue.records > 1 else ' waits'} since {_clock(queue.since)}: "
            f"{_REASONS[queue.reason]}. The last goes by {_clock(queue.until)}."
        )


# --- for programs


def _as_tree(found: Outlook) -> dict[str, Any]:
    ahead = found.forecast
    return {
        "connection": found.connection,
        "limit": found.limit,
        "limit_told": found.told,
        "window": {"since": moment_text(found.since), "rolling": found.shares.rolling, "zone": found.shares.zone},
        "used": found.used,
        "ours": found.ours,
        "hot": found.hot,
        "others": found.others if found.told_at else None,
        "told_at": _text(found.told_at),
        "own_limit": found.shares.own,
        "left_for_all": found.for_all,
        "left_for_hot": found.for_hot,
        "reserve": found.reserve,
        "rate": {"ours_an_hour": ahead.ours_an_hour, "others_an_hour": ahead.others_an_hour},
        "forecast": {"at": moment_text(ahead.at), "used": ahead.total, "spent_at": _text(ahead.spent_at)},
        "closed": [
            {"policy": one.policy, "code": one.code, "since": moment_text(one.since), "until": moment_text(one.until)}
            for one in found.gates
        ],
        "waiting": [
            {"reason": one.reason, "records": one.records, "since": moment_text(one.since), "until": moment_text(one.until)}
            for one in found.waiting
        ],
        "lasts": found.lasts,
        "advice": found.advice or None,
        "unasked": found.unasked or None,
    }


def _text(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None
