"""Whose portal it is, and what a token may do there."""

import json
from dataclasses import dataclass
from typing import Final

from adapters.errors import CallOperator
from adapters.hubspot.answers import AccountDetails
from adapters.hubspot.client import request_introspection, request_revocation
from adapters.hubspot.failures import Operation, Rejected, failure, no_answer
from adapters.records import Account

_INTROSPECTING: Final = Operation("tell whose the access token is")
_REVOKING: Final = Operation("revoke the refresh token", writes=True)


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What HubSpot says of an OAuth access token."""

    portal_id: str
    app_id: str
    domain: str
    """The portal's, such as `acme.com`; empty where HubSpot does not say."""
    scopes: frozenset[str]


def account(details: AccountDetails) -> Account:
    """HubSpot gives a portal no name. Every type but STANDARD is there for trying things out: SANDBOX, DEVELOPER_TEST, …"""
    environment = "production" if details.account_type == "STANDARD" else "sandbox"
    return Account(details.portal_id, f"portal {details.portal_id}", environment, details.time_zone)  # type: ignore[arg-type]


def introspect(access_token: str, base_url: str, *, api: str, timeout: float = 10.0) -> TokenInfo:
    """
    Raises:
        adapters.errors.AdapterError: HubSpot does not know the token, or gave no usable answer.
    """
    answer = request_introspection(access_token, base_url, timeout, api=api, operation=_INTROSPECTING)
    if not 200 <= answer.status <= 299:
        raise failure(answer, _INTROSPECTING)
    try:
        document = json.loads(answer.data)
    except ValueError:
        document = None
    match document:
        case {"hub_id": int(portal), "scopes": list(scopes), **rest}:
            app, domain = str(rest.get("app_id") or ""), str(rest.get("hub_domain") or "")
            return TokenInfo(str(portal), app, domain, frozenset(map(str, scopes)))
        case {"active": False}:  # RFC 7662, 2.2: what a dated generation says of a token that is none, or is no longer
            sentence = "HubSpot does not know the access token; connect the account again."
            raise CallOperator(sentence, provider="hubspot", operation=_INTROSPECTING.name)
    raise no_answer(_INTROSPECTING, "hub_id or scopes is missing")


def revoke(refresh_token: str, base_url: str, *, api: str, timeout: float = 10.0) -> None:
    """Ends a grant. One that HubSpot does not know any more has ended already.

    Raises:
        adapters.errors.AdapterError: HubSpot did not do it, or did not say.
    """
    answer = request_revocation(refresh_token, base_url, timeout, api=api, operation=_REVOKING)
    if not 200 <= answer.status <= 299:
        error = failure(answer, _REVOKING)
        if not isinstance(error, Rejected):
            raise error
