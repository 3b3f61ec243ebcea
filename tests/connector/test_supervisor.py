"""`up`: real processes, started, started again when they die, and stopped."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from config.settings import Settings
from connector.ports import free_port
from connector.store.servers import Servers
from connector.supervisor import Process, start_supervisor


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30.0
    while not holds():
        assert time.monotonic() < deadline, "it never came about"


def ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).json() == {"database": True, "redis": True}
    except requests.ConnectionError:
        return False


def test_a_killed_process_is_started_again_and_all_stop(settings: Settings, servers: Servers) -> None:
    port = free_port()
    supervisor = start_supervisor(replace(settings, min_disk_mb=0), port=port, workers=0)
    try:
        assert supervisor.servers.children == [], "both servers have a URL"
        web = supervisor.processes[0]
        supervisor.processes = [web]
        supervisor.ensure()
        until(lambda: ready(port))
        first = web.running
        assert first
        first.kill()
        first.wait()
        web.started_at -= 60.0
        supervisor.ensure()
        assert web.deaths == 1
        assert web.running is not first
        until(lambda: ready(port))
        supervisor.ensure()
        assert web.deaths == 1
    finally:
        supervisor.stop()
    assert all(process.running and process.running.poll() is not None for process in supervisor.processes)


def test_one_that_dies_at_once_is_not_started_in_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    process = Process("none", (), dict(os.environ), output=tmp_path / "said")
    process.ensure()
    first = process.running
    assert first
    first.wait()
    process.started_at = time.monotonic() + 60.0
    for _ in range(5):
        process.ensure()
    assert (process.running, process.deaths) == (first, 0)
    process.started_at -= 120.0
    process.ensure()
    assert process.deaths == 1
    assert process.running is not first
    process.stop()
    process.stop()


def test_what_was_never_started_is_stopped_quietly() -> None:
    Process("none", (), {}).stop()


@pytest.mark.parametrize(("webs", "workers"), [(1, 2), (3, 1)])
def test_every_process_has_a_name_and_its_port(settings: Settings, webs: int, workers: int) -> None:
    supervisor = start_supervisor(settings, port=8_900, workers=workers, webs=webs)
    names = [process.name for process in supervisor.processes]
    assert len(set(names)) == len(names) == webs + workers + 1
    ports = [process.arguments[-1] for process in supervisor.processes if process.arguments[0] == "web"]
    assert ports == [str(8_900 + n) for n in range(webs)]
    environment = supervisor.processes[0].environment
    assert environment["LEADLINE_DATABASE_URL"] == settings.database_url
    assert environment["LEADLINE_PUBLIC_URL"] == settings.public_url
