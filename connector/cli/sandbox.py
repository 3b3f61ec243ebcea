"""sandbox: the two CRMs alone, for any client."""

import threading
from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8710, show_default=True, help="0: any free one.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that keeps the records. Default: LEADLINE_HOME/sandbox.",
)
@click.option("--install", is_flag=True, help="Make the custom fields of the default mapping in both CRMs.")
@click.option("--lived-in", is_flag=True, help="Give both CRMs a past: 400 fields, rules, flows, 90 days of leads.")
def sandbox(port: int, home: Path | None, install: bool, lived_in: bool) -> None:
    """A Salesforce org and a HubSpot portal on this machine, speaking their real protocols, until Ctrl-C."""
    from adapters.sandbox.sandbox import start
    from config.settings import load_settings
    from connector.worker import on_stop

    folder = home or load_settings().home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        running = start(folder, port, install=install, lived_in=lived_in)
    except OSError as error:
        raise click.UsageError(f"Port {port} cannot be listened on: {error.strerror}; name another with --port.") from error
    stopped = threading.Event()
    on_stop(stopped.set)
    click.echo(f"Both CRMs answer at {running.url}, the control calls below {running.url}/_sandbox/; records in {folder}.")
    _say_how(running.url)
    stopped.wait()
    running.stop()


def _say_how(url: str) -> None:
    """What to type at `connect`: the sandbox's keys are known to all."""
    from adapters.sandbox.hubspot_settings import HubSpotSettings
    from connector.cli.onward import Onward, say_next

    known = HubSpotSettings()
    say_next(
        Onward(f"leadline connect salesforce acme --login-url {url}", "any consumer key does; user integration@sandbox.example"),
        Onward(
            f"leadline connect hubspot portal --app-url {url} --api-url {url}",
            f"client ID {known.client_id}, secret {known.client_secret}",
        ),
    )
    click.echo("Both are sandboxes; their browser agrees at once.")
