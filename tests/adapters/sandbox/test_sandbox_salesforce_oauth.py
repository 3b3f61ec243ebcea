"""Getting a token, losing it, getting another."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.adapters.sandbox.salesforce_sandbox import NOON, Sandbox, running

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def token(sandbox: Sandbox, **form: str) -> requests.Response:
    return sandbox.session.post(f"{sandbox.world.url}/services/oauth2/token", data={"client_id": "CK", **form})


def assertion(key: rsa.RSAPrivateKey = KEY, **claims: Any) -> str:
    good = {"iss": "CK", "sub": "integration@sandbox.example", "aud": "https://login.salesforce.com", "exp": NOON // 1000 + 180}
    return jwt.encode({**good, **claims}, key, algorithm="RS256")


def refused(answer: requests.Response) -> str:
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    error: str = answer.json()["error"]
    return error


def test_the_answer_says_whose_it_is_but_not_how_long_it_lives(sandbox: Sandbox) -> None:
    grant = token(sandbox, grant_type="client_credentials", client_secret="CS").json()
    assert set(grant) == {"access_token", "instance_url", "id", "token_type", "issued_at", "signature", "scope"}
    assert grant["instance_url"] == sandbox.world.url
    org, user = grant["id"].split("/")[-2:]
    assert (org[:3], user[:3], len(org), len(user)) == ("00D", "005", 18, 18)
    (organization,) = sandbox.query("SELECT Id FROM Organization")
    assert organization["Id"] == org
    identity = sandbox.session.get(grant["id"], headers={"Authorization": f"Bearer {grant['access_token']}"}).json()
    assert (identity["organization_id"], identity["user_id"]) == (org, user)
    userinfo = sandbox.session.get(f"{sandbox.world.url}/services/oauth2/userinfo").json()
    assert userinfo["preferred_username"] == "integration@sandbox.example"


def test_client_credentials_by_basic_authentication(sandbox: Sandbox) -> None:
    sandbox.side.configure({"consumer_key": "CK", "consumer_secret": "CS"})
    url, form = f"{sandbox.world.url}/services/oauth2/token", {"grant_type": "client_credentials"}
    assert requests.post(url, data=form, auth=("CK", "CS"), timeout=5).status_code == 200
    assert refused(requests.post(url, data=form, auth=("CK", "wrong"), timeout=5)) == "invalid_client"
    assert refused(requests.post(url, data=form, auth=("other", "CS"), timeout=5)) == "invalid_client_id"


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({}, ""),
        ({"exp": str(NOON // 1000 + 180)}, ""),
        ({"aud": "https://test.salesforce.com"}, ""),
        ({"exp": NOON // 1000}, "invalid_grant"),
        ({"exp": NOON // 1000 + 3600}, "invalid_grant"),
        ({"aud": "https://login.elsewhere.example"}, "invalid_grant"),
        ({"sub": "nobody@acme.example"}, "invalid_grant"),
        ({"iss": ""}, "invalid_client_id"),
    ],
)
def test_jwt_claims(sandbox: Sandbox, claims: dict[str, Any], error: str) -> None:
    answer = token(sandbox, grant_type=JWT_BEARER, assertion=assertion(**claims))
    assert (refused(answer) if error else answer.json()["token_type"]) == (error or "Bearer")
    assert "refresh_token" not in answer.json()


def test_jwt_signature_is_checked_once_a_key_is_known(sandbox: Sandbox) -> None:
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    assert token(sandbox, grant_type=JWT_BEARER, assertion=assertion(OTHER_KEY)).status_code == 200
    sandbox.side.configure({"public_key": pem})
    assert token(sandbox, grant_type=JWT_BEARER, assertion=assertion()).status_code == 200
    assert refused(token(sandbox, grant_type=JWT_BEARER, assertion=assertion(OTHER_KEY))) == "invalid_grant"
    unsigned = jwt.encode({"iss": "CK", "sub": "x", "exp": NOON // 1000 + 60}, None, algorithm="none")
    assert refused(token(sandbox, grant_type=JWT_BEARER, assertion=unsigned)) == "invalid_grant"


def test_a_user_who_left_gets_no_token(sandbox: Sandbox) -> None:
    sandbox.user("Ada", active=False)
    answer = token(sandbox, grant_type=JWT_BEARER, assertion=assertion(sub="ada@acme.example"))
    assert refused(answer) == "invalid_grant"


@pytest.mark.parametrize("garbage", ["", "x", "x.y.z", "e30.e30.e30", "bnVsbA.bnVsbA.bnVsbA"])
def test_an_assertion_that_is_none(sandbox: Sandbox, garbage: str) -> None:
    assert refused(token(sandbox, grant_type=JWT_BEARER, assertion=garbage)) == "invalid_grant"


def _web_server_flow(sandbox: Sandbox) -> dict[str, Any]:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": "CK", "redirect_uri": "http://localhost/done", "state": "s"}
    url = f"{sandbox.world.url}/services/oauth2/authorize"
    answer = sandbox.session.get(url, params={**asked, "code_challenge": challenge}, allow_redirects=False)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (answer.status_code, back["state"]) == (302, ["s"])
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": "http://localhost/done"}
    grant: dict[str, Any] = token(sandbox, **form, code_verifier=verifier).json()
    assert refused(token(sandbox, **form, code_verifier=verifier)) == "invalid_grant"  # a code works once
    return grant


def test_refreshing_without_rotation(sandbox: Sandbox) -> None:
    refresh = _web_server_flow(sandbox)["refresh_token"]
    for _ in range(2):
        grant = token(sandbox, grant_type="refresh_token", refresh_token=refresh).json()
        assert "refresh_token" not in grant


def test_with_rotation_each_use_kills_the_old_one(sandbox: Sandbox) -> None:
    sandbox.side.configure({"rotate_refresh_tokens": True})
    first = _web_server_flow(sandbox)["refresh_token"]
    second = token(sandbox, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    assert refused(token(sandbox, grant_type="refresh_token", refresh_token=first)) == "invalid_grant"
    assert token(sandbox, grant_type="refresh_token", refresh_token=second).status_code == 200


def test_ending_sessions_and_grants(sandbox: Sandbox) -> None:
    refresh = _web_server_flow(sandbox)["refresh_token"]
    sandbox.side.configure({"expire_tokens": True})
    assert sandbox.call("GET", "limits").status_code == 401
    assert token(sandbox, grant_type="refresh_token", refresh_token=refresh).status_code == 200
    sandbox.side.configure({"revoke_tokens": True})
    assert refused(token(sandbox, grant_type="refresh_token", refresh_token=refresh)) == "invalid_grant"


def test_revoking_one_token(sandbox: Sandbox) -> None:
    mine = sandbox.login()
    url = f"{sandbox.world.url}/services/oauth2/revoke"
    assert sandbox.session.post(url, data={"token": mine}).status_code == 200
    assert sandbox.call("GET", "limits").status_code == 401
    assert refused(sandbox.session.post(url, data={"token": mine})) == "invalid_token"


def test_a_grant_type_that_is_none(sandbox: Sandbox) -> None:
    assert refused(token(sandbox, grant_type="password", username="u", password="p")) == "unsupported_grant_type"
