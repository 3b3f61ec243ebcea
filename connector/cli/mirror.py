"""bench mirror: two full CRMs read and swept while processes die, then compared with what is known of them."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.bench.mirror_report import MirrorReport


@click.command()
@click.option("--records", type=click.IntRange(min=100), default=200_000, show_default=True, help="In each CRM.")
@click.option("--changes", type=click.IntRange(min=10), default=20_000, show_default=True, help="Of them, in each CRM.")
@click.option(
    "--missed", type=click.FloatRange(0, 0.5), default=0.05, show_default=True, help="Of the changes, told by no webhook."
)
@click.option("--kills", type=click.IntRange(min=0), default=10, show_default=True, help="Of commands, processes and servers.")
@click.option("--busy", type=click.IntRange(min=0), default=60, show_default=True, help="Seconds of a busy hour's leads.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of who is there, who is changed, who dies.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def mirror(records: int, changes: int, missed: float, kills: int, busy: int, seed: int, as_json: bool) -> None:
    """Backfill, changes and one sweep at full size; the CRMs' own records tell if anything is missing. Exit 1 if so."""
    from connector import observe
    from connector.bench.mirror import run_mirror
    from connector.bench.mirror_readers import ReaderError
    from connector.bench.mirror_report import Size
    from connector.bench.stage import StageError

    if changes > records:
        raise click.UsageError("There can be no more --changes than --records.")
    observe.configure(level="error")
    try:
        report = run_mirror(
            Size(records, changes, missed, kills, busy=busy, seed=seed), lambda said: click.echo(f"{said} ...", err=True)
        )
    except (ReaderError, StageError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report.document()) if as_json else _said(report))
    sys.exit(bool(report.findings))


def _said(report: "MirrorReport") -> str:
    size = report.size
    lines = [
        f"{size.records:,} records in each CRM, {size.changes:,} changed in each, {size.missed:.0%} of them told by no webhook.",
        f"Killed on the way: {', '.join(report.kills) or 'nobody'}.",
        "Seconds: " + ", ".join(f"{part} {seconds:.0f}" for part, seconds in report.seconds.items()) + ".",
        "",
        f"{'CRM calls':46} {'Salesforce':>11} {'HubSpot':>11}",
    ]
    for what, by in report.calls.items():
        unit = "" if "sweep" in what else ", per 1,000"
        lines.append(f"{what + unit:46} {by['salesforce']:>11,.1f} {by['hubspot']:>11,.1f}")
    lines.append(f"{'answered 429':46} {report.throttled['salesforce']:>11} {report.throttled['hubspot']:>11}")
    lines += ["", "Left by the backfill: " + ", ".join(f"{n} {what}" for what, n in report.after_backfill.items()) + "."]
    lines.append("Peak memory, MB: " + (", ".join(f"{kind} {most}" for kind, most in report.memory.items()) or "not known") + ".")
    lines += [f"{what}: {count:,}" for what, count in report.counted.items()]
    return "\n".join([*lines, "", *(report.findings or ["Nothing is missing, nothing was done twice."])])
