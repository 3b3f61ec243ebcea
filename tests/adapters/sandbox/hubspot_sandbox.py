"""A whole sandbox over HTTP for tests of its HubSpot half, with a clock that stands still unless moved."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from hubspot import HubSpot

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sandbox_hubspot"
NOON = 1_795_348_800_000
"""2026-11-22T12:00:00Z."""

V3 = {"objects": "/crm/v3/objects", "properties": "/crm/v3/properties", "owners": "/crm/v3/owners", "links": "/crm/v4/objects"}
DATED = {
    "objects": "/crm/objects/2026-09",
    "properties": "/crm/properties/2026-09",
    "owners": "/crm/owners/2026-09",
    "links": "/crm/objects/2026-09",
}


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Portal:
    running: RunningSandbox
    control: SandboxClient
    clock: list[int]
    session: requests.Session = field(default_factory=requests.Session)
    token: str = "pat-na1-tests"

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def sdk(self) -> HubSpot:
        return HubSpot(access_token=self.token, host=self.url, retry=False)

    def tick(self, seconds: float) -> None:
        self.clock[0] += round(seconds * 1000)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.session.request(method, self.url + path, json=body, headers=headers, timeout=10, **options)

    def contact(self, **values: str) -> str:
        """A contact that a person typed in."""
        (id_,) = self.control.create("hubspot", "contacts", [values])
        return id_

    def values(self, id_: str, table: str = "contacts") -> dict[str, Any]:
        (record,) = self.control.read("hubspot", table, [id_])
        assert record is not None
        values: dict[str, Any] = record["properties"]
        return values


@contextmanager
def portal(home: Path, *, install: bool = True, limits: bool = False) -> Iterator[Portal]:
    clock = [NOON]
    running = start(home, clock=lambda: clock[0], install=install)
    control = SandboxClient(running.url)
    control.settings("hubspot", limits=limits, search_lag_ms=0)
    made = Portal(running, control, clock)
    try:
        yield made
    finally:
        made.session.close()
        control.close()
        running.stop()
