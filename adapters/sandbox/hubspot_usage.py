"""Who uses a property: HubSpot refuses to archive one that a workflow, list, form or calculation needs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.hubspot_errors import RefusalError, bad_request
from adapters.sandbox.hubspot_flows import FLOWS
from adapters.sandbox.hubspot_forms import FORMS, fields_of
from adapters.sandbox.hubspot_lists import LISTS
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.store import Store

_NAMING: Final = frozenset({"property", "property_name", "propertyName", "target_property", "targetProperty"})
"""Members under which filters and actions name a property."""
_WORD: Final = re.compile(r"\w+")
_TOKEN: Final = re.compile(r"\{\{\s*enrolled_object\.(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Use:
    """One user of a property."""

    parent: str
    """Its kind in HubSpot's words: AUTOMATION_PLATFORM_FLOW, INBOUNDDB_LISTS, FORM, CALCULATED_PROPERTY."""
    display: str
    id: str


class Usage:
    """Looks through everything in the portal that may name a property."""

    def __init__(self, store: Store, schema: PropertySchema) -> None:
        self._store = store
        self._schema = schema

    def of(self, kind: Kind, name: str) -> list[Use]:
        """Its users. A workflow counts whether it is on or off, as in life."""
        return [*self._calculations(kind, name), *self._flows(kind, name), *self._lists(kind, name), *self._forms(kind, name)]

    def refuse_used(self, kind: Kind, name: str) -> None:
        """Raises: RefusalError, 400 with every user of the property, when there is one."""
        if uses := self.of(kind, name):
            raise _in_use(kind, name, uses)

    def _calculations(self, kind: Kind, name: str) -> Iterator[Use]:
        for other, definition in self._schema.definitions(kind.name).items():
            if not definition["archived"] and name in _WORD.findall(definition.get("calculationFormula", "")):
                yield Use("CALCULATED_PROPERTY", "CALCULATED_PROPERTY", f"{kind.type_id}/{other}")

    def _flows(self, kind: Kind, name: str) -> Iterator[Use]:
        for id_, flow in self._store.documents(FLOWS).items():
            if flow["objectTypeId"] == kind.type_id and name in set(named(flow)):
                yield Use("AUTOMATION_PLATFORM_FLOW", "WORKFLOW", id_)

    def _lists(self, kind: Kind, name: str) -> Iterator[Use]:
        for id_, one in self._store.documents(LISTS).items():
            if "deletedAt" not in one and one["objectTypeId"] == kind.type_id and name in set(named(one)):
                yield Use("INBOUNDDB_LISTS", "LIST", id_)

    def _forms(self, kind: Kind, name: str) -> Iterator[Use]:
        for id_, form in self._store.documents(FORMS).items():
            if not form["archived"] and (kind.type_id, name) in fields_of(form):
                yield Use("FORM", "FORM", id_)


def named(document: object) -> Iterator[str]:
    """Every property that a workflow or a list names, in filters, actions and texts."""
    if isinstance(document, Mapping):
        for member, value in document.items():
            if member in _NAMING and isinstance(value, str):
                yield value
            yield from named(value)
    elif isinstance(document, list):
        for value in document:
            yield from named(value)
    elif isinstance(document, str):
        yield from _TOKEN.findall(document)


def _in_use(kind: Kind, name: str, uses: Sequence[Use]) -> RefusalError:
    """As a real portal answered: one entry per user."""
    about = {"property": [name], "objectTypeId": [kind.type_id]}
    message = f"Property: {name} of object type {kind.type_id} is currently used in {len(uses)} places and cannot be deleted"
    return bad_request(
        message,
        subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
        context={**about, "usageCount": [str(len(uses))]},
        errors=[_entry(kind, name, use, about) for use in uses],
    )


def _entry(kind: Kind, name: str, use: Use, about: Mapping[str, Any]) -> dict[str, Any]:
    what = f"{use.parent} (display type {use.display}) ID {use.id}"
    parent = {"parentType": [use.parent], "parentDisplayType": [use.display], "parentName": [use.id], "link": [""]}
    return {
        "message": f"Property {name} of object type {kind.type_id} in use by {what}: ",
        "subCategory": "PropertyValidationError.PROPERTY_USAGE",
        "context": {**about, **parent},
    }
