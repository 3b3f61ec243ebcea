"""up, web, worker, clock: the processes."""

import time

import click

from config.settings import Settings, load_settings
from connector import observe
from connector.cli.opening import servers_for, services_for
from connector.wiring import open_services

PORT = 8700


@click.command()
@click.option("--port", default=PORT, show_default=True, help="Of the web process.")
@click.option("--workers", type=int, help="Default: two for each connection, and one more.")
def up(port: int, workers: int | None) -> None:
    """Everything on this machine under one supervisor: servers, web, workers, clock."""
    from connector.supervisor import start_supervisor
    from connector.worker import on_stop

    settings = load_settings()
    count = workers or _workers_for(settings)
    supervisor = start_supervisor(settings, port=port, workers=count)
    running = True

    def stop() -> None:
        nonlocal running
        running = False

    on_stop(stop)
    click.echo(f"Starting web, {_workers(count)} and the clock; data in {settings.home}. Ctrl-C stops it.", err=True)
    told = False
    while running:
        supervisor.ensure()
        if not told and _takes_webhooks(port):
            told = True
            click.echo(f"Leadline is up: http://127.0.0.1:{port}. Next, in another terminal: leadline doctor", err=True)
        time.sleep(0.5)
    supervisor.stop()


def _workers(count: int) -> str:
    return "one worker" if count == 1 else f"{count} workers"


def _takes_webhooks(port: int) -> bool:
    """Whether our web process answers there: it says of itself that it is ready."""
    import requests

    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def _workers_for(settings: Settings) -> int:

    with services_for(settings) as services:
        return 2 * len(services.connections()) + 1


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=PORT, show_default=True)
@click.option("--threads", default=8, show_default=True)
def web(host: str, port: int, threads: int) -> None:
    """The web process: webhooks in, health and metrics out."""
    from connector.app import create_app
    from connector.serving import serve

    settings = load_settings()
    observe.configure(level=settings.log)
    with servers_for(settings) as urls:
        services = open_services(settings, urls.database, urls.redis, pool_size=threads)
        serve(create_app(services), host, port, threads=threads)


@click.command()
def worker() -> None:
    """One worker: opens, decides, delivers."""
    from connector.worker import work

    settings = load_settings()
    observe.configure(level=settings.log)
    with servers_for(settings) as urls:
        work(open_services(settings, urls.database, urls.redis, pool_size=4), urls.redis)


@click.command()
def clock() -> None:
    """The clock: re-rings for whatever waits, and keeps house."""
    from connector.clock import Clock
    from connector.worker import on_stop

    settings = load_settings()
    observe.configure(level=settings.log)
    with servers_for(settings) as urls:
        ticking = Clock(open_services(settings, urls.database, urls.redis, pool_size=4))
        on_stop(ticking.stopped.set)
        ticking.run()
