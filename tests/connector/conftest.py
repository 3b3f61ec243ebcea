"""Real servers for every test here: PostgreSQL and Valkey once for each pytest process, a fresh database for each test."""

import itertools
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
import structlog
from werkzeug.serving import make_server

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start
from config.settings import Settings
from connector import observe
from connector.app import create_app
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals, set_up
from connector.jobs import scene_of
from connector.pipeline import Drain
from connector.pressure import Pressure
from connector.store.engine import open_engine
from connector.store.migrate import migrate
from connector.store.servers import Servers, start_servers
from connector.vault import new_key
from connector.wiring import Services, open_services
from connector.writeback import Deliverer

TEMPLATE = "leadline_template"
ROOMY = (("burst", 1_000, 10.0), ("search", 50, 1.0))
"""A new bucket is empty: at a real portal's rate every test's first calls would wait for a sixth of a second each."""
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def log_lines() -> None:
    """As in production, one guarded line each, whatever the test before set up; structlog's own default draws every error's whole
    stack, for minutes.
    """
    structlog.configure(processors=[observe.guarded, structlog.processors.JSONRenderer()])


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey of this process, without fsync."""
    home = Path(tempfile.mkdtemp(prefix="leadline-test-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another user, who must get in
    running = start_servers(home, durable=False, shared_memory="64MB")
    yield running
    running.stop()
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(_folder_of_sockets(running), ignore_errors=True)


def _folder_of_sockets(servers: Servers) -> Path:
    return Path(servers.redis_url.removeprefix("unix://")).parent


def _url(servers: Servers, database: str) -> str:
    return servers.database_url.replace("@/postgres", f"@/{database}")


def _administer(servers: Servers, statement: str) -> None:
    url = servers.database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """A migrated database to copy."""
    _administer(servers, f"CREATE DATABASE {TEMPLATE}")
    engine = open_engine(_url(servers, TEMPLATE))
    migrate(engine)
    engine.dispose()
    return TEMPLATE


class Databases:
    """Copies of the template; the next one is made, and the last one dropped, while a test runs."""

    def __init__(self, servers: Servers, template: str) -> None:
        self._servers, self._template = servers, template
        self._aside = ThreadPoolExecutor(1)
        self._next = self._aside.submit(self._make)

    def take(self) -> str:
        ready, self._next = self._next, self._aside.submit(self._make)
        return ready.result()

    def drop(self, name: str) -> None:
        self._aside.submit(_administer, self._servers, f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._aside.shutdown()

    def _make(self) -> str:
        name = f"test_{next(_numbers)}"
        _administer(self._servers, f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY wal_log")
        return name


@pytest.fixture(scope="session")
def databases(servers: Servers, template: str) -> Iterator[Databases]:
    with closing(Databases(servers, template)) as made:
        yield made


@pytest.fixture
def database_url(servers: Servers, databases: Databases) -> Iterator[str]:
    """A migrated, empty database of this test alone."""
    name = databases.take()
    yield _url(servers, name)
    databases.drop(name)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """Valkey, emptied."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()
    return servers.redis_url


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Where the web process will listen: HubSpot signs the address it calls, so it has to be known first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str, door: socket.socket) -> Settings:
    return Settings(
        home=tmp_path,
        database_url=database_url,
        redis_url=redis_url,
        public_url=f"http://127.0.0.1:{door.getsockname()[1]}",
        secret_keys=(new_key(),),
        settle_seconds=20.0,  # tests let it pass by `let_settle`; a busy machine must not
    )


@pytest.fixture
def services(settings: Settings, database_url: str, redis_url: str) -> Iterator[Services]:
    """What every process of Leadline needs, over a fresh database."""
    opened = open_services(settings, database_url, redis_url, pool_size=4)
    yield opened
    opened.close()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """Both CRMs, on a free port of this machine."""
    running = start(tmp_path / "sandbox")
    yield running
    running.stop()


@pytest.fixture
def web_url(services: Services, door: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web process of this Leadline, in a thread; its address is the public URL."""
    monkeypatch.setattr(Pressure, "run", lambda _: None)  # looks once at the start; its loop would outlive the database
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True, fd=door.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield services.public_url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def portals(services: Services, sandbox: RunningSandbox, web_url: str) -> Iterator[Portals]:
    """Both sandbox CRMs connected, in shadow, their webhooks pointing here."""
    made = set_up(services, sandbox.url, web_url, options={"buckets": ROOMY})
    yield made
    made.sandbox.remove_targets()
    made.sandbox.close()


Work = Callable[[], None]


@pytest.fixture
def work(services: Services, portals: Portals) -> Work:
    """What the workers would do: takes in every webhook under way, decides all that is due, and writes it, until all is quiet."""

    def until_quiet() -> None:
        client: SandboxClient = portals.sandbox
        for _ in range(10):
            assert client.pending(wait=20.0) == 0, "webhooks are not taken"
            if not sum(_round(services, name) for name in (SALESFORCE, HUBSPOT)):
                return
        raise AssertionError("never quiet")

    return until_quiet


def _round(services: Services, name: str) -> int:
    crm = services.crm(name)
    assert crm
    progress = Drain(services, crm).run()
    return progress.opened + progress.decided + Deliverer(services, crm, scene_of(services)).run()
