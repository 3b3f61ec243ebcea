"""Whose org it is."""

from adapters.records import Account
from adapters.salesforce.client import Client
from adapters.salesforce.failures import interrupted
from adapters.salesforce.mapping import is_id, to18

_ORGANIZATION = "SELECT Id, Name, IsSandbox FROM Organization"


def account(client: Client) -> Account:
    """The one row of Organization: every org has it, and every user may read it. A Developer Edition is a production org."""
    match client.query(_ORGANIZATION):
        case [{"Id": str(id_), "IsSandbox": bool(sandbox), **rest}] if is_id(id_):
            return Account(to18(id_), str(rest.get("Name") or id_), "sandbox" if sandbox else "production")
    raise interrupted("identify the org", writes=False)
