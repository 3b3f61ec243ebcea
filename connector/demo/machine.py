"""Everything that the demo runs, started and stopped: embedded servers, sandbox CRMs, web, workers, clock."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import requests

from config.settings import Settings, load_settings
from connector import observe
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals, set_up
from connector.ports import free_port
from connector.supervisor import Supervisor, start_supervisor
from connector.telling import Telling
from connector.wiring import Services, open_services

WORKERS: Final = 5
_READY_SECONDS: Final = 60.0


class DemoError(RuntimeError):
    """The demo cannot start or go on; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The running demo."""

    home: Path
    kept: bool
    """The home folder was given, and stays."""
    web_url: str
    supervisor: Supervisor
    services: Services
    portals: Portals


@contextmanager
def machine(telling: Telling, port: int) -> Iterator[Machine]:
    """Starts everything and connects both CRMs, live; stops everything at the end.

    Args:
        port: of the web process; 0 takes any free one.

    Raises:
        DemoError: something did not come up.
    """
    with ExitStack() as closing:
        home, kept = closing.enter_context(_home())
        observe.configure(closing.enter_context((home / "leadline.log").open("a", encoding="utf-8")))
        web_port = port or free_port()
        web_url = f"http://127.0.0.1:{web_port}"
        settings = _settings(home, web_url)
        with telling.step(f"Starting PostgreSQL and Valkey under {home}"):
            supervisor = start_supervisor(settings, port=web_port, workers=WORKERS)
            closing.callback(supervisor.stop)
            for process in supervisor.processes:
                process.output = home / "leadline.log"
        with telling.step("Starting the sandbox CRMs, one Salesforce org and one HubSpot portal"):
            sandbox_url = closing.enter_context(sandbox_process(home / "sandbox"))
        with telling.step("Making the tables"):
            services = open_services(settings, supervisor.servers.database_url, supervisor.servers.redis_url)
            closing.callback(services.close)
        with telling.step("Connecting both CRMs: reps, queues, fields, webhooks"):
            portals = set_up(services, sandbox_url, web_url)
            closing.callback(portals.sandbox.close)
        with telling.step("golive: Leadline may now set owners and make tasks in both"):
            for name in (SALESFORCE, HUBSPOT):
                go_live(services, name, "", "full")
        with telling.step(f"Starting web, {WORKERS} workers and the clock"):
            supervisor.ensure()
            _wait_for_web(web_url, supervisor)
        closing.callback(telling.say, "Stopping everything.")
        yield Machine(home, kept, web_url, supervisor, services, portals)


@contextmanager
def _home() -> Iterator[tuple[Path, bool]]:
    """The folder of this demo's data: `LEADLINE_HOME` if it is given and new, or one that is thrown away afterwards."""
    if os.environ.get("LEADLINE_HOME"):
        home = load_settings().home
        if home.exists() and any(home.iterdir()):
            raise DemoError(
                f"LEADLINE_HOME, {home}, holds something already, and the demo would mix its leads into it; "
                "name a new folder, or unset LEADLINE_HOME for one that is thrown away."
            )
        home.mkdir(parents=True, exist_ok=True)
        yield home, True
        return
    home = Path(tempfile.mkdtemp(prefix="leadline-demo-"))
    home.chmod(0o755)  # where root runs the demo, PostgreSQL runs as a user of its own
    try:
        yield home, False
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _settings(home: Path, web_url: str) -> Settings:
    """As the environment says, but never with somebody's real database: the demo brings its own."""
    return replace(load_settings(), home=home, database_url=None, redis_url=None, public_url=web_url)


def _wait_for_web(web_url: str, supervisor: Supervisor) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up:
        supervisor.ensure()
        if _is_ready(web_url):
            return
        time.sleep(0.1)
    raise DemoError(f"The web process did not become ready at {web_url} within {_READY_SECONDS:.0f} s; is the port taken?")


def _is_ready(web_url: str) -> bool:
    try:
        return requests.get(f"{web_url}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


# ── the sandbox ───────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def sandbox_process(home: Path, port: int = 0, *, install: bool = False, lived_in: bool = False) -> Iterator[str]:
    """Both sandbox CRMs as a process of their own; gives the URL once they listen.

    Raises:
        DemoError: they did not start.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "adapters.sandbox", "--home", str(home), "--port", str(port)]
    command += [*["--install"] * install, *["--lived-in"] * lived_in]
    with (home / "sandbox.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)  # noqa: S603 - our own
    try:
        yield _url_of(process, home)
    finally:
        process.send_signal(signal.SIGTERM)
        _reap(process)
        if process.stdout:
            process.stdout.close()


def _url_of(process: "subprocess.Popen[bytes]", home: Path) -> str:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise DemoError(f"The sandbox CRMs did not start: is the port taken? See {home / 'sandbox.log'}.")
    return str(json.loads(line)["url"])


def _reap(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
