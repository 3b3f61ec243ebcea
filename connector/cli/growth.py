"""bench growth: what a sweep and a drain cost per record as the mirror grows."""

import json
import sys

import click

_SMALLEST = 10_000


@click.command()
@click.option("--mirror", type=click.IntRange(min=_SMALLEST), default=1_000_000, show_default=True, help="Records at the end.")
@click.option("--changes", type=click.IntRange(min=10), default=1_000, show_default=True, help="In each CRM, in each round.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="At each size; the median counts.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of who is there.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def growth(mirror: int, changes: int, rounds: int, seed: int, as_json: bool) -> None:
    """Sweep and drain in a mirror of 10,000, 100,000, ... records: the cost of one is to stay the same. Exit 1 if it does not.

    The bulk is put straight into the store by PostgreSQL, as a backfill would have left it; what is swept is in the sandbox CRMs.
    """
    from connector import observe
    from connector.bench.growth import findings, measure
    from connector.bench.stage import StageError

    observe.configure(level="error")
    if 2 * changes > _SMALLEST:
        raise click.UsageError(f"Both CRMs together can change no more than the smallest mirror holds, {_SMALLEST:,}.")
    sizes = [size for size in (_SMALLEST, 10 * _SMALLEST, 100 * _SMALLEST) if size < mirror] + [mirror]
    try:
        steps = measure(sizes, changes, rounds, seed, lambda said: click.echo(f"{said} ...", err=True))
    except StageError as error:
        raise click.ClickException(str(error)) from error
    found = list(findings(steps))
    if as_json:
        click.echo(json.dumps({"name": "growth", "seed": seed, "steps": [one.document() for one in steps], "findings": found}))
        sys.exit(bool(found))
    click.echo(
        "Per record: ms of wall time and of our own processor time, and rows of the big tables that PostgreSQL read for it."
    )
    click.echo("In all: rows that it read by walking through a whole table. MB: the most that a worker had.")
    click.echo(f"{'records':>12} {'sweep':>8} {'cpu':>8} {'drain':>8} {'cpu':>8} {'rows read':>9} {'walked':>9} {'MB':>5}")
    for one in steps:
        times = f"{one.sweep_ms:>8.2f} {one.sweep_cpu_ms:>8.2f} {one.drain_ms:>8.2f} {one.drain_cpu_ms:>8.2f}"
        memory = "-" if one.worker_mb is None else f"{one.worker_mb:.0f}"
        click.echo(f"{one.records:>12,} {times} {one.read:>9.2f} {sum(one.walked.values()):>9,} {memory:>5}")
    click.echo("\n".join(found or ["Nothing grows with the mirror."]))
    sys.exit(bool(found))
