from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from adapters.base import Grant
from adapters.errors import CallOperator, Retry
from adapters.hubspot.auth import grant
from tests.adapters.hubspot_server import Said, Script, said, serving


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


GRANTED = {"token_type": "bearer", "access_token": "a1", "refresh_token": "r2", "expires_in": 1800, "hub_id": 7001}
REFRESH = {"flow": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r1"}


@pytest.mark.parametrize(("api", "path"), [("v3", "/oauth/v1/token"), ("2026-09", "/oauth/2026-09/token")])
def test_a_refresh_token_becomes_an_access_token(script: Script, api: str, path: str) -> None:
    script.says(said(GRANTED))
    granted = grant(REFRESH, script.url, 2.0, api=api)
    assert granted == Grant(access_token="a1", refresh_token="r2", expires_in=1800, account="7001")
    (asked,) = script.asked
    assert asked.path == path
    assert parse_qs(asked.body) == {
        "grant_type": ["refresh_token"],
        "client_id": ["c"],
        "client_secret": ["s"],
        "refresh_token": ["r1"],
    }
    assert "Authorization" not in asked.headers


def test_a_static_token_needs_no_call() -> None:
    granted = grant({"flow": "static", "access_token": "pat-na1-1"}, "http://127.0.0.1:9", 0.1)
    assert granted == Grant(access_token="pat-na1-1", refresh_token=None, expires_in=None)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_grant_calls_the_operator_without_the_secret(script: Script, status: int) -> None:
    script.says(said({"status": "BAD_REFRESH_TOKEN", "message": "r1 is missing or invalid"}, status))
    with pytest.raises(CallOperator) as caught:
        grant(REFRESH, script.url, 2.0)
    assert "r1" not in str(caught.value)


@pytest.mark.parametrize("answer", [said({}, 503), None, Said(200, b"<html>"), said({"access_token": "a1"})])
def test_a_grant_that_cannot_be_had_now_is_for_later(script: Script, answer: Said | None) -> None:
    script.says(answer)
    with pytest.raises(Retry):
        grant(REFRESH, script.url, 2.0)


@pytest.mark.parametrize(
    ("credentials", "missing"),
    [
        ({}, "static"),
        ({"flow": "password"}, "static"),
        ({"flow": "static"}, "access_token"),
        ({"flow": "refresh_token", "client_id": "c", "client_secret": "s"}, "refresh_token"),
    ],
)
def test_incomplete_credentials_are_named_before_any_call(credentials: dict[str, str], missing: str) -> None:
    with pytest.raises(CallOperator, match=missing):
        grant(credentials, "http://127.0.0.1:9", 0.1)
