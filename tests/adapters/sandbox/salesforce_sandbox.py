"""A Salesforce sandbox over HTTP for tests, with a clock that stands still unless moved."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as SimpleSalesforce
from simple_salesforce import format_soql

from adapters.sandbox.faults import Faults
from adapters.sandbox.record import Actor, Write
from adapters.sandbox.salesforce import Salesforce
from adapters.sandbox.server import Server
from adapters.sandbox.store import Store
from adapters.sandbox.world import Person, World

NOON = 1_795_348_800_000
"""2026-11-22T12:00:00Z."""

SELLER = Actor("CRM_UI", "userId:1")

DATA = "/services/data/v67.0"


class Caller:
    """A client of the API with a session of its own."""

    url: str
    session: requests.Session

    def login(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": "CK", "client_secret": "CS"}
        token: str = self.session.post(f"{self.url}/services/oauth2/token", data=form).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        return token

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call to the data API, `path` from the version on."""
        return self.session.request(method, f"{self.url}{DATA}/{path}", **options)

    def query(self, statement: str, *values: object, resource: str = "query") -> list[dict[str, Any]]:
        answer = self.call("GET", resource, params={"q": format_soql(statement, *values)})
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["records"]
        return rows


@dataclass
class Client(Caller):
    url: str
    session: requests.Session


@dataclass
class Sandbox(Caller):
    side: Salesforce
    world: World
    clock: list[int]
    session: requests.Session = field(default_factory=requests.Session)
    writes: list[Write] = field(default_factory=list)

    @property
    def url(self) -> str:  # type: ignore[override]
        return self.world.url

    def tick(self, seconds: float) -> None:
        self.clock[0] += int(seconds * 1000)

    def lead(self, **values: Any) -> str:
        """A lead that came in by itself."""
        (id_,) = self.side.create("Lead", [{"LastName": "Byron", "Company": "Acme", **values}], SELLER)
        return id_

    def stored(self, id_: str) -> Mapping[str, Any]:
        record = self.world.store.exactly("salesforce", "Lead", id_)
        assert record is not None
        shown: Mapping[str, Any] = self.side.show(record)["properties"]
        return shown

    def user(self, name: str, *, active: bool = True) -> str:
        return self.side.add_people([Person(f"{name.lower()}@acme.example", name, "Rep", active)])[0]

    def queue(self, name: str) -> str:
        return self.side.add_queues([name])[0]


@contextmanager
def running(home: Path, *, install: bool = True) -> Iterator[Sandbox]:
    """A sandbox in `home` with a session open."""
    clock = [NOON]
    store = Store(home, lambda: clock[0])
    world = World(store, Faults(random.Random(1)), lambda: clock[0], random.Random(1))
    sandbox = Sandbox(Salesforce(world), world, clock)
    store.listen(sandbox.writes.extend)
    server = Server("127.0.0.1", 0, lambda call, _: sandbox.side.answer(call))
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    server.start()
    if install:
        sandbox.side.install()
    sandbox.login()
    try:
        yield sandbox
    finally:
        sandbox.session.close()
        server.stop()
        store.close()


@contextmanager
def connected(url: str) -> Iterator["Client"]:
    """A session with a sandbox that runs elsewhere, as `start` runs it."""
    with requests.Session() as session:
        client = Client(url, session)
        client.login()
        yield client


class ToSandbox(HTTPAdapter):
    """simple-salesforce insists on https; this sends what it asks for to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._netloc = urlsplit(url).netloc

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        request.url = urlunsplit(("http", self._netloc, asked.path, asked.query, ""))
        return super().send(request, **options)


def library(sandbox: Sandbox, **options: Any) -> SimpleSalesforce:
    """The real client library, talking to the sandbox."""
    session = requests.Session()
    session.mount("https://", ToSandbox(sandbox.world.url))
    return SimpleSalesforce(session=session, version="67.0", **options)
