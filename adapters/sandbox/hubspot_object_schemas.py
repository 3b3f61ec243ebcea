"""HubSpot's schemas of its own objects, as far as they say which properties a new record must have."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import RefusalError, bad_request
from adapters.sandbox.hubspot_input import document, items, nowhere, one
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, json_answer

REQUIRED: Final = "hubspot:required"
_ENFORCING: Final = "/2026-09/"


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

    def refuse_incomplete(self, call: Call, kind: Kind) -> None:
        """From 2026-09 on, records made over the API must have them too; older paths never ask.

        https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement

        Raises:
            RefusalError: 400 for the whole request, even when one input of many is incomplete.
        """
        names = self._store.document(REQUIRED, kind.name) or []
        if not names or _ENFORCING not in call.path:
            return
        body = document(call)
        for item in items(body) if "inputs" in body else [body]:
            if missing := [name for name in names if not one(item).properties.get(name)]:
                raise _incomplete(kind, missing)

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


def _incomplete(kind: Kind, missing: Sequence[str]) -> RefusalError:
    message = f"Required properties of {kind.name} are missing: {', '.join(missing)}"
    errors = [
        {"message": f"{name} is required", "code": "MISSING_REQUIRED_PROPERTY", "context": {"propertyName": [name]}}
        for name in missing
    ]
    return bad_request(message, errors=errors)
