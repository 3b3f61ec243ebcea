"""doctor: is it healthy? One question after the other, each failure with its fix in words."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.settings import SettingsError
from connector.cli.connections import known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.doctor.examination import Group, examine, would_wait
from connector.doctor.finding import Finding, State, failed
from connector.handover import prove
from connector.store.engine import StoreUnavailableError
from connector.store.servers import ServerDidNotStartError

_SIGNS: Final[dict[State, str]] = {
    "ok": "[green]ok[/]",
    "amber": "[yellow]look[/]",
    "failed": "[red bold]FAILED[/]",
    "unasked": "[magenta]unknown[/]",
}


@click.command()
@click.argument("name", default="")
@click.option("--prove-rule", default="", metavar="LEAD", help="Hand this one lead to the assignment rule: does it run?")
@click.option("--yes", is_flag=True, help="Do not ask before that.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def doctor(name: str, prove_rule: str, yes: bool, as_json: bool) -> None:
    """Is everything healthy, on this machine and in each connected CRM, or in NAME alone? Exits 1 if a lead would wait.

    It only looks, but for --prove-rule, which may change the owner of the one lead that you name.
    """
    if prove_rule:
        _prove(name, prove_rule, yes=yes)
        return
    console = Console(highlight=False)
    groups: list[Group] = []
    try:
        with services_for() as services:
            crms = [known_connection(services, name)] if name else list(services.connections().values())
            for group in examine(services, crms):
                groups.append(group)
                if not as_json:
                    _show(console, group)
    except (SettingsError, StoreUnavailableError, ServerDidNotStartError) as error:
        groups.append(_not_opened(error))
        if not as_json:
            _show(console, groups[-1])
    if as_json:
        click.echo(
            json.dumps(
                {"waits": would_wait(groups), "findings": [_row(group, one) for group in groups for one in group.findings]}
            )
        )
    else:
        _conclude(console, groups)
    sys.exit(1 if would_wait(groups) else 0)


def _prove(name: str, lead: str, *, yes: bool) -> None:
    if not name:
        raise click.UsageError("Say in which connection the lead is: leadline doctor NAME --prove-rule LEAD.")
    with services_for() as services:
        crm = known_connection(services, name)
        if not yes:
            click.confirm(f"The rule may give lead {lead} of {name} to somebody else, and tell them. Go on?", abort=True)
        proof = prove(services, crm, lead)
    if proof.proven:
        click.echo(f"Proven: rule {proof.rule} ran on the update, and the owner went from {proof.before} to {proof.after}.")
        return
    click.echo(f"Not proven: the owner is {proof.before} as before. Rule {proof.rule} chooses just that one, or did not run.")
    click.echo("Name a lead that it would give to somebody else.")
    sys.exit(1)


def _not_opened(error: Exception) -> Group:
    question, fix = (
        ("settings", "Correct the variable")
        if isinstance(error, SettingsError)
        else ("database", "Start it, or check LEADLINE_DATABASE_URL")
    )
    return Group("This machine", "", (failed(question, str(error), fix),))


def _row(group: Group, one: Finding) -> dict[str, object]:
    return {"group": group.title, **asdict(one)}


def _show(console: Console, group: Group) -> None:
    heading = f"{group.connection} ► {group.title}" if group.connection else group.title
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, title=heading, title_justify="left", title_style="bold"
    )
    table.add_column(width=8)
    table.add_column(width=21, overflow="fold")
    table.add_column(overflow="fold")
    for (state, sentence, fix), questions in _together(group.findings).items():
        lines = escape(sentence) + (f"\n[cyan]► {escape(fix)}[/]" if fix else "")
        table.add_row(_SIGNS[state], ", ".join(questions), lines)
    console.print(table)
    console.print()


def _together(findings: Sequence[Finding]) -> Mapping[tuple[State, str, str], list[str]]:
    """Questions that have one and the same answer, such as all that cannot be asked of a CRM that does not let us in."""
    found: dict[tuple[State, str, str], list[str]] = {}
    for one in findings:
        found.setdefault((one.state, one.sentence, one.fix), []).append(one.question)
    return found


def _conclude(console: Console, groups: list[Group]) -> None:
    findings = [one for group in groups for one in group.findings]
    waits = [one for one in findings if one.waits]
    other = sum(one.state != "ok" and not one.waits for one in findings)
    if waits:
        console.print(f"[red bold]Leads wait:[/] {len(waits)} of {len(findings)} answers say why; {other} more to look at.")
        for where in dict.fromkeys(one.connection for one in waits):
            asked = dict.fromkeys(one.question for one in waits if one.connection == where)
            console.print(f"  {escape(where or 'this installation')}: {', '.join(asked)}", style="red")
    else:
        console.print(f"[green bold]No lead waits.[/] {len(findings)} answers, {other} to look at.")
        say_next(*_next([group.connection for group in groups if group.connection]))


def _next(names: Sequence[str]) -> Iterator[Onward]:
    for name in dict.fromkeys(names):
        yield Onward(f"leadline safety {name}", "rights held, what was written, hosts, what is kept")
        yield Onward(f"leadline golive {name} --source SOURCE", "leaves shadow for one source, once you like the scores")
