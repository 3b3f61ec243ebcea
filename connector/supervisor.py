"""Everything on one machine under one supervisor: the embedded servers, the web process, workers and the clock."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config.settings import Settings
from connector.store.servers import Servers, start_servers

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Process:
    """One Leadline process, started again when it dies."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    running: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    deaths: int = 0
    output: Path | None = None
    """Where it says what it has to say; None: where we do."""

    def ensure(self) -> None:
        if self.running is not None and self.running.poll() is None:
            return
        if self.running is not None:
            if time.monotonic() - self.started_at < 1.0:
                return  # it dies at once: once a second is often enough
            self.deaths += 1
            log.warning("process died", process=self.name, status=self.running.returncode)
        self.started_at = time.monotonic()
        self.running = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "connector", *self.arguments]
        if self.output is None:
            return subprocess.Popen(command, env=dict(self.environment))  # noqa: S603
        with self.output.open("ab") as output:
            return subprocess.Popen(command, env=dict(self.environment), stdout=output, stderr=output)  # noqa: S603

    def stop(self) -> None:
        if self.running is None or self.running.poll() is not None:
            return
        self.running.terminate()
        try:
            self.running.wait(8)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


@dataclass(slots=True)
class Supervisor:
    """`up`: starts all, watches all, stops all."""

    settings: Settings
    servers: Servers
    processes: list[Process] = field(default_factory=list)

    def ensure(self) -> None:
        """Starts whatever is not running."""
        self.servers.ensure()
        for process in self.processes:
            process.ensure()

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()
        self.servers.stop()


def start_supervisor(settings: Settings, *, port: int, workers: int, webs: int = 1, durable: bool = True) -> Supervisor:
    """Starts the embedded servers that no URL was given for, then `webs` web processes from `port` on, workers and one clock."""
    servers = start_servers(
        settings.home, postgres=settings.database_url is None, redis=settings.redis_url is None, durable=durable
    )
    metrics = settings.home / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or servers.database_url,
        "LEADLINE_REDIS_URL": settings.redis_url or servers.redis_url,
        "LEADLINE_PUBLIC_URL": settings.public_url,
    }
    supervisor = Supervisor(settings, servers)
    supervisor.processes += [Process(f"web-{n}", ("web", "--port", str(port + n)), environment) for n in range(webs)]
    supervisor.processes += [Process(f"worker-{n}", ("worker",), environment) for n in range(workers)]
    supervisor.processes.append(Process("clock", ("clock",), environment))
    return supervisor
