"""The browser's part of the web-server flow: where a person says yes, and how the grant ends again."""

from collections.abc import Mapping
from urllib.parse import urlencode

import requests

from adapters.errors import AdapterError, CallOperator, Retry
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.transport import open_session

SCOPES = ("api", "refresh_token")
"""Reading and writing records; going on when the person has logged out."""


def authorize_url(login_url: str, client_id: str, redirect_uri: str, *, state: str, challenge: str) -> str:
    """Where the person is sent. `challenge` is the S256 code challenge of RFC 7636."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{login_url.rstrip('/')}/services/oauth2/authorize?{urlencode(query)}"


def revoke(credentials: Mapping[str, str], token: str, base_url: str, timeout: float = 10.0) -> None:
    """Ends a grant, or one session of a flow that has no refresh token. A token that Salesforce does not know has ended.

    Raises:
        adapters.errors.Retry: no usable answer.
        adapters.errors.CallOperator: Salesforce will not.
    """
    base_url = credentials.get("login_url") or base_url
    failure: AdapterError
    with open_session(base_url, connect_seconds=min(3.0, timeout), total_seconds=timeout) as session:
        try:
            answer = session.post(f"{base_url}/services/oauth2/revoke", data={"token": token}, allow_redirects=False)
        except requests.RequestException:
            failure = Retry("Salesforce's revoke endpoint does not answer.", provider=PROVIDER, operation="revoke", after=5.0)
        else:
            if answer.status_code == 200 or _unknown(answer):
                return
            failure = _refusal(answer.status_code)
    raise failure


def _refusal(status: int) -> AdapterError:
    if status >= 500 or status == 429:
        return Retry(
            f"Salesforce's revoke endpoint is busy ({status}).", provider=PROVIDER, operation="revoke", status=status, after=5.0
        )
    sentence = "Salesforce does not revoke the token; end it under Setup ► External Client Apps ► OAuth Usage."
    return CallOperator(sentence, provider=PROVIDER, operation="revoke", status=status)


def _unknown(answer: requests.Response) -> bool:
    try:
        document = answer.json()
    except requests.RequestException:
        return False
    return isinstance(document, dict) and document.get("error") == "invalid_token"
