"""Access tokens: OAuth for apps, a fixed token for private ones."""

import json
from collections.abc import Mapping
from typing import Final

from adapters.base import Grant
from adapters.errors import AdapterError, CallOperator
from adapters.hubspot.client import request_token
from adapters.hubspot.failures import Operation, Rejected, failure, no_answer
from adapters.hubspot.transport import NUMBERED, Answer

_GRANTING: Final = Operation("grant an access token")

_FLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
    "authorization_code": ("client_id", "client_secret", "redirect_uri", "code"),
}
"""OAuth flow, which is also HubSpot's `grant_type`, and the credentials that it sends."""


def grant(credentials: Mapping[str, str], base_url: str, timeout: float = 10.0, *, api: str = NUMBERED) -> Grant:
    """Asks HubSpot for an access token.

    `credentials["flow"]` is `static` (with access_token: a private app's or a service key; no call is made), `refresh_token`
    (client_id, client_secret, refresh_token) or `authorization_code` (client_id, client_secret, redirect_uri, code).

    Args:
        timeout: seconds for everything.
        api: `v3`, or a dated generation.

    Raises:
        adapters.errors.CallOperator: the credentials are incomplete or were refused, as they are for ever after an uninstall.
        adapters.errors.Retry: no usable answer. Asking again does no harm: a refresh token outlives its use.
    """
    flow = credentials.get("flow", "")
    if flow == "static":
        return Grant(access_token=_wanted(credentials, "access_token"), refresh_token=None, expires_in=None)
    if flow not in _FLOWS:
        raise _operator(f"HubSpot knows no flow {flow!r}; use one of static, {', '.join(_FLOWS)}.")
    form = {"grant_type": flow} | {name: _wanted(credentials, name) for name in _FLOWS[flow]}
    answer = request_token(form, base_url, timeout, api=api, operation=_GRANTING)
    if not 200 <= answer.status <= 299:
        raise _refusal(answer)
    return _granted(answer)


def _granted(answer: Answer) -> Grant:
    try:
        document = json.loads(answer.data)
    except ValueError:
        document = None
    match document:
        case {"access_token": str(access), "refresh_token": str(refresh), "expires_in": int(seconds), **rest}:
            return Grant(access_token=access, refresh_token=refresh, expires_in=seconds, account=str(rest.get("hub_id") or ""))
    raise no_answer(_GRANTING, "access_token, refresh_token or expires_in is missing")


def _refusal(answer: Answer) -> AdapterError:
    error = failure(answer, _GRANTING)
    if isinstance(error, Rejected):
        return _operator("HubSpot refused the credentials; if the app was uninstalled, connect the account again.", error)
    return error


def _wanted(credentials: Mapping[str, str], name: str) -> str:
    if not credentials.get(name):
        raise _operator(f"HubSpot's credentials lack {name}; connect the account again.")
    return credentials[name]


def _operator(sentence: str, cause: Rejected | None = None) -> CallOperator:
    status, code = (cause.status, cause.code) if cause else (None, "")
    return CallOperator(sentence, provider="hubspot", operation=_GRANTING.name, status=status, code=code)
