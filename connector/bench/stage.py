"""The stage every benchmark plays on: real servers in a throw-away folder, the real processes, and a sandbox CRM if wanted."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from config.mapping import shipped_mapping
from config.settings import Settings, load_settings
from connector.bench.senders import Target
from connector.ports import HOST, free_port
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import Session, transact
from connector.store.servers import Servers, remove
from connector.supervisor import Process, start_supervisor
from connector.wiring import Services, open_services

_PATIENCE: Final = 90.0
"""Seconds that a process may take until it answers; it may have to share the machine."""

Kind = Literal["web", "worker", "clock"]


class StageError(RuntimeError):
    """Something that a benchmark needs did not come up, or did not finish; the sentence says what."""


@dataclass(slots=True)
class Stage:
    """Servers run from the beginning; processes start when a benchmark says so, and are not started again when they die."""

    settings: Settings
    servers: Servers
    services: Services
    processes: Sequence[Process]
    port: int
    """Of the web process."""

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self, kind: Kind) -> None:
        for process in self._of(kind):
            process.ensure()
        if kind == "web":
            wait_until_served(self.port)

    def stop(self, kind: Kind) -> None:
        for process in self._of(kind):
            process.stop()
            process.running = None

    def pids(self, kind: Kind) -> list[int]:
        return [process.running.pid for process in self._of(kind) if process.running]

    def _of(self, kind: Kind) -> list[Process]:
        return [process for process in self.processes if process.name.startswith(kind)]


@contextmanager
def open_stage(*, workers: int = 0, public_url: str = "") -> Iterator[Stage]:
    """Embedded PostgreSQL (with fsync, as in production) and Valkey under a temporary folder, removed at the end.

    Args:
        workers: how many there will be once they are started.
        public_url: where the CRMs believe this Leadline to be; its own address if empty.
    """
    home = Path(tempfile.mkdtemp(prefix="leadline-bench-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another user and must reach its data
    port = free_port()
    settings = _settings(home, public_url or f"http://{HOST}:{port}")
    supervisor = start_supervisor(settings, port=port, workers=workers)
    servers = supervisor.servers
    try:
        services = open_services(settings, servers.database_url, servers.redis_url)
        with contextlib.closing(services):
            yield Stage(settings, servers, services, supervisor.processes, port)
    finally:
        supervisor.stop()
        remove(Path(servers.redis_url.removeprefix("unix://")).parent)
        remove(home)


def _settings(home: Path, public_url: str) -> Settings:
    """The environment's, but for where data lives: a benchmark never touches an installation."""
    own = {"HOME": str(home), "PUBLIC_URL": public_url, "DATABASE_URL": "", "REDIS_URL": ""}
    return load_settings({**os.environ, **{f"LEADLINE_{name}": text for name, text in own.items()}})


@contextmanager
def open_sandbox(stage: Stage) -> Iterator[str]:
    """Both sandbox CRMs in a process of their own; the URL."""
    command = [sys.executable, "-m", "adapters.sandbox", "--home", str(stage.settings.home / "sandbox")]
    with _stopped_at_the_end(subprocess.Popen(command, stdout=subprocess.PIPE)) as process:  # noqa: S603 - our own module
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise StageError("The sandbox CRMs did not start; run `leadline sandbox` to see why.")
        yield str(json.loads(line)["url"])


@contextmanager
def open_process(module: str, *arguments: str, port: int, stage: Stage) -> Iterator[int]:
    """One of the benchmarks' own servers, once it answers on `port`; its process id."""
    environment = {**os.environ, "LEADLINE_DATABASE_URL": stage.servers.database_url}
    command = [sys.executable, "-m", module, *arguments]
    with _stopped_at_the_end(subprocess.Popen(command, env=environment)) as process:  # noqa: S603 - our own module
        wait_until_served(port)
        yield process.pid


@contextmanager
def _stopped_at_the_end(process: "subprocess.Popen[bytes]") -> "Iterator[subprocess.Popen[bytes]]":
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def connect_target(services: Services, target: Target) -> None:
    """Two connections that take webhooks and reach no CRM."""
    portal = CrmConnection(
        name=target.hubspot,
        kind="hubspot",
        account=str(target.portal),
        app_id=str(target.app),
        base_url=f"http://{HOST}:9",
        api="v3",
        mapping=shipped_mapping("hubspot"),
        inbound_secrets=(target.hubspot_key,),
    )
    org = CrmConnection(
        name=target.salesforce,
        kind="salesforce",
        account=target.organization,
        base_url=f"http://{HOST}:9",
        api="v67.0",
        mapping=shipped_mapping("salesforce"),
        inbound_secrets=(target.salesforce_key,),
    )

    def work(session: Session) -> None:
        for crm in (portal, org):
            put_connection(session, services.vault, crm)

    transact(services.engine, work)
    services.refresh()


def wait_until_served(port: int, patience: float = _PATIENCE) -> None:
    """
    Args:
        patience: seconds.

    Raises:
        StageError: nothing answered in time.
    """
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up:
        if _answers(port):
            return
        time.sleep(0.05)
    raise StageError(f"Nothing answered on port {port} within {patience:.0f} s; look at what its process said.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):  # a connection to a free port may even meet itself
        return False
    finally:
        connection.close()
