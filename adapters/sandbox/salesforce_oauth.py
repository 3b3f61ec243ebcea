"""Getting in: the token endpoint, and who a token belongs to."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from adapters.sandbox.salesforce_errors import OAuthError, SalesforceError
from adapters.sandbox.salesforce_org import INTEGRATION_USER, ORG_ID, Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"

MAX_ASSERTION_SECONDS: Final = 300
"""An assertion may not outlive this; three minutes are asked for, clocks differ a little."""


class OAuth:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._grants: Mapping[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            JWT_BEARER: self._jwt_bearer,
            "refresh_token": self._refresh,
            "client_credentials": self._client_credentials,
            "authorization_code": self._code,
        }

    def session(self, call: Call) -> str:
        """The id of the user behind the call's token.

        Raises:
            SalesforceError: 401 INVALID_SESSION_ID.
        """
        return self.user_of(call.bearer)

    def user_of(self, token: str) -> str:
        """The same for a token that came in another way: SOAP has it in its own header.

        Raises:
            SalesforceError: 401 INVALID_SESSION_ID.
        """
        user = self._org.store.document("salesforce_token", token)
        if user is None:
            raise SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return str(user)

    def expire(self, *, refresh_tokens: bool = False) -> None:
        """Ends every session, as an administrator can; on demand the refresh tokens too."""
        for kind in ("salesforce_token", "salesforce_refresh") if refresh_tokens else ("salesforce_token",):
            for token in self._org.store.documents(kind):
                self._org.store.drop(kind, token)

    def authorize(self, call: Call) -> Answer:
        """The web server flow's first step, with a user who says yes at once."""
        code = self._secret()
        grant = {"redirect_uri": call.argument("redirect_uri"), "challenge": call.argument("code_challenge")}
        self._org.store.put("salesforce_code", code, grant)
        state = {"state": call.argument("state")} if call.argument("state") else {}
        return empty_answer(302, {"Location": f"{grant['redirect_uri']}?{urlencode({'code': code, **state})}"})

    def token(self, call: Call) -> Answer:
        """
        Raises:
            OAuthError: the endpoint's own refusals.
        """
        form = {**call.form(), **_basic(call)}
        grant = self._grants.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        return json_answer(200, grant(form))

    def revoke(self, call: Call) -> Answer:
        token = call.form().get("token") or call.argument("token")
        known = [self._org.store.drop(kind, token) for kind in ("salesforce_token", "salesforce_refresh")]
        if not any(known):
            raise OAuthError("invalid_token", "token not found")
        return empty_answer(200)

    def identity(self, call: Call) -> Answer:
        """What userinfo and the id URL tell."""
        user_id = self.session(call)
        user = self._org.store.exactly(CRM, "User", user_id)
        values = user.values if user else {}
        identity = {
            "id": self.identity_url(user_id),
            "sub": self.identity_url(user_id),
            "user_id": user_id,
            "organization_id": ORG_ID,
            "username": values.get("Username"),
            "preferred_username": values.get("Username"),
            "email": values.get("Email"),
            "active": values.get("IsActive", False),
            "urls": {"rest": f"{self._org.world.url}/services/data/v{{version}}/"},
        }
        return json_answer(200, identity)

    # grants

    def _jwt_bearer(self, form: Mapping[str, str]) -> dict[str, Any]:
        claims = self._claims(form.get("assertion", ""))
        self._check_consumer(str(claims.get("iss", "")))
        host = urlsplit(str(claims.get("aud", "")))
        if not (host.hostname or "").endswith("salesforce.com") and claims.get("aud") != self._org.world.url:
            raise OAuthError("invalid_grant", "audience is invalid")
        # simple-salesforce sends `exp` as a string, and Salesforce takes it.
        expires, now = _whole(claims.get("exp")), self._org.world.clock() // 1000
        if not now < expires <= now + MAX_ASSERTION_SECONDS:
            raise OAuthError("invalid_grant", "invalid assertion")
        user = self._org.user(str(claims.get("sub", "")))
        if user is None:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return self._granted(user.id)

    def _claims(self, assertion: str) -> dict[str, Any]:
        try:
            head, payload, signature = (_unpadded(part) for part in assertion.split("."))
            header, claims = json.loads(head), json.loads(payload)
        except ValueError:
            raise OAuthError("invalid_grant", "invalid assertion") from None
        if not isinstance(claims, dict) or not isinstance(header, dict) or header.get("alg") != "RS256":
            raise OAuthError("invalid_grant", "invalid assertion")
        self._check_signature(assertion.rpartition(".")[0].encode(), signature)
        return claims

    def _check_signature(self, signed: bytes, signature: bytes) -> None:
        if not self._org.settings.public_key:
            return
        key = load_pem_public_key(self._org.settings.public_key.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise OAuthError("invalid_client", "invalid client credentials")
        try:
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            raise OAuthError("invalid_grant", "invalid assertion") from None

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_consumer(form.get("client_id", ""))
        token = form.get("refresh_token", "")
        with self._org.store.lock:
            user = self._org.store.document("salesforce_refresh", token)
            if user is None:
                raise OAuthError("invalid_grant", "expired access/refresh token")
            if not self._org.settings.rotate_refresh_tokens:
                return self._granted(user)
            self._org.store.drop("salesforce_refresh", token)
            return self._granted(user, refreshable=True)

    def _client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_consumer(form.get("client_id", ""), form.get("client_secret", ""))
        return self._granted(INTEGRATION_USER)

    def _code(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_consumer(form.get("client_id", ""))
        code = form.get("code", "")
        with self._org.store.lock:
            grant = self._org.store.document("salesforce_code", code)
            self._org.store.drop("salesforce_code", code)
        if grant is None:
            raise OAuthError("invalid_grant", "invalid authorization code")
        if grant["redirect_uri"] != form.get("redirect_uri", ""):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if grant["challenge"] and grant["challenge"] != _challenge(form.get("code_verifier", "")):
            raise OAuthError("invalid_grant", "invalid code verifier")
        return self._granted(INTEGRATION_USER, refreshable=True)

    def _check_consumer(self, key: str, secret: str | None = None) -> None:
        settings = self._org.settings
        if not key or (settings.consumer_key and key != settings.consumer_key):
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if secret is not None and (not secret or (settings.consumer_secret and secret != settings.consumer_secret)):
            raise OAuthError("invalid_client", "invalid client credentials")

    def _granted(self, user: str, *, refreshable: bool = False) -> dict[str, Any]:
        """Never an `expires_in`: how long a session lives is the org's policy, and the answer does not say."""
        token = f"{ORG_ID[:15]}!{self._secret()}"
        self._org.store.put("salesforce_token", token, user)
        issued, identity = str(self._org.world.clock()), self.identity_url(user)
        grant = {
            "access_token": token,
            "instance_url": self._org.world.url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
            "signature": _signature(self._org.settings.consumer_secret, identity + issued),
            "scope": "api refresh_token",
        }
        if refreshable:
            grant["refresh_token"] = self._secret()
            self._org.store.put("salesforce_refresh", grant["refresh_token"], user)
        return grant

    def identity_url(self, user: str) -> str:
        return f"{self._org.world.url}/id/{ORG_ID}/{user}"

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._org.world.random.randbytes(48)).decode()


def _basic(call: Call) -> dict[str, str]:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": key, "client_secret": secret}


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _whole(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _signature(secret: str, text: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
