"""bench: the benchmarks, each with its own floor or peer measured in the same run."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.chaos import chaos
from connector.cli.growth import growth
from connector.cli.journey import journey
from connector.cli.mirror import mirror
from connector.cli.syncing import sync

if TYPE_CHECKING:
    from connector.bench.forge import ForgeReport
    from connector.bench.result import Result

_JSON = click.option("--json", "as_json", is_flag=True, help="For a program.")


@click.group()
def bench() -> None:
    """The benchmarks. Each brings its own servers up in a temporary folder, and takes them down again."""


@bench.command()
@click.option("--pairs", type=click.IntRange(min=1), default=7, show_default=True, help="Alternating runs of us and the floor.")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=2.0, show_default=True, help="Of each run, about.")
@_JSON
def receiver(pairs: int, seconds: float, as_json: bool) -> None:
    """Webhooks taken in a second, against one bare insert behind the same web server."""
    from connector.bench.receiver import measure

    with _failures_said():
        results = measure(pairs=pairs, seconds=seconds)
    _show(results, as_json=as_json)


@bench.command()
@click.option("--leads", type=click.IntRange(min=2), default=10_000, show_default=True, help="Of a backlog, half in each CRM.")
@click.option("--sample", type=click.IntRange(min=2), default=300, show_default=True, help="Of them for the peer, which is slow.")
@click.option("--workers", type=click.IntRange(min=1), default=3, show_default=True, help="Processes, ours and the peer's.")
@click.option("--pairs", type=click.IntRange(min=1), default=3, show_default=True, help="Alternating runs of us and the peer.")
@click.option("--quiet", type=click.IntRange(min=2), default=60, show_default=True, help="Lone leads.")
@_JSON
def pipeline(leads: int, sample: int, workers: int, pairs: int, quiet: int, as_json: bool) -> None:
    """Leads decided and written in a second, against one RQ job per lead; and the wait of a lone lead."""
    from connector.bench.pipeline import measure

    with _failures_said():
        results = measure(leads=leads, sample=sample, workers=workers, pairs=pairs, quiet=quiet)
    _show(results, as_json=as_json)


@bench.command("dedupe")
@click.option("--records", type=click.IntRange(min=100), default=50_000, show_default=True, help="Made-up people.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--peer", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A Python that has splink 4 installed."
)
@_JSON
def dedupe_(records: int, seed: int, peer: Path | None, as_json: bool) -> None:
    """People deduplicated in a second, training included, with accuracy by kind of duplicate; beside splink."""
    from connector.bench.dedupe import measure

    with _failures_said():
        results = measure(records=records, seed=seed, peer=peer)
    _show(results, as_json=as_json)


@bench.command()
@click.option("--count", type=click.IntRange(min=1), default=100_000, show_default=True, help="Requests.")
@click.option("--seed", type=int, default=1, show_default=True)
@_JSON
def forge(count: int, seed: int, as_json: bool) -> None:
    """Forged and broken webhooks against the real web process. Exit 1 if one got in, a good one did not, or anything broke."""
    from connector.bench.siege import lay_siege

    with _failures_said():
        report = lay_siege(count, seed)
    click.echo(json.dumps(asdict(report)) if as_json else _told(report))
    if report.accepted_wrongly or report.refused_wrongly or report.server_errors:
        sys.exit(1)


@bench.command()
@click.option(
    "--records", default="10000,100000,1000000", show_default=True, metavar="N,N", help="Sizes of the index, one after another."
)
@click.option(
    "--lookups", type=click.IntRange(min=20), default=2_000, show_default=True, help="At each size; half of known people."
)
@click.option("--seed", type=int, default=1, show_default=True)
@_JSON
def lookup(records: str, lookups: int, seed: int, as_json: bool) -> None:
    """One new person against an index of many records: how fast, how surely, and what the index costs."""
    from connector.bench.lookup import measure

    sizes = sorted({int(size) for size in records.split(",") if size.strip().isdigit()})
    if not sizes or sizes[0] < lookups:
        raise click.UsageError(f"--records wants numbers from {lookups} (--lookups) on, such as 10000,100000.")
    with _failures_said():
        results = measure(sizes=sizes, lookups=lookups, seed=seed, told=lambda what: click.echo(what, err=True))
    _show(results, as_json=as_json)


bench.add_command(chaos)
bench.add_command(journey)
bench.add_command(growth)
bench.add_command(mirror)
bench.add_command(sync)


@contextmanager
def _failures_said() -> Iterator[None]:
    """What kept a benchmark from its end, in its own sentence."""
    from connector.bench.load import LoadError
    from connector.bench.stage import StageError

    try:
        yield
    except (LoadError, StageError) as error:
        raise click.ClickException(str(error)) from error


def _told(report: "ForgeReport") -> str:
    by_status = ", ".join(f"{status}: {count}" for status, count in report.by_status.items())
    wrong = {
        "Accepted wrongly": report.accepted_wrongly,
        "Refused wrongly": report.refused_wrongly,
        "Server errors": report.server_errors,
    }
    lines = [
        f"{report.sent} requests sent, {report.authentic} of them authentic.",
        f"Answers by status (0: closed without one): {by_status}.",
        " ".join(f"{what}: {count}." for what, count in wrong.items()),
    ]
    if report.wrong_tricks:
        lines.append("Behind it: " + ", ".join(f"{trick} {count}" for trick, count in sorted(report.wrong_tricks.items())) + ".")
    return "\n".join(lines)


def _show(results: "Sequence[Result]", *, as_json: bool) -> None:
    from connector.bench.result import table

    click.echo(json.dumps([result.document() for result in results]) if as_json else table(results))
