"""`leadline …` with this test's database and sandbox, and a browser that is a real HTTP client."""

import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox
from config.settings import Settings
from connector import crms as crms_module
from connector.cli import leadline

ROOMY = (("burst", 1_000, 10.0), ("search", 50, 1.0))

Run = Callable[..., Result]

ADA, HANA, GONE = "ada@acme.example", "hana@acme.example", "gone@acme.example"
CONSUMER_KEY, CONSUMER_SECRET = "3MVG9consumerkey", "consumer-secret-1"
SALESFORCE_USER = "integration@sandbox.example"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leadline …` as a person would, in a terminal of 100 columns."""
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": settings.public_url,
        "COLUMNS": "100",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, **more: CliRunner().invoke(leadline, [str(one) for one in arguments], **more)


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new bucket is empty: at a portal's real rate every `connect` would wait for half a second."""
    monkeypatch.setattr(crms_module, "_BUCKETS", {name: ROOMY if some else () for name, some in crms_module._BUCKETS.items()})


@pytest.fixture
def crms(sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    """Both sandbox CRMs, with three people and a queue."""
    with SandboxClient(sandbox.url) as client:
        people = [
            {"email": one, "firstName": one.split("@")[0], "lastName": "Acme", "active": one != GONE} for one in (ADA, HANA, GONE)
        ]
        client.add_people(people, ["Partners"])
        client.settings("salesforce", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, rotate_refresh_tokens=True)
        yield client
        client.remove_targets()


KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _written(key: rsa.RSAPrivateKey, path: Path) -> Path:
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return path


@pytest.fixture
def key_file(tmp_path: Path, crms: SandboxClient) -> Path:
    """A private key whose public half the org knows."""
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    crms.settings("salesforce", public_key=KEY.public_key().public_bytes(pem, form).decode())
    return _written(KEY, tmp_path / "server.key")


@pytest.fixture
def other_key_file(tmp_path: Path) -> Path:
    return _written(OTHER_KEY, tmp_path / "other.key")


class Browser:
    """Follows every redirect, as a person's browser does once they have agreed."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.pages: list[requests.Response] = []
        self.threads: list[threading.Thread] = []
        self.change: Callable[[str], str] = lambda url: url
        """What the person, or somebody, makes of the address."""
        self.before: Callable[[str], Any] = lambda url: None
        """Done first, with the page's address."""

    def open(self, url: str) -> bool:
        self.opened.append(url)
        thread = threading.Thread(target=self._visit, args=[url])
        thread.start()
        self.threads.append(thread)
        return True

    def _visit(self, url: str) -> None:
        self.before(url)
        self.pages.append(requests.get(self.change(url), timeout=10))

    def done(self) -> None:
        for thread in self.threads:
            thread.join(timeout=10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    opened = Browser()
    monkeypatch.setattr(webbrowser, "open", opened.open)
    yield opened
    opened.done()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "consumer-secret"
    path.write_text(CONSUMER_SECRET + "\n")
    return path


Connect = Callable[..., Result]


@pytest.fixture
def by_jwt(run: Run, crms: SandboxClient, key_file: Path) -> Connect:
    """`connect salesforce acme …` by key pair, with more options."""
    return lambda *more, name="acme", **keywords: run(
        *("connect", "salesforce", name, "--environment", "sandbox", "--flow", "jwt", "--client-id", CONSUMER_KEY),
        *("--username", SALESFORCE_USER, "--private-key-file", key_file, "--login-url", crms.url, "--reviewer", HANA),
        *more,
        **keywords,
    )


@pytest.fixture
def by_browser(run: Run, crms: SandboxClient, secret_file: Path, browser: Browser) -> Connect:
    """`connect salesforce acme …` by browser, on any free port, with more options."""
    return lambda *more, name="acme", **keywords: run(
        *("connect", "salesforce", name, "--environment", "sandbox", "--flow", "browser", "--client-id", CONSUMER_KEY),
        *("--client-secret-file", secret_file, "--login-url", crms.url, "--reviewer", HANA),
        *("--redirect-uri", "http://127.0.0.1:0/callback", "--timeout", "20"),
        *more,
        **keywords,
    )


@pytest.fixture
def by_oauth(run: Run, crms: SandboxClient, tmp_path: Path, browser: Browser) -> Connect:
    """`connect hubspot portal …` by OAuth, on any free port, with more options."""
    settings = crms.settings("hubspot")
    path = tmp_path / "client-secret"
    path.write_text(settings["client_secret"])
    return lambda *more, name="portal", **keywords: run(
        *("connect", "hubspot", name, "--environment", "sandbox", "--flow", "oauth", "--client-id", settings["client_id"]),
        *("--client-secret-file", path, "--app-url", crms.url, "--api-url", crms.url, "--reviewer", HANA),
        *("--redirect-uri", "http://127.0.0.1:0/callback", "--timeout", "20"),
        *more,
        **keywords,
    )
