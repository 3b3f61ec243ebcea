"""The web process when something it needs is away: never a 2xx for what is not on disk, never a word too much in a log."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from config.settings import Settings
from connector.app import create_app
from connector.bell import open_bell
from connector.bench.senders import MESSAGE, V3, Draft
from connector.ports import free_port
from connector.pressure import Pressure
from connector.store.engine import transact
from connector.wiring import Services, open_services
from tests.connector.crm_leads import count, execute, forged_connections, rows
from tests.connector.test_app import TARGET, Answer, Web, serving, source


@pytest.fixture(autouse=True)
def looks_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pressure, "run", lambda _: None)


class Cable:
    """The way to PostgreSQL's socket, which can be cut."""

    def __init__(self, database_url: str, folder: Path) -> None:
        parts = urlsplit(database_url)
        self._socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        self._link = folder / self._socket.name
        self.url = parts._replace(query=f"host={folder}").geturl()
        self.join()

    def join(self) -> None:
        self._link.symlink_to(self._socket)

    def cut(self, services: Services) -> None:
        """New sessions fail, and the present ones end."""
        execute(services, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                          "pg_backend_pid()")  # fmt: skip
        self._link.unlink()


@pytest.fixture
def cable(database_url: str, tmp_path: Path) -> Cable:
    return Cable(database_url, tmp_path)


@pytest.fixture
def far(settings: Settings, cable: Cable, redis_url: str) -> Iterator[Services]:
    """The services of a web process that has the database at the end of a cable."""
    settings = replace(settings, public_url=TARGET.public_url, min_disk_mb=0)
    opened = open_services(settings, cable.url, redis_url, pool_size=2)
    transact(opened.engine, lambda session: forged_connections(session, opened.vault, TARGET))
    opened.refresh()
    yield opened
    opened.close()


def asks_to_come_again(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0 and "error" in json.loads(answer.body)


def test_without_a_database_nothing_is_acknowledged_and_nothing_is_lost(far: Services, services: Services, cable: Cable) -> None:
    first, second = V3.draft(source(1)), V3.draft(source(2))
    with serving(far) as web:
        assert web.send(first).status == 200
        cable.cut(services)
        assert asks_to_come_again(web.send(second))
        assert asks_to_come_again(web.send(MESSAGE.draft(source(3))))
        assert web.send(V3.draft(source(4), key="wrong")).status in {401, 503}
        assert json.loads(web.send(Draft("/readyz", {}, b""), "GET").body)["database"] is False
        assert count(services, "delivery") == 1
        cable.join()
        assert web.send(second).status == 200
    assert count(services, "delivery") == 2


def test_without_redis_everything_is_taken_in(far: Services, services: Services) -> None:
    """Nobody is rung for; the clock will."""
    far.bell = open_bell("unix:///nowhere/valkey.sock")
    with serving(far) as web:
        assert [web.send(V3.draft(source(n))).status for n in range(5)] == [200] * 5
        ready = web.send(Draft("/readyz", {}, b""), "GET")
    assert (ready.status, json.loads(ready.body)) == (200, {"database": True, "redis": False})
    assert count(services, "delivery") == 5


def test_under_pressure_senders_are_asked_to_come_again(far: Services, services: Services) -> None:
    with serving(far) as web:
        assert [web.send(V3.draft(source(n))).status for n in range(2)] == [200, 200]
    far.settings = replace(far.settings, max_waiting=1)
    with serving(far) as web:
        answer = web.send(V3.draft(source(9)))
        assert asks_to_come_again(answer)
        assert "2 deliveries wait" in json.loads(answer.body)["error"]
    assert count(services, "delivery") == 2


def test_a_full_disk_is_said_before_it_is_full(far: Services, services: Services) -> None:
    far.settings = replace(far.settings, min_disk_mb=10**9)
    with serving(far) as web:
        assert asks_to_come_again(web.send(V3.draft(source())))
    assert count(services, "delivery") == 0


def test_a_fault_of_ours_asks_to_come_again(far: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nora@acme.example")

    monkeypatch.setattr("connector.receiving.receive", broken)
    with serving(far) as web:
        answer = web.send(V3.draft(source()))
    assert asks_to_come_again(answer)
    assert b"nora" not in answer.body


def test_nothing_personal_and_no_secret_is_said_by_a_web_process(
    settings: Settings, services: Services, database_url: str, tmp_path: Path
) -> None:
    """A whole process as in production, its output read: good requests, refused ones, and a database that goes away."""
    transact(services.engine, lambda session: forged_connections(session, services.vault, TARGET))
    cable, port, said = Cable(database_url, tmp_path), free_port(), tmp_path / "said"
    environment = {
        **os.environ,
        "LEADLINE_HOME": str(tmp_path),
        "LEADLINE_DATABASE_URL": cable.url,
        "LEADLINE_REDIS_URL": "unix:///nowhere/valkey.sock",
        "LEADLINE_PUBLIC_URL": TARGET.public_url,
        "LEADLINE_SECRET_KEYS": settings.secret_keys[0],
    }
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "connector", "web", "--port", str(port)], env=environment, stdout=output, stderr=output
        )
    try:
        _answers(port)
        web = Web(port)
        good = MESSAGE.draft(source())
        drafts = [V3.draft(source()), good, V3.draft(source(2), key="wrong"), replace(good, body=good.body[:-40])]
        assert [web.send(draft).status for draft in drafts] == [200, 200, 401, 400]
        cable.cut(services)
        assert web.send(V3.draft(source(5))).status == 503
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    text = said.read_text()
    assert "bell unreachable" in text
    for secret in (TARGET.salesforce_key, TARGET.hubspot_key, settings.secret_keys[0], "example.com", "ller", "person"):
        assert secret not in text
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    assert len(rows(services, "SELECT 1 FROM delivery")) == 2


def _answers(port: int) -> None:
    deadline = time.monotonic() + 30.0
    while True:
        try:
            requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the web process never came up"
        else:
            return


def test_the_application_needs_no_database_to_say_that_it_lives(far: Services, services: Services, cable: Cable) -> None:
    app = create_app(far)
    cable.cut(services)
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
