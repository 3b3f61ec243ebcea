"""A machine with nothing on it but two sandbox CRMs: what an admin's whole way begins with."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.sandbox.client import SandboxClient
from connector.bench.keystrokes import Terminal
from connector.bench.stage import wait_until_served
from connector.demo.machine import sandbox_process
from connector.ports import HOST, free_port
from connector.store.servers import remove

CONSUMER_KEY: Final = "3MVG9.journey.consumer.key"
_WORKERS: Final = 3
_PATIENCE: Final = 120.0
"""Seconds until `up` must answer: it starts seven processes, perhaps on a busy machine."""

FORM_USER: Final = "web-form@acme.example"
"""Under whom the web site makes leads in Salesforce."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who works there: e-mail addresses."""

    reviewer: str
    closers: tuple[str, ...]
    sdrs: tuple[str, ...]


_NEW: Final = Company(
    "hana@acme.example", ("ada@acme.example", "ben@acme.example"), ("dana@acme.example", "emil@acme.example", "fay@acme.example")
)
_LIVED_IN: Final = Company(
    "lena@lived-in.test",
    ("ann@lived-in.test", "ben@lived-in.test"),
    ("cem@lived-in.test", "dora@lived-in.test", "eva@lived-in.test"),
)


@dataclass(slots=True)
class World:
    """The home folder, the CRMs, and the terminal at which everything is typed."""

    home: Path
    port: int
    """Of the web process, once `up` runs."""
    crms: SandboxClient
    company: Company
    terminal: Terminal
    done: list[tuple[str, str]] = field(default_factory=list)
    """What was done by hand in a CRM, each with the words on the screen that said so."""

    @property
    def key_file(self) -> Path:
        return self.home / "server.key"


@contextmanager
def open_world(*, lived_in: bool, servers: Mapping[str, str] | None = None) -> Iterator[World]:
    """Starts the CRMs; ends whatever was started, and removes it.

    Args:
        lived_in: with 90 days of leads, rules, flows and 400 fields, instead of empty.
        servers: `LEADLINE_DATABASE_URL` and `LEADLINE_REDIS_URL` of servers that run already; else each command brings its own.
    """
    with ExitStack() as closing:
        home = Path(tempfile.mkdtemp(prefix="leadline-journey-"))
        closing.callback(remove, home)
        home.chmod(0o755)  # as root, PostgreSQL runs as another user and must reach its data
        port = free_port()
        url = closing.enter_context(sandbox_process(home / "crms", lived_in=lived_in))
        crms = closing.enter_context(SandboxClient(url))
        company = _LIVED_IN if lived_in else _NEW
        _staff(crms, company)
        yield World(home, port, crms, company, Terminal(_environment(home, port, servers or {})))


@contextmanager
def running(world: World) -> Iterator[None]:
    """`leadline up`, from when it takes webhooks. What it has to say goes to `up.log`.

    Raises:
        StageError: nothing answered in time.
    """
    command = [sys.executable, "-m", "connector", "up", "--port", str(world.port), "--workers", str(_WORKERS)]
    with (world.home / "up.log").open("ab") as log:
        process = subprocess.Popen(command, env=dict(world.terminal.environment), stdout=log, stderr=log)  # noqa: S603
    try:
        wait_until_served(world.port, _PATIENCE)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _staff(crms: SandboxClient, company: Company) -> None:
    people = (company.reviewer, *company.closers, *company.sdrs, FORM_USER)
    crms.add_people(
        [{"email": one, "firstName": one.split("@")[0].title(), "lastName": "Acme", "active": True} for one in people]
    )


def _environment(home: Path, port: int, servers: Mapping[str, str]) -> Mapping[str, str]:
    """An installation of its own, and a browser that agrees."""
    own = {
        "LEADLINE_HOME": str(home / "leadline"),
        "LEADLINE_PUBLIC_URL": f"http://{HOST}:{port}",
        "LEADLINE_DATABASE_URL": "",
        "LEADLINE_REDIS_URL": "",
        "LEADLINE_SECRET_KEYS": "",
        "BROWSER": f"{sys.executable} -m connector.bench.agreeing %s",
    }
    return {**{name: text for name, text in os.environ.items() if not name.startswith("LEADLINE_")}, **own, **servers}
