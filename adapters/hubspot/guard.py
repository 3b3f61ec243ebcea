"""What leaves for a portal, held against what the installation listed: the last look, at the one funnel of the client."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.base import Endpoint
from adapters.egress import UnlistedError
from adapters.hubspot.mapping import OWNER

TASK_PROPERTIES: Final = frozenset(
    {"hs_timestamp", "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type", OWNER}
)
"""What a task of ours consists of."""

GROUP: Final = "leadline"

_READING: Final = re.compile(r"/(?:batch/read|search)$")
"""POST calls that only read: what they ask for stands in their bodies."""

_RECORDS: Final = re.compile(r"/crm/v[34]/objects/([^/]+)/batch/(update|create)$")
_PROPERTIES: Final = re.compile(r"/crm/v3/properties/[^/]+(?:/(groups))?(?:/([^/]+))?$")
_LANES: Final = re.compile(r"/crm/v3/lists/\d+/memberships/(?:add|remove)$")
_LISTS: Final = re.compile(r"/crm/v3/lists(?:/\d+)?/?$")
_WEBHOOKS: Final = re.compile(r"/webhooks/v3/[^/]+/(?:settings|subscriptions(?:/\d+)?)$")


@dataclass(frozen=True, slots=True)
class Guard:
    """What one client may change. Reading is the portal's to allow; what would change something and is not here never leaves."""

    fields: Mapping[str, frozenset[str]]
    """Object to the properties that may be written."""
    ours: frozenset[str]
    """Properties that the installation makes, changes and takes away."""
    installing: bool = False

    def check(self, method: str, url: str, body: object) -> None:
        """
        Args:
            url: as the SDK built it, with the numbered path.
            body: as it would be sent.

        Raises:
            UnlistedError: it would change something that was not listed, or delete.
        """
        path = urlsplit(url).path
        if method == "GET" or (method == "POST" and _READING.search(path)):
            return
        document = _parsed(body)
        records = _RECORDS.search(path)
        if records and method == "POST":
            self._check_records(records[1], document)
        elif method == "PUT" and _LANES.search(path) and self.fields:
            return  # who is in a list: that is an owner, and no property
        elif not (self.installing and self._installs(path, document)):
            raise _refused(_sentence(method, path))

    def _check_records(self, object_: str, document: object) -> None:
        listed = self.fields.get(object_)
        if listed is None:
            raise _refused(f"{object_} is no object that the installation listed; nothing was written.")
        names = {name for properties in _written(document) for name in properties}
        if foreign := sorted(names - listed):
            raise _refused(f"{', '.join(foreign)} of {object_} is no property that the installation listed; nothing was written.")

    def _installs(self, path: str, document: object) -> bool:
        """Whether this is a step of the installation: our properties and group, our lists, our app's webhooks."""
        if _LISTS.search(path) or _WEBHOOKS.search(path):
            return True
        found = _PROPERTIES.search(path)
        if found is None:
            return False
        groups, named = found[1], found[2]
        name = named or (str(document.get("name", "")) if isinstance(document, Mapping) else "")
        return name == GROUP if groups else name in self.ours


def guard_of(endpoint: Endpoint, *, installing: bool = False) -> Guard:
    """Of the mapped object its listed properties and the owner, and our tasks. Where nothing is listed, nothing of all that."""
    mapping = endpoint.mapping
    listed = mapping.written_fields() if installing or endpoint.listed is None else endpoint.listed
    fields = {object_: names | {OWNER} for object_, names in listed.items()}
    tasks = {"tasks": TASK_PROPERTIES} if fields else {}
    return Guard({**fields, **tasks}, frozenset(mapping.outputs.values()), installing)


def check_grant(method: str, url: str, _body: object) -> None:
    """For whoever gets, looks at or ends a token.

    Raises:
        UnlistedError: it is a call for something else.
    """
    if not urlsplit(url).path.startswith("/oauth/"):
        raise _refused(_sentence(method, urlsplit(url).path))


def _written(document: object) -> Iterator[Mapping[str, Any]]:
    inputs = document.get("inputs") if isinstance(document, Mapping) else None
    for one in inputs if isinstance(inputs, list) else [None]:
        properties = one.get("properties") if isinstance(one, Mapping) else None
        if not isinstance(properties, Mapping):
            raise _refused("A call whose content cannot be read was not made.")
        yield properties


def _parsed(body: object) -> object:
    if not isinstance(body, str | bytes):
        return body
    try:
        return json.loads(body)
    except ValueError:
        raise _refused("A call whose content cannot be read was not made.") from None


def _sentence(method: str, path: str) -> str:
    if method == "DELETE" or path.endswith(("/archive", "/gdpr-delete")):
        return "Leadline deletes nothing in HubSpot, so a request to delete was not sent."
    return f"{method} {path} is no call of Leadline's, so it was not made."


def _refused(sentence: str) -> UnlistedError:
    return UnlistedError(sentence, provider="hubspot", operation="write")
