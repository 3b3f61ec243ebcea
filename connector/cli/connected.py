"""What `connect` says in the end: what was found, and what is left to do in the CRM."""

from collections.abc import Mapping
from typing import Any

import click

from connector.cli.onward import Onward, say_next
from connector.cli.visit import NAMES
from connector.connecting import clicks
from connector.connecting.joining import REVIEWERS, Arrival
from connector.store.connections import CrmConnection
from connector.store.turns import all_pools
from connector.wanted import webhook_url
from connector.wiring import Services


def document(services: Services, arrival: Arrival, crm: CrmConnection) -> dict[str, Any]:
    reviewers = sorted(all_pools(services.engine).get(REVIEWERS, {}))
    found = (clicks.unreachable(crm, services.public_url), _unseated(arrival, reviewers))
    return {
        "name": crm.name,
        "kind": crm.kind,
        "account": crm.account,
        "title": crm.title,
        "environment": crm.environment,
        "reconnected": arrival.before is not None,
        "modes": dict(crm.modes),
        "people": len(arrival.people),
        "queues": sum(one.kind == "queue" and one.active for one in arrival.owners),
        "left": sum(not one.active for one in arrival.owners),
        "reviewers": reviewers,
        "nobody": list(crm.options.get("nobody", ())),
        "webhook_url": webhook_url(crm, services.public_url) if not crm.sweep_only else None,
        "to_do": list(clicks.after(crm)),
        "warnings": [sentence for sentence in found if sentence],
    }


def _unseated(arrival: Arrival, reviewers: list[str]) -> str:
    if any(one in arrival.people for one in reviewers):
        return ""
    who = ", ".join(reviewers) or "Nobody yet"
    return f"{who} reviews, and cannot own a record here: name somebody who can with --reviewer, or unsure leads go to triage."


def report(arrival: Arrival, crm: CrmConnection, said: Mapping[str, Any]) -> None:
    again = "connected again: new credentials, everything else as it was" if arrival.before else "connected, in shadow"
    if arrival.before and arrival.before.unreadable:
        again = "connected again: its secrets were lost, and `install --apply` tells the CRM the new webhook address"
    click.echo(f"\n{crm.name} is {again}.")
    for what, text in _lines(arrival, crm, said):
        click.echo(f"  {what:9}{text}")
    for warning in said["warnings"]:
        click.echo(f"\n! {warning}")
    if said["to_do"]:
        click.echo(f"\nBy hand in {NAMES[crm.kind]}, since no API does it:")
    for number, line in enumerate(said["to_do"], start=1):
        click.echo(f"  {number}. {line}")
    say_next(*_next(crm.name))


def _next(name: str) -> tuple[Onward, ...]:
    return (
        Onward(f"leadline audit {name} --out audit.html", "what it looks like today; only reads"),
        Onward(f"leadline install {name} --plan", "what Leadline would put in, and who would notice; only reads"),
        Onward(f"leadline install {name} --apply", "puts it in"),
    )


def _lines(arrival: Arrival, crm: CrmConnection, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {one.id: one.name or one.email for one in arrival.owners}
    return [
        ("Account", f"{crm.title} ({crm.account}), {crm.environment}"),
        ("Can own", f"{_count(said['people'], 'person', 'people')}, {_count(said['queues'], 'queue', 'queues')}"),
        ("Unsure", f"goes to {', '.join(said['reviewers']) or 'triage: nobody was named'}"),
        ("News", _news(crm, said["webhook_url"])),
        ("Nobody", ", ".join(["no owner", f"who left ({said['left']})", *(names.get(id_, id_) for id_ in said["nobody"])])),
    ]


def _news(crm: CrmConnection, address: str | None) -> str:
    """How we hear of leads. Salesforce's address holds the secret, so it is shown to programs that ask and to nobody else."""
    if address is None:
        return "sweep-only, minutes late: such a token cannot have webhooks"
    return "by outbound message, once installed" if crm.kind == "salesforce" else f"by webhook to {address}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
