"""Access tokens from Salesforce's OAuth endpoint. simple-salesforce knows no refresh tokens, so this goes by plain HTTP."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt
import requests

from adapters.base import Grant
from adapters.egress import origin_of
from adapters.errors import AdapterError, CallOperator, Retry
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.transport import never_sent, open_session

ASSERTION_SECONDS: Final = 180
"""Salesforce takes no assertion that is valid for longer."""

_JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PASSING: Final = frozenset({"login_rate_exceeded", "server_error", "temporarily_unavailable", "unknown_error"})

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "jwt": ("client_id", "username", "private_key"),
    "refresh_token": ("client_id", "refresh_token"),
    "authorization_code": ("client_id", "redirect_uri", "code", "code_verifier"),
    "client_credentials": ("client_id", "client_secret"),
}

_DOMAINS: Final = (".salesforce.com", ".force.com", ".cloudforce.com", ".crmforce.mil", ".sfcrmproducts.cn")
"""Under which Salesforce has orgs, in the clouds of governments and in China too."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def grant(
    credentials: Mapping[str, str], base_url: str, timeout: float = 10.0, *, now: Callable[[], datetime] = _utc_now
) -> Grant:
    """Asks `<base_url>/services/oauth2/token` for an access token; `credentials["login_url"]`, if there, stands for `base_url`.

    `credentials["flow"]` is `jwt` (with client_id, username, private_key in PEM, and audience where it is not
    `https://login.salesforce.com`), `refresh_token` (client_id, refresh_token, and client_secret if the app has one),
    `authorization_code` (client_id, redirect_uri, code, code_verifier; client_secret likewise), once, or `client_credentials`
    (client_id, client_secret; My Domain only).

    With rotation on, a refresh token dies by its use: keep `Grant.refresh_token` before using the access token. The answer has
    no `expires_in`: how long a token lives is the org's session policy, so a 401 is how we learn of its end.

    Args:
        timeout: seconds for everything.

    Raises:
        adapters.errors.CallOperator: the credentials are incomplete, or were refused, or the org is said to be at a host that is
            neither Salesforce's nor the one that was asked: its token would go there.
        adapters.errors.Retry: no usable answer.
    """
    form = _form(credentials, now)
    base_url = credentials.get("login_url") or base_url
    with open_session(base_url, connect_seconds=min(3.0, timeout), total_seconds=timeout) as session:
        failure: AdapterError
        try:
            answer = session.post(f"{base_url.rstrip('/')}/services/oauth2/token", data=form, allow_redirects=False)
            return _at_home(_grant(answer, credentials["flow"]), base_url)
        except requests.RequestException as error:
            failure = _no_answer("could not be reached" if never_sent(error) else "gave no usable answer")
    raise failure


def _form(credentials: Mapping[str, str], now: Callable[[], datetime]) -> Mapping[str, str]:
    flow = credentials.get("flow", "")
    if flow not in _NEEDS:
        raise _operator(f"The connection's flow is {flow or 'not set'}; set it to one of {', '.join(_NEEDS)}.")
    if missing := [name for name in _NEEDS[flow] if not credentials.get(name)]:
        raise _operator(f"The connection has no {' and no '.join(missing)}, which the {flow} flow needs; connect the org again.")
    if flow == "jwt":
        return {"grant_type": _JWT_GRANT, "assertion": _assertion(credentials, now())}
    names = (*_NEEDS[flow], "client_secret")
    return {"grant_type": flow} | {name: credentials[name] for name in names if credentials.get(name)}


def _assertion(credentials: Mapping[str, str], now: datetime) -> str:
    claims = {
        "iss": credentials["client_id"],
        "sub": credentials["username"],
        "aud": credentials.get("audience") or "https://login.salesforce.com",
        "exp": int(now.timestamp()) + ASSERTION_SECONDS,
    }
    try:
        return jwt.encode(claims, credentials["private_key"], algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        pass  # the library's error may quote the key
    raise _operator("The connection's private key is not an RSA key in PEM form; give the one whose certificate the app has.")


def _grant(answer: requests.Response, flow: str) -> Grant:
    """`{"access_token", "instance_url", "id": "https://…/id/<org>/<user>"[, "refresh_token"]}`, or `{"error", …}` on a refusal.

    Raises:
        requests.RequestException: the body is not JSON.
    """
    document = answer.json()
    if not isinstance(document, dict):
        raise _no_answer("gave no usable answer")
    if answer.status_code != 200 or not isinstance(document.get("access_token"), str):
        raise _refusal(answer.status_code, document, flow)
    refresh_token, identity = document.get("refresh_token"), str(document.get("id", ""))
    return Grant(
        access_token=document["access_token"],
        refresh_token=refresh_token if isinstance(refresh_token, str) else None,
        expires_in=None,
        account=identity.split("/")[-2] if identity.count("/") >= 2 else "",
        base_url=str(document.get("instance_url") or "").rstrip("/"),
        user=identity.rsplit("/", maxsplit=1)[-1] if identity.count("/") >= 2 else "",
    )


def _at_home(found: Grant, asked: str) -> Grant:
    origin = origin_of(found.base_url)
    secure = origin is not None and origin[0] == "https" and f".{origin[1]}".endswith(_DOMAINS)
    if not found.base_url or secure or (origin and origin == origin_of(asked)):
        return found
    raise _operator("The grant names a host for the org that is not Salesforce's: nothing was sent there. Check the login URL.")


_REMEDIES: Final[Mapping[str, str]] = {
    "invalid_client_id": "the consumer key is no app's; a new app is known after up to ten minutes",
    "invalid_client": "the consumer secret is not the app's, or is missing",
    "redirect_uri_mismatch": "the redirect URL is not the app's Callback URL, character by character",
    "jwt": "the user must be pre-authorized for the app, the app must have this key's certificate, and login or test must fit",
    "refresh_token": "it was revoked, or has run out; connect the org again",
    "authorization_code": "the code was used before, is too old, or was asked for by somebody else; try again",
    "client_credentials": "name a Run As user in the app's policies",
}
"""By the answer's code; where that is invalid_grant or any other, by the flow."""


def _refusal(status: int, document: Mapping[str, Any], flow: str) -> AdapterError:
    code = str(document.get("error", ""))[:100]
    if status >= 500 or status == 429 or code in _PASSING:
        return _no_answer(f"is busy ({status} {code})", status=status, code=code)
    sentence = f"Salesforce refused the grant ({code}): {_REMEDIES.get(code) or _REMEDIES[flow]}."
    return CallOperator(sentence, provider=PROVIDER, operation="grant", status=status, code=code)


def _no_answer(what: str, *, status: int | None = None, code: str = "") -> Retry:
    sentence = f"Salesforce's token endpoint {what}."
    return Retry(sentence, provider=PROVIDER, operation="grant", status=status, code=code, after=5.0)


def _operator(sentence: str) -> CallOperator:
    return CallOperator(sentence, provider=PROVIDER, operation="grant")
