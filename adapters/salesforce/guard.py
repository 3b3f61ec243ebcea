"""What leaves for an org, held against what the installation listed: the last look, at the one funnel of the client."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.base import Endpoint
from adapters.egress import UnlistedError

TASK_FIELDS: Final = ("WhoId", "OwnerId", "Subject", "Description", "ActivityDate", "Priority", "Status")
"""What a task of ours consists of."""

_ASSIGNMENT: Final = "0Pa"
"""How the ids of permission set assignments begin: the only thing that is ever deleted by its id."""

_EXPORT: Final = ("POST", "jobs/query")
"""Begins a Bulk query, which only reads."""

_INSTALLING: Final = frozenset({("POST", "metadata/deployRequest"), ("POST", "tooling/jobs/query")})


@dataclass(frozen=True, slots=True)
class Guard:
    """What one client may change. Reading is the org's to allow; what would change something and is not here never leaves."""

    fields: Mapping[str, frozenset[str]]
    """Object to the fields that may be written, both in lower case."""
    installing: bool = False
    """The installation deploys its package, and gives and takes its permission sets."""

    def check(self, method: str, path: str, document: object, params: Mapping[str, str]) -> None:
        """
        Args:
            path: below the version: `composite/sobjects`.

        Raises:
            UnlistedError: it would change something that was not listed, or delete.
        """
        if method == "GET" or (method, path) == _EXPORT:
            return
        if method == "DELETE":
            self._check_delete(path, params)
        elif path == "composite/sobjects" and method in {"PATCH", "POST"}:
            for record in _list(document, "records"):
                self._check_record(_type_of(record), record.keys() - {"attributes", "id"})
        elif path == "composite" and method == "POST":
            for part in _list(document, "compositeRequest"):
                self._check_part(part)
        elif not (self.installing and (method, path) in _INSTALLING):
            raise _refused(f"{method} {path.partition('?')[0]} is no call of Leadline's, so it was not made.")

    def check_soap(self, call: str) -> None:
        """
        Raises:
            UnlistedError: the call does more than read.
        """
        if not call.startswith("read"):
            raise _refused(f"{call} is no call of Leadline's, so it was not made.")

    def _check_delete(self, path: str, params: Mapping[str, str]) -> None:
        ids = params.get("ids", "").split(",")
        if not (self.installing and path == "composite/sobjects" and all(id_.startswith(_ASSIGNMENT) for id_ in ids)):
            raise _refused("Leadline deletes nothing in Salesforce, so a request to delete was not sent.")

    def _check_part(self, part: Mapping[str, Any]) -> None:
        method, url = part.get("method"), str(part.get("url", ""))
        if method == "GET":
            return
        if method == "DELETE":
            raise _refused("Leadline deletes nothing in Salesforce, so a request to delete was not sent.")
        *_, resource, object_, _id = ("", "", "", *url.split("/"))
        if method != "PATCH" or resource != "sobjects":
            raise _refused(f"{method} inside a composite call is no call of Leadline's, so it was not made.")
        body = part.get("body")
        self._check_record(object_, body.keys() if isinstance(body, Mapping) else ())

    def _check_record(self, object_: str, names: Iterable[str]) -> None:
        listed = self.fields.get(object_.lower())
        if listed is None:
            raise _refused(f"{object_ or 'A record of no type'} is no object that the installation listed; nothing was written.")
        if foreign := sorted(name for name in names if name.lower() not in listed):
            raise _refused(f"{', '.join(foreign)} of {object_} is no field that the installation listed; nothing was written.")


def guard_of(endpoint: Endpoint, *, installing: bool = False) -> Guard:
    """Of each listed object its listed fields and the owner, and our tasks. Where nothing is listed, nothing of all that."""
    listed = endpoint.mapping.written_fields() if installing or endpoint.listed is None else endpoint.listed
    fields = {object_: names | {"ownerid"} for object_, names in listed.items()}
    if fields:
        fields["task"] = frozenset(name.lower() for name in TASK_FIELDS)
    if installing:
        fields["permissionsetassignment"] = frozenset({"permissionsetid", "assigneeid"})
    return Guard(fields, installing)


def _list(document: object, name: str) -> list[Mapping[str, Any]]:
    items = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise _refused("A call whose content cannot be read was not made.")
    return items


def _type_of(record: Mapping[str, Any]) -> str:
    attributes = record.get("attributes")
    return str(attributes.get("type", "")) if isinstance(attributes, Mapping) else ""


def _refused(sentence: str) -> UnlistedError:
    return UnlistedError(sentence, provider="salesforce", operation="write")
