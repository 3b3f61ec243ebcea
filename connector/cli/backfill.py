"""backfill: every record that a CRM has, read and indexed here."""

import json
import time
from datetime import UTC, datetime

import click

from adapters.base import CRM
from connector.audit.meter import Meter
from connector.backfilling import SHARE, BackfillError, Filling
from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.cli.plans import show_reactions
from connector.cli.progress import progress
from connector.installing import plan
from connector.score_writing import write_scores
from connector.store.backfills import Backfill, backfill_of, to_score
from connector.store.connections import CrmConnection
from connector.store.indexed import indexed_counts
from connector.store.singleton import only_one
from connector.wiring import Services


@click.command()
@click.argument("name")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only records created on that day (UTC) or later.")
@click.option("--anew", is_flag=True, help="Begin from the first record, though an earlier run could go on.")
@click.option("--write-scores", is_flag=True, help="Then write scores, and nothing else, into the CRM; it asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def backfill(name: str, since: datetime | None, anew: bool, write_scores: bool, yes: bool, as_json: bool) -> None:
    """Reads every record of a CRM, matches and scores it here, and writes nothing there.

    So that who comes next is known if they were there before. Nobody is routed, paged or clocked by it. It can be stopped at
    any moment; run again, it goes on where it was. It uses at most 70 % of the day's calls.
    """
    if write_scores and as_json and not yes:
        raise click.UsageError("--write-scores asks before it writes; with --json, where nobody is asked, add --yes.")
    began = time.monotonic()
    with services_for() as services:
        crm = known_connection(services, name)
        with only_one(services.engine, f"backfill:{name}") as mine, services.measured(crm, SHARE) as (adapter, meter):
            if not mine:
                raise BackfillError(f"A backfill of {name} is under way in another process; let it end.")
            ended = backfill_of(services.engine, name) if write_scores and not (anew or since) else None
            # Where everything was read before, the question is only about the scores.
            again = ended if ended and ended.ended_at else None
            state = again or _read(services, crm, adapter, meter, since, anew=anew, quiet=as_json)
            indexed = sum(indexed_counts(services.engine, name).values())
            if not (as_json or again):
                _say(services, name, state, meter.total, time.monotonic() - began)
            written = _write(services, crm, adapter, yes=yes, quiet=as_json) if write_scores else 0
    if as_json:
        click.echo(json.dumps(_row(state, indexed, written, meter.total, time.monotonic() - began)))


def _read(
    services: Services,
    crm: CrmConnection,
    adapter: CRM,
    meter: Meter,
    since: datetime | None,
    *,
    anew: bool,
    quiet: bool,
) -> Backfill:
    with progress(quiet=quiet) as told:
        start = since.replace(tzinfo=UTC) if since else None
        return Filling(services, crm, adapter, meter, told).run(start, anew=anew)


def _write(services: Services, crm: CrmConnection, adapter: CRM, *, yes: bool, quiet: bool) -> int:
    count = to_score(services.engine, crm.name)
    if not quiet:
        click.echo(f"\n{count:,} records would get their scores in Leadline's own fields: no owner, no task, no message.")
        show_reactions(plan(services, crm))
    if not count or not (yes or click.confirm(f"\nWrite scores into {count:,} records of {crm.name}?")):
        return 0
    with progress(quiet=quiet) as told:
        written = write_scores(services, crm, adapter, told)
    if not quiet:
        click.echo(f"{written:,} are queued; the workers write them. `leadline pause {crm.name}` stops that at any moment.")
    return written


def _say(services: Services, name: str, state: Backfill, calls: int, seconds: float) -> None:
    click.echo(f"{name}: {state.read:,} records read in {_span(seconds)}, with {calls:,} calls.")
    counts = indexed_counts(services.engine, name)
    told = ", ".join(f"{count:,} {_WORDS.get(why, why)}" for why, count in counts.items())
    click.echo(f"Indexed, matched and scored here: {told or 'none'}. Nothing was written to the CRM.")
    if state.arrived:
        click.echo(f"{state.arrived:,} were made within the last day: the workers decide about them like about any other.")


_WORDS = {"old": "from before Leadline listened", "late": "found more than a day late", "list": "that came as a list"}


def _row(state: Backfill, indexed: int, written: int, calls: int, seconds: float) -> dict[str, object]:
    return {
        "read": state.read,
        "total": state.total,
        "indexed": indexed,
        "arrived": state.arrived,
        "scores_queued": written,
        "calls": calls,
        "calls_in_all_runs": state.calls,
        "seconds": round(seconds, 1),
    }


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
