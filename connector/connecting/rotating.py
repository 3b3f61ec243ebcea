"""Rotating what authenticates webhooks: the new secret and the old one are both good until the CRM has the new one."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from connector.connecting.joining import ConnectError
from connector.crms import grant_for
from connector.store.acts import note_act
from connector.store.connections import CrmConnection, locked_connection, put_connection
from connector.store.engine import Session, transact
from connector.store.tokens import read_token
from connector.wiring import Services


def begin(services: Services, crm: CrmConnection, client_secret: str = "") -> CrmConnection:
    """Puts a new secret first. A rotation that is under way already is left as it is.

    Args:
        client_secret: HubSpot's new one, which is tried before anything is changed.

    Raises:
        ConnectError: the connection has no webhooks, or the secret is the present one.
        adapters.errors.AdapterError: HubSpot does not know the new secret.
    """
    if crm.sweep_only:
        raise ConnectError(f"{crm.name} is sweep-only: there is no secret to rotate.")
    if len(crm.inbound_secrets) > 1:
        return crm
    if crm.kind == "salesforce":
        return _changed(services, crm, "rotate-secret", lambda present: _with_secret(present, secrets.token_urlsafe(32)))
    if client_secret == crm.inbound_secrets[0]:
        raise ConnectError("That is the client secret that Leadline has already.")
    credentials = {**crm.credentials, "client_secret": client_secret}
    _try(services, crm, credentials)
    return _changed(
        services, crm, "rotate-secret", lambda present: replace(_with_secret(present, client_secret), credentials=credentials)
    )


def finish(services: Services, crm: CrmConnection) -> CrmConnection:
    """From now on the newest secret alone is good.

    Raises:
        ConnectError: no rotation is under way.
    """
    if len(crm.inbound_secrets) < 2:
        raise ConnectError(f"No rotation is under way for {crm.name}.")
    newest = crm.inbound_secrets[:1]
    return _changed(services, crm, "finish rotate-secret", lambda present: replace(present, inbound_secrets=newest))


def _with_secret(crm: CrmConnection, secret: str) -> CrmConnection:
    return replace(crm, inbound_secrets=(secret, *crm.inbound_secrets[:1]))


def _try(services: Services, crm: CrmConnection, credentials: dict[str, str]) -> None:
    """HubSpot's refresh token outlives its use, so a grant more does no harm."""
    token = read_token(services.engine, services.vault, crm.name)
    refresh = (token.refresh_token if token else None) or credentials.get("refresh_token", "")
    grant_for(crm.kind, {**credentials, "refresh_token": refresh}, crm.base_url, crm.api)


def _changed(
    services: Services, crm: CrmConnection, what: str, change: Callable[[CrmConnection], CrmConnection]
) -> CrmConnection:
    def work(session: Session) -> CrmConnection:
        changed = change(locked_connection(session, services.vault, crm.name) or crm)
        put_connection(session, services.vault, changed)
        note_act(session, "command line", what, crm.name)
        return changed

    changed = transact(services.engine, work)
    services.refresh()
    return changed
