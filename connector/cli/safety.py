"""safety: what Leadline may do there, what it did, whom it speaks to, and what it keeps."""

import json
import sys
from dataclasses import asdict
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.checkup import Right
from connector.cli.connections import known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.safety import DAYS, OWNER, Safety, look

_NEEDS: Final = {"leads": "for leads", "setup": "to install only", "less": "for more than leads", "none": "not needed"}


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def safety(name: str, as_json: bool) -> None:
    """Is it safe in the CRM of NAME: rights, writes, hosts, what is kept. Exits 1 where a right that leads need is missing."""
    with services_for() as services:
        found = look(services, known_connection(services, name))
    if as_json:
        click.echo(json.dumps({**asdict(found), "spare": [one.name for one in found.spare]}, default=str))
    else:
        show(Console(highlight=False), found)
        if not found.lacking and not found.unasked:
            say_next(Onward(f"leadline golive {name} --source SOURCE", "leaves shadow for one source, once you like the scores"))
    sys.exit(1 if found.lacking or found.unasked else 0)


def show(console: Console, found: Safety) -> None:
    _show_rights(console, found)
    _show_written(console, found)
    _show_hosts(console, found)
    _show_kept(console, found)
    console.print(escape(found.keys))


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in {"Records", "Rows"} else "left")
    return table


def _show_rights(console: Console, found: Safety) -> None:
    if found.unasked:
        console.print(f"[magenta]Rights are unknown:[/] {escape(found.unasked)}\n")
        return
    table = _table(f"{found.connection}: rights", "", "Right", "Allows to", "Needed")
    for one in found.rights:
        if one.held or one.held is None or one.need == "leads":
            table.add_row(_sign(one), one.name, one.about, _NEEDS[one.need])
    console.print(table)
    for fix in dict.fromkeys(one.fix for one in (*found.spare, *found.lacking)):
        console.print(f"[cyan]► {escape(fix)}[/]")
    console.print()


def _sign(one: Right) -> str:
    if one.held is None:
        return "[magenta]unknown[/]"
    if not one.held:
        return "[red bold]MISSING[/]"
    return "[yellow]spare[/]" if one.need == "none" else "[green]held[/]"


def _show_written(console: Console, found: Safety) -> None:
    table = _table(f"Written in {DAYS} days", "Object", "Field", "Records")
    for one in found.written:
        table.add_row(one.object, "(owner)" if one.field == OWNER else one.field, f"{one.records}")
    table.add_row("task", "(made for owners)", f"{found.tasks}")
    console.print(table)
    count = len(found.writable)
    console.print(f"May be written: {count} fields, the owner, and our tasks.")
    console.print("Any other field or object, and every delete, is refused before it leaves this machine.\n")


def _show_hosts(console: Console, found: Safety) -> None:
    table = _table("Hosts spoken to", "Host", "Why")
    for one in found.hosts:
        table.add_row(one.address, one.why)
    console.print(table)
    console.print("A request to any other is refused before it leaves, a redirect too.\n")


def _show_kept(console: Console, found: Safety) -> None:
    table = _table("Kept here", "What", "Rows", "Oldest", "Until")
    for one in found.kept:
        table.add_row(one.what, f"{one.rows}", f"{one.oldest:%Y-%m-%d}" if one.oldest else "", one.until)
    console.print(table)
    console.print()
