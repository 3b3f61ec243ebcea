"""bench sync: both CRMs, and HubSpot's own Salesforce sync between them."""

import json
import sys

import click


@click.command()
@click.option("--leads", type=click.IntRange(min=20), default=1_000, show_default=True, help="Half of them born in each CRM.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of who they are.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def sync(leads: int, seed: int, as_json: bool) -> None:
    """HubSpot's own Salesforce sync copies every lead over; none is written twice, and it comes to rest. Exit 1 if not so."""
    from connector import observe
    from connector.bench.stage import StageError
    from connector.bench.syncing import run_sync

    observe.configure(level="error")
    try:
        report = run_sync(leads, seed, lambda said: click.echo(f"{said} ...", err=True))
    except StageError as error:
        raise click.ClickException(str(error)) from error
    lines = [
        f"{report.leads:,} leads, at rest after {report.rounds} rounds of the sync, in {report.seconds:.0f} s.",
        "Records that the sync made and changed: "
        + ", ".join(f"{what} {count:,}" for what, count in report.copied.items())
        + ".",
        *(f"{what}: {count:,}" for what, count in report.counted.items()),
        *(report.findings or ["Each is written once in each CRM, and its owner once."]),
    ]
    click.echo(json.dumps(report.document()) if as_json else "\n".join(lines))
    sys.exit(bool(report.findings))
