"""demo: everything on this machine, with leads flowing."""

import json
import signal
import sys
from pathlib import Path

import click


@click.command()
@click.option("--leads", "file", type=click.Path(path_type=Path), help="A CSV file of leads; without it, leads are generated.")
@click.option("--once", is_flag=True, help="Stop when every lead is done: exit 0 if none is in limbo and every packet verifies.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; everything else goes to stderr.")
@click.option("--count", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Of generated leads.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of the web process. Default: any free one.")
def demo(file: Path | None, once: bool, as_json: bool, count: int, port: int) -> None:
    """Everything on this machine: two sandbox CRMs, Leadline, and leads that come in as signed webhooks.

    Their scores, routes and owners appear in the sandbox CRMs' own records, and are read from there.
    """
    from rich.console import Console

    from connector.demo.machine import DemoError
    from connector.demo.run import Wish, run
    from connector.tables import UnreadableTableError
    from connector.telling import Telling

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # everything that was started is stopped, as by Ctrl-C
    telling = Telling(Console(stderr=True))
    try:
        report = run(Wish(file, count, once, port), telling, telling.console if as_json else Console())
    except (DemoError, UnreadableTableError) as error:
        raise _Refused(str(error)) from error
    if as_json:
        click.echo(json.dumps(report.document()))
    if not report.fine:
        sys.exit(1)


class _Refused(click.ClickException):
    """Shown as one sentence."""

    exit_code = 2
