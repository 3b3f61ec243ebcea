"""The browser's part of HubSpot's OAuth: where a person says yes, and to what."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

APP_URL: Final = "https://app.hubspot.com"
API_URL: Final = "https://api.hubapi.com"

SCOPES: Final = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",  # tasks go by it too
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",  # the installation's properties
)
"""What routing contacts needs, and no more: a scope that the portal's plan lacks makes the whole consent fail."""

OPTIONAL_SCOPES: Final = (
    "crm.lists.read",
    "crm.lists.write",
    "automation",
    "forms",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.leads.read",
)
"""The lanes' lists, and what the installation's plan and the look back read; the project app lists them as optional."""


def authorize_url(
    app_url: str, client_id: str, redirect_uri: str, *, state: str, scopes: Sequence[str] = SCOPES, optional: Sequence[str] = ()
) -> str:
    """Where the person is sent. The scopes asked for must be those that the app declares, or HubSpot refuses to install it."""
    query = {"client_id": client_id, "redirect_uri": redirect_uri, "scope": " ".join(scopes), "state": state}
    if optional:
        query["optional_scope"] = " ".join(optional)
    return f"{app_url.rstrip('/')}/oauth/authorize?{urlencode(query, quote_via=quote)}"
