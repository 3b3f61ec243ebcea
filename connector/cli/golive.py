"""golive: from shadow to acting, for one connection and lead source, and back."""

from collections.abc import Iterator, Mapping

import click

from connector.cli.connections import MODES, go_live, known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.doctor.finding import some
from connector.nobody import listed
from connector.store.connections import LEADLINE, CrmConnection
from connector.store.overview import leads_by_source
from connector.wiring import Services

_WHAT: Mapping[str, str] = {
    "shadow": "get scores and nothing else",
    "suggest": "get scores and a suggested owner, and nothing that tells anybody",
    "partial": "get scores, and one in four an owner and a task",
    "full": "get scores, an owner and a task",
}


@click.command()
@click.argument("name")
@click.option("--source", default="", help="One lead source; without it, every source that has no mode of its own.")
@click.option("--mode", type=click.Choice(MODES), default="full", show_default=True)
def golive(name: str, source: str, mode: str) -> None:
    """Leaves shadow: from now on Leadline may set owners and make tasks, for one connection and lead source."""
    with services_for() as services:
        known_connection(services, name)
        go_live(services, name, source, mode)
        crm = services.connections()[name]
        warnings = list(_warnings(services, crm, source)) if mode in {"partial", "full"} else []
        others = crm.mode_of("") if source else ""
    what = f"leads from {source}" if source else "all leads without a mode of their own"
    click.echo(f"{name}: {what} {_WHAT[mode]} from now on (mode {mode})." + (f" Other sources: {others}." if others else ""))
    for warning in warnings:
        click.echo(f"\n! {warning}")
    say_next(*_next(name, source, mode))


def _warnings(services: Services, crm: CrmConnection, source: str) -> Iterator[str]:
    if crm.paused:
        yield f"{crm.name} is paused, so nothing is written there yet: leadline resume {crm.name}"
    if vacant := services.policy.vacant:
        yield (
            f"Nobody is in {some(list(vacant))}: what the policy sends there goes to whoever reviews. Name members under `pools:`"
            " (leadline policy show > policy.yaml), then leadline policy activate policy.yaml"
        )
    known = leads_by_source(services.engine, crm.name)
    if source and source.strip().lower() not in known:
        there = ", ".join(f"{word or 'none'} ({leads})" for word, leads in list(known.items())[:8])
        yield f"No lead of a source {source!r} has come yet; so far there are: {there or 'none at all'}."
    if crm.owner_by != LEADLINE:
        yield f"Owners are decided by {crm.owner_by} there, so leads get scores only."
    names = "".join(f", {one.name or one.id}" for one in listed(services, crm))
    yield f"It replaces no owner but: no owner at all, whoever left{names}. Is that all? leadline nobody {crm.name}"


def _next(name: str, source: str, mode: str) -> Iterator[Onward]:
    if mode in {"partial", "full"}:
        yield Onward(f"leadline doctor {name}", "whether a lead would wait, and why")
        back = f"--source {source!r} " if " " in source else f"--source {source} " if source else ""
        yield Onward(f"leadline golive {name} {back}--mode shadow", "back to scores only")
        yield Onward(f"leadline pause {name}", "stops every write at once")
