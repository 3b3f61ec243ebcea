"""bench chaos: kill everything at random, then check the books."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.bench.chaos import ChaosReport
    from connector.bench.chaos_races import RaceReport


@click.command()
@click.option("--kills", type=click.IntRange(min=1), default=300, show_default=True, help="Of web, workers, clock and servers.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of who dies and who edits what.")
@click.option("--flush-redis", is_flag=True, help="Redis forgets everything once a second; the CRMs' limits count.")
@click.option("--races", type=click.IntRange(min=1), help="So many persons from both CRMs at once, instead of kills.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def chaos(kills: int, seed: int, flush_redis: bool, races: int | None, as_json: bool) -> None:
    """Processes are killed while both CRMs misbehave; then records, history and books must agree. Exit 1 if they do not."""
    from connector import observe
    from connector.bench.chaos import Storm, run_chaos
    from connector.bench.chaos_races import run_races

    observe.configure(level="error")
    if races:
        reports = run_races(races)
        click.echo(json.dumps([report.document() for report in reports]) if as_json else "\n".join(map(_race_said, reports)))
        sys.exit(any(report.findings for report in reports))
    report = run_chaos(Storm(kills=kills, seed=seed, flush_redis=flush_redis))
    click.echo(json.dumps(report.document()) if as_json else _said(report))
    sys.exit(bool(report.findings))


def _said(report: "ChaosReport") -> str:
    lines = [f"{'killed':12} {'times':>5} {'back after, s':>14} {'worst':>6}"]
    for victim, row in report.ledger.summary().items():
        lines.append(f"{victim:12} {row['kills']:>5} {row['back_p50']:>14} {row['back_worst']:>6}")
    lines.append(
        f"{len(report.ledger.kills)} kills and {report.events} things done by people in {report.seconds:.0f} s: {report.records} "
        f"records, {report.packets} packets, {report.tasks} tasks; settled after {report.settled_after:.0f} s."
    )
    return "\n".join([*lines, *_findings_said(report.findings)])


def _race_said(report: "RaceReport") -> str:
    ms = ", ".join(f"{name} {value} ms" for name, value in report.ms.items())
    return "\n".join([f"{report.name}: {report.count} rounds. {ms}", *_findings_said(report.findings)])


def _findings_said(findings: list[str]) -> list[str]:
    return [*findings, f"{len(findings)} findings."] if findings else ["No findings."]
