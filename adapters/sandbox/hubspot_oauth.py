"""HubSpot's OAuth: codes, tokens, introspection; and whom a bearer token speaks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from adapters.sandbox.hubspot_errors import bad_request, expired, not_found, trace_id, unauthenticated
from adapters.sandbox.hubspot_input import document, nowhere, word
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.moments import iso
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer
from adapters.sandbox.world import World

STATIC_PREFIX: Final = "pat-"
"""Static tokens (service keys, private apps) begin like this; the sandbox takes any of them until it is revoked."""

_ACCESS: Final = "hubspot:access"
_REFRESH: Final = "hubspot:refresh"
_STATIC: Final = "hubspot:static"
_REVOKED: Final = "hubspot:revoked"
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
            return Principal(frozenset(self._static_scopes(token)), static=True)
        known = self._store.document(_ACCESS, token)
        if known is None:
            raise unauthenticated()
        late = self._store.clock() - known["expires_at"]
        if late >= 0:
            raise expired(iso(known["expires_at"]), late // 1000)
        return Principal(frozenset(known["scopes"].split()), static=False)

    def grant_static(self, token: str, scopes: str) -> None:
        """Gives a static token (a service key, or that of a private app) scopes of its own, and back if it was revoked.

        Raises:
            ValueError: it does not look like a static token.
        """
        if not token.startswith(STATIC_PREFIX):
            raise ValueError(f"A static token begins with {STATIC_PREFIX}.")
        self._store.drop(_REVOKED, token)
        self._store.put(_STATIC, token, scopes)

    def revoke(self, token: str) -> None:
        """Ends one token at once, whichever kind it is; a refresh token takes its access tokens with it."""
        if token.startswith(STATIC_PREFIX):
            self._store.put(_REVOKED, token, {})
        self._store.drop(_REFRESH, token)
        self._store.drop(_ACCESS, token)
        for access, known in self._store.documents(_ACCESS).items():
            if known["refresh"] == token:
                self._store.drop(_ACCESS, access)

    def uninstall(self) -> None:
        """Takes the app out of the portal: every token of OAuth is worthless. Static tokens are no matter of installing."""
        for kind in (_REFRESH, _ACCESS):
            for token in self._store.documents(kind):
                self._store.drop(kind, token)

    def authorize(self, call: Call) -> Answer:
        """`GET /oauth/authorize`: the user agrees at once and is sent back with a code. Of the optional scopes the portal gives
        what its plan has; without a required one nothing can be installed, and the user stays on HubSpot's page."""
        lacking = frozenset(self._settings.unavailable.split())
        required = (call.argument("scope") or self._settings.scopes).split()
        if missing := [scope for scope in required if scope in lacking]:
            raise bad_request(f"This app cannot be installed: the account has no access to {', '.join(missing)}.")
        code = self._secret("code")
        optional = [scope for scope in call.argument("optional_scope").split() if scope not in lacking]
        scopes = " ".join(dict.fromkeys([*required, *optional]))
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
                return json_answer(200, self._introspected(call.form().get("token", "")))
            case "POST", "token", "revoke":
                self.revoke(call.form().get("token", ""))
                return empty_answer()
            case "DELETE", "refresh-tokens", token:
                self.revoke(token)
                return empty_answer()
        return json_answer(200, self._described(call, rest))

    def _described(self, call: Call, rest: Sequence[str]) -> dict[str, Any]:
        match call.method, *rest:
            case "POST", "private-apps", "get", "access-token-info":
                return self._about_static(word(document(call), "tokenKey"))
            case "GET", "access-tokens", token:
                return self._about(token)
            case "GET", "refresh-tokens", token:
                return self._about_refresh(token)
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
        self._store.put(_REFRESH, refresh, {"scopes": granted["scopes"]})
        return self._grant(refresh, granted["scopes"])

    def _by_refresh(self, refresh: str) -> Answer:
        granted = self._store.document(_REFRESH, refresh)
        if granted is None:
            return self._bad("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return self._grant(refresh, granted["scopes"])

    def _grant(self, refresh: str, scopes: str) -> Answer:
        """The refresh token stays the same in practice; clients are told to store it each time."""
        token = self._secret("access")
        life = self._settings.token_seconds
        expires_at = self._store.clock() + life * 1000
        self._store.put(_ACCESS, token, {"scopes": scopes, "expires_at": expires_at, "refresh": refresh})
        answer = {"token_type": "bearer", "refresh_token": refresh, "access_token": token, "expires_in": life}
        return json_answer(200, answer)

    def _introspected(self, token: str) -> dict[str, Any]:
        """Of a token that is worth nothing only that is said, as RFC 7662 has it."""
        if self._store.document(_REFRESH, token) is not None:
            return {**self._about_refresh(token), "active": True, "token_use": "refresh_token"}
        return {"active": False} if self._store.document(_ACCESS, token) is None else self._about(token)

    def _about(self, token: str) -> dict[str, Any]:
        known = self._store.document(_ACCESS, token)
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

    def _about_static(self, token: str) -> dict[str, Any]:
        """In another spelling than an OAuth token's."""
        if not token.startswith(STATIC_PREFIX):
            raise not_found("The token is not that of a private app or a service key.")
        ids = {"userId": _USER_ID, "hubId": self._settings.portal_id, "appId": self._settings.app_id}
        return {**ids, "scopes": self._static_scopes(token)}

    def _static_scopes(self, token: str) -> list[str]:
        if self._store.document(_REVOKED, token) is not None:
            raise unauthenticated()
        scopes: str | None = self._store.document(_STATIC, token)
        return (self._settings.scopes if scopes is None else scopes).split()

    def _about_refresh(self, token: str) -> dict[str, Any]:
        known = self._store.document(_REFRESH, token)
        if known is None:
            raise not_found("The refresh token is invalid.")
        return {"token": token, "token_type": "refresh", **self._account(known["scopes"])}

    def _account(self, scopes: str) -> dict[str, Any]:
        ids = {"hub_id": self._settings.portal_id, "app_id": self._settings.app_id, "user_id": _USER_ID}
        client = {"client_id": self._settings.client_id, "hub_domain": "sandbox.test"}
        return {"token_type": "access", "user": "admin@sandbox.test", "scopes": scopes.split(), **ids, **client}

    def _bad(self, status: str, message: str) -> Answer:
        return json_answer(400, {"status": status, "message": message, "correlationId": trace_id(self._world.random)})

    def _secret(self, kind: str) -> str:
        return f"{kind}-{self._world.random.getrandbits(160):040x}"
