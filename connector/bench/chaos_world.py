"""The whole system as `up` runs it, on real servers, beside the two sandbox CRMs; and a watchman who starts again what dies."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from config.settings import Settings, load_settings
from connector.bench.stage import StageError, wait_until_served
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals, set_up
from connector.ports import HOST, free_port
from connector.store.servers import ServerDidNotStartError, remove
from connector.supervisor import Supervisor, start_supervisor
from connector.wiring import Services, open_services

SETTLE_SECONDS: Final = 8.0
CALL_SECONDS: Final = 2.0
"""Deadline of one CRM call."""
LATE_SECONDS: Final = 2.5
"""When the sandbox carries out a write that nobody waits for any more: after the deadline, well before the settling time."""


@dataclass(slots=True)
class World:
    settings: Settings
    supervisor: Supervisor
    services: Services
    portals: Portals
    ports: tuple[int, ...]
    """Of the web processes: the first takes HubSpot's webhooks, the last Salesforce's."""
    trouble: list[str] = field(default_factory=list)
    """Why the watchman could not start something."""

    def another(self) -> Services:
        """Services of their own for one more worker in this process: adapters belong to one thread."""
        return _services(self.settings, self.supervisor)

    @property
    def logs(self) -> Path:
        return self.settings.home / "logs"


@contextmanager
def open_world(*, workers: int = 3, webs: int = 2, options: Mapping[str, Any] | None = None) -> Iterator[World]:
    """Starts everything, connected and in mode full; stops and removes it at the end.

    Args:
        options: for both connections, beside the deadline of a call.
    """
    home = Path(tempfile.mkdtemp(prefix="leadline-chaos-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another user and must reach its data
    port = free_port(webs)
    settings = _settings(home, port)
    supervisor = _supervisor(settings, port, workers, webs)
    try:
        with _sandbox(home) as url, closing(_services(settings, supervisor)) as services:
            world = _connected(settings, supervisor, services, url, port, webs, options or {})
            with _watched(world):
                for one in world.ports:
                    wait_until_served(one)
                yield world
    finally:
        supervisor.stop()
        remove(Path(supervisor.servers.redis_url.removeprefix("unix://")).parent)
        remove(home)


def _settings(home: Path, port: int) -> Settings:
    own = {
        "HOME": str(home),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SETTLE_SECONDS": str(SETTLE_SECONDS),
        "RING_SECONDS": "1",
    }
    return load_settings({**os.environ, **{f"LEADLINE_{name}": text for name, text in own.items()}})


def _supervisor(settings: Settings, port: int, workers: int, webs: int) -> Supervisor:
    supervisor = start_supervisor(settings, port=port, workers=workers, webs=webs)
    logs = settings.home / "logs"
    logs.mkdir()
    tempo = {"LEADLINE_SETTLE_SECONDS": str(settings.settle_seconds), "LEADLINE_RING_SECONDS": str(settings.ring_seconds)}
    for process in supervisor.processes:
        process.environment = {**process.environment, **tempo}
        process.output = logs / f"{process.name}.log"
    return supervisor


def _services(settings: Settings, supervisor: Supervisor) -> Services:
    return open_services(settings, supervisor.servers.database_url, supervisor.servers.redis_url)


@contextmanager
def _sandbox(home: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "adapters.sandbox", "--home", str(home / "sandbox")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise StageError("The sandbox CRMs did not start; run `leadline sandbox` to see why.")
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()


def _connected(
    settings: Settings,
    supervisor: Supervisor,
    services: Services,
    sandbox_url: str,
    port: int,
    webs: int,
    options: Mapping[str, Any],
) -> World:
    web_url = f"http://{HOST}:{port}"
    portals = set_up(services, sandbox_url, web_url, options={"total_seconds": CALL_SECONDS, **options})
    for name in (SALESFORCE, HUBSPOT):
        go_live(services, name, "", "full")
    last = port + webs - 1
    _move_salesforce(portals, web_url, f"http://{HOST}:{last}")
    return World(settings, supervisor, services, portals, tuple(range(port, last + 1)))


def _move_salesforce(portals: Portals, before: str, now: str) -> None:
    """Outbound messages carry no signature over their URL, so another web process can take them."""
    target = next(one for one in portals.sandbox.targets() if one["crm"] == "salesforce")
    portals.sandbox.remove_targets(target["id"])
    kept = {name: target[name] for name in ("object", "fields", "on", "watch")}
    portals.sandbox.add_target("salesforce", target["url"].replace(before, now), **kept)


@contextmanager
def _watched(world: World) -> Iterator[None]:
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.wait(0.2):
            try:
                world.supervisor.ensure()
            except ServerDidNotStartError as error:
                world.trouble.append(str(error))

    watchman = threading.Thread(target=watch, name="watchman", daemon=True)
    watchman.start()
    try:
        yield
    finally:
        stopping.set()
        watchman.join()
