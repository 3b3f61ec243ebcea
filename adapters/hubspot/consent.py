"""The browser's part of HubSpot's OAuth: where a person says yes, and to what."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from adapters.hubspot.mapping import OBJECTS

APP_URL: Final = "https://app.hubspot.com"
API_URL: Final = "https://api.hubapi.com"


def scopes_for(object_name: str) -> tuple[str, ...]:
    """The scopes that routing one object needs, and no more: its records, its properties, who may own them.

    Args:
        object_name: as in the mapping, `contacts` or `leads`. Tasks go by the scopes of contacts.
    """
    records = [f"crm.objects.{name}.{right}" for name in _with_tasks(object_name) for right in ("read", "write")]
    schemas = [f"crm.schemas.{object_name}.{right}" for right in ("read", "write")] if object_name == "contacts" else []
    return ("oauth", *records, "crm.objects.owners.read", *schemas)


def _with_tasks(object_name: str) -> Sequence[str]:
    return list(dict.fromkeys((object_name, "contacts"))) if object_name in OBJECTS else (object_name,)


def authorize_url(app_url: str, client_id: str, redirect_uri: str, *, state: str, scopes: Sequence[str], optional: Sequence[str] = ()) -> str:
    """Where the person is sent. The scopes asked for must be those that the app declares, or HubSpot refuses to install it."""
    query = {"client_id": client_id, "redirect_uri": redirect_uri, "scope": " ".join(scopes), "state": state}
    if optional:
        query["optional_scope"] = " ".join(optional)
    return f"{app_url.rstrip('/')}/oauth/authorize?{urlencode(query, quote_via=quote)}"
