"""Wrong answers at a real terminal: each is one sentence, connects nothing, and may be put right at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox
from connector.bench.keystrokes import INTERRUPT, Shown, Terminal
from connector.store.connections import names
from connector.store.engine import open_engine

ADA = "ada@acme.example"


@pytest.fixture
def crms(sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox.url) as client:
        client.add_people([{"email": ADA, "firstName": "Ada", "lastName": "Acme"}])
        yield client


@pytest.fixture
def terminal(tmp_path: Path, database_url: str, redis_url: str) -> Terminal:
    return Terminal(
        {
            "PATH": "/usr/bin:/bin",
            "LEADLINE_HOME": str(tmp_path / "leadline"),
            "LEADLINE_DATABASE_URL": database_url,
            "LEADLINE_REDIS_URL": redis_url,
        }
    )


def nothing_is_connected(database_url: str, shown: Shown, status: int) -> None:
    assert shown.status == status, shown.text
    assert "Traceback" not in shown.text
    engine = open_engine(database_url)
    assert names(engine) == []
    engine.dispose()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = tmp_path / "server.key"
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return path


def test_a_command_broken_off_is_run_again_and_a_sandbox_is_no_production(
    terminal: Terminal, crms: SandboxClient, key_file: Path, database_url: str
) -> None:
    command = ("connect", "salesforce", "acme", "--login-url", crms.url)
    answers = {
        "Is this production": "production",
        "Log in by": "jwt",
        "The app's consumer key": INTERRUPT,
        "The integration user": "integration@sandbox.example",
        "The file with": str(key_file),
        "Who looks": ADA,
    }
    nothing_is_connected(database_url, terminal.run(*command, answers=answers), 130)
    refused = terminal.run(*command, answers={**answers, "The app's consumer key": "3MVG9.key.of.the.app"})
    assert "is a sandbox account, and production was declared: nothing was connected" in refused.text
    nothing_is_connected(database_url, refused, 1)
    put_right = {**answers, "Is this production": "sandbox", "The app's consumer key": ["two words", "  3MVG9.key.of.the.app "]}
    shown = terminal.run(*command, answers=put_right).needed()
    assert "not a whole key" in shown.text
    assert "acme is connected, in shadow." in shown.text
    assert len(shown.questions) == 7, "six, and the one that was asked again"


def test_a_token_with_blanks_is_asked_for_again_and_a_wrong_secret_is_said(
    terminal: Terminal, crms: SandboxClient, database_url: str
) -> None:
    where = ("--app-url", crms.url, "--api-url", crms.url)
    oauth = {
        "Is this production": "sandbox",
        "Log in by": "oauth",
        "The app's client ID": "sandbox-client-id",
        "The app's client secret": "not-the-secret",
        "Paste the address": "the-code-that-came",
    }
    refused = terminal.run("connect", "hubspot", "portal", *where, "--no-browser", answers=oauth)
    assert "not-the-secret" not in refused.text, "it is typed unseen"
    nothing_is_connected(database_url, refused, 1)
    token = {**oauth, "Log in by": "token", "The service key": ["pat-na1-with blanks", " pat-na1-whole "], "Who looks": ADA}
    shown = terminal.run("connect", "hubspot", "portal", *where, answers=token).needed()
    assert "it has no blanks" in shown.text
    assert "sweep-only" in shown.text
