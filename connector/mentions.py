"""Whether a stored body speaks of certain records or persons. Searched as bytes: a body may be cut off, or be no JSON or XML."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from connector.matching import keys_of
from connector.store.people import IdentityKey
from webhooks.salesforce_words import to18

_SALESFORCE_ID: Final = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?(?![0-9A-Za-z])")

_HUBSPOT_IDS: Final = re.compile(rb'[oO]bjectIds?"\s*:\s*(\[[^\]]*|"?[0-9]+)')
"""objectId, primaryObjectId, mergedObjectIds, newObjectId. A bare number would not do: ids of old portals have two digits."""

_ADDRESS: Final = re.compile(rb"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to look for."""

    ids: Mapping[str, AbstractSet[str]]
    """Record ids by connection."""
    keys: AbstractSet[IdentityKey]
    """Their exact keys, of which the addresses can be recognised."""

    def mentioned_in(self, connection: str, kind: str, body: bytes) -> bool:
        """
        Args:
            kind: of the connection: salesforce or hubspot.
        """
        return not self.ids.get(connection, frozenset()).isdisjoint(ids_in(kind, body)) or (
            bool(self.keys) and not self.keys.isdisjoint(address_keys_in(body))
        )


def ids_in(kind: str, body: bytes) -> set[str]:
    """Every record id in a body; Salesforce's in 18 characters."""
    if kind == "salesforce":
        return {to18(found.decode()) for found in _SALESFORCE_ID.findall(body)}
    return {id_.decode() for found in _HUBSPOT_IDS.findall(body) for id_ in re.findall(rb"[0-9]+", found)}


def address_keys_in(body: bytes) -> set[IdentityKey]:
    """The keys of every e-mail address in a body."""
    return {key for found in set(_ADDRESS.findall(body)) for key in keys_of({"email": found.decode()}, None)}
