"""HubSpot's schemas of its own objects, as far as they say which properties a new record must have."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_input import nowhere
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, json_answer

REQUIRED: Final = "hubspot:required"


class ObjectSchemas:
    """`/crm-object-schemas/…/schemas/{kind}`; an admin sets the required properties through the control API."""

    def __init__(self, store: Store, schema: PropertySchema) -> None:
        self._store = store
        self._schema = schema

    def answer(self, call: Call, kind: Kind, rest: Sequence[str]) -> Answer:
        """Answers what comes after the kind.

        Raises:
            RefusalError: no such endpoint.
        """
        match call.method, *rest:
            case ("GET",):
                return json_answer(200, self._shown(kind))
        raise nowhere(call)

    def require(self, kind: Kind, names: Sequence[str]) -> None:
        """Sets what people must fill in when they make a record.

        Raises:
            LookupError: there is no such property.
        """
        if unknown := [name for name in names if self._schema.definition(kind.name, name) is None]:
            raise LookupError(f"HubSpot has no property {unknown[0]} in {kind.name}.")
        self._store.put(REQUIRED, kind.name, list(names))

    def _shown(self, kind: Kind) -> dict[str, Any]:
        singular = "company" if kind.name == "companies" else kind.name[:-1]
        return {
            "id": kind.type_id,
            "objectTypeId": kind.type_id,
            "name": singular.upper(),
            "fullyQualifiedName": singular.upper(),
            "labels": {"singular": singular.capitalize(), "plural": kind.name.capitalize()},
            "requiredProperties": self._store.document(REQUIRED, kind.name) or [],
            "searchableProperties": list(kind.one_of),
            "primaryDisplayProperty": (kind.one_of or kind.required or ("hs_object_id",))[0],
            "secondaryDisplayProperties": [],
            "properties": [one for one in self._schema.definitions(kind.name).values() if not one["archived"]],
            "associations": [],
            "archived": False,
        }
