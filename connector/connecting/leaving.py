"""Ending a grant, here and at the vendor. The connection stays: webhooks are taken in and leads wait until it is back."""

from dataclasses import replace

from adapters.errors import AdapterError
from connector.crms import DISCONNECTED
from connector.store.acts import note_act
from connector.store.connections import CrmConnection, locked_connection, put_connection
from connector.store.engine import Session, transact
from connector.store.tokens import StoredToken, drop_token, lock_token, put_refusal, read_token
from connector.wiring import Services


def disconnect(services: Services, crm: CrmConnection) -> str:
    """Forgets the credentials here, then revokes the grant at the vendor.

    Returns why the vendor did not revoke it; empty if it did, or there was nothing to revoke.
    """
    token = read_token(services.engine, services.vault, crm.name)

    def work(session: Session) -> None:
        lock_token(session, crm.name)
        present = locked_connection(session, services.vault, crm.name)
        if present:
            put_connection(session, services.vault, replace(present, credentials={}))
        drop_token(session, crm.name)
        put_refusal(session, crm.name, DISCONNECTED)
        note_act(session, "command line", "disconnect", crm.name)

    transact(services.engine, work)
    services.refresh()
    return _revoked(crm, token)


def _revoked(crm: CrmConnection, token: StoredToken | None) -> str:
    if crm.credentials.get("flow") == "static":
        return "HubSpot revokes no static token by program: delete or rotate it under Development ► Keys ► Service keys."
    if token is None:
        return ""
    try:
        _revoke(crm, token)
    except AdapterError as error:
        return str(error)
    return ""


def _revoke(crm: CrmConnection, token: StoredToken) -> None:
    if crm.kind == "salesforce":
        from adapters.salesforce.consent import revoke as salesforce_revoke  # noqa: PLC0415 - the vendors' parts load slowly

        salesforce_revoke(crm.credentials, token.refresh_token or token.access_token, crm.base_url)
    elif token.refresh_token:
        from adapters.hubspot.identity import revoke as hubspot_revoke  # noqa: PLC0415

        hubspot_revoke(token.refresh_token, crm.base_url, api=crm.api)
