"""Which scopes HubSpot wants for which call."""

from typing import Final

from adapters.sandbox.hubspot_errors import missing_scopes
from adapters.sandbox.hubspot_oauth import Principal
from adapters.sandbox.hubspot_portal import Kind

_WITHOUT_SCHEMA_SCOPES: Final = frozenset({"leads"})
"""Objects whose property definitions go by the scopes of their records."""


def need(principal: Principal, *one_of: str) -> None:
    """Lets a call pass that holds one of these scopes.

    Raises:
        RefusalError: 403 with all of them.
    """
    if principal.scopes.isdisjoint(one_of):
        raise missing_scopes(one_of)


def schema_scopes(kind: Kind, *, reads: bool) -> tuple[str, ...]:
    """Scopes of which one is enough for property definitions. Whoever may see records may see their definitions.

    https://developers.hubspot.com/docs/api-reference/latest/crm/properties/get-properties
    """
    records = f"crm.objects.{kind.scope}"
    if kind.scope in _WITHOUT_SCHEMA_SCOPES:
        return (f"{records}.read", f"{records}.write") if reads else (f"{records}.write",)
    if not reads:
        return (f"crm.schemas.{kind.scope}.write",)
    return (f"crm.schemas.{kind.scope}.read", f"{records}.read", f"{records}.write")
