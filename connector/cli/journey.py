"""bench journey: an admin's whole way, typed, from nothing to live for one source."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.bench.journey import JourneyReport
    from connector.bench.journey_books import Effects


@click.command()
@click.option("--leads", type=click.IntRange(min=20), default=1_000, show_default=True, help="In each CRM, of two sources.")
@click.option("--lived-in", is_flag=True, help="CRMs with a past: rules, flows, 400 fields, 90 days of leads; else empty ones.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def journey(leads: int, lived_in: bool, as_json: bool) -> None:
    """One script of keystrokes from nothing to shadow and live, on both CRMs. Exit 1 if anything is not as it should be.

    Counts questions and clicks, lets leads in, and reads from the CRMs' own books what was written: in shadow no owner, no
    task and nothing that tells anybody; after `golive` for one source, owners for that source's leads alone.
    """
    from connector import observe
    from connector.bench.journey import run_journey
    from connector.bench.stage import StageError
    from connector.demo.machine import DemoError

    observe.configure(level="error")
    try:
        report = run_journey(leads, lived_in=lived_in)
    except (StageError, DemoError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report.document(), ensure_ascii=False) if as_json else _said(report))
    sys.exit(bool(report.findings))


def _said(report: "JourneyReport") -> str:
    lines = [f"{crm}: {count} questions from nothing to shadow" for crm, count in report.questions.items()]
    for crm, clicks in report.clicks.items():
        lines += [f"{crm}: {len(clicks)} things to do by hand, each with its way", *(f"  {one}" for one in clicks)]
    lines += [f"In shadow: {report.scored['shadow']} of {report.leads['shadow']} leads scored; {_written(report.shadow)}"]
    live = ", ".join(f"{crm} {source}" for crm, source in report.live_sources)
    lines += [f"Live for {live}: {report.scored['live']} of {report.leads['live']} leads scored; {_written(report.live)}"]
    lines += [f"  owners written to {crm} {source}: {count}" for (crm, source), count in sorted(report.live.owners.items())]
    return "\n".join([*lines, *(report.findings or ["All is as it should be."])])


def _written(effects: "Effects") -> str:
    return f"owners {effects.owned}, tasks {effects.made}, notifications {effects.notifications} written"
