"""How a plan looks: a diff as infrastructure tools print it, then who would notice, then the clicks that no API does."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import click

from adapters.kit import Action, Nobody, Plan, Step, Usage

_SIGNS: Final[dict[Action, tuple[str, str]]] = {
    "create": ("+", "green"),
    "change": ("~", "yellow"),
    "keep": ("=", ""),
    "remove": ("-", "red"),
}
_WORDS: Final[dict[Action, str]] = {
    "create": "to create",
    "change": "to change",
    "remove": "to remove",
    "keep": "as they should be",
}


def show_plan(title: str, plan: Plan, *, verbose: bool, report: bool = True) -> None:
    """Prints the whole plan; without `report`, only its steps and the clicks."""
    steps = [step for step in plan.steps if step.action != "by_hand" and (verbose or step.action != "keep")]
    clicks = [step for step in plan.steps if step.action == "by_hand"]
    if steps or report:
        click.secho(f"{title}\n", bold=True)
    for step in steps:
        for line in step_line(step):
            click.echo(line)
    if report or steps:
        click.echo(("\n" if steps else "") + summary(plan))
    _show_clicks(clicks)
    if report:
        show_reactions(plan)
        _show_nobody(plan)


def step_line(step: Step) -> Iterator[str]:
    """`+ custom field Lead.Leadline_Fit_Score__c` and, beneath it, what differs."""
    sign, color = _SIGNS.get(step.action, ("·", ""))
    yield "  " + click.style(f"{sign} {step.kind} {step.name}", fg=color or None)
    for line in step.lines:
        yield from textwrap.wrap(line, 100, initial_indent=" " * 8, subsequent_indent=" " * 10)


def summary(plan: Plan) -> str:
    """`12 to create, 3 to change, 40 as they should be.`"""
    counts = Counter(step.action for step in plan.steps)
    said = [f"{counts[action]} {word}" for action, word in _WORDS.items() if counts[action]]
    return (", ".join(said) or "Nothing to do") + "."


def _show_clicks(steps: Sequence[Step]) -> None:
    if not steps:
        return
    click.secho("\nBy hand, each with its way through the menus", bold=True)
    for number, step in enumerate(steps, start=1):
        click.echo(f"  {number}. {step.name}")
        for line in step.lines:
            click.echo(textwrap.fill(line, 100, initial_indent="     ", subsequent_indent="       "))


def show_reactions(plan: Plan) -> None:
    """What of the customer's reads what Leadline writes."""
    click.secho("\nWho would notice", bold=True)
    for one in sorted(plan.reactions, key=lambda reaction: not reaction.grave):
        mark = click.style("!", fg="red", bold=True) if one.grave else "-"
        click.echo(f"  {mark} {one.kind} {one.name}")
        click.echo(textwrap.fill(one.sentence, 100, initial_indent=" " * 6, subsequent_indent=" " * 6))
    if not plan.reactions:
        click.echo("  Nothing there reads or reacts to what Leadline writes.")


def _show_nobody(plan: Plan) -> None:
    if not plan.nobody:
        return
    click.secho("\nOwners under whom leads are born: whom Leadline may replace is yours to say", bold=True)
    show_nobodies(plan.nobody)


def show_nobodies(found: Sequence[Nobody]) -> None:
    for one in found:
        who = f"{one.name} ({one.owner_id})" if one.owner_id else "no owner"
        of = f"{one.leads} of {one.of}" if one.of else f"{one.leads}"
        click.echo(
            textwrap.fill(f"{who}: {of} leads in 90 days, {one.why}", 100, initial_indent="  ", subsequent_indent="      ")
        )
        if evidence := "; ".join(_evidence(one)):
            click.echo(textwrap.fill(evidence, 100, initial_indent="      ", subsequent_indent="      "))


def _evidence(one: Nobody) -> Iterator[str]:
    if one.since:
        yield f"since {one.since}"
    if one.of:
        yield f"{one.passed_on} of them are somebody else's now"
    if one.made_by:
        yield "made by " + ", ".join(f"{who} ({count})" for who, count in one.made_by)


def show_usages(usages: Sequence[Usage]) -> None:
    if not usages:
        return
    click.secho("\nStill in use, so that a purge would be refused", bold=True)
    for one in usages:
        click.echo(f"  - {one.field}: {one.kind} {one.name}")
