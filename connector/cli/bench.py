"""bench: the benchmarks, each with its own floor or peer measured in the same run."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
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

    _show(measure(pairs=pairs, seconds=seconds), as_json=as_json)


def _show(results: "Sequence[Result]", *, as_json: bool) -> None:
    from connector.bench.result import table

    click.echo(json.dumps([result.document() for result in results]) if as_json else table(results))
