import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.errors import CallOperator, Retry
from adapters.salesforce.auth import grant
from adapters.sandbox.server import Server
from adapters.sandbox.wire import Answer, Call, json_answer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

GRANTED = {
    "access_token": "00D!secret",
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00DR00000008oNoMAI/005R0000000DJNuIAM",
    "token_type": "Bearer",
    "issued_at": "1795338000000",
}

Ask = Callable[..., Any]


class Endpoint:
    def __init__(self) -> None:
        self.answer: Answer | None = json_answer(200, GRANTED)
        self.calls: list[Call] = []

    def respond(self, call: Call, stopping: threading.Event) -> Answer | None:
        self.calls.append(call)
        return self.answer


@pytest.fixture
def endpoint() -> Iterator[tuple[Endpoint, str]]:
    endpoint = Endpoint()
    server = Server("127.0.0.1", 0, endpoint.respond)
    server.start()
    yield endpoint, f"http://127.0.0.1:{server.server_address[1]}"
    server.stop()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> str:
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*pem).decode()


REFRESH = {"flow": "refresh_token", "client_id": "app", "client_secret": "hush", "refresh_token": "old"}


def test_a_jwt_assertion_is_signed_short_lived_and_names_the_user(endpoint: tuple[Endpoint, str], key: rsa.RSAPrivateKey) -> None:
    org, url = endpoint
    credentials = {"flow": "jwt", "client_id": "app", "username": "int@acme.example", "private_key": _pem(key)}
    granted = grant(credentials, url, now=lambda: NOW)
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("00D!secret", None, None)
    assert granted.account == "00DR00000008oNoMAI"
    form = org.calls[0].form()
    assert (org.calls[0].path, form["grant_type"]) == (
        "/services/oauth2/token",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    )
    options: Any = {"verify_exp": False}
    claims = jwt.decode(
        form["assertion"], key.public_key(), algorithms=["RS256"], audience="https://login.salesforce.com", options=options
    )
    assert claims == {
        "iss": "app",
        "sub": "int@acme.example",
        "aud": "https://login.salesforce.com",
        "exp": int(NOW.timestamp()) + 180,
    }


def test_a_rotated_refresh_token_is_handed_back(endpoint: tuple[Endpoint, str]) -> None:
    org, url = endpoint
    org.answer = json_answer(200, {**GRANTED, "refresh_token": "new"})
    assert grant(REFRESH, url).refresh_token == "new"
    assert org.calls[0].form() == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "hush",
        "refresh_token": "old",
    }


def test_client_credentials_need_no_person(endpoint: tuple[Endpoint, str]) -> None:
    org, url = endpoint
    grant({"flow": "client_credentials", "client_id": "app", "client_secret": "hush"}, url)
    assert org.calls[0].form() == {"grant_type": "client_credentials", "client_id": "app", "client_secret": "hush"}


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, CallOperator),
        (400, {"error": "login_rate_exceeded", "error_description": ""}, Retry),
        (503, {"error": "unavailable"}, Retry),
        (200, ["surprise"], Retry),
        (200, {"token_type": "Bearer"}, CallOperator),
    ],
)
def test_refusals_say_what_to_do_next(endpoint: tuple[Endpoint, str], status: int, document: Any, error: type[Exception]) -> None:
    org, url = endpoint
    org.answer = json_answer(status, document)
    with pytest.raises(error) as caught:
        grant(REFRESH, url)
    for secret in ("hush", "old", "approved"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize("answer", [None, Answer(200, {"Content-Type": "text/html"}, b"<html>")])
def test_no_usable_answer_may_be_repeated(endpoint: tuple[Endpoint, str], answer: Answer | None) -> None:
    org, url = endpoint
    org.answer = answer
    with pytest.raises(Retry):
        grant(REFRESH, url)


@pytest.mark.parametrize(
    ("credentials", "named"),
    [
        ({}, "flow"),
        ({"flow": "password"}, "jwt"),
        ({"flow": "jwt", "client_id": "app"}, "username and no private_key"),
        ({"flow": "jwt", "client_id": "app", "username": "u", "private_key": "-----BEGIN nonsense"}, "private key"),
    ],
)
def test_incomplete_credentials_are_one_clear_sentence(
    endpoint: tuple[Endpoint, str], credentials: Mapping[str, str], named: str
) -> None:
    org, url = endpoint
    with pytest.raises(CallOperator, match=named) as caught:
        grant(credentials, url)
    assert "nonsense" not in str(caught.value)
    assert org.calls == []


@pytest.mark.parametrize(
    "there",
    [
        "https://acme.my.salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "http://acme.my.salesforce.com",
        "https://evil.example",
    ],
)
def test_a_token_is_not_led_to_a_host_that_is_not_salesforces(endpoint: tuple[Endpoint, str], there: str) -> None:
    server, url = endpoint
    server.answer = json_answer(200, {**GRANTED, "instance_url": there})
    with pytest.raises(CallOperator, match="not Salesforce's"):
        grant(REFRESH, url)


def test_the_host_that_was_asked_may_be_the_orgs_own(endpoint: tuple[Endpoint, str]) -> None:
    server, url = endpoint
    for there in (url, "https://acme--uat.sandbox.my.salesforce.com"):
        server.answer = json_answer(200, {**GRANTED, "instance_url": there})
        assert grant(REFRESH, url).base_url == there
