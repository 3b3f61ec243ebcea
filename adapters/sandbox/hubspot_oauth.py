"""HubSpot's OAuth: codes, tokens, introspection; and whom a bearer token speaks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from adapters.sandbox.hubspot_errors import expired, not_found, trace_id, unauthenticated
from adapters.sandbox.hubspot_input import nowhere
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.moments import iso
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer
from adapters.sandbox.world import World

STATIC_PREFIX: Final = "pat-"
"""Static tokens (service keys, private apps) begin like this; the sandbox takes any of them."""

_CODE_LIFE_MS: Final = 60_000
_USER_ID: Final = 9_000_001


@dataclass(frozen=True, slots=True)
class Principal:
    """The app behind a token."""

    scopes: frozenset[str]
    static: bool


class OAuth:
    """Tokens of one app in one portal. Codes, refresh tokens and access tokens outlive a restart."""

    def __init__(self, world: World, settings: HubSpotSettings) -> None:
        self._world = world
        self._store = world.store
        self._settings = settings

    def principal(self, call: Call) -> Principal:
        """Whom the request speaks for.

        Raises:
            RefusalError: 401: no token, an unknown one, or one whose time is over.
        """
        token = call.bearer
        if token.startswith(STATIC_PREFIX):
            return Principal(frozenset(self._settings.scopes.split()), static=True)
        known = self._store.document("hubspot:access", token)
        if known is None:
            raise unauthenticated()
        late = self._store.clock() - known["expires_at"]
        if late >= 0:
            raise expired(iso(known["expires_at"]), late // 1000)
        return Principal(frozenset(known["scopes"].split()), static=False)

    def authorize(self, call: Call) -> Answer:
        """`GET /oauth/authorize`: the user agrees at once and is sent back with a code."""
        code = self._secret("code")
        scopes = call.argument("scope") or self._settings.scopes
        self._store.put("hubspot:code", code, {"scopes": scopes, "expires_at": self._store.clock() + _CODE_LIFE_MS})
        state = {"state": call.argument("state")} if call.argument("state") else {}
        return empty_answer(302, {"Location": f"{call.argument('redirect_uri')}?{urlencode({'code': code, **state})}"})

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """`/oauth/{v1,v3,dated}/…`.

        Raises:
            RefusalError: no such endpoint, or no such token.
        """
        match call.method, *rest:
            case "POST", "token":
                return self._token(call.form())
            case "POST", "token", "introspect":
                return json_answer(200, self._about(call.form().get("token", "")))
            case "POST", "token", "revoke":
                self._store.drop("hubspot:refresh", call.form().get("token", ""))
                return empty_answer()
            case "GET", "access-tokens", token:
                return json_answer(200, self._about(token))
            case "GET", "refresh-tokens", token:
                return json_answer(200, self._about_refresh(token))
            case "DELETE", "refresh-tokens", token:
                self._store.drop("hubspot:refresh", token)
                return empty_answer()
        raise nowhere(call)

    def _token(self, form: Mapping[str, str]) -> Answer:
        if form.get("client_id") != self._settings.client_id or form.get("client_secret") != self._settings.client_secret:
            return self._bad("BAD_CLIENT_SECRET", "missing or invalid client id or client secret")
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form.get("code", ""))
            case "refresh_token":
                return self._by_refresh(form.get("refresh_token", ""))
        return self._bad("BAD_GRANT_TYPE", "grant_type must be authorization_code or refresh_token")

    def _by_code(self, code: str) -> Answer:
        granted = self._store.document("hubspot:code", code)
        if granted is None or granted["expires_at"] <= self._store.clock():
            return self._bad("BAD_AUTH_CODE", "missing or unknown auth code")
        self._store.drop("hubspot:code", code)
        refresh = self._secret("refresh")
        self._store.put("hubspot:refresh", refresh, {"scopes": granted["scopes"]})
        return self._grant(refresh, granted["scopes"])

    def _by_refresh(self, refresh: str) -> Answer:
        granted = self._store.document("hubspot:refresh", refresh)
        if granted is None:
            return self._bad("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return self._grant(refresh, granted["scopes"])

    def _grant(self, refresh: str, scopes: str) -> Answer:
        """The refresh token stays the same in practice; clients are told to store it each time."""
        token = self._secret("access")
        life = self._settings.token_seconds
        expires_at = self._store.clock() + life * 1000
        self._store.put("hubspot:access", token, {"scopes": scopes, "expires_at": expires_at, "refresh": refresh})
        answer = {"token_type": "bearer", "refresh_token": refresh, "access_token": token, "expires_in": life}
        return json_answer(200, answer)

    def _about(self, token: str) -> dict[str, Any]:
        known = self._store.document("hubspot:access", token)
        if known is None:
            raise not_found("The access token is expired or invalid.")
        left = max(0, (known["expires_at"] - self._store.clock()) // 1000)
        return {
            "token": token,
            "expires_in": left,
            "active": left > 0,
            "token_use": "access_token",
            **self._account(known["scopes"]),
        }

    def _about_refresh(self, token: str) -> dict[str, Any]:
        known = self._store.document("hubspot:refresh", token)
        if known is None:
            raise not_found("The refresh token is invalid.")
        return {"token": token, "token_type": "refresh", **self._account(known["scopes"])}

    def _account(self, scopes: str) -> dict[str, Any]:
        ids = {"hub_id": self._settings.portal_id, "app_id": self._settings.app_id, "user_id": _USER_ID}
        client = {"client_id": self._settings.client_id}
        return {"token_type": "access", "user": "admin@sandbox.test", "scopes": scopes.split(), **ids, **client}

    def _bad(self, status: str, message: str) -> Answer:
        return json_answer(400, {"status": status, "message": message, "correlationId": trace_id(self._world.random)})

    def _secret(self, kind: str) -> str:
        return f"{kind}-{self._world.random.getrandbits(160):040x}"
