"""Both CRMs, empty or lived in, connected by `leadline connect`; and `leadline` as a process that can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest
import requests
from click.testing import Result

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start
from connector.connecting.joining import REVIEWERS
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.store.turns import set_pools
from connector.wiring import Services
from tests.connector.connecting.conftest import (  # noqa: F401 - fixtures
    ADA,
    HANA,
    ROOMY,
    Connect,
    browser,
    by_jwt,
    by_oauth,
    crms,
    key_file,
    roomy,
    run,
    secret_file,
)
from tests.connector.leaving.snapshots import Snapshot, of_hubspot, of_salesforce

Kind = Literal["salesforce", "hubspot"]
PAST = {"salesforce": {"leads": 40, "days": 20}, "hubspot": {"contacts": 40, "days": 20}}
NAMES = {"salesforce": "acme", "hubspot": "portal"}
TABLE = {"salesforce": "Lead", "hubspot": "contacts"}
QUEUE = "Leadline Nurture"


@pytest.fixture(params=["empty", "lived-in"])
def past(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox(tmp_path: Path, past: str) -> Iterator[RunningSandbox]:
    """As `leadline sandbox` starts it, or `leadline sandbox --lived-in` with fewer leads."""
    running = start(tmp_path / "sandbox")
    if past == "lived-in":
        with SandboxClient(running.url) as client:
            for kind in ("salesforce", "hubspot"):
                client.command(kind, "lived_in", **PAST[kind])  # type: ignore[arg-type]
    yield running
    running.stop()


@dataclass
class House:
    """One CRM with Leadline connected to it."""

    kind: Kind
    services: Services
    control: SandboxClient
    run: Callable[..., Result]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def crm(self) -> CrmConnection:
        self.services.refresh()
        found = self.services.crm(self.name)
        assert found
        return found

    def install(self, *arguments: object) -> Result:
        return self.run("install", self.name, *arguments)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """As an administrator, by the public API."""
        answer = requests.request(method, self.control.url + path, json=body, headers=self.headers, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def snapshot(self) -> Snapshot:
        return of_salesforce(self.control.url, self.headers) if self.kind == "salesforce" else of_hubspot(self.call)

    def stored(self, id_: str) -> dict[str, Any]:
        (found,) = self.control.read(self.kind, TABLE[self.kind], [id_])
        assert found
        return dict(found["properties"])


@pytest.fixture(params=["salesforce", "hubspot"])
def house(
    request: pytest.FixtureRequest,
    services: Services,
    crms: SandboxClient,  # noqa: F811
    run: Callable[..., Result],  # noqa: F811
    by_jwt: Connect,  # noqa: F811
    by_oauth: Connect,  # noqa: F811
    web_url: str,
) -> House:
    """Connected by the command, with nothing installed."""
    assert web_url
    kind: Kind = request.param
    made = House(kind, services, crms, run)
    made.headers = {"Authorization": f"Bearer {_session(crms.url) if kind == 'salesforce' else 'pat-na1-admin'}"}
    settings = crms.settings("hubspot", search_lag_ms=0, limits=False)
    connected = by_jwt() if kind == "salesforce" else by_oauth()
    assert connected.exit_code == 0, connected.output
    crm = made.crm  # with an app whose webhooks can be set by API, and for the killed process as roomy as here
    key = {"developer_key": settings["developer_key"]} if kind == "hubspot" else {}
    changed = replace(
        crm, credentials={**crm.credentials, **key}, options={**crm.options, "buckets": ROOMY if crm.kind == "hubspot" else ()}
    )
    transact(services.engine, lambda session: put_connection(session, services.vault, changed))
    pools = {"closers": {ADA: 1}, "sdrs": {ADA: 1}, REVIEWERS: {HANA: 1}}
    transact(services.engine, lambda session: set_pools(session, pools))
    return made


def _session(url: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": "3MVG9consumerkey", "client_secret": "consumer-secret-1"}
    return str(requests.post(f"{url}/services/oauth2/token", data=form, timeout=10).json()["access_token"])


@contextmanager
def process(arguments: Sequence[object]) -> Iterator["subprocess.Popen[str]"]:
    """A real `leadline …`, with this test's environment; killed at the end if it is still there."""
    command = [sys.executable, "-m", "connector", *map(str, arguments)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGKILL)


def killed_after(arguments: Sequence[object], lines: int) -> Sequence[str]:
    """Runs a command and kills it, -9, when it has told so many steps; what it had told by then."""
    told: list[str] = []
    with process(arguments) as running:
        assert running.stdout
        for line in running.stdout:
            told.append(line)
            if sum(one.startswith("  ") and not one.startswith("   ") for one in told) == lines:
                running.kill()
                break
        running.wait(timeout=60)
        assert running.returncode == -signal.SIGKILL, "".join(told)
    return told
